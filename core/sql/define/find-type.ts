/** Finding the types that definitions name. */
import type { EnumType } from '../catalog/model.ts';
import { SqlError, unsupported } from '../error.ts';
import { typeIdByName, typeName } from '../types/describe.ts';
import { currentTypes } from '../types/user-type.ts';
import type { QualifiedName } from '../tree/define.ts';
import type { Editor } from './editor.ts';
import { findRelation, schemasOf, missingAs } from './find.ts';

/** A type that was defined; null: there is none of this name. */
export function findType(editor: Editor, name: QualifiedName): EnumType | null {
  if (name.schema === 'pg_catalog') return null;
  // Names of the system's own types mean those first.
  if (name.schema === null && typeIdByName(name.name) !== null) return null;
  for (const schema of schemasOf(editor, name)) {
    const found = editor.state.type(schema, name.name);
    if (found !== null) return found;
  }
  return null;
}

export function missingType(editor: Editor, name: QualifiedName): SqlError {
  return missingAs(editor, 'type', '42704', name);
}

/** A name that means a type of the system's or of a table's rows; null: it means none. */
export function otherType(editor: Editor, name: QualifiedName): string | null {
  const own = name.schema === null || name.schema === 'pg_catalog' ? typeIdByName(name.name) : null;
  if (own !== null) return typeName(own);
  const relation = name.schema === 'pg_catalog' ? null : findRelation(editor, name);
  return relation?.kind === 'table' || relation?.kind === 'view' ? relation.name : null;
}

/** 42704: none, 42809: one that is no enum. */
export function findEnum(editor: Editor, name: QualifiedName): EnumType {
  const found = findType(editor, name);
  if (found !== null) return found;
  const other = otherType(editor, name);
  if (other !== null) throw new SqlError('42809', `${other} is not an enum`, { at: name.at });
  throw missingType(editor, name);
}

/** To rename, move or comment; those of the system stay what they are. */
export function findAlterable(editor: Editor, name: QualifiedName, what: string): EnumType {
  const found = findType(editor, name);
  if (found !== null) return found;
  if (otherType(editor, name) === null) throw missingType(editor, name);
  throw unsupported(`${what} of a type that no CREATE TYPE made`, name.at);
}

/** With its schema where the name alone would not find it. */
export function shownType(type: EnumType): string {
  return currentTypes().nameOf(type);
}

/** By a type, or by the rows of a table. */
export function isTypeNameTaken({ state }: Editor, schema: string, name: string): boolean {
  const relation = state.relation(schema, name);
  if (relation?.kind === 'table' || relation?.kind === 'view') return true;
  return state.type(schema, name) !== null;
}

/** A new name for a type: 42710 when a type or a table is called so. */
export function claimTypeName(editor: Editor, schema: string, name: string, at: number): void {
  if (!isTypeNameTaken(editor, schema, name)) return;
  throw new SqlError('42710', `type "${name}" already exists`, { at });
}

/** A new name for a table or view, whose rows are of a type of that name. */
export function claimRowType(editor: Editor, schema: string, name: string, at: number): void {
  if (editor.state.type(schema, name) === null) return;
  throw new SqlError('42710', `type "${name}" already exists`, {
    at,
    hint:
      'A relation has an associated type of the same name, so you must use a name that ' +
      "doesn't conflict with any existing type.",
  });
}
