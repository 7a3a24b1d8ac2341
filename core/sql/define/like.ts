/**
 * `LIKE t INCLUDING …` in CREATE TABLE: what is copied of another table.
 */
import type { Column, Index, Table, View } from '../catalog/model.ts';
import type { QualifiedName, TableConstraint } from '../tree/define.ts';
import { bareColumn } from './column.ts';
import type { Editor } from './editor.ts';
import { findRelation, findTable } from './find.ts';
import { withAttributes } from '../tree/attributes.ts';
import { relationName } from './names.ts';

export interface LikeParts {
  readonly columns: readonly Column[];
  readonly constraints: readonly TableConstraint[];
  /** Indexes that are no constraints, over the copied columns. */
  readonly indexes: readonly Index[];
}

/** Columns with NOT NULL always; the rest as far as `including` says (`all`: everything). */
export function likeParts(
  editor: Editor,
  name: QualifiedName,
  including: readonly string[],
  into: Table,
): LikeParts {
  const found = findRelation(editor, name);
  if (found?.kind === 'view') return { columns: bareColumns(editor, found), ...NO_PARTS };
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
      const { noInherit = false } = one;
      const check = { kind: 'check', name: one.name, value: one.value, at: name.at } as const;
      constraints.push(withAttributes(check, { noInherit }));
    }
  }
  if (has('indexes')) constraints.push(...keysOf(source, name));
  const indexes = has('indexes') ? indexesOf(editor, source, columns, into) : [];
  return { columns, constraints, indexes };
}

/** Of a view there are names and types. */
function bareColumns(editor: Editor, { columns }: View): readonly Column[] {
  return columns.map(({ name, type }) => bareColumn(editor.newId(), name, type));
}

const NO_PARTS: Omit<LikeParts, 'columns'> = { constraints: [], indexes: [] };

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
    if (constraint === undefined) continue;
    const columns = index.elements.map(
      ({ column }) => source.columns.find(({ id }) => id === column)!.name,
    );
    if (constraint.kind !== 'primaryKey' && constraint.kind !== 'unique') continue;
    const { kind, deferrable = false, deferred: initiallyDeferred = false } = constraint;
    const { nullsNotDistinct } = index;
    const key = { kind, name: null, columns, nullsNotDistinct, at } as const;
    keys.push(withAttributes(key, { deferrable, initiallyDeferred }));
  }
  return keys;
}

function indexesOf(
  editor: Editor,
  source: Table,
  columns: readonly Column[],
  into: Table,
): Index[] {
  const taken: Set<string> = new Set([into.name]);
  const indexes: Index[] = [];
  for (const index of source.indexes) {
    if (index.name === '') continue;
    if (source.constraints.some((one) => 'index' in one && one.index === index.id)) continue;
    const names: string[] = [];
    const elements = index.elements.map((one) => {
      const place = source.columns.findIndex(({ id }) => id === one.column);
      names.push(place < 0 ? 'expr' : source.columns[place]!.name);
      return place < 0 ? one : { ...one, column: columns[place]!.id };
    });
    const name = relationName(editor.state, into.schema, into.name, names, 'idx', taken);
    taken.add(name);
    indexes.push({ ...index, id: editor.newId(), name, elements });
  }
  return indexes;
}
