/** Tables with checks that wait for the end of the transaction may not be changed under them. */
import type { Table } from '../catalog/model.ts';
import { SqlError } from '../error.ts';
import type { Editor } from './editor.ts';

/** 55006. `command`: ALTER TABLE, TRUNCATE, DROP TABLE. */
export function refusePending(editor: Editor, table: Table, command: string): void {
  const { deferred } = editor.context.source.view.overlay;
  if (!deferred.some((check) => check.table === table.id)) return;
  const message = `cannot ${command} "${table.name}" because it has pending trigger events`;
  throw new SqlError('55006', message);
}
