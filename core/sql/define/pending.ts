/** Tables with checks that wait for the end of the transaction may not be changed under them. */
import type { Constraint, Table } from '../catalog/model.ts';
import { SqlError } from '../error.ts';
import type { DeferredCheck } from '../rows/overlay.ts';
import type { Editor } from './editor.ts';

/** 55006. `command`: ALTER TABLE, TRUNCATE, DROP TABLE. */
export function refusePending(editor: Editor, table: Table, command: string): void {
  const { deferred } = editor.context.source.view.overlay;
  // A key that went is noted with the table that lost it, and of those who refer by the constraint.
  const isOurs = ({ id }: Constraint, check: DeferredCheck): boolean => id === check.constraint;
  const waits = (check: DeferredCheck): boolean =>
    check.table === table.id || table.constraints.some((one) => isOurs(one, check));
  if (!deferred.some(waits)) return;
  const message = `cannot ${command} "${table.name}" because it has pending trigger events`;
  throw new SqlError('55006', message);
}
