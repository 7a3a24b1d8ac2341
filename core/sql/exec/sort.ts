/**
 * Sort: stable, all rows in memory. Where only the first n rows are wanted (`count`) not many more
 * than those are kept (`top-rows.ts`).
 */
import type { SortPlan } from '../plan/plan.ts';
import type { Value } from '../types/type.ts';
import { BATCH_ROWS } from './batch.ts';
import type { Batch } from './batch.ts';
import { makeBatch, makeColumns } from './column.ts';
import { KeyedStore } from './keyed-store.ts';
import { Once } from './once.ts';
import { BATCH, DONE, MORE, account } from './operator.ts';
import type { Operator, Run, Scope, Step } from './operator.ts';
import { directionOf } from './order.ts';
import type { Direction } from './order.ts';
import { SORT_BYTES, makeSorter } from './sorter.ts';
import type { Sorter } from './sorter.ts';
import { TopRows } from './top-rows.ts';

/** With more wanted, all are kept. */
const TOP_ROWS_MAX = 10_000;

export class Sort implements Operator {
  readonly output: Batch;
  readonly #plan: SortPlan;
  readonly #input: Operator;
  readonly #run: Run;
  readonly #rows: KeyedStore;
  readonly #directions: readonly Direction[];
  readonly #count: Once | null;
  /** How many rows are handed over at most; -1: not known yet. */
  #wanted = -1;
  #top: TopRows | null = null;
  #loaded = false;
  #sorter: Sorter | null = null;
  #sorted = false;
  #next = 0;
  #sortBytes = 0;

  constructor(plan: SortPlan, input: Operator, scope: Scope) {
    this.#plan = plan;
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
    this.#top = null;
    this.#loaded = false;
    this.#sorter = null;
    this.#sorted = false;
    this.#next = 0;
    account(this.#run, -this.#sortBytes);
    this.#sortBytes = 0;
  }

  step(want: number): Step {
    if (this.#sorted) return this.#emit(want);
    if (this.#sorter !== null) {
      this.#sorted = this.#sorter.step();
      return MORE;
    }
    if (this.#wanted < 0) this.#begin();
    if (!this.#loaded) {
      const step = this.#input.step(BATCH_ROWS);
      if (step === DONE) this.#startSort();
      if (step !== BATCH) return MORE;
      this.#loaded = true;
    }
    let isEnd = false;
    if (this.#top === null) this.#rows.append(this.#input.output);
    else isEnd = this.#top.add(this.#input.output);
    this.#loaded = false;
    if (isEnd) this.#startSort();
    return MORE;
  }

  #begin(): void {
    const count = this.#count === null ? null : (this.#count.values()[0] as Value);
    // A negative count is the LIMIT's business.
    this.#wanted = count === null ? Infinity : Math.max(0, Number(count));
    if (this.#wanted <= TOP_ROWS_MAX && this.#directions.length > 0) {
      const { presorted = false } = this.#plan;
      this.#top = new TopRows(this.#rows, this.#directions, this.#wanted, presorted);
    }
  }

  #startSort(): void {
    const { rows } = this.#rows.store;
    this.#sortBytes = rows * SORT_BYTES;
    account(this.#run, this.#sortBytes);
    this.#sorter = makeSorter(rows, this.#rows.keys, this.#directions);
  }

  #emit(want: number): Step {
    const { rows } = this.#sorter as Sorter;
    const end = Math.min(rows.length, this.#wanted);
    const count = Math.min(want, BATCH_ROWS, end - this.#next);
    if (count <= 0) return DONE;
    const ids = rows.subarray(this.#next, this.#next + count);
    this.#rows.store.read(this.output, ids, count);
    this.#next += count;
    return BATCH;
  }
}
