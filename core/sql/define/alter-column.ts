/**
 * ALTER TABLE … ALTER COLUMN.
 */
import { assert } from '../../types/assert.ts';
import { bindOver } from '../bind/over.ts';
import type { Column, ForeignKey, ObjectId, Table } from '../catalog/model.ts';
import { SqlError } from '../error.ts';
import { formatType, typeFromName } from '../types/describe.ts';
import type { SqlType } from '../types/type.ts';
import { TEXT, VARCHAR } from '../types/type.ts';
import type { QualifiedName, SequenceOptions } from '../tree/define.ts';
import type { Expression, TypeName } from '../tree/expression.ts';
import { nextOf, usesColumn } from './alter-columns.ts';
import type { Alteration } from './alteration.ts';
import { change, renewIndexes } from './alteration.ts';
import { bindDefault, checkIdentity, isNullLiteral } from './column.ts';
import { checkOrdered, checkTypes } from './constraint.ts';
import type { Editor } from './editor.ts';
import { findColumn } from './find.ts';
import { relationName } from './names.ts';
import { changeSequence, makeSequence } from './sequence.ts';
import { pinSequences } from './sequence-names.ts';
import { viewsUsing } from './views-using.ts';
import { columnsOf } from './walk.ts';

function withColumn(table: Table, column: Column): Table {
  return { ...table, columns: table.columns.map((one) => (one.id === column.id ? column : one)) };
}

export function setDefault(alteration: Alteration, name: string, value: Expression): void {
  const column = plainColumn(alteration.table, name);
  const fallback = isNullLiteral(value) ? null : pinSequences(alteration.editor, value);
  const changed = { ...column, fallback, sequence: fallback === null ? 0 : column.sequence };
  if (fallback !== null) bindDefault(alteration.editor, changed);
  change(alteration, withColumn(alteration.table, changed));
}

export function dropDefault(alteration: Alteration, name: string): void {
  const column = plainColumn(alteration.table, name);
  change(alteration, withColumn(alteration.table, { ...column, fallback: null, sequence: 0 }));
}

/** A column whose default is its own affair. */
function plainColumn(table: Table, name: string): Column {
  const column = findColumn(table, name);
  const { identity, generated } = column;
  if (identity === 'none' && !generated) return column;
  const what = generated ? 'a generated' : 'an identity';
  const message = `column "${name}" of relation "${table.name}" is ${what} column`;
  const hint = generated
    ? {}
    : { hint: 'Use ALTER TABLE ... ALTER COLUMN ... DROP IDENTITY instead.' };
  throw new SqlError('42601', message, hint);
}

export function setNotNull(alteration: Alteration, name: string): void {
  const column = findColumn(alteration.table, name);
  if (column.notNull) return;
  alteration.notNull.add(column.id);
  change(alteration, withColumn(alteration.table, { ...column, notNull: true }));
}

export function dropNotNull(alteration: Alteration, name: string): void {
  const { table } = alteration;
  const column = findColumn(table, name);
  const primary = table.constraints.find(({ kind }) => kind === 'primaryKey');
  const index = table.indexes.find(
    ({ id }) => primary?.kind === 'primaryKey' && id === primary.index,
  );
  if (index?.elements.some((one) => one.column === column.id) === true) {
    throw new SqlError('42P16', `column "${name}" is in a primary key`);
  }
  if (column.identity !== 'none') {
    const message = `column "${name}" of relation "${table.name}" is an identity column`;
    throw new SqlError('42601', message);
  }
  change(alteration, withColumn(table, { ...column, notNull: false }));
}

export function addIdentity(
  alteration: Alteration,
  name: string,
  always: boolean,
  options: SequenceOptions,
  named: QualifiedName | null,
): void {
  const { editor, table } = alteration;
  const column = findColumn(table, name);
  const where = `column "${name}" of relation "${table.name}"`;
  const { type } = column;
  checkIdentity(type, -1);
  if (!column.notNull) {
    throw new SqlError('55000', `${where} must be declared NOT NULL before identity can be added`);
  }
  if (column.identity !== 'none') {
    throw new SqlError('55000', `${where} is already an identity column`);
  }
  if (column.fallback !== null || column.sequence !== 0) {
    throw new SqlError('55000', `${where} already has a default value`);
  }
  const sequence = makeSequence(editor, ...sequenceName(editor, table, name, named), options, type);
  editor.put({ ...sequence, ownerTable: table.id, ownerColumn: column.id });
  const identity = always ? 'always' : 'default';
  change(alteration, withColumn(table, { ...column, identity, sequence: sequence.id }));
}

/** Schema and name of the sequence behind a column. */
function sequenceName(
  editor: Editor,
  table: Table,
  column: string,
  named: QualifiedName | null,
): [schema: string, name: string] {
  if (named === null) {
    const taken = new Set([table.name]);
    const { schema } = table;
    return [schema, relationName(editor.state, schema, table.name, [column], 'seq', taken)];
  }
  const schema = named.schema ?? table.schema;
  editor.claimName(schema, named.name, named.at);
  return [schema, named.name];
}

export function setIdentity(
  alteration: Alteration,
  name: string,
  always: boolean | null,
  options: SequenceOptions,
): void {
  const { editor, table } = alteration;
  const column = findColumn(table, name);
  if (column.identity === 'none') {
    const text = `column "${name}" of relation "${table.name}" is not an identity column`;
    throw new SqlError('55000', text);
  }
  const sequence = editor.state.relationById(column.sequence);
  assert(sequence?.kind === 'sequence', 'an identity column has a sequence');
  changeSequence(editor, sequence, options);
  if (always === null) return;
  const identity = always ? 'always' : 'default';
  change(alteration, withColumn(table, { ...column, identity }));
}

export function dropIdentity(alteration: Alteration, name: string, ifExists: boolean): void {
  const { editor, table } = alteration;
  const column = findColumn(table, name);
  if (column.identity === 'none') {
    const text = `column "${name}" of relation "${table.name}" is not an identity column`;
    if (!ifExists) throw new SqlError('55000', text);
    editor.notice(`${text}, skipping`);
    return;
  }
  editor.remove(column.sequence);
  change(alteration, withColumn(table, { ...column, identity: 'none', sequence: 0 }));
}

/** The column keeps its values and becomes an ordinary one. */
export function dropExpression(alteration: Alteration, name: string, ifExists: boolean): void {
  const { editor, table } = alteration;
  const column = findColumn(table, name);
  if (!column.generated) {
    const text = `column "${name}" of relation "${table.name}" is not a stored generated column`;
    if (!ifExists) throw new SqlError('55000', text);
    editor.notice(`${text}, skipping`);
    return;
  }
  change(alteration, withColumn(table, { ...column, generated: false, fallback: null }));
}

export function setType(
  alteration: Alteration,
  name: string,
  typeName: TypeName,
  using: Expression | null,
  at: number,
): void {
  const { editor, old } = alteration;
  const column = findColumn(alteration.table, name);
  const type = typeFromName(typeName);
  if (column.identity !== 'none') checkIdentity(type, at);
  if (!old.columns.some(({ id }) => id === column.id) || alteration.values.has(column.id)) {
    throw new SqlError('0A000', 'changing the type of a column twice in one statement', { at });
  }
  if (using !== null && column.generated) {
    const message = 'cannot specify USING when altering type of generated column';
    const detail = `Column "${name}" is a generated column.`;
    throw new SqlError('42611', message, { detail, at });
  }
  refuseDependents(alteration, column, at);
  const value: Expression = using ?? { kind: 'column', parts: [name], at };
  const target = { name, type };
  const bound = withHint(using, name, type, () =>
    bindOver(value, old, editor.binding(), target, 'USING'),
  );
  const same = using === null && isWidened(column.type, type);
  const changed = { ...column, type };
  const fallback = column.generated ? null : ownDefault(alteration, column);
  if (fallback !== null) {
    try {
      bindDefault(editor, { ...changed, fallback });
    } catch (error) {
      if (!(error instanceof SqlError)) throw error;
      const shown = formatType(type);
      const message = `default for column "${name}" cannot be cast automatically to type ${shown}`;
      throw new SqlError('42804', message);
    }
  }
  let fresh = withColumn(alteration.table, changed);
  const uses = (index: Table['indexes'][number]): boolean => usesColumn(index, column, old.columns);
  if (!same) {
    alteration.values.set(column.id, bound);
    alteration.rewrite = true;
    fresh = renewIndexes(alteration, retyped(fresh, column, type, at), uses);
    for (const one of fresh.constraints) {
      if (one.kind !== 'foreignKey' || one.notValid === true) continue;
      if (one.columns.includes(column.id)) alteration.foreignKeys.add(one.id);
    }
  } else fresh = retyped(fresh, column, type, at);
  change(alteration, fresh);
  checkKeyTypes(alteration, column);
}

/** What gives the column its values: a default, or a serial's sequence; null: nothing. */
function ownDefault(alteration: Alteration, column: Column): Expression | null {
  const { fallback, sequence, identity } = column;
  if (fallback !== null || sequence === 0 || identity !== 'none') return fallback;
  return nextOf(alteration, sequence);
}

function withHint<T>(using: Expression | null, name: string, type: SqlType, bind: () => T): T {
  try {
    return bind();
  } catch (error) {
    if (!(error instanceof SqlError) || using !== null || error.code !== '42804') throw error;
    const shown = formatType(type);
    const message = `column "${name}" cannot be cast automatically to type ${shown}`;
    const hint = `You might need to specify "USING ${name}::${shown}".`;
    throw new SqlError('42804', message, { hint });
  }
}

/** Rows and keys stay as they are: text that may be longer. */
function isWidened(from: SqlType, to: SqlType): boolean {
  if (from.id === to.id && from.modifier === to.modifier) return true;
  const text = (type: SqlType): boolean => type.id === TEXT || type.id === VARCHAR;
  if (!text(from) || !text(to)) return false;
  return to.modifier < 0 || (from.modifier >= 0 && to.modifier >= from.modifier);
}

function retyped(table: Table, column: Column, type: SqlType, at: number): Table {
  const indexes = table.indexes.map((index) => ({
    ...index,
    elements: index.elements.map((one) => {
      if (one.value !== null || one.column !== column.id) return one;
      checkOrdered(type, at);
      return { ...one, type };
    }),
  }));
  return { ...table, indexes };
}

function refuseDependents(alteration: Alteration, column: Column, at: number): void {
  const { table } = alteration;
  const user = table.columns.find(
    (one) => one.generated && columnsOf(one.fallback!, table).some(({ id }) => id === column.id),
  );
  if (user !== undefined) {
    const message = 'cannot alter type of a column used by a generated column';
    const detail = `Column "${column.name}" is used by generated column "${user.name}".`;
    throw new SqlError('0A000', message, { detail, at });
  }
  const [view] = viewsUsing(alteration.editor, table, column);
  if (view === undefined) return;
  const message = 'cannot alter type of a column used by a view or rule';
  const detail = `rule _RETURN on view ${view.name} depends on column "${column.name}"`;
  throw new SqlError('0A000', message, { detail, at });
}

/** Foreign keys of the column, and those that refer to it, must still be able to compare. */
function checkKeyTypes({ editor, table }: Alteration, column: Column): void {
  for (const one of table.constraints) {
    if (one.kind !== 'foreignKey' || !one.columns.includes(column.id)) continue;
    const referenced = editor.state.relationById(one.table);
    if (referenced?.kind === 'table') checkKey(one, table, referenced);
  }
  for (const { table: referring, key } of editor.state.referringTo(table.id)) {
    if (key.references.includes(column.id)) checkKey(key, referring, table);
  }
}

function checkKey(key: ForeignKey, table: Table, referenced: Table): void {
  const columnOf = ({ columns }: Table, id: ObjectId): Column =>
    columns.find((one) => one.id === id)!;
  for (const [i, id] of key.columns.entries()) {
    checkTypes(key.name, columnOf(table, id), columnOf(referenced, key.references[i]!), -1);
  }
}
