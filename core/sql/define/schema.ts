/**
 * CREATE SCHEMA, ALTER … SET SCHEMA.
 */
import type { StoredRelation } from '../catalog/state.ts';
import { SYSTEM_SCHEMAS } from '../catalog/view.ts';
import { SqlError } from '../error.ts';
import type { CreateSchema, SetSchema } from '../tree/define.ts';
import { moveType } from './enum.ts';
import type { Editor } from './editor.ts';
import { findRelation, missingRelation, shownName, wrongKind } from './find.ts';
import { renamedTable } from './pin.ts';
import { followSequence } from './sequence-names.ts';
import { changeViews } from './views-of.ts';

export function createSchema(statement: CreateSchema, editor: Editor): void {
  const { name, ifNotExists, at } = statement;
  if (editor.hasSchema(name) || SYSTEM_SCHEMAS.includes(name)) {
    if (!ifNotExists) throw new SqlError('42P06', `schema "${name}" already exists`, { at });
    editor.notice(`schema "${name}" already exists, skipping`);
    return;
  }
  if (name.startsWith('pg_')) {
    const detail = 'The prefix "pg_" is reserved for system schemas.';
    throw new SqlError('42939', `unacceptable schema name "${name}"`, { detail, at });
  }
  editor.put({ kind: 'schema', id: editor.newId(), name });
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
    if (!ifExists) throw missingRelation(name);
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
  changeViews(editor, found.id, (query) =>
    renamedTable(query, found, { schema: to, name: found.name }, at),
  );
  if (found.kind === 'table') {
    for (const index of found.indexes) {
      if (index.name !== '') editor.claimName(to, index.name, at);
    }
    for (const one of Array.from(editor.state.relations())) moveOwned(editor, found, one, to);
  }
  if (found.kind === 'sequence' && found.ownerTable !== 0) {
    throw new SqlError('0A000', 'cannot move an owned sequence into another schema', { at });
  }
  // Its own sequences have moved, and its defaults follow them.
  editor.put({ ...editor.state.relationById(found.id)!, schema: to });
  if (found.kind === 'sequence') followSequence(editor, found, { ...found, schema: to });
  return tag;
}

/** Sequences that a table owns go with it. */
function moveOwned(editor: Editor, table: StoredRelation, one: StoredRelation, to: string): void {
  if (one.kind !== 'sequence' || one.ownerTable !== table.id) return;
  const moved = { ...one, schema: to };
  editor.put(moved);
  followSequence(editor, one, moved);
}
