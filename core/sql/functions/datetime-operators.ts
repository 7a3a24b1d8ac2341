/** Arithmetic of dates, times, timestamps and intervals. */
import { SqlError } from '../error.ts';
import { stable, strict } from './define.ts';
import type { ScalarFunction } from './function.ts';
import {
  addToInstant,
  addToTimestamp,
  dateOutOfRange,
  dateToTimestamp,
  isDate,
  isInfiniteDate,
  isInfiniteTimestamp,
} from '../types/datetime.ts';
import { add64, floorModulo64, subtract64 } from '../types/int64.ts';
import {
  addIntervals,
  DAY_MICROS,
  interval,
  negateInterval,
  subtractIntervals,
} from '../types/interval.ts';
import { divideInterval, justifyHours, multiplyInterval } from '../types/interval-math.ts';
import { DATE, FLOAT8, INT4, INTERVAL, TIME, TIMESTAMP, TIMESTAMPTZ } from '../types/type.ts';
import type { Int64, Interval } from '../types/type.ts';

export function addDays(days: number, count: number): number {
  if (isInfiniteDate(days)) return days;
  const result = days + count;
  if (!isDate(result)) throw dateOutOfRange();
  return result;
}

function dayDifference(a: number, b: number): number {
  if (isInfiniteDate(a) || isInfiniteDate(b)) {
    throw new SqlError('22008', 'cannot subtract infinite dates');
  }
  return a - b;
}

/** Days and time, as `justify_hours` makes them. */
function difference(a: Int64, b: Int64): Interval {
  if (isInfiniteTimestamp(a) || isInfiniteTimestamp(b)) {
    throw new SqlError('22008', 'cannot subtract infinite timestamps');
  }
  let micros: Int64;
  try {
    micros = subtract64(a, b);
  } catch {
    throw new SqlError('22008', 'interval out of range');
  }
  return justifyHours(interval(0, 0, micros));
}

/** Times go round the clock. */
export function addTime(time: Int64, micros: Int64): Int64 {
  return floorModulo64(add64(floorModulo64(micros, DAY_MICROS), time), DAY_MICROS);
}

export function dateAndTime(days: number, time: Int64): Int64 {
  const micros = dateToTimestamp(days);
  return isInfiniteTimestamp(micros) ? micros : addToTimestamp(micros, interval(0, 0, time));
}

const negate = negateInterval;

const dates: readonly ScalarFunction[] = [
  strict('+', [DATE, INT4], DATE, (_, days: number, n: number) => addDays(days, n)),
  strict('+', [INT4, DATE], DATE, (_, n: number, days: number) => addDays(days, n)),
  strict('-', [DATE, INT4], DATE, (_, days: number, n: number) => addDays(days, -n)),
  strict('-', [DATE, DATE], INT4, (_, a: number, b: number) => dayDifference(a, b)),
  strict('+', [DATE, INTERVAL], TIMESTAMP, (_, days: number, span: Interval) =>
    addToTimestamp(dateToTimestamp(days), span),
  ),
  strict('+', [INTERVAL, DATE], TIMESTAMP, (_, span: Interval, days: number) =>
    addToTimestamp(dateToTimestamp(days), span),
  ),
  strict('-', [DATE, INTERVAL], TIMESTAMP, (_, days: number, span: Interval) =>
    addToTimestamp(dateToTimestamp(days), negate(span)),
  ),
  strict('+', [DATE, TIME], TIMESTAMP, (_, days: number, time: Int64) => dateAndTime(days, time)),
  strict('+', [TIME, DATE], TIMESTAMP, (_, time: Int64, days: number) => dateAndTime(days, time)),
];

const timestamps: readonly ScalarFunction[] = [
  strict('+', [TIMESTAMP, INTERVAL], TIMESTAMP, (_, at: Int64, span: Interval) =>
    addToTimestamp(at, span),
  ),
  strict('+', [INTERVAL, TIMESTAMP], TIMESTAMP, (_, span: Interval, at: Int64) =>
    addToTimestamp(at, span),
  ),
  strict('-', [TIMESTAMP, INTERVAL], TIMESTAMP, (_, at: Int64, span: Interval) =>
    addToTimestamp(at, negate(span)),
  ),
  strict('-', [TIMESTAMP, TIMESTAMP], INTERVAL, (_, a: Int64, b: Int64) => difference(a, b)),
  stable('+', [TIMESTAMPTZ, INTERVAL], TIMESTAMPTZ, ({ zone }, at: Int64, span: Interval) =>
    addToInstant(at, span, zone),
  ),
  stable('+', [INTERVAL, TIMESTAMPTZ], TIMESTAMPTZ, ({ zone }, span: Interval, at: Int64) =>
    addToInstant(at, span, zone),
  ),
  stable('-', [TIMESTAMPTZ, INTERVAL], TIMESTAMPTZ, ({ zone }, at: Int64, span: Interval) =>
    addToInstant(at, negate(span), zone),
  ),
  strict('-', [TIMESTAMPTZ, TIMESTAMPTZ], INTERVAL, (_, a: Int64, b: Int64) => difference(a, b)),
];

const times: readonly ScalarFunction[] = [
  strict('+', [TIME, INTERVAL], TIME, (_, time: Int64, span: Interval) =>
    addTime(time, span.micros),
  ),
  strict('+', [INTERVAL, TIME], TIME, (_, span: Interval, time: Int64) =>
    addTime(time, span.micros),
  ),
  strict('-', [TIME, INTERVAL], TIME, (_, time: Int64, span: Interval) =>
    addTime(time, negate(interval(0, 0, span.micros)).micros),
  ),
  strict('-', [TIME, TIME], INTERVAL, (_, a: Int64, b: Int64) => interval(0, 0, subtract64(a, b))),
];

const intervals: readonly ScalarFunction[] = [
  strict('+', [INTERVAL, INTERVAL], INTERVAL, (_, a: Interval, b: Interval) => addIntervals(a, b)),
  strict('-', [INTERVAL, INTERVAL], INTERVAL, (_, a: Interval, b: Interval) =>
    subtractIntervals(a, b),
  ),
  strict('-', [INTERVAL], INTERVAL, (_, a: Interval) => negate(a)),
  strict('*', [INTERVAL, FLOAT8], INTERVAL, (_, a: Interval, n: number) => multiplyInterval(a, n)),
  strict('*', [FLOAT8, INTERVAL], INTERVAL, (_, n: number, a: Interval) => multiplyInterval(a, n)),
  strict('/', [INTERVAL, FLOAT8], INTERVAL, (_, a: Interval, n: number) => divideInterval(a, n)),
];

export const dateTimeOperators: readonly ScalarFunction[] = [
  ...dates,
  ...timestamps,
  ...times,
  ...intervals,
];
