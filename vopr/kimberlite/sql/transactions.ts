/**
 * Transactions, worked out a second time: the statements that a client says it said, executed in
 * order at one position of the model, each answer held against the one that it was given.
 *
 * A savepoint is a copy of what a rollback must bring back. Nothing here knows of read sets, write
 * sets or validation: it only asks whether the answers are those of this place.
 */
import { assert } from '../../../core/types/assert.ts';
import type { TransactionStep } from '../history.ts';
import { decodeShape } from './body.ts';
import { Deferral } from './change.ts';
import type { ModelTable } from './database.ts';
import { wrongAnswer } from './judge.ts';
import type { SqlModel } from './model.ts';

interface SavedTable {
  readonly table: ModelTable;
  readonly rows: number;
  readonly ended: readonly number[];
}

interface Savepoint {
  readonly name: string;
  readonly all: boolean | null;
  readonly some: ReadonlyMap<string, boolean>;
  readonly tables: readonly SavedTable[];
}

/**
 * Executes them as the entry at `position`. Null, or the first answer that no statement in this
 * place can have been given; what comes after it is executed all the same. `commits`: what it has
 * done must hold in the end.
 */
export function executeTransaction(
  model: SqlModel,
  steps: readonly TransactionStep[],
  position: number,
  commits: boolean = false,
): string | null {
  const savepoints: Savepoint[] = [];
  const deferral = new Deferral();
  let complaint: string | null = null;
  steps.forEach(({ body, answer }, i) => {
    const { statement, parameters } = decodeShape(body, 0, body.length);
    const ends = statement.kind === 'transaction' && statement.action === 'commit';
    if (statement.kind === 'transaction' && !ends) {
      control(model, deferral, savepoints, statement.action, statement.name);
      return;
    }
    // Of commits only those are among the steps that were refused at once.
    const verdict = ends
      ? { code: model.keysAt(position), count: 0, rows: null, past: false }
      : model.execute(statement, parameters, position, deferral);
    const wrong = complaint === null ? wrongAnswer(answer, verdict) : null;
    if (wrong !== null) complaint = `statement ${i + 1} (${statement.kind}): ${wrong}`;
  });
  const broken = commits && complaint === null ? model.keysAt(position) : '';
  return broken === '' ? complaint : `it must be refused with ${broken}`;
}

function control(
  model: SqlModel,
  deferral: Deferral,
  savepoints: Savepoint[],
  action: string,
  name: string,
): void {
  if (action === 'savepoint') {
    const { all, some } = deferral;
    savepoints.push({ name, all, some, tables: model.database.tables.map(saved) });
    return;
  }
  const at = savepoints.findLastIndex((savepoint) => savepoint.name === name);
  assert(at >= 0, 'clients return to savepoints that they made');
  if (action === 'rollbackTo') {
    const { tables, all, some } = savepoints[at]!;
    tables.forEach(restore);
    deferral.all = all;
    deferral.some = new Map(some);
  }
  savepoints.length = action === 'release' ? at : at + 1;
}

function saved(table: ModelTable): SavedTable {
  return { table, rows: table.rows.length, ended: table.rows.map((row) => row.ended) };
}

function restore({ table, rows, ended }: SavedTable): void {
  table.rows.length = rows;
  table.rows.forEach((row, i) => {
    row.ended = ended[i]!;
  });
}
