/**
 * ALTER … RENAME.
 */
import type { Column, Table } from '../catalog/model.ts';
import { SqlError, unsupported } from '../error.ts';
import type { Rename } from '../tree/define.ts';
import { renamedViewColumn } from './alter-view.ts';
import { HIDDEN_NAMES } from './column.ts';
import type { Editor } from './editor.ts';
import {
  findColumn,
  findIndex,
  findRelation,
  missingRelation,
  shownName,
  wrongKind,
} from './find.ts';
import { renameType } from './enum.ts';
import { claimRowType } from './find-type.ts';
import { renamedColumn, renamedTable } from './pin.ts';
import { renameSchema } from './schema.ts';
import { followSequence } from './sequence-names.ts';
import { changeViews } from './views-of.ts';
import { renameColumn } from './walk.ts';

export function rename(statement: Rename, editor: Editor): string {
  const { object, name, part, ifExists, at } = statement;
  const tag = `ALTER ${object.toUpperCase()}`;
  if (object === 'schema') {
    renameSchema(statement, editor);
    return tag;
  }
  if (object === 'type') {
    renameType(statement, editor);
    return tag;
  }
  const found = object === 'index' ? findIndex(editor, name) : findRelation(editor, name);
  if (found === null) {
    if (!ifExists) throw missingRelation(editor, name);
    editor.notice(`relation "${shownName(name)}" does not exist, skipping`);
    return tag;
  }
  if ('index' in found) {
    renameIndex(editor, found.table, found.index.id, statement.to, at);
    return tag;
  }
  if (part !== null) {
    if (found.kind === 'view' && part.kind === 'column') {
      if (object !== 'view' && object !== 'table') throw wrongKind(object, name);
      editor.put(renamedViewColumn(found, part.name, statement.to, at));
      const { name: from } = part;
      changeViews(editor, found.id, (query) => renamedColumn(query, found, from, statement.to, at));
      return tag;
    }
    if (found.kind !== 'table') throw unsupported(`ALTER ${object} … RENAME ${part.kind}`, at);
    if (part.kind === 'column') renameTableColumn(editor, found, part.name, statement.to, at);
    else renameConstraint(editor, found, part.name, statement.to, at);
    return tag;
  }
  // PostgreSQL lets ALTER TABLE rename views and sequences too.
  if (found.kind !== object && object !== 'table') throw wrongKind(object, name);
  editor.claimName(found.schema, statement.to, at);
  if (found.kind !== 'sequence') claimRowType(editor, found.schema, statement.to, at);
  editor.put({ ...found, name: statement.to });
  if (found.kind === 'sequence') followSequence(editor, found, { ...found, name: statement.to });
  const to = { schema: found.schema, name: statement.to };
  changeViews(editor, found.id, (query) => renamedTable(query, found, to, at));
  return tag;
}

function renameIndex(editor: Editor, table: Table, id: number, to: string, at: number): void {
  editor.claimName(table.schema, to, at);
  const indexes = table.indexes.map((one) => (one.id === id ? { ...one, name: to } : one));
  const constraints = table.constraints.map((one) =>
    'index' in one && one.index === id ? { ...one, name: to } : one,
  );
  editor.put({ ...table, indexes, constraints });
}

function renameConstraint(
  editor: Editor,
  table: Table,
  name: string,
  to: string,
  at: number,
): void {
  const found = table.constraints.find((one) => one.name === name);
  if (found === undefined) {
    const message = `constraint "${name}" for table "${table.name}" does not exist`;
    throw new SqlError('42704', message, { at });
  }
  if (table.constraints.some((one) => one.name === to)) {
    const message = `constraint "${to}" for relation "${table.name}" already exists`;
    throw new SqlError('42710', message, { at });
  }
  if ('index' in found) {
    renameIndex(editor, table, found.index, to, at);
    return;
  }
  const constraints = table.constraints.map((one) => (one === found ? { ...one, name: to } : one));
  editor.put({ ...table, constraints });
}

function renameTableColumn(
  editor: Editor,
  table: Table,
  name: string,
  to: string,
  at: number,
): void {
  const column = findColumn(table, name);
  if (HIDDEN_NAMES.includes(to) || table.columns.some((one) => one.name === to)) {
    const message = `column "${to}" of relation "${table.name}" already exists`;
    throw new SqlError('42701', message, { at });
  }
  const renamed = (one: Column): Column => ({
    ...one,
    name: one.id === column.id ? to : one.name,
    fallback: one.generated ? renameColumn(one.fallback, name, to) : one.fallback,
  });
  editor.put({
    ...table,
    columns: table.columns.map(renamed),
    constraints: table.constraints.map((one) =>
      one.kind === 'check' ? { ...one, value: renameColumn(one.value, name, to) } : one,
    ),
    indexes: table.indexes.map((index) => ({
      ...index,
      where: renameColumn(index.where, name, to),
      elements: index.elements.map((one) => ({ ...one, value: renameColumn(one.value, name, to) })),
    })),
  });
  changeViews(editor, table.id, (query) => renamedColumn(query, table, name, to, at));
}
