/**
 * Dates, times and timestamps as values: bounds, infinities, conversions and arithmetic.
 *
 * date: days since 2000-01-01. time: microseconds of the day, 24:00 included. timestamp and
 * timestamptz: microseconds since 2000-01-01 UTC (of the clock on the wall, of the instant).
 */
import { SqlError } from '../error.ts';
import { civilFromDays, daysFromCivil, daysInMonth } from './calendar.ts';
import {
  add64,
  floorDivide64,
  floorModulo64,
  INT64_MAX,
  INT64_MIN,
  multiply64,
  narrow,
  subtract64,
} from './int64.ts';
import { DAY_MICROS } from './interval.ts';
import { DATE, TIMESTAMPTZ } from './type.ts';
import type { Int64, Interval, TypeId } from './type.ts';

export const DATE_INFINITY = 2147483647;
export const DATE_MINUS_INFINITY = -2147483648;
export const TIMESTAMP_INFINITY: Int64 = INT64_MAX;
export const TIMESTAMP_MINUS_INFINITY: Int64 = INT64_MIN;

/** 4714-11-24 BC, Julian day 0. */
export const MIN_DAYS = -2451545;
/** The day after 5874897-12-31. */
const END_DATE_DAYS: number = daysFromCivil(5874898, 1, 1);
const MIN_TIMESTAMP = -211813488000000000n;
/** 294277-01-01. */
const END_TIMESTAMP = 9223371331200000000n;

export function isInfiniteDate(days: number): boolean {
  return days === DATE_INFINITY || days === DATE_MINUS_INFINITY;
}

export function isInfiniteTimestamp(micros: Int64): boolean {
  return micros === TIMESTAMP_INFINITY || micros === TIMESTAMP_MINUS_INFINITY;
}

export function isDate(days: number): boolean {
  return days >= MIN_DAYS && days < END_DATE_DAYS;
}

export function isTimestamp(micros: Int64): boolean {
  return micros >= MIN_TIMESTAMP && micros < END_TIMESTAMP;
}

export function timestampOutOfRange(): SqlError {
  return new SqlError('22008', 'timestamp out of range');
}

export function dateOutOfRange(): SqlError {
  return new SqlError('22008', 'date out of range');
}

export function checkTimestamp(micros: Int64): Int64 {
  if (!isTimestamp(micros)) throw timestampOutOfRange();
  return micros;
}

/** Days and microseconds of the day; of finite timestamps. */
export function timestampDays(micros: Int64): number {
  return Number(floorDivide64(micros, DAY_MICROS));
}

export function timestampTime(micros: Int64): number {
  return floorModulo64(micros, DAY_MICROS);
}

export function joinTimestamp(days: number, timeMicros: Int64): Int64 {
  return add64(multiply64(days, DAY_MICROS), timeMicros);
}

/** Beyond any timestamp is `22008`. */
export function dateToTimestamp(days: number): Int64 {
  if (days === DATE_INFINITY) return TIMESTAMP_INFINITY;
  if (days === DATE_MINUS_INFINITY) return TIMESTAMP_MINUS_INFINITY;
  const micros = multiplyDays(days);
  if (micros === null || !isTimestamp(micros)) {
    throw new SqlError('22008', 'date out of range for timestamp');
  }
  return micros;
}

function multiplyDays(days: number): Int64 | null {
  const micros = days * DAY_MICROS;
  if (Number.isSafeInteger(micros)) return micros + 0;
  const exact = BigInt(days) * BigInt(DAY_MICROS);
  return exact > INT64_MAX || exact < INT64_MIN ? null : exact;
}

export function timestampToDate(micros: Int64): number {
  if (micros === TIMESTAMP_INFINITY) return DATE_INFINITY;
  if (micros === TIMESTAMP_MINUS_INFINITY) return DATE_MINUS_INFINITY;
  return timestampDays(micros);
}

/** The instant at which clocks `zoneMicros` east of UTC show this. */
export function localToInstant(micros: Int64, zoneMicros: number): Int64 {
  return isInfiniteTimestamp(micros) || zoneMicros === 0
    ? micros
    : checkTimestamp(subtract64(micros, zoneMicros));
}

export function instantToLocal(micros: Int64, zoneMicros: number): Int64 {
  return isInfiniteTimestamp(micros) || zoneMicros === 0
    ? micros
    : checkTimestamp(add64(micros, zoneMicros));
}

/** Across date, timestamp and timestamptz: by instant, without overflow. */
export function compareDateTimes(
  leftType: TypeId,
  left: Int64,
  rightType: TypeId,
  right: Int64,
  zoneMicros: number,
): number {
  const a = comparable(leftType, left, leftType === rightType ? 0 : zoneMicros);
  const b = comparable(rightType, right, leftType === rightType ? 0 : zoneMicros);
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Not limited to 64 bits: a date may lie after every timestamp. */
function comparable(type: TypeId, value: Int64, zoneMicros: number): Int64 {
  if (type === TIMESTAMPTZ) return value;
  if (type !== DATE) return isInfiniteTimestamp(value) ? value : shift(value, zoneMicros);
  if (value === DATE_INFINITY) return TIMESTAMP_INFINITY;
  if (value === DATE_MINUS_INFINITY) return TIMESTAMP_MINUS_INFINITY;
  const micros = Number(value) * DAY_MICROS;
  if (Number.isSafeInteger(micros)) return shift(micros, zoneMicros);
  const exact = BigInt(value) * BigInt(DAY_MICROS);
  // A finite date stays below infinity, which is not a real instant either.
  return exact >= INT64_MAX ? INT64_MAX - 1n : shift(exact, zoneMicros);
}

function shift(micros: Int64, zoneMicros: number): Int64 {
  if (zoneMicros === 0) return micros;
  return typeof micros === 'number' && Number.isSafeInteger(micros - zoneMicros)
    ? micros - zoneMicros
    : BigInt(micros) - BigInt(zoneMicros);
}

/** Months first (the day capped at the month's end), then days, then microseconds. */
export function addToTimestamp(micros: Int64, span: Interval): Int64 {
  if (isInfiniteTimestamp(micros)) return micros;
  let result = micros;
  try {
    if (span.months !== 0) result = addMonths(result, span.months);
    // By days: as microseconds they may be more than there is room for, though the sum is not.
    if (span.days !== 0) {
      const days = timestampDays(result) + span.days;
      if (days < MIN_DAYS || days > 200_000_000) throw timestampOutOfRange();
      result = joinTimestamp(days, timestampTime(result));
    }
    result = add64(result, span.micros);
  } catch (error) {
    if (error instanceof SqlError) throw timestampOutOfRange();
    throw error;
  }
  return checkTimestamp(result);
}

function addMonths(micros: Int64, months: number): Int64 {
  const days = timestampDays(micros);
  const civil = civilFromDays(days);
  const total = civil.year * 12 + civil.month - 1 + months;
  const year = Math.floor(total / 12);
  const month = total - year * 12 + 1;
  const day = Math.min(civil.day, daysInMonth(year, month));
  const moved = daysFromCivil(year, month, day);
  if (moved < MIN_DAYS || moved > 200_000_000) throw timestampOutOfRange();
  return joinTimestamp(moved, timestampTime(micros));
}

/** The instant at which the session's clocks show what they do after adding to the local time. */
export function addToInstant(micros: Int64, span: Interval, zoneMicros: number): Int64 {
  if (span.months === 0) return addToTimestamp(micros, span);
  return localToInstant(addToTimestamp(instantToLocal(micros, zoneMicros), span), zoneMicros);
}

/** To `precision` digits of a second, half away from zero. */
export function roundMicros(micros: Int64, precision: number): Int64 {
  if (precision < 0 || precision >= 6 || isInfiniteTimestamp(micros)) return micros;
  const unit = [1_000_000, 100_000, 10_000, 1_000, 100, 10][precision] ?? 1;
  if (typeof micros === 'number') {
    const magnitude = Math.floor((Math.abs(micros) + unit / 2) / unit) * unit;
    return micros < 0 ? 0 - magnitude : magnitude;
  }
  const half = BigInt(unit / 2);
  const step = BigInt(unit);
  return narrow(micros < 0n ? -(((half - micros) / step) * step) : ((micros + half) / step) * step);
}
