/**
 * Arithmetic of real and double precision.
 *
 * Infinity out of finite operands is overflow, zero out of operands that are not is underflow: both
 * `22003`, as PostgreSQL's `float8_mul` and its like have it.
 */
import { SqlError } from '../error.ts';
import { divisionByZero } from '../types/int64.ts';
import { FLOAT4, FLOAT8 } from '../types/type.ts';
import type { TypeId } from '../types/type.ts';
import { strict } from './define.ts';
import type { ScalarFunction } from './function.ts';

export function overflow(): SqlError {
  return new SqlError('22003', 'value out of range: overflow');
}

export function underflow(): SqlError {
  return new SqlError('22003', 'value out of range: underflow');
}

type Rounding = (value: number) => number;

function checkInfinite(result: number, a: number, b: number): number {
  if (!Number.isFinite(result) && Number.isFinite(a) && Number.isFinite(b)) {
    throw overflow();
  }
  return result;
}

function multiply(a: number, b: number, round: Rounding): number {
  const result = round(a * b);
  if (result === 0 && a !== 0 && b !== 0) throw underflow();
  return checkInfinite(result, a, b);
}

function divide(a: number, b: number, round: Rounding): number {
  if (b === 0 && !Number.isNaN(a)) throw divisionByZero();
  const result = round(a / b);
  if (result === 0 && a !== 0 && Number.isFinite(b)) throw underflow();
  return checkInfinite(result, a, b);
}

function arithmetic(
  left: TypeId,
  right: TypeId,
  result: TypeId,
  round: Rounding,
): ScalarFunction[] {
  const types = [left, right];
  return [
    strict('+', types, result, (_, a: number, b: number) => checkInfinite(round(a + b), a, b)),
    strict('-', types, result, (_, a: number, b: number) => checkInfinite(round(a - b), a, b)),
    strict('*', types, result, (_, a: number, b: number) => multiply(a, b, round)),
    strict('/', types, result, (_, a: number, b: number) => divide(a, b, round)),
  ];
}

function unary(type: TypeId): ScalarFunction[] {
  return [
    strict('-', [type], type, (_, a: number) => -a),
    strict('+', [type], type, (_, a: number) => a),
    strict('@', [type], type, (_, a: number) => Math.abs(a)),
    strict('abs', [type], type, (_, a: number) => Math.abs(a)),
  ];
}

const same: Rounding = (value) => value;
const single: Rounding = (value) => Math.fround(value);

export const floatFunctions: readonly ScalarFunction[] = [
  ...arithmetic(FLOAT8, FLOAT8, FLOAT8, same),
  ...arithmetic(FLOAT4, FLOAT4, FLOAT4, single),
  ...arithmetic(FLOAT4, FLOAT8, FLOAT8, same),
  ...arithmetic(FLOAT8, FLOAT4, FLOAT8, same),
  ...unary(FLOAT8),
  ...unary(FLOAT4),
];
