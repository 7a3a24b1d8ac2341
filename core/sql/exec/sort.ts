/**
 * Sort: stable, all rows in memory.
 *
 * Where only the first n rows are wanted (`count`), rows are dropped on the way: whenever many have
 * gathered they are sorted and cut to n, and from then on a row whose first key comes after that of
 * the n-th is not kept at all.
 */
import type { SortPlan } from '../plan/plan.ts';
import type { Value } from '../types/type.ts';
import { BATCH_ROWS } from './batch.ts';
import type { Batch, ColumnBatch } from './batch.ts';
import { makeBatch, makeColumns } from './column.ts';
import { KeyedStore } from './keyed-store.ts';
import { MergeSort, sortRows } from './merge-sort.ts';
import { Once } from './once.ts';
import { BATCH, DONE, MORE, account } from './operator.ts';
import type { Operator, Run, Scope, Step } from './operator.ts';
import { directionOf, rowOrder } from './order.ts';
import type { Direction, RowOrder } from './order.ts';

/** Rows that gather above the wanted ones before they are cut. */
const SLACK_ROWS = 8192;
/** With more wanted, all are kept. */
const TOP_ROWS_MAX = 100_000;

export class Sort implements Operator {
  readonly output: Batch;
  readonly #input: Operator;
  readonly #run: Run;
  readonly #rows: KeyedStore;
  readonly #directions: readonly Direction[];
  readonly #count: Once | null;
  #wanted = -1;
  #loaded = false;
  #sort: MergeSort | null = null;
  #sorted = false;
  #next = 0;

  constructor(plan: SortPlan, input: Operator, scope: Scope) {
    this.#input = input;
    this.#run = scope.run;
    const keys = plan.keys.map((key) => key.value);
    this.#rows = new KeyedStore(plan.types, keys, scope);
    this.#directions = plan.keys.map(directionOf);
    this.#count = plan.count === null ? null : new Once([plan.count], scope);
    this.output = makeBatch(makeColumns(plan.types, 0), BATCH_ROWS);
  }

  reset(): void {
    this.#input.reset();
    this.#rows.reset();
    this.#count?.reset();
    this.#wanted = -1;
    this.#loaded = false;
    this.#sort = null;
    this.#sorted = false;
    this.#next = 0;
  }

  step(want: number): Step {
    if (this.#sorted) return this.#emit(want);
    if (this.#sort !== null) {
      this.#sorted = this.#sort.step();
      return MORE;
    }
    if (this.#wanted < 0) this.#wanted = this.#readCount();
    if (!this.#loaded) {
      const step = this.#input.step(BATCH_ROWS);
      if (step === DONE) {
        this.#sort = new MergeSort(this.#rows.store.rows, this.#order());
        account(this.#run, this.#rows.store.rows * 8);
      }
      if (step !== BATCH) return MORE;
      this.#loaded = true;
    }
    this.#rows.append(this.#input.output);
    this.#loaded = false;
    if (this.#rows.store.rows >= this.#wanted + SLACK_ROWS) this.#cut();
    return MORE;
  }

  #order(): RowOrder {
    return rowOrder(this.#rows.keys, this.#directions);
  }

  #readCount(): number {
    const count = this.#count === null ? null : (this.#count.values()[0] as Value);
    if (count === null || Number(count) > TOP_ROWS_MAX) return Infinity;
    return Math.max(0, Number(count));
  }

  /** Keeps the first `#wanted` rows, in their order. */
  #cut(): void {
    const { store } = this.#rows;
    const sorted = sortRows(store.rows, this.#order()).subarray(0, this.#wanted);
    // In the order they came, so that equal rows stay as they are.
    sorted.sort((a, b) => a - b);
    const kept: ColumnBatch[] = store.columns.map((column) => ({ ...column }));
    const count = sorted.length;
    store.clear();
    for (let at = 0; at < count; at += BATCH_ROWS) {
      const part = sorted.subarray(at, Math.min(at + BATCH_ROWS, count));
      store.appendColumns(kept, part, part.length);
    }
  }

  #emit(want: number): Step {
    const { rows } = this.#sort as MergeSort;
    const count = Math.min(want, BATCH_ROWS, rows.length - this.#next);
    if (count <= 0) return DONE;
    const ids = rows.subarray(this.#next, this.#next + count);
    this.#rows.store.read(this.output, ids, count);
    this.#next += count;
    return BATCH;
  }
}
