/**
 * The state of one aggregate for all groups: what it is given, and what it yields.
 *
 * Groups are numbers from 0 on. `groups[r]` is the group of row r; only selected rows are given.
 * Nulls and DISTINCT, FILTER and ORDER BY have been dealt with (`feed.ts`) before a state sees
 * rows: a strict aggregate gets none with a null argument.
 */
import type { AggregateFunction, Accumulator } from '../../functions/function.ts';
import type { BoundAggregate } from '../../plan/expression.ts';
import type { Value } from '../../types/type.ts';
import type { ColumnBatch } from '../batch.ts';
import { put, shapeOf, valueAt } from '../column.ts';
import type { Shape } from '../column.ts';
import { account } from '../operator.ts';
import type { Run } from '../operator.ts';
import { sizeOf } from '../row-store.ts';
import { CountState, ExtremeState, IntegerSumState, numericKind } from './number-state.ts';

export interface AggregateState {
  /** Room for groups 0 to `groups - 1`. */
  reserve(groups: number): void;
  add(
    groups: Int32Array,
    columns: readonly ColumnBatch[],
    selection: Int32Array,
    count: number,
  ): void;
  /** Writes the results of groups `from` to `from + count - 1` into rows 0 to `count - 1`. */
  emit(from: number, count: number, to: ColumnBatch, shape: Shape): void;
  clear(): void;
}

export function stateOf(aggregate: BoundAggregate, run: Run): AggregateState {
  const kind = numericKind(aggregate.function);
  if (kind === 'count') return new CountState(run);
  if (kind === 'sum' || kind === 'average') return new IntegerSumState(aggregate, run);
  if (kind === 'min' || kind === 'max') return new ExtremeState(kind === 'max', run);
  return new ObjectState(aggregate, run);
}

/** About what an accumulator takes. */
const ACCUMULATOR_BYTES = 128;

/** Whether an accumulator holds what it has been given, so that it grows with every row. */
function holdsValues({ name, orderedSet }: AggregateFunction): boolean {
  return orderedSet || name === 'string_agg' || name === 'array_agg';
}

/** Any aggregate: one accumulator object for each group. */
class ObjectState implements AggregateState {
  readonly #function: AggregateFunction;
  readonly #run: Run;
  readonly #shapes: readonly Shape[];
  readonly #holdsValues: boolean;
  #accumulators: Accumulator[] = [];
  #heldBytes = 0;

  constructor(aggregate: BoundAggregate, run: Run) {
    this.#function = aggregate.function;
    this.#run = run;
    this.#holdsValues = holdsValues(aggregate.function);
    this.#shapes = aggregate.arguments.map(({ type }) => shapeOf(type.id));
  }

  clear(): void {
    account(this.#run, -this.#accumulators.length * ACCUMULATOR_BYTES - this.#heldBytes);
    this.#accumulators = [];
    this.#heldBytes = 0;
  }

  reserve(groups: number): void {
    const before = this.#accumulators.length;
    if (groups <= before) return;
    account(this.#run, (groups - before) * ACCUMULATOR_BYTES);
    for (let i = before; i < groups; i++) this.#accumulators.push(this.#function.create());
  }

  add(
    groups: Int32Array,
    columns: readonly ColumnBatch[],
    selection: Int32Array,
    count: number,
  ): void {
    const { environment } = this.#run;
    const accumulators = this.#accumulators;
    if (this.#holdsValues) this.#hold(columns, selection, count);
    if (columns.length === 1) {
      const column = columns[0] as ColumnBatch;
      const shape = this.#shapes[0] as Shape;
      for (let k = 0; k < count; k++) {
        const row = selection[k] as number;
        const accumulator = accumulators[groups[row] as number] as Accumulator;
        accumulator.add(environment, valueAt(column, shape, row));
      }
      return;
    }
    const values: Value[] = [];
    for (let k = 0; k < count; k++) {
      const row = selection[k] as number;
      for (let i = 0; i < columns.length; i++) {
        values[i] = valueAt(columns[i] as ColumnBatch, this.#shapes[i] as Shape, row);
      }
      (accumulators[groups[row] as number] as Accumulator).add(environment, ...values);
    }
  }

  #hold(columns: readonly ColumnBatch[], selection: Int32Array, count: number): void {
    let bytes = 0;
    for (const [i, column] of columns.entries()) {
      const shape = this.#shapes[i] as Shape;
      for (let k = 0; k < count; k++) {
        bytes += sizeOf(valueAt(column, shape, selection[k] as number));
      }
    }
    this.#heldBytes += bytes;
    account(this.#run, bytes);
  }

  emit(from: number, count: number, to: ColumnBatch, shape: Shape): void {
    const { environment } = this.#run;
    for (let i = 0; i < count; i++) {
      const accumulator = this.#accumulators[from + i] as Accumulator;
      put(to, shape, i, accumulator.result(environment));
    }
  }
}
