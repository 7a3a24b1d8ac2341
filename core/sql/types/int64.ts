/**
 * Integers of 64 bits: a number while it is safe, a bigint beyond, so that equal values have one
 * representation and bigint arithmetic happens only where a double could not be exact.
 *
 * Out of 64 bits is `22003`, with PostgreSQL's text.
 */
import { SqlError } from '../error.ts';
import type { Int64 } from './type.ts';

export const INT64_MAX = 9223372036854775807n;
export const INT64_MIN = -9223372036854775808n;

const SAFE_MAX = BigInt(Number.MAX_SAFE_INTEGER);
const SAFE_MIN = BigInt(Number.MIN_SAFE_INTEGER);

/** The one representation of an integer of any size. */
export function narrow(value: bigint): Int64 {
  return value <= SAFE_MAX && value >= SAFE_MIN ? Number(value) : value;
}

export function int64OutOfRange(type: string = 'bigint'): SqlError {
  return new SqlError('22003', `${type} out of range`);
}

/** As `narrow`, refusing what 64 bits cannot hold. */
export function int64(value: bigint, type: string = 'bigint'): Int64 {
  if (value > INT64_MAX || value < INT64_MIN) throw int64OutOfRange(type);
  return narrow(value);
}

export function add64(a: Int64, b: Int64, type?: string): Int64 {
  if (typeof a === 'number' && typeof b === 'number') {
    const sum = a + b;
    if (Number.isSafeInteger(sum)) return sum;
  }
  return int64(BigInt(a) + BigInt(b), type);
}

export function subtract64(a: Int64, b: Int64, type?: string): Int64 {
  if (typeof a === 'number' && typeof b === 'number') {
    const difference = a - b;
    if (Number.isSafeInteger(difference)) return difference;
  }
  return int64(BigInt(a) - BigInt(b), type);
}

export function multiply64(a: Int64, b: Int64, type?: string): Int64 {
  if (typeof a === 'number' && typeof b === 'number') {
    const product = a * b;
    if (Number.isSafeInteger(product)) return product + 0; // never -0
  }
  return int64(BigInt(a) * BigInt(b), type);
}

export function divisionByZero(): SqlError {
  return new SqlError('22012', 'division by zero');
}

/** Truncates towards zero. */
export function divide64(a: Int64, b: Int64, type?: string): Int64 {
  if (b === 0) throw divisionByZero();
  // `a - a % b` is exact and a multiple of b, so the division is exact too.
  if (typeof a === 'number' && typeof b === 'number') return (a - (a % b)) / b + 0;
  return int64(BigInt(a) / BigInt(b), type);
}

/** The sign of the dividend, as in SQL and in JavaScript. */
export function modulo64(a: Int64, b: Int64): Int64 {
  if (b === 0) throw divisionByZero();
  if (typeof a === 'number' && typeof b === 'number') return (a % b) + 0;
  return narrow(BigInt(a) % BigInt(b));
}

export function negate64(a: Int64, type?: string): Int64 {
  return typeof a === 'number' ? 0 - a : int64(-a, type);
}

/** Floor division, for clocks: the remainder is never negative. */
export function floorDivide64(a: Int64, b: number): Int64 {
  if (typeof a === 'number') return Math.floor((a - floorModulo64(a, b)) / b) + 0;
  const divisor = BigInt(b);
  const quotient = a / divisor;
  return narrow(a % divisor < 0n ? quotient - 1n : quotient);
}

export function floorModulo64(a: Int64, b: number): number {
  const rest = typeof a === 'number' ? a % b : Number(a % BigInt(b));
  return rest < 0 ? rest + b : rest + 0;
}

/** Decimal digits with an optional sign, no blanks; null: not an integer. */
export function parseInteger(text: string): bigint | null {
  return /^[+-]?[0-9]+$/.test(text) ? BigInt(text.startsWith('+') ? text.slice(1) : text) : null;
}
