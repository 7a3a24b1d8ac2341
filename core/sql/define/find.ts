/**
 * Finding what a definition names, in the catalogue as the statement has made it by now.
 */
import type { Column, Sequence, Table } from '../catalog/model.ts';
import type { IndexOf, StoredRelation } from '../catalog/state.ts';
import { SYSTEM_SCHEMAS, TEMPORARY_ALIAS } from '../catalog/view.ts';
import { SqlError } from '../error.ts';
import type { ObjectKind, QualifiedName } from '../tree/define.ts';
import type { Editor } from './editor.ts';

export function shownName(name: QualifiedName): string {
  return name.schema === null ? name.name : `${name.schema}.${name.name}`;
}

/** With its schema unless that is on the search path. */
export function shownRelation(editor: Editor, { schema, name }: StoredRelation): string {
  return editor.context.source.path.includes(schema) ? name : `${schema}.${name}`;
}

export function schemasOf(editor: Editor, name: QualifiedName): readonly string[] {
  const { path, temporary } = editor.context.source;
  if (name.schema === null) return path;
  if (name.schema === TEMPORARY_ALIAS) return temporary === null ? [] : [temporary];
  if (SYSTEM_SCHEMAS.includes(name.schema)) {
    throw new SqlError('42501', `permission denied for schema ${name.schema}`, { at: name.at });
  }
  return [name.schema];
}

/** As the binder finds it: system schemas are no error. */
export function findNamed(
  editor: Editor,
  schema: string | null,
  name: string,
): StoredRelation | null {
  if (schema !== null && SYSTEM_SCHEMAS.includes(schema)) return null;
  return findRelation(editor, { schema, name, at: -1 });
}

/** A relation of any kind; null: there is none. */
export function findRelation(editor: Editor, name: QualifiedName): StoredRelation | null {
  for (const schema of schemasOf(editor, name)) {
    const found = editor.state.relation(schema, name.name);
    if (found !== null) return found;
  }
  return null;
}

export function findIndex(editor: Editor, name: QualifiedName): IndexOf | null {
  for (const schema of schemasOf(editor, name)) {
    const found = editor.state.index(schema, name.name);
    if (found !== null) return found;
  }
  return null;
}

export function missingSchema({ name, at }: Omit<QualifiedName, 'schema'>): SqlError {
  return new SqlError('3F000', `schema "${name}" does not exist`, { at });
}

/** As DROP says it: there is none of this name, or not even the schema that it names. */
export function missing(editor: Editor, kind: ObjectKind, name: QualifiedName): SqlError {
  const code = kind === 'index' ? '42704' : '42P01';
  return missingAs(editor, kind, code, name);
}

/** As ALTER and COMMENT say it, of whatever kind. */
export function missingRelation(editor: Editor, name: QualifiedName): SqlError {
  return missingAs(editor, 'relation', '42P01', name);
}

export function missingAs(
  editor: Editor,
  what: string,
  code: string,
  name: QualifiedName,
): SqlError {
  const { schema, at } = name;
  const hasNone = schema !== null && schema !== TEMPORARY_ALIAS && !isSchema(editor, schema);
  if (hasNone) return missingSchema({ name: schema, at });
  return new SqlError(code, `${what} "${shownName(name)}" does not exist`, { at });
}

export function isSchema(editor: Editor, name: string): boolean {
  return editor.hasSchema(name) || SYSTEM_SCHEMAS.includes(name);
}

export function wrongKind(kind: ObjectKind, name: QualifiedName): SqlError {
  const article = kind === 'index' ? 'an' : 'a';
  return new SqlError('42809', `"${name.name}" is not ${article} ${kind}`, { at: name.at });
}

/** The table of this name: 42P01 or 3F000 when nothing, 42809 when something else is called so. */
export function findTable(editor: Editor, name: QualifiedName): Table {
  const found = findRelation(editor, name);
  if (found === null) throw missingRelation(editor, name);
  if (found.kind !== 'table') throw wrongKind('table', name);
  return found;
}

export function findSequence(editor: Editor, name: QualifiedName): Sequence | null {
  const found = findRelation(editor, name);
  if (found === null) return null;
  if (found.kind !== 'sequence') throw wrongKind('sequence', name);
  return found;
}

/** Its column of this name: 42703. */
export function findColumn<C extends Pick<Column, 'name'>>(
  table: { readonly name: string; readonly columns: readonly C[] },
  name: string,
): C {
  const column = table.columns.find((one) => one.name === name);
  if (column !== undefined) return column;
  const message = `column "${name}" of relation "${table.name}" does not exist`;
  throw new SqlError('42703', message);
}
