/**
 * COMMENT ON.
 */
import type { Table } from '../catalog/model.ts';
import { SqlError } from '../error.ts';
import type { CommentOn, QualifiedName } from '../tree/define.ts';
import { commentType } from './enum.ts';
import type { Editor } from './editor.ts';
import {
  findIndex,
  findRelation,
  findTable,
  missingSchema,
  missingRelation,
  shownName,
  wrongKind,
} from './find.ts';

export function comment(statement: CommentOn, editor: Editor): void {
  const { object, name, part, comment: text, at } = statement;
  switch (object) {
    case 'table':
    case 'view':
    case 'sequence': {
      const found = findRelation(editor, name);
      if (found === null) throw missingRelation(editor, name);
      if (found.kind !== object) throw wrongKind(object, name);
      editor.put({ ...found, comment: text });
      return;
    }
    case 'column':
      commentColumn(editor, name, part!, text, at);
      return;
    case 'index': {
      const found = findIndex(editor, name);
      if (found === null) throw missingRelation(editor, name);
      editor.put(commented(found.table, found.index.id, text));
      return;
    }
    case 'constraint':
      commentConstraint(editor, name, part!, text, at);
      return;
    case 'type':
      commentType(statement, editor);
      return;
    case 'schema': {
      const found = editor.state.schema(name.name);
      if (found === null) throw missingSchema(name);
      const { kind, id } = found;
      const base = { kind, id, name: found.name };
      editor.put(text === null ? base : { ...base, comment: text });
    }
  }
}

function commentColumn(
  editor: Editor,
  name: QualifiedName,
  column: string,
  text: string | null,
  at: number,
): void {
  const found = findRelation(editor, name);
  if (found === null) throw missingRelation(editor, name);
  if (found.kind === 'sequence') {
    const detail = 'This operation is not supported for sequences.';
    throw new SqlError('42809', `cannot set comment on relation "${found.name}"`, { detail, at });
  }
  if (!found.columns.some((one) => one.name === column)) {
    const message = `column "${column}" of relation "${shownName(name)}" does not exist`;
    throw new SqlError('42703', message, { at });
  }
  if (found.kind === 'table') {
    const columns = found.columns.map((one) =>
      one.name === column ? { ...one, comment: text } : one,
    );
    editor.put({ ...found, columns });
    return;
  }
  const columns = found.columns.map((one) => {
    if (one.name !== column) return one;
    const { comment: _, ...rest } = one;
    return text === null ? rest : { ...rest, comment: text };
  });
  editor.put({ ...found, columns });
}

function commentConstraint(
  editor: Editor,
  name: QualifiedName,
  constraint: string,
  text: string | null,
  at: number,
): void {
  const table = findTable(editor, name);
  if (!table.constraints.some((one) => one.name === constraint)) {
    const message = `constraint "${constraint}" for table "${table.name}" does not exist`;
    throw new SqlError('42704', message, { at });
  }
  const constraints = table.constraints.map((one) => {
    if (one.name !== constraint) return one;
    const { comment: _, ...rest } = one;
    return text === null ? rest : { ...rest, comment: text };
  });
  editor.put({ ...table, constraints });
}

function commented(table: Table, index: number, text: string | null): Table {
  const indexes = table.indexes.map((one) => (one.id === index ? { ...one, comment: text } : one));
  return { ...table, indexes };
}
