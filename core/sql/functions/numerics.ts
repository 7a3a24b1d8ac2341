/** Arithmetic of numeric. What the digits of a result are: `types/decimal.ts`. */
import { strict } from './define.ts';
import type { ScalarFunction } from './function.ts';
import { absolute, add, divide, modulo, multiply, negate, subtract } from '../types/decimal.ts';
import { NUMERIC } from '../types/type.ts';
import type { Decimal } from '../types/type.ts';

const one = [NUMERIC];
const two = [NUMERIC, NUMERIC];

export const numericFunctions: readonly ScalarFunction[] = [
  strict('+', two, NUMERIC, (_, a: Decimal, b: Decimal) => add(a, b)),
  strict('-', two, NUMERIC, (_, a: Decimal, b: Decimal) => subtract(a, b)),
  strict('*', two, NUMERIC, (_, a: Decimal, b: Decimal) => multiply(a, b)),
  strict('/', two, NUMERIC, (_, a: Decimal, b: Decimal) => divide(a, b)),
  strict('%', two, NUMERIC, (_, a: Decimal, b: Decimal) => modulo(a, b)),
  strict('mod', two, NUMERIC, (_, a: Decimal, b: Decimal) => modulo(a, b)),
  strict('-', one, NUMERIC, (_, a: Decimal) => negate(a)),
  strict('+', one, NUMERIC, (_, a: Decimal) => a),
  strict('@', one, NUMERIC, (_, a: Decimal) => absolute(a)),
  strict('abs', one, NUMERIC, (_, a: Decimal) => absolute(a)),
];
