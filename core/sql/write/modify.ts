/**
 * UPDATE and DELETE: rows that the source names by their address. A row that comes twice is changed
 * once, by the first.
 */
import type { Batch, ColumnBatch } from '../exec/batch.ts';
import { makeColumn, put, restart, shapeOf } from '../exec/column.ts';
import type { Execution } from '../exec/driver.ts';
import { BATCH, DONE } from '../exec/operator.ts';
import type { DeletePlan, UpdatePlan } from '../plan/plan.ts';
import { readU64 } from '../../codec/bytes.ts';
import { PENDING_POSITION } from '../rows/keyspaces.ts';
import { INT8 } from '../types/type.ts';
import { addressOf } from './changes.ts';
import { RowChecks } from './checks.ts';
import type { WriteContext } from './context.ts';
import { Returning } from './returning.ts';
import type { CountedRun } from './run.ts';
import { SOURCE_BUDGET } from './run.ts';
import type { ViewChecks } from './view-checks.ts';
import { viewChecksOf } from './view-checks.ts';
import type { Writers } from './writers.ts';

export class ModifyRun implements CountedRun {
  count = 0;
  readonly #plan: UpdatePlan | DeletePlan;
  readonly #context: WriteContext;
  readonly #source: Execution;
  readonly #writers: Writers;
  readonly #checks: RowChecks | null;
  readonly #viewChecks: ViewChecks | null;
  readonly #returning: Returning;
  #fresh: Int32Array = new Int32Array(0);
  readonly #hidden: ColumnBatch[] = [];

  constructor(
    plan: UpdatePlan | DeletePlan,
    source: Execution,
    writers: Writers,
    context: WriteContext,
  ) {
    this.#plan = plan;
    this.#context = context;
    this.#source = source;
    this.#writers = writers;
    const { table, returning, types } = plan;
    this.#checks = plan.kind === 'update' ? new RowChecks(table, plan.checks, context) : null;
    this.#viewChecks =
      plan.kind === 'update' ? viewChecksOf(table, plan.viewChecks, context) : null;
    this.#returning = new Returning(returning, types, table, context.source.view, context);
  }

  get returning(): readonly Batch[] {
    return this.#returning.batches;
  }

  step(): boolean {
    const step = this.#source.step(SOURCE_BUDGET);
    if (step === BATCH) this.#take(this.#source.output);
    return step === DONE;
  }

  #take(batch: Batch): void {
    const { table } = this.#plan;
    const width = table.columns.length;
    const count = this.#untouched(batch);
    const selection = this.#fresh;
    if (count === 0) return;
    this.count += count;
    const changes = this.#writers.changes(table);
    if (this.#plan.kind === 'update') {
      const fresh = 1 + width;
      this.#checks!.check(batch, fresh, selection, count);
      const { changed } = this.#plan;
      const write = (rows: number): void => {
        changes.update(batch, 0, 1, fresh, changed, selection, rows);
      };
      if (this.#viewChecks === null) write(count);
      else this.#viewChecks.prove(batch, fresh, selection, count, write);
      this.#returning.add(batch, fresh, fresh + width, selection, count, null);
      return;
    }
    const hidden = this.#returning.isWanted ? this.#hiddenOf(batch, selection, count) : null;
    changes.delete(batch, 0, 1, selection, count);
    this.#returning.add(batch, 1, 1 + width, selection, count, hidden);
  }

  /** Selects the rows that this statement has not changed yet, each once. */
  #untouched(batch: Batch): number {
    if (this.#fresh.length < batch.count) this.#fresh = new Int32Array(batch.capacity);
    const writer = this.#writers.table(this.#plan.table);
    const seen: Set<string> = new Set();
    let count = 0;
    for (let k = 0; k < batch.count; k += 1) {
      const row = batch.selection[k]!;
      const address = addressOf(batch, 0, row);
      if (writer.isTouched(address)) continue;
      if (this.#mayRepeat) {
        const key = address.bytes.join(',');
        if (seen.has(key)) continue;
        seen.add(key);
      }
      this.#fresh[count++] = row;
    }
    return count;
  }

  /** Joined with other tables, a row may come more than once in one batch. */
  get #mayRepeat(): boolean {
    return !isScanOfOne(this.#plan.source);
  }

  /** When deleted rows began; they end now. */
  #hiddenOf(batch: Batch, selection: Int32Array, count: number): readonly ColumnBatch[] {
    const { view } = this.#context.source;
    const writer = this.#writers.table(this.#plan.table);
    const shape = shapeOf(INT8);
    const hidden = this.#hidden;
    while (hidden.length < 4) hidden.push(makeColumn(shape, batch.capacity));
    for (const column of hidden) restart(column, shape, batch.capacity);
    for (let k = 0; k < count; k += 1) {
      const row = selection[k]!;
      writer.find(addressOf(batch, 0, row));
      const { heap, from } = writer.found;
      const began = readU64(heap, from);
      const values = [view.timestampAt(began), view.timestampAt(view.position)];
      values.push(began === PENDING_POSITION ? view.position : began, view.position);
      for (const [i, value] of values.entries()) put(hidden[i]!, shape, row, value);
    }
    return hidden;
  }
}

/** A source that reads one table alone yields each of its rows once. */
function isScanOfOne(plan: UpdatePlan['source']): boolean {
  if (plan.kind === 'scan') return true;
  const hasInput = plan.kind === 'filter' || plan.kind === 'gate' || plan.kind === 'project';
  return hasInput && isScanOfOne(plan.input);
}
