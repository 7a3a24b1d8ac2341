/**
 * Intervals as values: order, identity, arithmetic. Text is in `interval-text.ts`.
 *
 * For comparison a month has 30 days and a day 24 hours, as in PostgreSQL, so that `1 mon` equals
 * `30 days` while both keep their own form.
 */
import { SqlError } from '../error.ts';
import { add64, floorDivide64, floorModulo64, negate64, subtract64 } from './int64.ts';
import type { Int64, Interval } from './type.ts';

export const DAY_MICROS = 86_400_000_000;
export const HOUR_MICROS = 3_600_000_000;
export const MINUTE_MICROS = 60_000_000;
export const SECOND_MICROS = 1_000_000;

export function interval(months: number, days: number, micros: Int64): Interval {
  return { kind: 'interval', months, days, micros };
}

export function intervalOutOfRange(): SqlError {
  return new SqlError('22008', 'interval out of range');
}

export function check32(value: number): number {
  if (value > 2147483647 || value < -2147483648) throw intervalOutOfRange();
  return value + 0;
}

/** Whole days and the rest of a day, which together order intervals. */
function spanDays(a: Interval): number {
  return a.months * 30 + a.days + Number(floorDivide64(a.micros, DAY_MICROS));
}

export function compareIntervals(a: Interval, b: Interval): number {
  const days = spanDays(a) - spanDays(b);
  return days === 0
    ? floorModulo64(a.micros, DAY_MICROS) - floorModulo64(b.micros, DAY_MICROS)
    : days;
}

/** The same for equal intervals: days, then microseconds of the day. */
export function intervalSpan(a: Interval): { readonly days: number; readonly micros: number } {
  return { days: spanDays(a), micros: floorModulo64(a.micros, DAY_MICROS) };
}

export function addIntervals(a: Interval, b: Interval): Interval {
  return interval(
    check32(a.months + b.months),
    check32(a.days + b.days),
    inRange(() => add64(a.micros, b.micros)),
  );
}

export function subtractIntervals(a: Interval, b: Interval): Interval {
  return interval(
    check32(a.months - b.months),
    check32(a.days - b.days),
    inRange(() => subtract64(a.micros, b.micros)),
  );
}

export function negateInterval(a: Interval): Interval {
  return interval(
    check32(0 - a.months),
    check32(0 - a.days),
    inRange(() => negate64(a.micros)),
  );
}

/** 64-bit overflow of the microseconds is the interval's own error. */
function inRange(compute: () => Int64): Int64 {
  try {
    return compute();
  } catch (error) {
    if (error instanceof SqlError) throw intervalOutOfRange();
    throw error;
  }
}
