/**
 * Aggregates over window frames.
 *
 * A frame that only grows at its end (the usual one) is folded on; `count` and sums of integers
 * also give up rows that leave the frame. In all other cases the frame is folded anew, unless it is
 * the one of the row before.
 */
import type { Environment } from '../../environment.ts';
import type { Accumulator, AggregateFunction } from '../../functions/function.ts';
import { narrow } from '../../types/int64.ts';
import type { Int64, Value } from '../../types/type.ts';
import { integerResult, numericKind } from '../aggregate/number-state.ts';
import type { ColumnBatch } from '../batch.ts';
import { isNull, valueAt } from '../column.ts';
import type { Shape } from '../column.ts';
import type { Frame } from './frame.ts';
import type { WindowArguments, WindowCall } from './function.ts';
import type { Partition } from './partition.ts';

/** Counts rows folded, so that a step knows when it has done enough. */
export interface Work {
  done: number;
}

export interface FrameAggregate {
  readonly function: AggregateFunction;
  readonly given: WindowArguments;
  /** FILTER, evaluated for every row; null: none. */
  readonly filter: ColumnBatch | null;
}

/** Folds rows; `remove` null: rows cannot be given up. */
interface Folding {
  start(): void;
  add(row: number): void;
  readonly remove: ((row: number) => void) | null;
  result(): Value;
}

export function windowAggregate(
  aggregate: FrameAggregate,
  partition: Partition,
  frame: Frame,
  environment: Environment,
  work: Work,
): WindowCall {
  const { function: f, given } = aggregate;
  const kind = numericKind(f);
  const isSum = kind === 'count' || kind === 'sum' || kind === 'average';
  const folding = isSum ? foldIntegers(kind, f, given) : foldObjects(f, given, environment);
  const counts = rowTest(aggregate);
  const { rows } = partition;
  let number = -1;
  /** What has been folded: places from `from` to before `to`. */
  let from = 0;
  let to = 0;
  let result: Value = null;
  const fold = (start: number, end: number): void => {
    for (let place = start; place < end; place++) {
      const row = rows[place] as number;
      if (counts(row)) folding.add(row);
    }
    work.done += end - start;
  };
  const foldAnew = (): void => {
    folding.start();
    for (let i = 0; i < frame.stretches; i++) fold(frame.from[i] as number, frame.to[i] as number);
  };
  const giveUp = (until: number, remove: (row: number) => void): void => {
    for (let place = from; place < until; place++) {
      const row = rows[place] as number;
      if (counts(row)) remove(row);
    }
    work.done += until - from;
  };
  return () => {
    if (frame.stretches !== 1) {
      number = -1;
      foldAnew();
      return folding.result();
    }
    const first = frame.from[0] as number;
    const end = frame.to[0] as number;
    const overlaps = number === partition.number && from <= first && first <= to && to <= end;
    if (overlaps && from === first && to === end) return result;
    if (overlaps && (from === first || folding.remove !== null)) {
      if (folding.remove !== null) giveUp(first, folding.remove);
      fold(to, end);
    } else {
      foldAnew();
    }
    number = partition.number;
    from = first;
    to = end;
    result = folding.result();
    return result;
  };
}

/** Whether a row counts: by FILTER, and for strict aggregates without nulls. */
function rowTest({ filter, function: f, given }: FrameAggregate): (row: number) => boolean {
  const strict = f.strict ? given.columns.filter((column) => column.hasNulls) : [];
  if (filter === null && strict.length === 0) return () => true;
  return (row) => {
    if (filter !== null && (isNull(filter, row) || filter.numbers[row] !== 1)) return false;
    for (const column of strict) if (column.nulls[row] === 1) return false;
    return true;
  };
}

function foldObjects(
  f: AggregateFunction,
  { columns, shapes }: WindowArguments,
  environment: Environment,
): Folding {
  let accumulator: Accumulator = f.create();
  const values: Value[] = [];
  return {
    start: () => {
      accumulator = f.create();
    },
    add: (row) => {
      for (let i = 0; i < columns.length; i++) {
        values[i] = valueAt(columns[i] as ColumnBatch, shapes[i] as Shape, row);
      }
      accumulator.add(environment, ...values);
    },
    remove: null,
    result: () => accumulator.result(environment),
  };
}

/** `count`, and `sum` and `avg` of integers: exact, so that rows can be taken back. */
function foldIntegers(
  kind: 'count' | 'sum' | 'average',
  f: AggregateFunction,
  { columns, shapes }: WindowArguments,
): Folding {
  const column = columns[0];
  const shape = shapes[0] as Shape;
  let sum: Int64 = 0;
  let count = 0;
  const shift = (row: number, sign: 1 | -1): void => {
    count += sign;
    if (kind === 'count' || column === undefined) return;
    sum = plus(sum, valueAt(column, shape, row) as Int64, sign);
  };
  return {
    start: () => {
      sum = 0;
      count = 0;
    },
    add: (row) => shift(row, 1),
    remove: (row) => shift(row, -1),
    result: () => {
      if (kind === 'count') return count;
      return count === 0 ? null : integerResult(f, sum, count);
    },
  };
}

function plus(sum: Int64, value: Int64, sign: 1 | -1): Int64 {
  if (typeof sum === 'number' && typeof value === 'number') {
    const next = sum + sign * value;
    if (Number.isSafeInteger(next)) return next;
  }
  return narrow(BigInt(sum) + BigInt(sign) * BigInt(value));
}
