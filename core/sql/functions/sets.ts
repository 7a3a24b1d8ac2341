/** Functions that answer rows: generate_series, and text split into rows. */
import { SqlError } from '../error.ts';
import { splitText } from './array-functions.ts';
import type { SetFunction } from './function.ts';
import { splitByRegex } from './regex-arrays.ts';
import {
  addToInstant,
  addToTimestamp,
  isInfiniteTimestamp,
  timestampOutOfRange,
} from '../types/datetime.ts';
import { add, compareDecimals, decimal, signOf } from '../types/decimal.ts';
import { INT64_MAX, INT64_MIN, narrow } from '../types/int64.ts';
import { compareIntervals, interval } from '../types/interval.ts';
import { INT4, INT8, INTERVAL, NUMERIC, TEXT, TIMESTAMP, TIMESTAMPTZ } from '../types/type.ts';
import type { Decimal, Int64, Interval, TypeId, Value } from '../types/type.ts';

type Row = readonly Value[];

export function setFunction(
  name: string,
  types: readonly TypeId[],
  column: TypeId,
  rows: SetFunction['rows'],
): SetFunction {
  return {
    kind: 'set',
    name,
    arguments: types,
    variadic: false,
    strict: true,
    volatility: 'immutable',
    columns: [{ name, type: column }],
    rows,
  };
}

function zeroStep(): SqlError {
  return new SqlError('22023', 'step size cannot equal zero');
}

/** Ends silently where the next value would not fit the type. */
function* numbers(start: number, stop: number, step: number): Generator<Row> {
  if (step === 0) throw zeroStep();
  for (let at = start; step > 0 ? at <= stop : at >= stop; at += step) yield [at];
}

function* integers(start: Int64, stop: Int64, step: Int64): Generator<Row> {
  if (step === 0) throw zeroStep();
  const safe = [start, stop, step].every((n) => typeof n === 'number' && Math.abs(n) < 1e15);
  if (safe) {
    yield* numbers(Number(start), Number(stop), Number(step));
    return;
  }
  const by = BigInt(step);
  const last = BigInt(stop);
  for (let at = BigInt(start); by > 0n ? at <= last : at >= last; at += by) {
    yield [narrow(at)];
    if (at + by > INT64_MAX || at + by < INT64_MIN) return;
  }
}

function* decimals(start: Decimal, stop: Decimal, step: Decimal): Generator<Row> {
  for (const [what, value] of [
    ['start', start],
    ['stop', stop],
    ['step size', step],
  ] as const) {
    if (value.special === 0) continue;
    const shown = value.special === 1 ? 'NaN' : 'infinity';
    const noun = what === 'step size' ? what : `${what} value`;
    throw new SqlError('22023', `${noun} cannot be ${shown}`);
  }
  const direction = signOf(step);
  if (direction === 0) throw zeroStep();
  for (let at = start; compareDecimals(at, stop) * direction <= 0; at = add(at, step)) yield [at];
}

function* moments(
  start: Int64,
  stop: Int64,
  step: Interval,
  next: (at: Int64, step: Interval) => Int64,
): Generator<Row> {
  const direction = compareIntervals(step, interval(0, 0, 0));
  if (direction === 0) throw zeroStep();
  if (isInfiniteTimestamp(start) && start > 0 === direction > 0) return;
  for (let at = start; direction > 0 ? at <= stop : at >= stop;) {
    yield [at];
    // From an infinity no step leads away.
    if (isInfiniteTimestamp(at)) throw timestampOutOfRange();
    at = next(at, step);
  }
}

const series: readonly SetFunction[] = [
  setFunction('generate_series', [INT4, INT4], INT4, (_, from, to) =>
    numbers(from as number, to as number, 1),
  ),
  setFunction('generate_series', [INT4, INT4, INT4], INT4, (_, from, to, step) =>
    numbers(from as number, to as number, step as number),
  ),
  setFunction('generate_series', [INT8, INT8], INT8, (_, from, to) =>
    integers(from as Int64, to as Int64, 1),
  ),
  setFunction('generate_series', [INT8, INT8, INT8], INT8, (_, from, to, step) =>
    integers(from as Int64, to as Int64, step as Int64),
  ),
  setFunction('generate_series', [NUMERIC, NUMERIC], NUMERIC, (_, from, to) =>
    decimals(from as Decimal, to as Decimal, decimal(1, 0)),
  ),
  setFunction('generate_series', [NUMERIC, NUMERIC, NUMERIC], NUMERIC, (_, from, to, step) =>
    decimals(from as Decimal, to as Decimal, step as Decimal),
  ),
  setFunction('generate_series', [TIMESTAMP, TIMESTAMP, INTERVAL], TIMESTAMP, (_, from, to, step) =>
    moments(from as Int64, to as Int64, step as Interval, addToTimestamp),
  ),
  {
    ...setFunction(
      'generate_series',
      [TIMESTAMPTZ, TIMESTAMPTZ, INTERVAL],
      TIMESTAMPTZ,
      ({ zone }, from, to, step) =>
        moments(from as Int64, to as Int64, step as Interval, (at, by) =>
          addToInstant(at, by, zone),
        ),
    ),
    volatility: 'stable',
  },
];

/** `delimiter` null: every character for itself; parts equal to `nothing` are null. */
function* splitByText(text: Value, delimiter: Value, nothing: Value): Generator<Row> {
  if (text === null) return;
  const parts = splitText(text as string, delimiter as string | null, nothing as string | null);
  for (const part of parts) yield [part];
}

function* splitRows(text: string, pattern: string, flags: string): Generator<Row> {
  for (const part of splitByRegex('regexp_split_to_table', text, pattern, flags)) yield [part];
}

const splits: readonly SetFunction[] = [
  setFunction('regexp_split_to_table', [TEXT, TEXT], TEXT, (_, text, pattern) =>
    splitRows(text as string, pattern as string, ''),
  ),
  setFunction('regexp_split_to_table', [TEXT, TEXT, TEXT], TEXT, (_, text, pattern, flags) =>
    splitRows(text as string, pattern as string, flags as string),
  ),
  {
    ...setFunction('string_to_table', [TEXT, TEXT], TEXT, (_, text, delimiter) =>
      splitByText(text ?? null, delimiter ?? null, null),
    ),
    strict: false,
  },
  {
    ...setFunction('string_to_table', [TEXT, TEXT, TEXT], TEXT, (_, text, delimiter, nothing) =>
      splitByText(text ?? null, delimiter ?? null, nothing ?? null),
    ),
    strict: false,
  },
];

export const setFunctions: readonly SetFunction[] = [...series, ...splits];
