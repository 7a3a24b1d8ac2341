/** DISTINCT and DISTINCT ON: the first row of each group of equal ones, in the input's order. */
import { NO_ROWS, roomFor } from './expression/selection.ts';
import type { DistinctPlan } from '../plan/plan.ts';
import type { SqlType } from '../types/type.ts';
import { BATCH_ROWS } from './batch.ts';
import type { Batch, ColumnBatch } from './batch.ts';
import { makeBatch } from './column.ts';
import { makeCompiler } from './expression/compile.ts';
import type { Compiled, Compiler } from './expression/compiled.ts';
import { GroupTable } from './group-table.ts';
import { BATCH, MORE } from './operator.ts';
import type { Operator, Run, Scope, Step } from './operator.ts';

/** Remembers rows, and narrows batches to those that have not been seen. */
export class DistinctRows {
  readonly #table: GroupTable;
  #groups: Int32Array = NO_ROWS;
  #kept: Int32Array = NO_ROWS;

  constructor(types: readonly SqlType[], run: Run) {
    this.#table = new GroupTable(types, run);
  }

  clear(): void {
    this.#table.clear();
  }

  /** `keys`: columns over the batch's rows that say what is equal. */
  narrow(batch: Batch, keys: readonly ColumnBatch[]): void {
    let seen = this.#table.size;
    this.#groups = roomFor(this.#groups, batch.count);
    this.#kept = roomFor(this.#kept, batch.count);
    this.#table.find(keys, batch.selection, batch.count, true, this.#groups);
    let kept = 0;
    for (let k = 0; k < batch.count; k++) {
      // New groups are numbered in the order of their rows.
      if (this.#groups[k] !== seen) continue;
      seen++;
      this.#kept[kept++] = batch.selection[k] as number;
    }
    batch.selection = this.#kept;
    batch.count = kept;
  }
}

export class Distinct implements Operator {
  readonly output: Batch = makeBatch([], 0);
  readonly #input: Operator;
  readonly #rows: DistinctRows;
  readonly #compiler: Compiler;
  /** Null: whole rows. */
  readonly #keys: readonly Compiled[] | null;
  #loaded = false;

  constructor(plan: DistinctPlan, input: Operator, scope: Scope) {
    this.#input = input;
    this.#compiler = makeCompiler(scope);
    this.#keys = plan.keys === null ? null : plan.keys.map(this.#compiler.compile);
    const types = plan.keys === null ? plan.types : plan.keys.map((key) => key.type);
    this.#rows = new DistinctRows(types, scope.run);
  }

  reset(): void {
    this.#input.reset();
    this.#rows.clear();
    this.#loaded = false;
    for (const query of this.#compiler.queries) query.reset();
  }

  step(_want: number): Step {
    if (!this.#loaded) {
      const step = this.#input.step(BATCH_ROWS);
      if (step !== BATCH) return step;
      this.#compiler.attempt++;
      this.#loaded = true;
    }
    const { output } = this;
    const input = this.#input.output;
    const keys =
      this.#keys === null
        ? input.columns
        : this.#keys.map((key) => key.evaluate(input, input.selection, input.count));
    output.rows = input.rows;
    output.capacity = input.capacity;
    output.columns = input.columns;
    output.selection = input.selection;
    output.count = input.count;
    this.#rows.narrow(output, keys);
    this.#loaded = false;
    return output.count > 0 ? BATCH : MORE;
  }
}
