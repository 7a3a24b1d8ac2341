/**
 * `json_populate_recordset(null::t, …)` in FROM: rows with the columns of table t.
 *
 * A table's row type is no type here, and only in this place, as a null of it, does it mean
 * something: which columns there are, as a column definition list says it.
 */
import { SqlError } from '../error.ts';
import type { RecordColumn } from '../functions/function.ts';
import type { CallNode, TypeName } from '../tree/expression.ts';
import type { FunctionTable } from '../tree/query.ts';
import { typeIdByName } from '../types/describe.ts';
import type { Binder } from './binder.ts';

/** Functions that take a row to begin with. `define/view.ts` keeps them out of views. */
export const POPULATING: ReadonlySet<string> = new Set([
  'json_populate_record',
  'json_populate_recordset',
  'jsonb_populate_record',
  'jsonb_populate_recordset',
]);

/** The call without its null, and the columns; null where this is no such call. */
export function bindPopulating(
  binder: Binder,
  node: FunctionTable,
): { readonly call: CallNode; readonly columns: readonly RecordColumn[] } | null {
  const { call } = node;
  const [base, json] = call.arguments;
  if (!POPULATING.has(call.name) || json === undefined || call.arguments.length > 2) return null;
  if (base?.kind !== 'cast' || base.argument.kind !== 'literal') return null;
  const columns = base.argument.type === 'null' ? rowType(binder, base.type) : null;
  if (columns === null) return null;
  if (node.columnTypes.length > 0) {
    const what = 'redundant for a function returning a named composite type';
    throw new SqlError('42601', `a column definition list is ${what}`, { at: node.at });
  }
  return { call: { ...call, arguments: [json] }, columns };
}

/** Null: it is no table's. */
function rowType(binder: Binder, type: TypeName): readonly RecordColumn[] | null {
  if (type.arrayDimensions > 0 || type.modifiers.length > 0) return null;
  if (type.schema === null && typeIdByName(type.name) !== null) return null;
  const table = binder.now.catalog.relation(type.schema, type.name);
  if (table?.kind !== 'table') return null;
  binder.depends.add(table.id);
  return table.columns.map(({ name, type: of }) => ({ name, type: of }));
}
