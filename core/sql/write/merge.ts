/**
 * MERGE: rows of the source in their order, each with what is to be done with it. Neighbours with
 * one action are done at once.
 */
import type { Batch } from '../exec/batch.ts';
import type { Execution } from '../exec/driver.ts';
import { BATCH, DONE } from '../exec/operator.ts';
import type { MergeKind, MergePlan } from '../plan/plan.ts';
import { addressOf } from './changes.ts';
import { RowChecks } from './checks.ts';
import type { WriteContext } from './context.ts';
import type { CountedRun } from './run.ts';
import { SOURCE_BUDGET } from './run.ts';
import { rowTwice } from './violation.ts';
import type { Writers } from './writers.ts';

/** Places in a row of the source. */
const ACTION = 0;
const ADDRESS = 1;
const OLD = 2;

export class MergeRun implements CountedRun {
  count = 0;
  readonly returning: readonly Batch[] = [];
  readonly #plan: MergePlan;
  readonly #source: Execution;
  readonly #writers: Writers;
  readonly #checks: RowChecks;
  #chosen: Int32Array = new Int32Array(0);

  constructor(plan: MergePlan, source: Execution, writers: Writers, context: WriteContext) {
    this.#plan = plan;
    this.#source = source;
    this.#writers = writers;
    this.#checks = new RowChecks(plan.table, plan.checks, context);
  }

  step(): boolean {
    const step = this.#source.step(SOURCE_BUDGET);
    if (step === BATCH) this.#take(this.#source.output);
    return step === DONE;
  }

  #take(batch: Batch): void {
    const { selection, count } = batch;
    if (this.#chosen.length < count) this.#chosen = new Int32Array(batch.capacity);
    let kind: MergeKind = 'nothing';
    let chosen = 0;
    for (let k = 0; k < count; k += 1) {
      const row = selection[k]!;
      const next = this.#kindOf(batch, row);
      if (next !== kind) {
        this.#apply(kind, batch, chosen);
        chosen = 0;
        kind = next;
      }
      this.#chosen[chosen++] = row;
    }
    this.#apply(kind, batch, chosen);
  }

  #kindOf(batch: Batch, row: number): MergeKind {
    const place = batch.columns[ACTION]!.numbers[row]!;
    return place === 0 ? 'nothing' : this.#plan.actions[place - 1]!;
  }

  /** Rows before one that is matched a second time may be refused for a reason of their own. */
  #apply(kind: MergeKind, batch: Batch, count: number): void {
    if (kind === 'nothing' || count === 0) return;
    const good = kind === 'insert' ? count : this.#untouched(batch, count);
    if (good > 0) this.#change(kind, batch, good);
    if (good < count) throw rowTwice('MERGE');
    this.count += count;
  }

  #change(kind: Exclude<MergeKind, 'nothing'>, batch: Batch, count: number): void {
    const { table, changed } = this.#plan;
    const fresh = OLD + table.columns.length;
    const chosen = this.#chosen;
    if (kind !== 'delete') this.#checks.check(batch, fresh, chosen, count);
    const changes = this.#writers.changes(table);
    if (kind === 'insert') changes.insert(batch, fresh, chosen, count);
    else if (kind === 'delete') changes.delete(batch, ADDRESS, OLD, chosen, count);
    else changes.update(batch, ADDRESS, OLD, fresh, changed, chosen, count);
  }

  /** How many of the chosen come before one that is matched a second time. */
  #untouched(batch: Batch, count: number): number {
    const writer = this.#writers.table(this.#plan.table);
    const seen: Set<string> = new Set();
    for (let k = 0; k < count; k += 1) {
      const address = addressOf(batch, ADDRESS, this.#chosen[k]!);
      const key = address.bytes.join(',');
      if (seen.has(key) || writer.isTouched(address)) return k;
      seen.add(key);
    }
    return count;
  }
}
