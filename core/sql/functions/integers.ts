/**
 * Arithmetic and bit operators of smallint, integer and bigint.
 *
 * On smallint and integer everything is plain number arithmetic with one range check; on bigint it
 * is `types/int64.ts`. Mixed operands take the wider type, as PostgreSQL's cross-type operators do.
 */
import { SqlError } from '../error.ts';
import { strict } from './define.ts';
import type { ScalarFunction } from './function.ts';
import {
  add64,
  divide64,
  divisionByZero,
  modulo64,
  multiply64,
  narrow,
  negate64,
  subtract64,
} from '../types/int64.ts';
import { INT2, INT4, INT8 } from '../types/type.ts';
import type { Int64, TypeId } from '../types/type.ts';

export function checkInt2(value: number): number {
  if (value > 32767 || value < -32768) throw new SqlError('22003', 'smallint out of range');
  return value;
}

export function checkInt4(value: number): number {
  if (value > 2147483647 || value < -2147483648) {
    throw new SqlError('22003', 'integer out of range');
  }
  return value;
}

type Check = (value: number) => number;

function divideSmall(a: number, b: number): number {
  if (b === 0) throw divisionByZero();
  return Math.trunc(a / b) + 0;
}

function moduloSmall(a: number, b: number): number {
  if (b === 0) throw divisionByZero();
  return (a % b) + 0;
}

/** A product of two integers of 32 bits may exceed 2^53, but never back into 32 bits. */
function smallArithmetic(
  left: TypeId,
  right: TypeId,
  result: TypeId,
  check: Check,
): ScalarFunction[] {
  const types = [left, right];
  return [
    strict('+', types, result, (_, a: number, b: number) => check(a + b)),
    strict('-', types, result, (_, a: number, b: number) => check(a - b)),
    strict('*', types, result, (_, a: number, b: number) => check(a * b) + 0),
    strict('/', types, result, (_, a: number, b: number) => check(divideSmall(a, b))),
  ];
}

function bigArithmetic(left: TypeId, right: TypeId): ScalarFunction[] {
  const types = [left, right];
  return [
    strict('+', types, INT8, (_, a: Int64, b: Int64) => add64(a, b)),
    strict('-', types, INT8, (_, a: Int64, b: Int64) => subtract64(a, b)),
    strict('*', types, INT8, (_, a: Int64, b: Int64) => multiply64(a, b)),
    strict('/', types, INT8, (_, a: Int64, b: Int64) => divide64(a, b)),
  ];
}

function smallUnary(type: TypeId, check: Check): ScalarFunction[] {
  return [
    strict('-', [type], type, (_, a: number) => check(0 - a)),
    strict('+', [type], type, (_, a: number) => a),
    strict('@', [type], type, (_, a: number) => check(Math.abs(a))),
    strict('abs', [type], type, (_, a: number) => check(Math.abs(a))),
    strict('~', [type], type, (_, a: number) => ~a),
    strict('%', [type, type], type, (_, a: number, b: number) => moduloSmall(a, b)),
    strict('mod', [type, type], type, (_, a: number, b: number) => moduloSmall(a, b)),
    strict('&', [type, type], type, (_, a: number, b: number) => a & b),
    strict('|', [type, type], type, (_, a: number, b: number) => a | b),
    strict('#', [type, type], type, (_, a: number, b: number) => a ^ b),
  ];
}

function absolute64(a: Int64): Int64 {
  return a < 0 ? negate64(a) : a;
}

/** Two's complement on 64 bits. */
function bits(a: Int64, b: Int64, join: (a: bigint, b: bigint) => bigint): Int64 {
  return narrow(BigInt.asIntN(64, join(BigInt(a), BigInt(b))));
}

/** Shift counts wrap at the width, as on the processors that PostgreSQL runs on. */
const shifts: readonly ScalarFunction[] = [
  strict('<<', [INT2, INT4], INT2, (_, a: number, n: number) => ((a << (n & 31)) << 16) >> 16),
  strict('>>', [INT2, INT4], INT2, (_, a: number, n: number) => a >> (n & 31)),
  strict('<<', [INT4, INT4], INT4, (_, a: number, n: number) => a << (n & 31)),
  strict('>>', [INT4, INT4], INT4, (_, a: number, n: number) => a >> (n & 31)),
  strict('<<', [INT8, INT4], INT8, (_, a: Int64, n: number) => bits(a, n & 63, (x, y) => x << y)),
  strict('>>', [INT8, INT4], INT8, (_, a: Int64, n: number) => bits(a, n & 63, (x, y) => x >> y)),
];

const bigUnary: readonly ScalarFunction[] = [
  strict('-', [INT8], INT8, (_, a: Int64) => negate64(a)),
  strict('+', [INT8], INT8, (_, a: Int64) => a),
  strict('@', [INT8], INT8, (_, a: Int64) => absolute64(a)),
  strict('abs', [INT8], INT8, (_, a: Int64) => absolute64(a)),
  strict('~', [INT8], INT8, (_, a: Int64) => bits(a, 0, (x) => ~x)),
  strict('%', [INT8, INT8], INT8, (_, a: Int64, b: Int64) => modulo64(a, b)),
  strict('mod', [INT8, INT8], INT8, (_, a: Int64, b: Int64) => modulo64(a, b)),
  strict('&', [INT8, INT8], INT8, (_, a: Int64, b: Int64) => bits(a, b, (x, y) => x & y)),
  strict('|', [INT8, INT8], INT8, (_, a: Int64, b: Int64) => bits(a, b, (x, y) => x | y)),
  strict('#', [INT8, INT8], INT8, (_, a: Int64, b: Int64) => bits(a, b, (x, y) => x ^ y)),
];

function gcd64(a: Int64, b: Int64, type: string): Int64 {
  let left = a;
  let right = b;
  while (right !== 0) [left, right] = [right, modulo64(left, right)];
  return left < 0 ? negate64(left, type) : left;
}

function lcm64(a: Int64, b: Int64, type: string): Int64 {
  if (a === 0 || b === 0) return 0;
  const product = multiply64(divide64(a, gcd64(a, b, type)), b, type);
  return product < 0 ? negate64(product, type) : product;
}

const divisors: readonly ScalarFunction[] = [
  strict('gcd', [INT4, INT4], INT4, (_, a: number, b: number) =>
    checkInt4(Number(gcd64(a, b, 'integer'))),
  ),
  strict('gcd', [INT8, INT8], INT8, (_, a: Int64, b: Int64) => gcd64(a, b, 'bigint')),
  strict('lcm', [INT4, INT4], INT4, (_, a: number, b: number) =>
    checkInt4(Number(lcm64(a, b, 'integer'))),
  ),
  strict('lcm', [INT8, INT8], INT8, (_, a: Int64, b: Int64) => lcm64(a, b, 'bigint')),
];

export const integerFunctions: readonly ScalarFunction[] = [
  ...smallArithmetic(INT2, INT2, INT2, checkInt2),
  ...smallArithmetic(INT2, INT4, INT4, checkInt4),
  ...smallArithmetic(INT4, INT2, INT4, checkInt4),
  ...smallArithmetic(INT4, INT4, INT4, checkInt4),
  ...bigArithmetic(INT8, INT8),
  ...bigArithmetic(INT8, INT4),
  ...bigArithmetic(INT4, INT8),
  ...bigArithmetic(INT8, INT2),
  ...bigArithmetic(INT2, INT8),
  ...smallUnary(INT2, checkInt2),
  ...smallUnary(INT4, checkInt4),
  ...bigUnary,
  ...shifts,
  ...divisors,
];
