/**
 * TRUNCATE: every row ends. They stay in the history, as rows that were deleted do.
 */
import type { Table } from '../catalog/model.ts';
import { SqlError } from '../error.ts';
import { BATCH_ROWS } from '../exec/batch.ts';
import { ALL_ROWS, makeBatch, makeColumns } from '../exec/column.ts';
import { ROW_ADDRESS } from '../plan/plan.ts';
import type { Truncate } from '../tree/define.ts';
import { BYTEA } from '../types/type.ts';
import type { WriteContext } from '../write/context.ts';
import { Writers } from '../write/writers.ts';
import type { Editor } from './editor.ts';
import { findTable } from './find.ts';
import { refusePending } from './pending.ts';
import { restartSequence } from './sequence.ts';

export function truncate(statement: Truncate, editor: Editor): void {
  const tables = statement.names.map((name) => findTable(editor, name));
  for (const table of tables) {
    for (const { table: referring } of editor.state.referringTo(table.id)) {
      if (tables.some(({ id }) => id === referring.id)) continue;
      if (!statement.cascade) throw referenced(table, referring);
      editor.notice(`truncate cascades to table "${referring.name}"`);
      tables.push(referring);
    }
  }
  for (const table of new Set(tables)) {
    refusePending(editor, table, 'TRUNCATE');
    editor.later(emptied(table, editor.context));
    if (statement.restartIdentity) restartOwned(table, editor);
  }
}

function referenced(table: Table, referring: Table): SqlError {
  const message = 'cannot truncate a table referenced in a foreign key constraint';
  return new SqlError('0A000', message, {
    detail: `Table "${referring.name}" references "${table.name}".`,
    hint: `Truncate table "${referring.name}" at the same time, or use TRUNCATE ... CASCADE.`,
  });
}

/** Every row of it ends; yields after each batch. */
export function* emptied(table: Table, context: WriteContext): Generator<void> {
  const { source } = context;
  // All at once: nobody who refers is left to ask.
  const changes = new Writers(context, false).changes(table);
  const columns = [ROW_ADDRESS, ...table.columns.map((_, i) => i)];
  const types = [{ id: BYTEA }, ...table.columns.map(({ type }) => type)];
  const range = { equal: [], low: null, high: null };
  const present = { kind: 'present' } as const;
  source.reads?.whole(table.id);
  const cursor = source.open(
    ...([table, table.indexes[0]!, range, false, present, columns, null] as const),
  );
  const batch = makeBatch(makeColumns(types, BATCH_ROWS), BATCH_ROWS);
  for (let rows = cursor.next(batch); rows > 0; rows = cursor.next(batch)) {
    changes.delete(batch, 0, 1, ALL_ROWS, rows);
    yield;
  }
}

function restartOwned(table: Table, editor: Editor): void {
  for (const one of editor.state.relations()) {
    if (one.kind === 'sequence' && one.ownerTable === table.id) restartSequence(editor, one);
  }
}
