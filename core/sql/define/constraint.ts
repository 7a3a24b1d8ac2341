/**
 * Constraints: checked against the table's definition, named, and added to it. Rows that are there
 * already are checked by `alter.ts`.
 */
import { bindOver } from '../bind/over.ts';
import { canCompare } from './comparable.ts';
import type {
  CheckConstraint,
  Column,
  ForeignKey,
  Index,
  IndexElement,
  KeyConstraint,
  Table,
} from '../catalog/model.ts';
import { isTemporary } from '../catalog/view.ts';
import { SqlError } from '../error.ts';
import { formatType } from '../types/describe.ts';
import { isComparable } from '../types/compare.ts';
import { BPCHAR } from '../types/type.ts';
import type { AttributedConstraint, PlainConstraint, QualifiedName } from '../tree/define.ts';
import type { TableConstraint } from '../tree/define.ts';
import type { Editor } from './editor.ts';
import { findTable, schemasOf, shownName } from './find.ts';
import { constraintName, relationName } from './names.ts';
import { columnsOf } from './walk.ts';
import { referencedIndex } from '../write/key-plan.ts';

type Key = Extract<PlainConstraint, { kind: 'primaryKey' | 'unique' }>;
type Check = Extract<PlainConstraint, { kind: 'check' }>;
type Reference = Extract<PlainConstraint, { kind: 'foreignKey' }>;
type Attributes = Omit<AttributedConstraint, 'kind' | 'constraint' | 'at'>;

const NO_ATTRIBUTES: Attributes = {
  deferrable: false,
  initiallyDeferred: false,
  notValid: false,
  noInherit: false,
  deleteColumns: [],
};

/** The table with one constraint more. */
export function addConstraint(editor: Editor, table: Table, constraint: TableConstraint): Table {
  const plain = plainOf(constraint);
  const attributes = constraint.kind === 'attributed' ? constraint : NO_ATTRIBUTES;
  switch (plain.kind) {
    case 'primaryKey':
    case 'unique':
      return addKey(editor, table, plain, attributes);
    case 'check':
      return addCheck(editor, table, plain, attributes);
    case 'foreignKey':
      return addForeignKey(editor, table, plain, attributes);
  }
}

/** The constraint without its attributes. */
export function plainOf(constraint: TableConstraint): PlainConstraint {
  return constraint.kind === 'attributed' ? constraint.constraint : constraint;
}

/**
 * The constraints of one definition in the order in which they are made, keys first: a foreign key
 * may refer to its own table. Without keys that are said twice, as PostgreSQL takes
 * `PRIMARY KEY UNIQUE`: one key, of the first of their names.
 */
export function inOrder(constraints: readonly TableConstraint[]): readonly TableConstraint[] {
  const rank = (one: TableConstraint): number => ORDER[plainOf(one).kind];
  const kept: TableConstraint[] = [];
  for (const one of constraints.toSorted((a, b) => rank(a) - rank(b))) {
    const key = plainOf(one);
    const isKey = key.kind === 'primaryKey' || key.kind === 'unique';
    const twin = isKey ? kept.findIndex((other) => isTwin(one, other)) : -1;
    if (twin < 0) kept.push(one);
    else if (isKey) kept[twin] = named(kept[twin]!, key.name);
  }
  return kept;
}

const ORDER = { primaryKey: 0, unique: 1, check: 2, foreignKey: 3 } as const;

function isTwin(one: TableConstraint, other: TableConstraint): boolean {
  const [a, b] = [plainOf(one), plainOf(other)];
  if (!('nullsNotDistinct' in a) || !('nullsNotDistinct' in b)) return false;
  if (a.kind === 'primaryKey' && b.kind === 'primaryKey') return false;
  if (a.nullsNotDistinct !== b.nullsNotDistinct || a.columns.length !== b.columns.length) {
    return false;
  }
  if (!a.columns.every((name, i) => name === b.columns[i])) return false;
  const [x, y] = [one, other].map((each) => (each.kind === 'attributed' ? each : NO_ATTRIBUTES));
  return x!.deferrable === y!.deferrable && x!.initiallyDeferred === y!.initiallyDeferred;
}

/** A key that has no name gets this one. */
function named(key: TableConstraint, name: string | null): TableConstraint {
  const plain = plainOf(key);
  if (plain.name !== null) return key;
  const called = { ...plain, name };
  return key.kind === 'attributed' ? { ...key, constraint: called } : called;
}

/** Names that a table's own new constraints have taken before the table is put. */
function takenNames(table: Table): Set<string> {
  const names = new Set(table.constraints.map(({ name }) => name));
  for (const { name } of table.indexes) names.add(name);
  names.add(table.name);
  return names;
}

function checkConstraintName(table: Table, name: string, at: number): void {
  if (!table.constraints.some((one) => one.name === name)) return;
  const message = `constraint "${name}" for relation "${table.name}" already exists`;
  throw new SqlError('42710', message, { at });
}

function addKey(editor: Editor, table: Table, key: Key, attributes: Attributes): Table {
  const { at } = key;
  const primary = key.kind === 'primaryKey';
  if (primary && table.constraints.some(({ kind }) => kind === 'primaryKey')) {
    const message = `multiple primary keys for table "${table.name}" are not allowed`;
    throw new SqlError('42P16', message, { at });
  }
  const columns = keyColumns(table, key);
  const ids = columns.map(({ id }) => id);
  const names = columns.map(({ name }) => name);
  const taken = takenNames(table);
  if (key.name !== null) {
    if (table.name === key.name || table.indexes.some(({ name }) => name === key.name)) {
      throw new SqlError('42P07', `relation "${key.name}" already exists`, { at });
    }
    editor.claimName(table.schema, key.name, at);
    checkConstraintName(table, key.name, at);
  }
  const label = primary ? 'pkey' : 'key';
  const parts = primary ? [] : names;
  const name =
    key.name ?? relationName(editor.state, table.schema, table.name, parts, label, taken);
  const id = editor.newId();
  const { deferrable, initiallyDeferred } = attributes;
  // Rows are found by their primary key, so one that two rows may share for a while is no such.
  const place = primary && !deferrable;
  const index: Index = {
    id,
    name,
    primary: place,
    unique: !deferrable,
    ...(deferrable && { deferrable }),
    nullsNotDistinct: key.nullsNotDistinct,
    elements: columns.map((column) => element(column, at)),
    where: null,
    comment: null,
  };
  const kind = key.kind;
  const added: KeyConstraint = {
    kind,
    id: editor.newId(),
    name,
    index: id,
    ...(deferrable && { deferrable }),
    ...(initiallyDeferred && { deferred: initiallyDeferred }),
  };
  const constraints = [...table.constraints, added];
  const beside = [...table.indexes, index];
  if (!primary) return { ...table, constraints, indexes: beside };
  const notNull = (column: Column): Column =>
    ids.includes(column.id) ? { ...column, notNull: true } : column;
  const indexes = place ? [index, ...table.indexes.slice(1)] : beside;
  return { ...table, constraints, indexes, columns: table.columns.map(notNull) };
}

function keyColumns(table: Table, key: Key): Column[] {
  const { at } = key;
  const columns: Column[] = [];
  for (const name of key.columns) {
    const column = table.columns.find((one) => one.name === name);
    if (column === undefined) {
      throw new SqlError('42703', `column "${name}" named in key does not exist`, { at });
    }
    if (columns.includes(column)) {
      const what = key.kind === 'primaryKey' ? 'primary key' : 'unique';
      throw new SqlError('42701', `column "${name}" appears twice in ${what} constraint`, { at });
    }
    columns.push(column);
  }
  return columns;
}

/** A column as an element of a key. 42704 for a type without an order. */
export function element(column: Column, at: number): IndexElement {
  checkOrdered(column.type, at);
  const { id, type } = column;
  return { column: id, value: null, type, descending: false, nullsFirst: false };
}

export function checkOrdered(type: Column['type'], at: number): void {
  if (isComparable(type.id)) return;
  const shown = formatType(type);
  const message = `data type ${shown} has no default operator class for access method "btree"`;
  throw new SqlError('42704', message, {
    at,
    hint:
      'You must specify an operator class for the index or define a default operator class ' +
      'for the data type.',
  });
}

function addCheck(editor: Editor, table: Table, check: Check, attributes: Attributes): Table {
  const { value, at } = check;
  bindOver(value, table, editor.binding(), null, 'check constraint');
  const columns = columnsOf(value, table);
  const taken = takenNames(table);
  if (check.name !== null) checkConstraintName(table, check.name, at);
  // One column alone gives the constraint its name.
  const parts = columns.length === 1 ? [columns[0]!.name] : [];
  const name = check.name ?? constraintName(editor.state, table, parts, 'check', taken);
  const { notValid, noInherit } = attributes;
  const constraint: CheckConstraint = {
    kind: 'check',
    id: editor.newId(),
    name,
    value,
    ...(notValid && { notValid }),
    ...(noInherit && { noInherit }),
  };
  return { ...table, constraints: [...table.constraints, constraint] };
}

function addForeignKey(
  editor: Editor,
  table: Table,
  reference: Reference,
  attributes: Attributes,
): Table {
  const { at } = reference;
  const columns = reference.columns.map((name) => referencing(table, name, at));
  const self = isItself(editor, table, reference.table);
  const referenced = self ? table : findTable(editor, reference.table);
  checkPermanence(table, referenced, at);
  const targets = referencedColumns(referenced, reference);
  if (targets.length !== columns.length) {
    const message = 'number of referencing and referenced columns for foreign key disagree';
    throw new SqlError('42830', message, { at });
  }
  const references = targets.map(({ id }) => id);
  if (referencedIndex(referenced, references) === null) {
    refuseDeferrable(referenced, references, at);
    const message = `there is no unique constraint matching given keys for referenced table "${referenced.name}"`;
    throw new SqlError('42830', message, { at });
  }
  if (reference.name !== null) checkConstraintName(table, reference.name, at);
  const names = columns.map(({ name }) => name);
  const taken = takenNames(table);
  const name = reference.name ?? constraintName(editor.state, table, names, 'fkey', taken);
  for (const [i, column] of columns.entries()) checkTypes(name, column, targets[i]!, at);
  checkActions(columns, reference);
  const { notValid, deleteColumns } = attributes;
  const set = deletedColumns(table, columns, deleteColumns, at);
  const key: ForeignKey = {
    kind: 'foreignKey',
    id: editor.newId(),
    name,
    columns: columns.map(({ id }) => id),
    table: referenced.id,
    references,
    match: reference.match,
    onDelete: reference.onDelete,
    onUpdate: reference.onUpdate,
    deferred: reference.initiallyDeferred,
    ...(reference.deferrable && { deferrable: reference.deferrable }),
    ...(notValid && { notValid }),
    ...(set.length > 0 && { deleteColumns: set }),
  };
  return { ...table, constraints: [...table.constraints, key] };
}

/** Whether a name would be found to be the table, which may not be there yet. */
function isItself(editor: Editor, table: Table, name: QualifiedName): boolean {
  if (name.name !== table.name) return false;
  const isThere = (schema: string): boolean =>
    schema === table.schema || editor.state.relation(schema, name.name) !== null;
  return schemasOf(editor, name).find(isThere) === table.schema;
}

/** Columns that a deletion sets, by id. */
function deletedColumns(
  table: Table,
  columns: readonly Column[],
  names: readonly string[],
  at: number,
): readonly number[] {
  return names.map((name) => {
    const column = referencing(table, name, at);
    if (columns.includes(column)) return column.id;
    const message = `column "${name}" referenced in ON DELETE SET action must be part of foreign key`;
    throw new SqlError('42P10', message, { at });
  });
}

/** 55000 when a key that would fit may have equal rows for a while. */
function refuseDeferrable(table: Table, columns: readonly number[], at: number): void {
  const fits = table.indexes.some(
    ({ deferrable, elements }) =>
      deferrable === true &&
      elements.length === columns.length &&
      elements.every(({ column }) => columns.includes(column)),
  );
  if (!fits) return;
  const message = `cannot use a deferrable unique constraint for referenced table "${table.name}"`;
  throw new SqlError('55000', message, { at });
}

function checkPermanence(table: Table, referenced: Table, at: number): void {
  const temporary = isTemporary(table.schema);
  if (temporary === isTemporary(referenced.schema)) return;
  const kind = temporary ? 'temporary' : 'permanent';
  const message = `constraints on ${kind} tables may reference only ${kind} tables`;
  throw new SqlError('42P16', message, { at });
}

function referencing(table: Table, name: string, at: number): Column {
  const column = table.columns.find((one) => one.name === name);
  if (column !== undefined) return column;
  const message = `column "${name}" referenced in foreign key constraint does not exist`;
  throw new SqlError('42703', message, { at });
}

function referencedColumns(table: Table, reference: Reference): readonly Column[] {
  const { references, at } = reference;
  if (references.length > 0) return references.map((name) => referencing(table, name, at));
  const primary = table.indexes[0]!;
  if (primary.elements.length === 0) {
    if (table.constraints.some(({ kind }) => kind === 'primaryKey')) {
      const message = `cannot use a deferrable primary key for referenced table "${table.name}"`;
      throw new SqlError('55000', message, { at });
    }
    const shown = shownName(reference.table);
    throw new SqlError('42704', `there is no primary key for referenced table "${shown}"`, { at });
  }
  return primary.elements.map(({ column }) => table.columns.find(({ id }) => id === column)!);
}

/** 42804 when a foreign key could not compare its column with the one it refers to. */
export function checkTypes(name: string, column: Column, target: Column, at: number): void {
  if (canCompare(column.type.id, target.type.id)) return;
  const types = `${bare(column)} and ${bare(target)}`;
  const detail = `Key columns "${column.name}" and "${target.name}" are of incompatible types: ${types}.`;
  const message = `foreign key constraint "${name}" cannot be implemented`;
  throw new SqlError('42804', message, { detail, at });
}

/** A type without its modifier; `char(n)` is `character` here. */
function bare({ type }: Column): string {
  return type.id === BPCHAR ? 'character' : formatType({ id: type.id, modifier: -1 });
}

function checkActions(columns: readonly Column[], { onDelete, onUpdate, at }: Reference): void {
  if (!columns.some(({ generated }) => generated)) return;
  for (const [action, clause] of [
    [onDelete, 'ON DELETE'],
    [onUpdate, 'ON UPDATE'],
  ] as const) {
    if (
      action !== 'setNull' &&
      action !== 'setDefault' &&
      !(action === 'cascade' && clause === 'ON UPDATE')
    )
      continue;
    const message = `invalid ${clause} action for foreign key constraint containing generated column`;
    throw new SqlError('42601', message, { at });
  }
}
