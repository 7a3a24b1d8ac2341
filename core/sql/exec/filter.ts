/**
 * Filter: narrows its input's selection. Copies nothing.
 *
 * When a row's condition fails with an error, the rows before it are handed over first: a LIMIT
 * above may never come to the failing one. So the batch is then taken row by row, as it is from the
 * start when the condition is volatile.
 */
import { SqlError } from '../error.ts';
import type { Bound } from '../plan/expression.ts';
import { isVolatile } from './analysis.ts';
import { BATCH_ROWS } from './batch.ts';
import type { Batch } from './batch.ts';
import { makeBatch } from './column.ts';
import { makeCompiler } from './expression/compile.ts';
import type { Compiler } from './expression/compiled.ts';
import { compileCondition, roomFor } from './expression/selection.ts';
import type { Narrow } from './expression/selection.ts';
import { BATCH, MORE } from './operator.ts';
import type { Operator, Scope, Step } from './operator.ts';

/** Applies a condition to batches: to a filter's input, or to a scan's own rows. */
export class Condition {
  readonly #compiler: Compiler;
  readonly #narrow: Narrow;
  readonly #volatile: boolean;
  #kept: Int32Array = new Int32Array(0);
  #one = new Int32Array(1);
  /** Row by row from here on; -1: not. */
  #row = -1;
  #count = 0;
  #begun = false;
  #error: SqlError | null = null;

  constructor(bound: Bound, scope: Scope) {
    this.#compiler = makeCompiler(scope);
    this.#narrow = compileCondition(bound, this.#compiler);
    this.#volatile = isVolatile([bound]);
  }

  get volatile(): boolean {
    return this.#volatile;
  }

  reset(): void {
    this.#row = -1;
    this.#begun = false;
    this.#error = null;
    for (const query of this.#compiler.queries) query.reset();
  }

  /** Throws the error that ended the batch before, once the rows ahead of it are gone. */
  check(): void {
    if (this.#error !== null) throw this.#error;
  }

  /** Narrows the batch; may throw `Pending`, and is then called again for the same batch. */
  apply(batch: Batch): void {
    this.#kept = roomFor(this.#kept, batch.count);
    if (!this.#begun) {
      this.#begun = true;
      this.#compiler.attempt++;
      if (this.#volatile) this.#startRows();
    }
    const count = this.#row < 0 ? this.#whole(batch) : this.#rowByRow(batch);
    batch.selection = this.#kept;
    batch.count = count;
    this.#row = -1;
    this.#begun = false;
  }

  #startRows(): void {
    this.#row = 0;
    this.#count = 0;
  }

  #whole(batch: Batch): number {
    try {
      return this.#narrow(batch, batch.selection, batch.count, this.#kept);
    } catch (error) {
      if (!(error instanceof SqlError) || batch.count === 1) throw error;
      this.#startRows();
      this.#compiler.attempt++;
      return this.#rowByRow(batch);
    }
  }

  #rowByRow(batch: Batch): number {
    const scratch = new Int32Array(1);
    while (this.#row < batch.count) {
      this.#one[0] = batch.selection[this.#row] as number;
      try {
        const kept = this.#narrow(batch, this.#one, 1, scratch);
        if (kept === 1) this.#kept[this.#count++] = this.#one[0];
      } catch (error) {
        if (!(error instanceof SqlError) || this.#count === 0) throw error;
        this.#error = error;
        return this.#count;
      }
      this.#row++;
      this.#compiler.attempt++;
    }
    return this.#count;
  }
}

export class Filter implements Operator {
  readonly output: Batch = makeBatch([], 0);
  readonly #input: Operator;
  readonly #condition: Condition;
  readonly #exact: boolean;
  #loaded = false;

  /** `exact`: the input's rows have effects, so none is to be made that nobody wants. */
  constructor(input: Operator, condition: Condition, exact: boolean) {
    this.#input = input;
    this.#condition = condition;
    this.#exact = exact;
  }

  reset(): void {
    this.#input.reset();
    this.#condition.reset();
    this.#loaded = false;
  }

  step(want: number): Step {
    this.#condition.check();
    if (!this.#loaded) {
      const step = this.#input.step(this.#exact ? want : BATCH_ROWS);
      if (step !== BATCH) return step;
      const { rows, capacity, columns, selection, count } = this.#input.output;
      this.output.rows = rows;
      this.output.capacity = capacity;
      this.output.columns = columns;
      this.output.selection = selection;
      this.output.count = count;
      this.#loaded = true;
    }
    this.#condition.apply(this.output);
    this.#loaded = false;
    return this.output.count > 0 ? BATCH : MORE;
  }
}
