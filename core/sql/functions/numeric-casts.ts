/**
 * Casts among numbers, and between numbers and boolean.
 *
 * Numeric to integer rounds half away from zero, float to integer half to even; both are
 * PostgreSQL's ways. What does not fit is `22003`.
 */
import { SqlError } from '../error.ts';
import type { Cast, CastContext } from './function.ts';
import { applyNumericModifier } from '../types/decimal.ts';
import {
  decimalFromFloat,
  decimalFromInteger,
  decimalToFloat,
  decimalToInt64,
  formatDecimal,
} from '../types/decimal-text.ts';
import { INT64_MAX, narrow } from '../types/int64.ts';
import { jsonScalar } from '../types/jsonb.ts';
import { parseDecimal } from '../types/decimal-text.ts';
import { BOOL, FLOAT4, FLOAT8, INT2, INT4, INT8, JSONB, NUMERIC, OID } from '../types/type.ts';
import type { Decimal, Int64, TypeId, Value } from '../types/type.ts';

type Convert<T extends Value> = (value: T, modifier: number) => Value;

function cast<T extends Value>(
  from: TypeId,
  to: TypeId,
  context: CastContext,
  convert: Convert<T>,
): Cast {
  return {
    from,
    to,
    context,
    volatility: 'immutable',
    apply: (_, value, modifier) => convert(value as T, modifier),
  };
}

function outOfRange(type: string): SqlError {
  return new SqlError('22003', `${type} out of range`);
}

function checkRange(value: Int64, low: number, high: number, type: string): number {
  if (value < low || value > high) throw outOfRange(type);
  return value as number;
}

const toInt2 = (value: Int64): number => checkRange(value, -32768, 32767, 'smallint');
const toInt4 = (value: Int64): number => checkRange(value, -2147483648, 2147483647, 'integer');
const toOid = (value: Int64): number => checkRange(value, 0, 4294967295, 'OID');

/** A negative integer is read as the unsigned one with the same bits. */
const intToOid = (value: number): number => (value < 0 ? value + 4294967296 : value);
const oidToInt4 = (value: number): number => value | 0;

/** To the nearest integer, ties to the even one, as C's `rint`. */
export function roundEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest < 0.5) return floor;
  if (rest > 0.5) return floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}

function floatToInt(low: number, high: number, type: string): Convert<number> {
  return (value) => {
    const rounded = roundEven(value);
    if (!(rounded >= low && rounded <= high)) throw outOfRange(type);
    return rounded + 0;
  };
}

export function floatToInt8(value: number): Int64 {
  const rounded = roundEven(value);
  // 2^63 itself, which INT64_MAX becomes as a double, is out already.
  if (!(rounded >= -Number(INT64_MAX) && rounded < Number(INT64_MAX))) throw outOfRange('bigint');
  return Number.isSafeInteger(rounded) ? rounded + 0 : narrow(BigInt(rounded));
}

function toNumeric(digits: number): Convert<number> {
  return (value, modifier) => applyNumericModifier(decimalFromFloat(value, digits), modifier);
}

const integerToNumeric: Convert<Int64> = (value, modifier) =>
  applyNumericModifier(decimalFromInteger(value), modifier);

function numericToFloat(value: Decimal): number {
  const result = decimalToFloat(value);
  if (result !== null && (result !== 0 || value.coefficient === 0)) return result;
  throw new SqlError(
    '22003',
    `"${formatDecimal(value)}" is out of range for type double precision`,
  );
}

function numericToFloat4(value: Decimal): number {
  const result = decimalToFloat(value) ?? Infinity;
  const rounded = Math.fround(result);
  if (
    value.special !== 0 ||
    (Number.isFinite(rounded) && (rounded !== 0 || value.coefficient === 0))
  ) {
    return rounded;
  }
  throw new SqlError('22003', `"${formatDecimal(value)}" is out of range for type real`);
}

export function float8To4(value: number): number {
  const rounded = Math.fround(value);
  if (Number.isFinite(value) && !Number.isFinite(rounded)) {
    throw new SqlError('22003', 'value out of range: overflow');
  }
  if (rounded === 0 && value !== 0) throw new SqlError('22003', 'value out of range: underflow');
  return rounded;
}

/** Numeric to the smaller integers says so as the integer type. */
function numericToInt(value: Decimal, type: string): Int64 {
  return decimalToInt64(value, type);
}

const same: Convert<number> = (value) => value;

const integers: readonly Cast[] = [
  cast(INT8, INT2, 'assignment', toInt2),
  cast(INT8, INT4, 'assignment', toInt4),
  cast(INT8, OID, 'implicit', toOid),
  cast(INT2, INT8, 'implicit', same),
  cast(INT2, INT4, 'implicit', same),
  cast(INT2, OID, 'implicit', intToOid),
  cast(INT4, INT8, 'implicit', same),
  cast(INT4, INT2, 'assignment', toInt2),
  cast(INT4, OID, 'implicit', intToOid),
  cast(OID, INT8, 'assignment', same),
  cast(OID, INT4, 'assignment', oidToInt4),
  cast<number>(INT4, BOOL, 'explicit', (value) => value !== 0),
  cast<boolean>(BOOL, INT4, 'explicit', (value) => (value ? 1 : 0)),
];

const floats: readonly Cast[] = [
  cast<Int64>(INT8, FLOAT4, 'implicit', (value) => Math.fround(Number(value))),
  cast<Int64>(INT8, FLOAT8, 'implicit', (value) => Number(value)),
  cast(INT2, FLOAT4, 'implicit', same),
  cast(INT2, FLOAT8, 'implicit', same),
  cast<number>(INT4, FLOAT4, 'implicit', (value) => Math.fround(value)),
  cast(INT4, FLOAT8, 'implicit', same),
  cast(FLOAT4, INT8, 'assignment', floatToInt8),
  cast(FLOAT4, INT2, 'assignment', floatToInt(-32768, 32767, 'smallint')),
  cast(FLOAT4, INT4, 'assignment', floatToInt(-2147483648, 2147483647, 'integer')),
  cast(FLOAT4, FLOAT8, 'implicit', same),
  cast(FLOAT8, INT8, 'assignment', floatToInt8),
  cast(FLOAT8, INT2, 'assignment', floatToInt(-32768, 32767, 'smallint')),
  cast(FLOAT8, INT4, 'assignment', floatToInt(-2147483648, 2147483647, 'integer')),
  cast(FLOAT8, FLOAT4, 'assignment', float8To4),
];

const numerics: readonly Cast[] = [
  cast(INT8, NUMERIC, 'implicit', integerToNumeric),
  cast(INT2, NUMERIC, 'implicit', integerToNumeric),
  cast(INT4, NUMERIC, 'implicit', integerToNumeric),
  cast(FLOAT4, NUMERIC, 'assignment', toNumeric(6)),
  cast(FLOAT8, NUMERIC, 'assignment', toNumeric(15)),
  cast<Decimal>(NUMERIC, INT8, 'assignment', (value) => decimalToInt64(value)),
  cast<Decimal>(NUMERIC, INT2, 'assignment', (value) => toInt2(numericToInt(value, 'smallint'))),
  cast<Decimal>(NUMERIC, INT4, 'assignment', (value) => toInt4(numericToInt(value, 'integer'))),
  cast<Decimal>(NUMERIC, FLOAT4, 'implicit', numericToFloat4),
  cast<Decimal>(NUMERIC, FLOAT8, 'implicit', numericToFloat),
];

/** A jsonb number goes the way of numeric, a jsonb boolean becomes one. */
function fromJson(to: TypeId, type: string, convert: (value: Decimal) => Value): Cast {
  return cast<string>(JSONB, to, 'explicit', (value, modifier) => {
    const number = parseDecimal(jsonScalar(value, 'number', type));
    return convert(to === NUMERIC ? applyNumericModifier(number, modifier) : number);
  });
}

const json: readonly Cast[] = [
  cast<string>(JSONB, BOOL, 'explicit', (v) => jsonScalar(v, 'boolean', 'boolean') === 'true'),
  fromJson(NUMERIC, 'numeric', (value) => value),
  fromJson(INT2, 'smallint', (value) => toInt2(numericToInt(value, 'smallint'))),
  fromJson(INT4, 'integer', (value) => toInt4(numericToInt(value, 'integer'))),
  fromJson(INT8, 'bigint', (value) => decimalToInt64(value)),
  fromJson(FLOAT4, 'real', numericToFloat4),
  fromJson(FLOAT8, 'double precision', numericToFloat),
];

export const numericCasts: readonly Cast[] = [...integers, ...floats, ...numerics, ...json];
