/**
 * An ALTER TABLE under way: the table as it was, as it will be, and what its rows must undergo.
 */
import { bindOver } from '../bind/over.ts';
import type {
  CheckConstraint,
  Column,
  ForeignKey,
  MissingValue,
  ObjectId,
  RowLayout,
  Table,
  TableStorage,
} from '../catalog/model.ts';
import type { Bound } from '../plan/expression.ts';
import type { BoundCheck } from '../plan/plan.ts';
import type { Value } from '../types/type.ts';
import type { Editor } from './editor.ts';
import { keptValues } from './kept.ts';
import { tablePass } from './pass.ts';
import { rebound } from './rebind.ts';

export interface Alteration {
  readonly editor: Editor;
  readonly old: Table;
  table: Table;
  /** Values of columns, over the old table's row, that are not simply kept. */
  readonly values: Map<ObjectId, Bound>;
  /** What older rows hold in columns that were added. */
  readonly missing: Map<ObjectId, Value>;
  rewrite: boolean;
  /** Indexes to be filled. */
  readonly indexes: Set<ObjectId>;
  /** Checks to be proven, by id. */
  readonly checks: Set<ObjectId>;
  readonly notNull: Set<ObjectId>;
  readonly foreignKeys: Set<ObjectId>;
}

export function beginAlteration(editor: Editor, table: Table): Alteration {
  return {
    editor,
    old: table,
    table,
    values: new Map(),
    missing: new Map(),
    rewrite: false,
    indexes: new Set(),
    checks: new Set(),
    notNull: new Set(),
    foreignKeys: new Set(),
  };
}

/** Puts the table as it now is: later actions and bindings see it. */
export function change(alteration: Alteration, table: Table): void {
  alteration.table = table;
  alteration.editor.put(table);
}

export function finishAlteration(alteration: Alteration): void {
  const { editor, old } = alteration;
  const sound = rebound(editor, old, alteration.table);
  change(alteration, laidOut(old, sound, alteration.missing));
  const { table: fresh } = alteration;
  const proven = alteration.checks.size + alteration.notNull.size + alteration.foreignKeys.size;
  if (!alteration.rewrite && alteration.indexes.size === 0 && proven === 0) return;
  const checks: BoundCheck[] = [];
  const foreignKeys: ForeignKey[] = [];
  for (const one of fresh.constraints) {
    if (one.kind === 'check' && isProven(alteration, one)) {
      const condition = bindOver(one.value, fresh, editor.binding(), null, 'check constraint');
      checks.push({ constraint: one.name, condition });
    }
    if (one.kind === 'foreignKey' && alteration.foreignKeys.has(one.id)) foreignKeys.push(one);
  }
  const notNull = fresh.columns.flatMap((column, i) => {
    const proof = alteration.rewrite || alteration.notNull.has(column.id);
    return column.notNull && proof ? [i] : [];
  });
  const values = keptValues(old, fresh, alteration.values);
  const { rewrite, indexes } = alteration;
  const pass = { old, fresh, values, rewrite, indexes, checks, notNull, foreignKeys };
  editor.later(tablePass(pass, editor.context));
}

/** What is not valid may be broken by rows that are there, rewritten or not. */
function isProven({ rewrite, checks }: Alteration, { id, notValid }: CheckConstraint): boolean {
  return checks.has(id) || (rewrite && notValid !== true);
}

/** With a new layout when rows will look different, and with what older rows hold. */
function laidOut(old: Table, table: Table, missing: ReadonlyMap<ObjectId, Value>): Table {
  const columns = table.columns.map(({ id, type }) => ({ id, type }));
  const first: RowLayout = { version: old.version, columns: old.columns };
  const layouts = old.storage?.layouts ?? [first];
  const before = layouts[layouts.length - 1]!;
  const kept = (old.storage?.missing ?? [])
    .filter(({ column }) => columns.some(({ id }) => id === column))
    .map((one) => typed(one, old, table));
  const added = Array.from(missing, ([column, value]) => ({ column, value }));
  const storage = { layouts, missing: [...kept, ...added], ...formerIndexes(old, table) };
  const same =
    before.columns.length === columns.length &&
    before.columns.every(({ id, type }, i) => {
      const other = columns[i]!;
      return id === other.id && type.id === other.type.id;
    });
  if (same) return { ...table, storage };
  const version = before.version + 1;
  const grown = [...layouts, { version, columns }];
  return { ...table, version, storage: { ...storage, layouts: grown } };
}

/** It keeps the type that it was given under: rows that ended before a change never had another. */
function typed(value: MissingValue, old: Table, table: Table): MissingValue {
  const isIt = ({ id }: Column): boolean => id === value.column;
  const before = old.columns.find(isIt)!.type;
  if (value.type !== undefined || table.columns.find(isIt)!.type.id === before.id) return value;
  return { ...value, type: before };
}

/** Where versions that ended before the rows moved to another primary index are found. */
function formerIndexes(old: Table, table: Table): Pick<TableStorage, 'former'> {
  const former = old.storage?.former ?? [];
  const before = old.indexes[0]!.id;
  if (table.indexes[0]!.id !== before) return { former: [...former, before] };
  return former.length === 0 ? {} : { former };
}

/** New ids for indexes whose keys change: old ones stay what they were. */
export function renewIndexes(
  alteration: Alteration,
  table: Table,
  which: (index: Table['indexes'][number]) => boolean,
): Table {
  const primary = which(table.indexes[0]!);
  const renewed: Map<ObjectId, ObjectId> = new Map();
  const indexes = table.indexes.map((index) => {
    if (!primary && !which(index)) return index;
    const id = alteration.editor.newId();
    renewed.set(index.id, id);
    if (!index.primary) alteration.indexes.add(id);
    return { ...index, id };
  });
  if (primary) alteration.rewrite = true;
  const constraints = table.constraints.map((one) => {
    const index = 'index' in one ? renewed.get(one.index) : undefined;
    return 'index' in one && index !== undefined ? { ...one, index } : one;
  });
  return { ...table, indexes, constraints };
}
