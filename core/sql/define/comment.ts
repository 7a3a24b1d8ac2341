/**
 * COMMENT ON.
 */
import type { Table } from '../catalog/model.ts';
import { unsupported } from '../error.ts';
import type { CommentOn } from '../tree/define.ts';
import type { Editor } from './editor.ts';
import {
  findColumn,
  findIndex,
  findRelation,
  findTable,
  missingRelation,
  wrongKind,
} from './find.ts';

export function comment(statement: CommentOn, editor: Editor): void {
  const { object, name, part, comment: text, at } = statement;
  switch (object) {
    case 'table':
    case 'view':
    case 'sequence': {
      const found = findRelation(editor, name);
      if (found === null) throw missingRelation(name);
      if (found.kind !== object) throw wrongKind(object, name);
      editor.put({ ...found, comment: text });
      return;
    }
    case 'column': {
      const found = findTable(editor, name);
      const { id } = findColumn(found, part!);
      const columns = found.columns.map((one) => (one.id === id ? { ...one, comment: text } : one));
      editor.put({ ...found, columns });
      return;
    }
    case 'index': {
      const found = findIndex(editor, name);
      if (found === null) throw missingRelation(name);
      editor.put(commented(found.table, found.index.id, text));
      return;
    }
    case 'constraint':
    case 'schema':
      throw unsupported(`COMMENT ON ${object.toUpperCase()}`, at);
  }
}

function commented(table: Table, index: number, text: string | null): Table {
  const indexes = table.indexes.map((one) => (one.id === index ? { ...one, comment: text } : one));
  return { ...table, indexes };
}
