/** What system relations are made of. */
import type { SqlType, Value } from '../types/type.ts';
import { BOOL, INT4, INT8, TEXT } from '../types/type.ts';
import type { Sequence, SystemTable } from './model.ts';
import type { CatalogView } from './view.ts';

/** The only database of a tenant, as `current_database()` names it. */
export const DATABASE_NAME = 'kimberlite';

/** As `information_schema` says it. */
export function yesNo(truth: boolean): 'YES' | 'NO' {
  return truth ? 'YES' : 'NO';
}

/** A system relation and how its rows come about. */
export interface SystemSource {
  readonly table: SystemTable;
  /**
   * In this catalogue, which is the statement's, or that of a position: it is `last` then, and
   * endless otherwise. Values have the columns' types.
   */
  readonly rows: (catalog: CatalogView, last: number) => Iterable<readonly Value[]>;
}

/** `columns` are names with blanks between them, of text unless `:int4` is behind them. */
export function systemTable(schema: string, name: string, columns: string): SystemTable {
  const names = columns.split(/\s+/).filter((one) => one !== '');
  return { kind: 'system', schema, name, columns: names.map(systemColumn) };
}

const SEQUENCE_COLUMNS = [
  { name: 'last_value', type: { id: INT8, modifier: -1 } },
  { name: 'log_cnt', type: { id: INT8, modifier: -1 } },
  { name: 'is_called', type: { id: BOOL, modifier: -1 } },
];

/** A sequence as FROM reads it. */
export function sequenceTable(sequence: Sequence): SystemTable {
  const { schema, name } = sequence;
  return { kind: 'system', schema, name, columns: SEQUENCE_COLUMNS, sequence };
}

function systemColumn(text: string): { readonly name: string; readonly type: SqlType } {
  const [name = '', type] = text.split(':');
  return { name, type: { id: type === 'int4' ? INT4 : TEXT, modifier: -1 } };
}
