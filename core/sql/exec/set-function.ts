/**
 * Set-returning functions: in FROM, and in a select list.
 *
 * Rows are made as they are wanted, so that `generate_series(1, 1000000000) LIMIT 3` makes three.
 */
import type { SetFunction } from '../functions/function.ts';
import type { FunctionScanPlan, ProjectSetPlan } from '../plan/plan.ts';
import type { Value } from '../types/type.ts';
import { BATCH_ROWS } from './batch.ts';
import type { Batch, ColumnBatch } from './batch.ts';
import { ALL_ROWS, makeBatch, makeColumn, put, restart, shapeOf, valueAt } from './column.ts';
import type { Shape } from './column.ts';
import { makeCompiler } from './expression/compile.ts';
import type { Compiled, Compiler } from './expression/compiled.ts';
import { Once } from './once.ts';
import { BATCH, DONE, MORE } from './operator.ts';
import type { Operator, Run, Scope, Step } from './operator.ts';
import { fillFrom } from './scan.ts';

const NO_ROWS: readonly (readonly Value[])[] = [];

function rowsOf(f: SetFunction, values: readonly Value[], run: Run): Iterator<readonly Value[]> {
  const skip = f.strict && values.includes(null);
  const rows = skip ? NO_ROWS : f.rows(run.environment, ...values);
  return rows[Symbol.iterator]();
}

export class FunctionScan implements Operator {
  readonly output: Batch;
  readonly #plan: FunctionScanPlan;
  readonly #run: Run;
  readonly #arguments: Once;
  readonly #shapes: readonly Shape[];
  #rows: Iterator<readonly Value[]> | null = null;
  #ordinal = 0;

  constructor(plan: FunctionScanPlan, scope: Scope) {
    this.#plan = plan;
    this.#run = scope.run;
    this.#arguments = new Once(plan.arguments, scope);
    this.#shapes = plan.types.map((type) => shapeOf(type.id));
    this.output = makeBatch(
      this.#shapes.map((shape) => makeColumn(shape, 0)),
      0,
    );
  }

  reset(): void {
    this.#rows = null;
    this.#ordinal = 0;
    this.#arguments.reset();
  }

  step(want: number): Step {
    this.#rows ??= rowsOf(this.#plan.function, this.#arguments.values(), this.#run);
    const last = this.#shapes.length - 1;
    const shapes = this.#plan.ordinality ? this.#shapes.slice(0, last) : this.#shapes;
    const count = fillFrom(this.#rows, this.output, shapes, want);
    if (this.#plan.ordinality) {
      const column = this.output.columns[last] as ColumnBatch;
      restart(column, this.#shapes[last] as Shape, this.output.capacity);
      for (let row = 0; row < count; row++) column.numbers[row] = ++this.#ordinal;
    }
    return count > 0 ? BATCH : DONE;
  }
}

interface Call {
  readonly function: SetFunction;
  readonly arguments: readonly Compiled[];
  columns: ColumnBatch[];
  /** Of the input row that is being expanded; null when it has no more rows. */
  rows: Iterator<readonly Value[]> | null;
}

export class ProjectSet implements Operator {
  readonly output: Batch;
  readonly #input: Operator;
  readonly #run: Run;
  readonly #compiler: Compiler;
  readonly #calls: readonly Call[];
  readonly #shapes: readonly Shape[];
  readonly #width: number;
  #loaded = false;
  #evaluated = false;
  /** Which of the selected input rows is being expanded. */
  #at = 0;
  #expanding = false;

  constructor(plan: ProjectSetPlan, input: Operator, scope: Scope) {
    this.#input = input;
    this.#run = scope.run;
    this.#compiler = makeCompiler(scope);
    this.#calls = plan.functions.map((call) => ({
      function: call.function,
      arguments: call.arguments.map(this.#compiler.compile),
      columns: [],
      rows: null,
    }));
    this.#shapes = plan.types.map((type) => shapeOf(type.id));
    this.#width = plan.input.types.length;
    this.output = makeBatch(
      this.#shapes.map((shape) => makeColumn(shape, 0)),
      0,
    );
  }

  reset(): void {
    this.#input.reset();
    this.#loaded = false;
    this.#evaluated = false;
    this.#expanding = false;
    for (const query of this.#compiler.queries) query.reset();
  }

  step(want: number): Step {
    if (!this.#loaded) {
      const step = this.#input.step(Math.min(want, BATCH_ROWS));
      if (step !== BATCH) return step;
      this.#compiler.attempt++;
      this.#loaded = true;
      this.#evaluated = false;
      this.#at = 0;
    }
    const input = this.#input.output;
    if (!this.#evaluated) {
      for (const call of this.#calls) {
        call.columns = call.arguments.map((part) =>
          part.evaluate(input, input.selection, input.count),
        );
      }
      this.#evaluated = true;
    }
    const rows = this.#expand(input, Math.min(want, BATCH_ROWS));
    this.#loaded = this.#at < input.count;
    return rows > 0 ? BATCH : MORE;
  }

  #expand(input: Batch, capacity: number): number {
    const { output } = this;
    for (let i = 0; i < this.#shapes.length; i++) {
      restart(output.columns[i] as ColumnBatch, this.#shapes[i] as Shape, capacity);
    }
    let rows = 0;
    while (rows < capacity && this.#at < input.count) {
      const row = input.selection[this.#at] as number;
      if (!this.#expanding) this.#start(row);
      this.#expanding = this.#expandRow(rows);
      if (this.#expanding) this.#copyInput(input, row, rows++);
      else this.#at++;
    }
    output.rows = rows;
    output.capacity = capacity;
    output.selection = ALL_ROWS;
    output.count = rows;
    return rows;
  }

  #start(row: number): void {
    for (const call of this.#calls) {
      const values = call.arguments.map(({ shape }, i) =>
        valueAt(call.columns[i] as ColumnBatch, shape, row),
      );
      call.rows = rowsOf(call.function, values, this.#run);
    }
  }

  /** Writes the calls' next row; false when none of them has one. */
  #expandRow(to: number): boolean {
    let any = false;
    const values: Value[] = [];
    for (const call of this.#calls) {
      const next = call.rows?.next();
      if (next === undefined || next.done === true) {
        call.rows = null;
        values.push(null);
      } else {
        any = true;
        values.push(next.value[0] as Value);
      }
    }
    if (!any) return false;
    for (const [i, value] of values.entries()) {
      const place = this.#width + i;
      put(this.output.columns[place] as ColumnBatch, this.#shapes[place] as Shape, to, value);
    }
    return true;
  }

  #copyInput(input: Batch, row: number, to: number): void {
    for (let i = 0; i < this.#width; i++) {
      const shape = this.#shapes[i] as Shape;
      const value = valueAt(input.columns[i] as ColumnBatch, shape, row);
      put(this.output.columns[i] as ColumnBatch, shape, to, value);
    }
  }
}
