/**
 * Groups of rows that come in the order of one of the groups' keys: whenever that key changes all
 * groups so far are complete, and are handed over before more is read. For queries of which only
 * the first groups are wanted.
 */
import type { AggregatePlan } from '../plan/plan.ts';
import { compareFor } from '../types/compare.ts';
import type { Value } from '../types/type.ts';
import { Aggregate } from './aggregate.ts';
import { BATCH_ROWS } from './batch.ts';
import type { Batch, ColumnBatch } from './batch.ts';
import { makeBatch, makeColumns, valueAt } from './column.ts';
import type { Shape } from './column.ts';
import { BATCH, DONE, MORE } from './operator.ts';
import type { Operator, Scope, Step } from './operator.ts';
import { roomForRows } from './room.ts';
import { RowStore } from './row-store.ts';

export class OrderedAggregate implements Operator {
  readonly #groups: WholeGroups;
  readonly #aggregate: Aggregate;

  constructor(plan: AggregatePlan, column: number, input: Operator, scope: Scope) {
    this.#groups = new WholeGroups(plan, column, input, scope);
    this.#aggregate = new Aggregate(plan, this.#groups, scope);
  }

  get output(): Batch {
    return this.#aggregate.output;
  }

  reset(): void {
    this.#aggregate.reset();
  }

  step(want: number): Step {
    const step = this.#aggregate.step(want);
    if (step !== DONE || this.#groups.isLast) return step;
    this.#groups.next();
    this.#aggregate.reset();
    return MORE;
  }
}

/** Rows of one key that are kept: when there are more, the rest of the input is one part. */
const KEPT_ROWS_MAX = 16_384;

/** The input in parts, each as if it were all: none divides rows of one key. */
class WholeGroups implements Operator {
  readonly #part: Batch;
  readonly #input: Operator;
  readonly #column: number;
  readonly #compare: (a: Value, b: Value) => number;
  /** Rows of this part, and then some of the next. */
  readonly #rows: RowStore;
  readonly #ids = roomForRows(BATCH_ROWS);
  /** How many are of this part; -1: that is not known yet. */
  #whole = -1;
  #at = 0;
  /** What comes after the rows that are kept is of this part, too. */
  #isOpen = false;
  #isPassing = false;
  #isNext = false;
  /** This part is the last one. */
  isLast = false;

  constructor({ input: { types } }: AggregatePlan, column: number, input: Operator, scope: Scope) {
    this.#input = input;
    this.#column = column;
    this.#compare = compareFor(types[column]!.id);
    this.#rows = new RowStore(types, scope.run);
    this.#part = makeBatch(makeColumns(types, 0), BATCH_ROWS);
  }

  get output(): Batch {
    return this.#isPassing ? this.#input.output : this.#part;
  }

  /** The reset that follows begins with the next part instead of from the start. */
  next(): void {
    this.#isNext = true;
  }

  reset(): void {
    if (this.#isNext) this.#dropPart();
    else this.#startOver();
    this.#isNext = false;
    this.#isPassing = false;
    this.#whole = -1;
    this.#at = 0;
  }

  #startOver(): void {
    this.#input.reset();
    this.#rows.clear();
    this.#isOpen = false;
    this.isLast = false;
  }

  #dropPart(): void {
    const store = this.#rows;
    const all: ColumnBatch[] = store.columns.map((column) => ({ ...column }));
    const { rows } = store;
    store.clear();
    for (let at = this.#whole; at < rows; at += BATCH_ROWS) {
      const count = this.#numbersFrom(at, rows);
      store.appendColumns(all, this.#ids, count);
    }
  }

  step(_want: number): Step {
    if (this.#whole < 0) return this.#read();
    if (this.#at < this.#whole) {
      const count = this.#numbersFrom(this.#at, this.#whole);
      this.#rows.read(this.#part, this.#ids, count);
      this.#at += count;
      return BATCH;
    }
    if (!this.#isOpen) return DONE;
    this.#isPassing = true;
    return this.#input.step(BATCH_ROWS);
  }

  #read(): Step {
    const step = this.#input.step(BATCH_ROWS);
    if (step === DONE) {
      this.isLast = true;
      this.#whole = this.#rows.rows;
    } else if (step === BATCH) {
      this.#rows.append(this.#input.output);
      this.#whole = this.#beforeLastKey();
      if (this.#whole < 0 && this.#rows.rows > KEPT_ROWS_MAX) this.#open();
    }
    return MORE;
  }

  #open(): void {
    this.isLast = true;
    this.#isOpen = true;
    this.#whole = this.#rows.rows;
  }

  /** Rows before those that have the last row's key; -1: there are none. */
  #beforeLastKey(): number {
    const column = this.#rows.columns[this.#column] as ColumnBatch;
    const shape = this.#rows.shapes[this.#column] as Shape;
    const last = valueAt(column, shape, this.#rows.rows - 1);
    if (this.#isSame(valueAt(column, shape, 0), last)) return -1;
    for (let row = this.#rows.rows - 2; row >= 0; row--) {
      if (!this.#isSame(valueAt(column, shape, row), last)) return row + 1;
    }
    return -1;
  }

  #isSame(a: Value, b: Value): boolean {
    return a === null || b === null ? a === b : this.#compare(a, b) === 0;
  }

  #numbersFrom(at: number, end: number): number {
    const count = Math.min(BATCH_ROWS, end - at);
    for (let i = 0; i < count; i++) this.#ids[i] = at + i;
    return count;
  }
}
