/**
 * Project: computes columns. Those that are columns of the input are handed on without a copy.
 *
 * When a row fails with an error, the rows before it are handed over first (see `filter.ts`).
 * Volatile expressions are evaluated one whole row after another, as their effects have an order.
 */
import { SqlError } from '../error.ts';
import type { Bound } from '../plan/expression.ts';
import { isVolatile } from './analysis.ts';
import type { Batch, ColumnBatch } from './batch.ts';
import { copySelected, makeBatch, makeColumn, restart } from './column.ts';
import { makeCompiler } from './expression/compile.ts';
import type { Compiled, Compiler } from './expression/compiled.ts';
import { heldOf } from './expression/held.ts';
import type { Held } from './expression/held.ts';
import { BATCH } from './operator.ts';
import type { Operator, Scope, Step } from './operator.ts';

/** Evaluates a list of expressions over batches. */
export class Projection {
  readonly columns: ColumnBatch[] = [];
  readonly #compiler: Compiler;
  readonly #values: readonly Compiled[];
  readonly #volatile: boolean;
  /** Where rows are collected when they are made one by one. */
  readonly #collected: ColumnBatch[];
  readonly #held: readonly (Held | null)[];
  #one = new Int32Array(1);
  #row = -1;
  #begun = false;
  #error: SqlError | null = null;

  constructor(bounds: readonly Bound[], scope: Scope) {
    this.#compiler = makeCompiler(scope);
    this.#values = bounds.map(this.#compiler.compile);
    this.#collected = this.#values.map((value) => makeColumn(value.shape, 0));
    this.#held = bounds.map(({ type }) => heldOf(type.id, scope.run));
    this.#volatile = isVolatile(bounds);
  }

  reset(): void {
    this.#row = -1;
    this.#begun = false;
    this.#error = null;
    for (const query of this.#compiler.queries) query.reset();
  }

  check(): void {
    if (this.#error !== null) throw this.#error;
  }

  /** Fills `columns`; answers for how many of the selected rows. */
  apply(batch: Batch): number {
    if (!this.#begun) {
      this.#begun = true;
      this.#compiler.attempt++;
      if (this.#volatile && batch.count > 1) this.#startRows(batch);
    }
    const count = this.#row < 0 ? this.#whole(batch) : this.#rowByRow(batch);
    this.#row = -1;
    this.#begun = false;
    return count;
  }

  #whole(batch: Batch): number {
    try {
      for (let i = 0; i < this.#values.length; i++) {
        const value = this.#values[i] as Compiled;
        this.columns[i] = value.evaluate(batch, batch.selection, batch.count);
      }
      return batch.count;
    } catch (error) {
      if (!(error instanceof SqlError) || batch.count === 1) throw error;
      this.#startRows(batch);
      this.#compiler.attempt++;
      return this.#rowByRow(batch);
    }
  }

  #startRows(batch: Batch): void {
    this.#row = 0;
    for (const held of this.#held) held?.release();
    for (let i = 0; i < this.#values.length; i++) {
      const column = this.#collected[i] as ColumnBatch;
      restart(column, (this.#values[i] as Compiled).shape, batch.capacity);
      this.columns[i] = column;
    }
  }

  #rowByRow(batch: Batch): number {
    const results: ColumnBatch[] = [];
    while (this.#row < batch.count) {
      this.#one[0] = batch.selection[this.#row] as number;
      try {
        for (let i = 0; i < this.#values.length; i++) {
          const result = (this.#values[i] as Compiled).evaluate(batch, this.#one, 1);
          results[i] = result;
          this.#held[i]?.add(result.values[this.#one[0]] ?? null);
        }
      } catch (error) {
        if (!(error instanceof SqlError) || this.#row === 0) throw error;
        this.#error = error;
        return this.#row;
      }
      for (let i = 0; i < this.#values.length; i++) {
        const { shape } = this.#values[i] as Compiled;
        copySelected(
          this.columns[i] as ColumnBatch,
          shape,
          results[i] as ColumnBatch,
          this.#one,
          1,
        );
      }
      this.#row++;
      this.#compiler.attempt++;
    }
    return this.#row;
  }
}

export class Project implements Operator {
  readonly output: Batch;
  readonly #input: Operator;
  readonly #projection: Projection;
  #loaded = false;

  constructor(input: Operator, values: readonly Bound[], scope: Scope) {
    this.#input = input;
    this.#projection = new Projection(values, scope);
    this.output = makeBatch(this.#projection.columns, 0);
  }

  reset(): void {
    this.#input.reset();
    this.#projection.reset();
    this.#loaded = false;
  }

  step(want: number): Step {
    this.#projection.check();
    if (!this.#loaded) {
      const step = this.#input.step(want);
      if (step !== BATCH) return step;
      this.#loaded = true;
    }
    const { rows, capacity, selection } = this.#input.output;
    this.output.count = this.#projection.apply(this.#input.output);
    this.output.rows = rows;
    this.output.capacity = capacity;
    this.output.selection = selection;
    this.#loaded = false;
    return BATCH;
  }
}
