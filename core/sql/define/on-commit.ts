/**
 * ON COMMIT of temporary tables: making them, and what becomes of them when a transaction ends.
 */
import type { Table } from '../catalog/model.ts';
import { SqlError } from '../error.ts';
import type { CreateOnCommit } from '../tree/define.ts';
import type { WriteContext } from '../write/context.ts';
import { createTableAs } from './create-as.ts';
import { createTable } from './create-table.ts';
import { dropRelations } from './drop.ts';
import { Editor } from './editor.ts';
import type { Tag } from './editor.ts';
import { emptied } from './truncate.ts';

/** Answers the command tag. */
export function createOnCommit({ table, action }: CreateOnCommit, editor: Editor): Tag {
  const before = editor.state.lastId;
  let tag: Tag = 'CREATE TABLE';
  if (table.kind === 'createTable') createTable(table, editor);
  else tag = createTableAs(table, editor);
  const schema = editor.context.source.temporary!;
  const made = editor.state.relation(schema, table.name.name);
  // With IF NOT EXISTS there may be another, that stays what it is.
  if (made?.kind === 'table' && made.id > before) editor.put({ ...made, onCommit: action });
  return tag;
}

/**
 * At the end of a transaction, or of a statement that is one: empties and drops the session's
 * temporary tables that say so. What that writes is in the statement layer. Throws 0A000 when
 * another table refers to one that is emptied.
 */
export function endTemporary(context: WriteContext): void {
  const { state, temporary } = context.source;
  const ending: Table[] = [];
  for (const one of state.relations()) {
    if (one.kind !== 'table' || one.onCommit === undefined || one.schema !== temporary) continue;
    ending.push(one);
  }
  if (ending.length === 0) return;
  const editor = new Editor(context);
  const emptying = ending.filter(({ onCommit }) => onCommit === 'deleteRows');
  for (const table of emptying) {
    refuseReferring(editor, table, emptying);
    if (context.source.mayHaveRows(table.id)) editor.later(emptied(table, context));
  }
  while (!editor.work());
  const dropped = ending.filter(({ onCommit }) => onCommit === 'drop');
  dropRelations(editor, dropped, true);
  editor.finish();
}

function refuseReferring(editor: Editor, table: Table, emptied: readonly Table[]): void {
  for (const { table: referring } of editor.state.referringTo(table.id)) {
    if (emptied.some(({ id }) => id === referring.id)) continue;
    throw new SqlError('0A000', 'unsupported ON COMMIT and foreign key combination', {
      detail:
        `Table "${referring.name}" references "${table.name}", ` +
        'but they do not have the same ON COMMIT setting.',
    });
  }
}
