/** VALUES: rows of expressions. Constants and parameters are written straight into the batch. */
import { SqlError } from '../error.ts';
import type { Bound } from '../plan/expression.ts';
import type { ValuesPlan } from '../plan/plan.ts';
import type { Value } from '../types/type.ts';
import { BATCH_ROWS } from './batch.ts';
import type { Batch, ColumnBatch } from './batch.ts';
import { ALL_ROWS, makeBatch, makeColumn, put, restart, shapeOf } from './column.ts';
import type { Shape } from './column.ts';
import { Once } from './once.ts';
import { BATCH, DONE } from './operator.ts';
import type { Operator, Scope, Step } from './operator.ts';

/** A row's values: as they are known when execution begins, or to be computed with the row. */
type Row = readonly Value[] | Once;
type Plain = Extract<Bound, { kind: 'constant' | 'parameter' }>;

export class Values implements Operator {
  readonly output: Batch;
  readonly #rows: readonly Row[];
  readonly #shapes: readonly Shape[];
  #next = 0;
  /** Rows of the batch being made, when a slice ended within. */
  #filled = 0;
  #capacity = 0;
  #error: SqlError | null = null;

  constructor(plan: ValuesPlan, scope: Scope) {
    this.#shapes = plan.types.map((type) => shapeOf(type.id));
    this.#rows = plan.rows.map((row) =>
      row.every(isPlain) ? row.map((cell) => plainValue(cell, scope)) : new Once(row, scope),
    );
    this.output = makeBatch(
      this.#shapes.map((shape) => makeColumn(shape, 0)),
      0,
    );
  }

  reset(): void {
    this.#next = 0;
    this.#filled = 0;
    this.#error = null;
    for (const row of this.#rows) if (row instanceof Once) row.reset();
  }

  step(want: number): Step {
    if (this.#error !== null) throw this.#error;
    if (this.#next >= this.#rows.length && this.#filled === 0) return DONE;
    if (this.#filled === 0) this.#start(Math.min(want, BATCH_ROWS, this.#rows.length - this.#next));
    while (this.#filled < this.#capacity && this.#error === null) this.#fill();
    const { output } = this;
    output.rows = this.#filled;
    output.capacity = this.#capacity;
    output.selection = ALL_ROWS;
    output.count = this.#filled;
    this.#filled = 0;
    return BATCH;
  }

  #start(capacity: number): void {
    this.#capacity = capacity;
    for (let i = 0; i < this.#shapes.length; i++) {
      restart(this.output.columns[i] as ColumnBatch, this.#shapes[i] as Shape, capacity);
    }
  }

  #fill(): void {
    const row = this.#rows[this.#next] as Row;
    let values: readonly Value[];
    try {
      values = row instanceof Once ? row.values() : row;
    } catch (error) {
      // Rows before the failing one are handed over first: nobody may want more.
      if (!(error instanceof SqlError) || this.#filled === 0) throw error;
      this.#error = error;
      return;
    }
    for (let i = 0; i < this.#shapes.length; i++) {
      put(
        this.output.columns[i] as ColumnBatch,
        this.#shapes[i] as Shape,
        this.#filled,
        values[i] as Value,
      );
    }
    this.#filled++;
    this.#next++;
  }
}

function isPlain(cell: Bound): cell is Plain {
  return cell.kind === 'constant' || cell.kind === 'parameter';
}

function plainValue(cell: Plain, { run }: Scope): Value {
  if (cell.kind === 'constant') return cell.value;
  return run.environment.parameters[cell.index] as Value;
}
