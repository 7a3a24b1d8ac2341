/**
 * States of the aggregates over numbers that everyone uses: `count`, `sum` and `avg` of integers,
 * `min` and `max` of numbers. Typed arrays by group; no object per row or group.
 */
import type { AggregateFunction } from '../../functions/function.ts';
import type { BoundAggregate } from '../../plan/expression.ts';
import { decimal, divide } from '../../types/decimal.ts';
import { int64, narrow } from '../../types/int64.ts';
import {
  DATE,
  FLOAT4,
  FLOAT8,
  INT2,
  INT4,
  INT8,
  OID,
  TIME,
  TIMESTAMP,
  TIMESTAMPTZ,
} from '../../types/type.ts';
import type { Int64, TypeId, Value } from '../../types/type.ts';
import { compareFloats } from '../../types/compare.ts';
import type { ColumnBatch } from '../batch.ts';
import { put, putNull } from '../column.ts';
import type { Shape } from '../column.ts';
import { account } from '../operator.ts';
import type { Run } from '../operator.ts';
import { roomForNumbers } from '../room.ts';
import type { AggregateState } from './state.ts';

const INTEGERS: ReadonlySet<TypeId> = new Set([INT2, INT4, INT8]);
const ORDERED: ReadonlySet<TypeId> = new Set([
  INT2,
  INT4,
  INT8,
  OID,
  FLOAT4,
  FLOAT8,
  DATE,
  TIME,
  TIMESTAMP,
  TIMESTAMPTZ,
]);

/** Which of the states here computes the aggregate; null: none. */
export function numericKind({
  name,
  arguments: types,
}: AggregateFunction): 'count' | 'sum' | 'average' | 'min' | 'max' | null {
  if (name === 'count') return types.length <= 1 ? 'count' : null;
  const [type] = types;
  if (type === undefined || types.length !== 1) return null;
  if (name === 'sum' && INTEGERS.has(type)) return 'sum';
  if (name === 'avg' && INTEGERS.has(type)) return 'average';
  if ((name === 'min' || name === 'max') && ORDERED.has(type)) return name;
  return null;
}

/** Room for so many groups is kept: a sub-plan without GROUP BY starts over for each outer row. */
const KEPT_GROUPS = 16;
const NO_NUMBERS: Float64Array = new Float64Array(0);

function emptied(numbers: Float64Array, run: Run): Float64Array {
  if (numbers.length <= KEPT_GROUPS) return numbers.fill(0);
  account(run, -numbers.length * 8);
  return NO_NUMBERS;
}

function enlarged(numbers: Float64Array, groups: number, run: Run): Float64Array {
  const larger = roomForNumbers(Math.max(groups, numbers.length * 2, KEPT_GROUPS));
  account(run, (larger.length - numbers.length) * 8);
  larger.set(numbers);
  return larger;
}

export class CountState implements AggregateState {
  readonly #run: Run;
  #counts: Float64Array = NO_NUMBERS;

  constructor(run: Run) {
    this.#run = run;
  }

  clear(): void {
    this.#counts = emptied(this.#counts, this.#run);
  }

  reserve(groups: number): void {
    if (groups > this.#counts.length) this.#counts = enlarged(this.#counts, groups, this.#run);
  }

  add(groups: Int32Array, _: readonly ColumnBatch[], selection: Int32Array, count: number): void {
    const counts = this.#counts;
    for (let k = 0; k < count; k++) {
      const group = groups[selection[k] as number] as number;
      counts[group] = (counts[group] as number) + 1;
    }
  }

  emit(from: number, count: number, to: ColumnBatch): void {
    to.numbers.set(this.#counts.subarray(from, from + count));
  }
}

/** Sums are exact: what leaves the safe integers goes into a bigint, group by group. */
export class IntegerSumState implements AggregateState {
  readonly #run: Run;
  readonly #function: AggregateFunction;
  #sums: Float64Array = NO_NUMBERS;
  #counts: Float64Array = NO_NUMBERS;
  readonly #large = new Map<number, bigint>();

  constructor(aggregate: BoundAggregate, run: Run) {
    this.#run = run;
    this.#function = aggregate.function;
  }

  clear(): void {
    this.#sums = emptied(this.#sums, this.#run);
    this.#counts = emptied(this.#counts, this.#run);
    this.#large.clear();
  }

  reserve(groups: number): void {
    if (groups <= this.#sums.length) return;
    this.#sums = enlarged(this.#sums, groups, this.#run);
    this.#counts = enlarged(this.#counts, groups, this.#run);
  }

  add(
    groups: Int32Array,
    columns: readonly ColumnBatch[],
    selection: Int32Array,
    count: number,
  ): void {
    const column = columns[0] as ColumnBatch;
    if (!column.isNumbers) {
      this.#addValues(groups, column, selection, count);
      return;
    }
    const { numbers } = column;
    const sums = this.#sums;
    const counts = this.#counts;
    for (let k = 0; k < count; k++) {
      const row = selection[k] as number;
      const group = groups[row] as number;
      const sum = (sums[group] as number) + (numbers[row] as number);
      counts[group] = (counts[group] as number) + 1;
      if (sum > Number.MAX_SAFE_INTEGER || sum < Number.MIN_SAFE_INTEGER) {
        this.#addLarge(group, numbers[row] as number);
      } else {
        sums[group] = sum;
      }
    }
  }

  #addValues(groups: Int32Array, column: ColumnBatch, selection: Int32Array, count: number): void {
    for (let k = 0; k < count; k++) {
      const row = selection[k] as number;
      const group = groups[row] as number;
      this.#counts[group] = (this.#counts[group] as number) + 1;
      this.#addLarge(group, column.values[row] as Int64);
    }
  }

  #addLarge(group: number, value: Int64): void {
    this.#large.set(group, (this.#large.get(group) ?? 0n) + BigInt(value));
  }

  emit(from: number, count: number, to: ColumnBatch, shape: Shape): void {
    for (let i = 0; i < count; i++) {
      const group = from + i;
      const rows = this.#counts[group] as number;
      if (rows === 0) putNull(to, i);
      else put(to, shape, i, this.#result(group, rows));
    }
  }

  #result(group: number, rows: number): Value {
    const large = this.#large.get(group);
    const small = this.#sums[group] as number;
    const sum: Int64 = large === undefined ? small : narrow(large + BigInt(small));
    return integerResult(this.#function, sum, rows);
  }
}

/** What `sum` or `avg` makes of a total and the number of values in it. */
export function integerResult(f: AggregateFunction, sum: Int64, count: number): Value {
  if (f.name === 'avg') return divide(decimal(sum, 0), decimal(count, 0));
  if (f.arguments[0] === INT8) return decimal(sum, 0);
  return typeof sum === 'number' ? sum : int64(sum);
}

/** `min` and `max`: of numbers, and of 64-bit integers whatever they are stored as. */
export class ExtremeState implements AggregateState {
  readonly #run: Run;
  readonly #sign: number;
  #best: Float64Array = NO_NUMBERS;
  #seen = new Uint8Array(0);
  /** Best values so far that are no safe integers: they stand above or below all that are. */
  readonly #large = new Map<number, bigint>();

  constructor(isMax: boolean, run: Run) {
    this.#run = run;
    this.#sign = isMax ? 1 : -1;
  }

  clear(): void {
    this.#best = emptied(this.#best, this.#run);
    this.#seen = this.#best.length === 0 ? new Uint8Array(0) : this.#seen.fill(0);
    this.#large.clear();
  }

  reserve(groups: number): void {
    if (groups <= this.#best.length) return;
    this.#best = enlarged(this.#best, groups, this.#run);
    const seen = new Uint8Array(this.#best.length);
    seen.set(this.#seen);
    this.#seen = seen;
  }

  add(
    groups: Int32Array,
    columns: readonly ColumnBatch[],
    selection: Int32Array,
    count: number,
  ): void {
    const column = columns[0] as ColumnBatch;
    if (!column.isNumbers || this.#large.size > 0) {
      this.#addValues(groups, column, selection, count);
      return;
    }
    const { numbers } = column;
    const best = this.#best;
    const seen = this.#seen;
    const isMax = this.#sign > 0;
    for (let k = 0; k < count; k++) {
      const row = selection[k] as number;
      const group = groups[row] as number;
      const number = numbers[row] as number;
      const old = best[group] as number;
      // NaN, the largest, is neither above nor below: it is told by being unlike itself.
      const isBetter = isMax ? number > old || number !== number : number < old || old !== old;
      if (isBetter || seen[group] === 0) {
        best[group] = number;
        seen[group] = 1;
      }
    }
  }

  #addValues(groups: Int32Array, column: ColumnBatch, selection: Int32Array, count: number): void {
    for (let k = 0; k < count; k++) {
      const row = selection[k] as number;
      const group = groups[row] as number;
      const value = (column.isNumbers ? column.numbers[row] : column.values[row]) as Int64;
      const old: Int64 = this.#large.get(group) ?? (this.#best[group] as number);
      if (this.#seen[group] === 1 && order(value, old) * this.#sign <= 0) continue;
      this.#seen[group] = 1;
      this.#large.delete(group);
      if (typeof value === 'bigint') this.#large.set(group, value);
      else this.#best[group] = value;
    }
  }

  emit(from: number, count: number, to: ColumnBatch, shape: Shape): void {
    for (let i = 0; i < count; i++) {
      const group = from + i;
      if (this.#seen[group] === 0) putNull(to, i);
      else put(to, shape, i, this.#large.get(group) ?? (this.#best[group] as number));
    }
  }
}

function order(a: Int64, b: Int64): number {
  if (typeof a === 'number' && typeof b === 'number') return compareFloats(a, b);
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
