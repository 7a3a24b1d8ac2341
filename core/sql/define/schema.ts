/**
 * CREATE SCHEMA, ALTER SCHEMA … RENAME, ALTER … SET SCHEMA.
 */
import type { StoredRelation } from '../catalog/state.ts';
import { SYSTEM_SCHEMAS, isTemporary } from '../catalog/view.ts';
import { SqlError } from '../error.ts';
import type { CreateSchema, Rename, SetSchema } from '../tree/define.ts';
import { moveType } from './enum.ts';
import type { Editor } from './editor.ts';
import {
  findRelation,
  isSchema,
  missingRelation,
  missingSchema,
  shownName,
  wrongKind,
} from './find.ts';
import { renamedTable } from './pin.ts';
import { followSequence } from './sequence-names.ts';
import { changeViews } from './views-of.ts';

export function createSchema(statement: CreateSchema, editor: Editor): void {
  const { name, ifNotExists, at } = statement;
  if (ifNotExists && isSchema(editor, name)) {
    editor.notice(`schema "${name}" already exists, skipping`);
    return;
  }
  claimSchemaName(editor, name, at);
  editor.put({ kind: 'schema', id: editor.newId(), name });
}

function claimSchemaName(editor: Editor, name: string, at: number): void {
  if (isSchema(editor, name)) {
    throw new SqlError('42P06', `schema "${name}" already exists`, { at });
  }
  if (name.startsWith('pg_')) {
    const detail = 'The prefix "pg_" is reserved for system schemas.';
    throw new SqlError('42939', `unacceptable schema name "${name}"`, { detail, at });
  }
}

/** All that is in it is called by its new name, wherever it is named. */
export function renameSchema({ name: { name: from }, to, at }: Rename, editor: Editor): void {
  const schema = editor.state.schema(from);
  if (isTemporary(from) || SYSTEM_SCHEMAS.includes(from)) {
    throw new SqlError('42501', `permission denied for schema ${from}`, { at });
  }
  if (schema === null) throw missingSchema({ name: from, at });
  claimSchemaName(editor, to, at);
  editor.put({ ...schema, name: to });
  for (const one of Array.from(editor.state.types())) {
    if (one.schema === from) editor.put({ ...one, schema: to });
  }
  for (const one of Array.from(editor.state.relations())) {
    if (one.schema === from) moveRelation(editor, one, to, at);
  }
}

/** With what names it elsewhere. */
function moveRelation(editor: Editor, found: StoredRelation, to: string, at: number): void {
  changeViews(editor, found.id, (query) =>
    renamedTable(query, found, { schema: to, name: found.name }, at),
  );
  // Its defaults may have followed a sequence meanwhile.
  editor.put({ ...editor.state.relationById(found.id)!, schema: to });
  if (found.kind === 'sequence') followSequence(editor, found, { ...found, schema: to });
}

export function setSchema(statement: SetSchema, editor: Editor): string {
  const { object, name, schema, ifExists, at } = statement;
  const tag = `ALTER ${object.toUpperCase()}`;
  if (object === 'type') {
    moveType(statement, editor);
    return tag;
  }
  const found = findRelation(editor, name);
  if (found === null) {
    if (!ifExists) throw missingRelation(editor, name);
    editor.notice(`relation "${shownName(name)}" does not exist, skipping`);
    return tag;
  }
  // PostgreSQL lets ALTER TABLE move views and sequences, too.
  if (found.kind !== object && object !== 'table') throw wrongKind(object, name);
  const to = editor.schemaToMoveTo(found, schema, at);
  if (to === found.schema) return tag;
  if (editor.state.isTaken(to, found.name)) {
    const message = `relation "${found.name}" already exists in schema "${to}"`;
    throw new SqlError('42P07', message, { at });
  }
  if (found.kind === 'table') {
    for (const index of found.indexes) {
      if (index.name !== '') editor.claimName(to, index.name, at);
    }
    for (const one of Array.from(editor.state.relations())) moveOwned(editor, found, one, to, at);
  }
  if (found.kind === 'sequence' && found.ownerTable !== 0) {
    throw new SqlError('0A000', 'cannot move an owned sequence into another schema', { at });
  }
  moveRelation(editor, found, to, at);
  return tag;
}

/** Sequences that a table owns go with it. */
function moveOwned(
  editor: Editor,
  table: StoredRelation,
  one: StoredRelation,
  to: string,
  at: number,
): void {
  if (one.kind === 'sequence' && one.ownerTable === table.id) moveRelation(editor, one, to, at);
}
