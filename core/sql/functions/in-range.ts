/**
 * What RANGE with an offset asks of a window's order key: whether a value is within `offset` of
 * another. PostgreSQL's `in_range` functions; nothing overflows where the sum need not be known.
 */
import type { Environment } from '../environment.ts';
import { SqlError } from '../error.ts';
import { dateToTimestamp } from '../types/datetime.ts';
import { compareFor } from '../types/compare.ts';
import { add, compareDecimals, INFINITY, NAN, signOf, subtract } from '../types/decimal.ts';
import { compareIntervals, interval } from '../types/interval.ts';
import {
  DATE,
  FLOAT4,
  FLOAT8,
  INT2,
  INT4,
  INT8,
  INTERVAL,
  NUMERIC,
  TIME,
  TIMESTAMP,
  TIMESTAMPTZ,
} from '../types/type.ts';
import type { Decimal, Int64, Interval, TypeId, Value } from '../types/type.ts';
import { functionsNamed } from './catalog.ts';

/**
 * `less`: whether `value` is at most `base` minus (`minus`) or plus the offset; otherwise whether
 * it is at least that. Throws `22013` for an offset below zero.
 */
export type RangeTest = (
  environment: Environment,
  value: Value,
  base: Value,
  offset: Value,
  minus: boolean,
  less: boolean,
) => boolean;

const OFFSETS: ReadonlyMap<TypeId, readonly TypeId[]> = new Map([
  [INT2, [INT8, INT4, INT2]],
  [INT4, [INT8, INT4, INT2]],
  [INT8, [INT8]],
  [FLOAT4, [FLOAT8]],
  [FLOAT8, [FLOAT8]],
  [NUMERIC, [NUMERIC]],
  [DATE, [INTERVAL]],
  [TIME, [INTERVAL]],
  [TIMESTAMP, [INTERVAL]],
  [TIMESTAMPTZ, [INTERVAL]],
  [INTERVAL, [INTERVAL]],
]);

/** Types that offsets of such a key may have; none: RANGE with an offset cannot be. */
export function rangeOffsetTypes(key: TypeId): readonly TypeId[] {
  return OFFSETS.get(key) ?? [];
}

/** Of a key with offset types. */
export function rangeTest(key: TypeId): RangeTest {
  switch (key) {
    case INT2:
    case INT4:
    case INT8:
      return integerInRange;
    case FLOAT4:
    case FLOAT8:
      return floatInRange;
    case NUMERIC:
      return decimalInRange;
    case TIME:
      return timeInRange;
    default:
      return spanInRange(key);
  }
}

function badOffset(): SqlError {
  return new SqlError('22013', 'invalid preceding or following size in window function');
}

function integerInRange(
  _: Environment,
  value: Value,
  base: Value,
  offset: Value,
  minus: boolean,
  less: boolean,
): boolean {
  const by = offset as Int64;
  if (by < 0) throw badOffset();
  const from = base as Int64;
  if (typeof from === 'number' && typeof by === 'number') {
    const sum = minus ? from - by : from + by;
    if (Number.isSafeInteger(sum)) return less ? (value as Int64) <= sum : (value as Int64) >= sum;
  }
  const sum = minus ? BigInt(from) - BigInt(by) : BigInt(from) + BigInt(by);
  return less ? (value as Int64) <= sum : (value as Int64) >= sum;
}

/**
 * NaN is above all and equal to itself. What lies infinitely before infinity is not defined: all
 * values are taken to lie between.
 */
function floatInRange(
  _: Environment,
  value: Value,
  base: Value,
  offset: Value,
  minus: boolean,
  less: boolean,
): boolean {
  const by = offset as number;
  if (Number.isNaN(by) || by < 0) throw badOffset();
  const from = base as number;
  if (Number.isNaN(value)) return Number.isNaN(from) || !less;
  if (Number.isNaN(from)) return less;
  if (by === Infinity && from === (minus ? Infinity : -Infinity)) return true;
  const sum = minus ? from - by : from + by;
  return less ? (value as number) <= sum : (value as number) >= sum;
}

function decimalInRange(
  _: Environment,
  value: Value,
  base: Value,
  offset: Value,
  minus: boolean,
  less: boolean,
): boolean {
  const by = offset as Decimal;
  if (by.special === NAN.special || signOf(by) < 0) throw badOffset();
  const from = base as Decimal;
  if ((value as Decimal).special === NAN.special) return from.special === NAN.special || !less;
  if (from.special === NAN.special) return less;
  const sum = minus ? subtract(from, by) : add(from, by);
  if (by.special === INFINITY.special && sum.special === NAN.special) return true;
  const order = compareDecimals(value as Decimal, sum);
  return less ? order <= 0 : order >= 0;
}

/** Without midnight: a time does not begin again. Months and days of the offset do not count. */
function timeInRange(
  environment: Environment,
  value: Value,
  base: Value,
  offset: Value,
  minus: boolean,
  less: boolean,
): boolean {
  return integerInRange(environment, value, base, (offset as Interval).micros, minus, less);
}

const NO_TIME = interval(0, 0, 0);

/** Dates, timestamps and intervals: as adding the offset to them has it. */
function spanInRange(key: TypeId): RangeTest {
  const operator = (name: string): ((e: Environment, a: Value, b: Value) => Value) => {
    const found = functionsNamed(name).find(
      ({ arguments: [left, right, more] }) =>
        left === key && right === INTERVAL && more === undefined,
    );
    if (found?.kind !== 'scalar') throw new Error(`no operator ${name} for a range`);
    return found.evaluate;
  };
  const subtractFrom = operator('-');
  const addTo = operator('+');
  const compare = compareFor(key === DATE ? TIMESTAMP : key);
  const asKey =
    key === DATE
      ? (value: Value): Value => dateToTimestamp(value as number)
      : (value: Value): Value => value;
  return (environment, value, base, offset, minus, less) => {
    if (compareIntervals(offset as Interval, NO_TIME) < 0) throw badOffset();
    const sum = (minus ? subtractFrom : addTo)(environment, base, offset);
    const order = compare(asKey(value), sum);
    return less ? order <= 0 : order >= 0;
  };
}
