/**
 * What PostgreSQL's storage or owners are told, and nothing here: what it speaks of must be there,
 * and a notice says that it has no effect.
 */
import { SqlError } from '../error.ts';
import type { WithoutEffect } from '../tree/define.ts';
import type { Editor } from './editor.ts';
import {
  findColumn,
  findIndex,
  findRelation,
  missingRelation,
  missingSchema,
  shownName,
  wrongKind,
} from './find.ts';
import { findAlterable } from './find-type.ts';

export function withoutEffect(statement: WithoutEffect, editor: Editor): void {
  const { name, ifExists, notices } = statement;
  if (name !== null && !isThere(statement, editor)) {
    if (!ifExists)
      throw statement.object === 'schema' ? missingSchema(name) : missingRelation(editor, name);
    // What is left of the statement has said so already.
    if (statement.statement !== null) return;
    editor.notice(`relation "${shownName(name)}" does not exist, skipping`);
    return;
  }
  for (const notice of notices) editor.notice(notice);
}

function isThere({ object, name, columns, indexes }: WithoutEffect, editor: Editor): boolean {
  if (object === 'schema') return editor.state.schema(name!.name) !== null;
  if (object === 'type') return findAlterable(editor, name!, 'OWNER TO') !== null;
  const found = findRelation(editor, name!);
  if (found === null) {
    const index = findIndex(editor, name!);
    if (index !== null && object !== 'index' && object !== 'table') throw wrongKind(object, name!);
    return index !== null;
  }
  // PostgreSQL lets ALTER TABLE say this of views, sequences and indexes too.
  if (object !== 'table' && found.kind !== object) throw wrongKind(object, name!);
  if (columns.length + indexes.length === 0) return true;
  if (found.kind !== 'table') throw wrongKind('table', name!);
  for (const column of columns) findColumn(found, column);
  for (const index of indexes) {
    if (found.indexes.some((one) => one.name === index)) continue;
    throw new SqlError('42704', `index "${index}" for table "${found.name}" does not exist`);
  }
  return true;
}
