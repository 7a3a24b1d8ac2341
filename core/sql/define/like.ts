/**
 * `LIKE t INCLUDING …` in CREATE TABLE: what is copied of another table.
 */
import type { Column, Table } from '../catalog/model.ts';
import { unsupported } from '../error.ts';
import type { QualifiedName, TableConstraint } from '../tree/define.ts';
import type { Editor } from './editor.ts';
import { findTable } from './find.ts';
import { relationName } from './names.ts';

export interface LikeParts {
  readonly columns: readonly Column[];
  readonly constraints: readonly TableConstraint[];
}

/** Columns with NOT NULL always; the rest as far as `including` says (`all`: everything). */
export function likeParts(
  editor: Editor,
  name: QualifiedName,
  including: readonly string[],
  into: Table,
): LikeParts {
  const source = findTable(editor, name);
  const has = (part: string): boolean => including.includes(part) || including.includes('all');
  const columns = source.columns.map((column): Column => {
    const fallback = column.generated
      ? has('generated') && column.fallback
      : has('defaults') && column.fallback;
    const identity = has('identity') ? column.identity : 'none';
    const base = { ...column, id: editor.newId(), identity, fallback: fallback || null };
    const comment = has('comments') ? column.comment : null;
    const generated = column.generated && base.fallback !== null;
    // A serial's sequence stays where it is; an identity gets one of its own.
    const shared = column.identity === 'none' && has('defaults') ? column.sequence : 0;
    const sequence = identity === 'none' ? shared : ownSequence(editor, column, base.id, into);
    return { ...base, comment, generated, sequence };
  });
  const constraints: TableConstraint[] = [];
  if (has('constraints')) {
    for (const one of source.constraints) {
      if (one.kind !== 'check') continue;
      constraints.push({ kind: 'check', name: one.name, value: one.value, at: name.at });
    }
  }
  if (has('indexes')) constraints.push(...keysOf(source, name));
  return { columns, constraints };
}

function ownSequence(editor: Editor, column: Column, id: number, into: Table): number {
  const source = editor.state.relationById(column.sequence);
  if (source === null || source.kind !== 'sequence') return 0;
  const { schema, name: table } = into;
  const name = relationName(editor.state, schema, table, [column.name], 'seq', new Set([table]));
  const own = { id: editor.newId(), schema, name, ownerTable: into.id, ownerColumn: id };
  editor.put({ ...source, ...own });
  return own.id;
}

function keysOf(source: Table, { at }: QualifiedName): TableConstraint[] {
  const keys: TableConstraint[] = [];
  for (const index of source.indexes) {
    if (index.name === '') continue;
    const constraint = source.constraints.find((one) => 'index' in one && one.index === index.id);
    if (constraint === undefined)
      throw unsupported('LIKE INCLUDING INDEXES with plain indexes', at);
    const columns = index.elements.map(
      ({ column }) => source.columns.find(({ id }) => id === column)!.name,
    );
    const kind = index.primary ? 'primaryKey' : 'unique';
    const { nullsNotDistinct } = index;
    keys.push({ kind, name: null, columns, nullsNotDistinct, at });
  }
  return keys;
}
