/** Arithmetic and functions of numeric. What the digits of a result are: `types/decimal.ts`. */
import { SqlError } from '../error.ts';
import { strict } from './define.ts';
import type { ScalarFunction } from './function.ts';
import {
  absolute,
  add,
  compareDecimals,
  decimal,
  divide,
  divideAtScale,
  integral,
  modulo,
  multiply,
  NAN,
  negate,
  round,
  signOf,
  subtract,
  trimScale,
  truncate,
} from '../types/decimal.ts';
import { exponential, logarithm, naturalLog, raise, squareRoot } from '../types/decimal-math.ts';
import { narrow } from '../types/int64.ts';
import { INT4, INT8, NUMERIC } from '../types/type.ts';
import type { Decimal, Int64 } from '../types/type.ts';

const one = [NUMERIC];
const two = [NUMERIC, NUMERIC];
const TEN = decimal(10, 0);

/** The whole part of a quotient. */
function wholeQuotient(a: Decimal, b: Decimal): Decimal {
  if (a.special !== 0 || b.special !== 0 || b.coefficient === 0) return divide(a, b);
  const scale = Math.max(a.scale, b.scale);
  const left = BigInt(round(a, scale).coefficient);
  const right = BigInt(round(b, scale).coefficient);
  return decimal(narrow(left / right), 0);
}

function signum(a: Decimal): Decimal {
  return a.special === 1 ? NAN : decimal(signOf(a), 0);
}

/** Scales beyond any numeric's are as good as the largest. */
function clamp(scale: number): number {
  return Math.min(Math.max(scale, -131072), 16383);
}

function greatestDivisor(a: Decimal, b: Decimal): Decimal {
  if (a.special !== 0 || b.special !== 0) return NAN;
  const scale = Math.max(a.scale, b.scale);
  let left = BigInt(round(absolute(a), scale).coefficient);
  let right = BigInt(round(absolute(b), scale).coefficient);
  while (right !== 0n) [left, right] = [right, left % right];
  return decimal(narrow(left), scale);
}

function leastMultiple(a: Decimal, b: Decimal): Decimal {
  if (a.special !== 0 || b.special !== 0) return NAN;
  const scale = Math.max(a.scale, b.scale);
  if (signOf(a) === 0 || signOf(b) === 0) return decimal(0, scale);
  const share = divideAtScale(a, greatestDivisor(a, b), 0);
  return round(absolute(multiply(share, b)), scale);
}

function factorial(n: Int64): Decimal {
  if (n < 0) throw new SqlError('22003', 'factorial of a negative number is undefined');
  if (n > 32177) throw new SqlError('22003', 'value overflows numeric format');
  let product = 1n;
  for (let i = 2n; i <= BigInt(n); i += 1n) product *= i;
  return decimal(narrow(product), 0);
}

function widthBucket(value: Decimal, low: Decimal, high: Decimal, count: number): number {
  if (count <= 0) throw new SqlError('2201G', 'count must be greater than zero');
  if (value.special === 1 || low.special === 1 || high.special === 1) {
    throw new SqlError('2201G', 'operand, lower bound, and upper bound cannot be NaN');
  }
  if (low.special !== 0 || high.special !== 0) {
    throw new SqlError('2201G', 'lower and upper bounds must be finite');
  }
  const order = compareDecimals(low, high);
  if (order === 0) throw new SqlError('2201G', 'lower bound cannot equal upper bound');
  if (compareDecimals(value, low) * order > 0) return 0;
  if (compareDecimals(value, high) * order <= 0) {
    if (count === 2147483647) throw new SqlError('22003', 'integer out of range');
    return count + 1;
  }
  const share = multiply(subtract(value, low), decimal(count, 0));
  return Number(wholeQuotient(share, subtract(high, low)).coefficient) + 1;
}

const arithmetic: readonly ScalarFunction[] = [
  strict('+', two, NUMERIC, (_, a: Decimal, b: Decimal) => add(a, b)),
  strict('-', two, NUMERIC, (_, a: Decimal, b: Decimal) => subtract(a, b)),
  strict('*', two, NUMERIC, (_, a: Decimal, b: Decimal) => multiply(a, b)),
  strict('/', two, NUMERIC, (_, a: Decimal, b: Decimal) => divide(a, b)),
  strict('%', two, NUMERIC, (_, a: Decimal, b: Decimal) => modulo(a, b)),
  strict('mod', two, NUMERIC, (_, a: Decimal, b: Decimal) => modulo(a, b)),
  strict('div', two, NUMERIC, (_, a: Decimal, b: Decimal) => wholeQuotient(a, b)),
  strict('-', one, NUMERIC, (_, a: Decimal) => negate(a)),
  strict('+', one, NUMERIC, (_, a: Decimal) => a),
  strict('@', one, NUMERIC, (_, a: Decimal) => absolute(a)),
  strict('abs', one, NUMERIC, (_, a: Decimal) => absolute(a)),
  strict('sign', one, NUMERIC, (_, a: Decimal) => signum(a)),
  strict('gcd', two, NUMERIC, (_, a: Decimal, b: Decimal) => greatestDivisor(a, b)),
  strict('lcm', two, NUMERIC, (_, a: Decimal, b: Decimal) => leastMultiple(a, b)),
  strict('factorial', [INT8], NUMERIC, (_, n: Int64) => factorial(n)),
];

const rounding: readonly ScalarFunction[] = [
  ...['ceil', 'ceiling'].map((name) =>
    strict(name, one, NUMERIC, (_, a: Decimal) => integral(a, 1)),
  ),
  strict('floor', one, NUMERIC, (_, a: Decimal) => integral(a, -1)),
  strict('round', one, NUMERIC, (_, a: Decimal) => round(a, 0)),
  strict('round', [NUMERIC, INT4], NUMERIC, (_, a: Decimal, n: number) => round(a, clamp(n))),
  strict('trunc', one, NUMERIC, (_, a: Decimal) => truncate(a, 0)),
  strict('trunc', [NUMERIC, INT4], NUMERIC, (_, a: Decimal, n: number) => truncate(a, clamp(n))),
  strict('scale', one, INT4, (_, a: Decimal) => (a.special === 0 ? a.scale : null)),
  strict('min_scale', one, INT4, (_, a: Decimal) => (a.special === 0 ? trimScale(a).scale : null)),
  strict('trim_scale', one, NUMERIC, (_, a: Decimal) => trimScale(a)),
];

const transcendental: readonly ScalarFunction[] = [
  strict('sqrt', one, NUMERIC, (_, a: Decimal) => squareRoot(a)),
  strict('exp', one, NUMERIC, (_, a: Decimal) => exponential(a)),
  strict('ln', one, NUMERIC, (_, a: Decimal) => naturalLog(a)),
  strict('log', one, NUMERIC, (_, a: Decimal) => logarithm(TEN, a)),
  strict('log10', one, NUMERIC, (_, a: Decimal) => logarithm(TEN, a)),
  strict('log', two, NUMERIC, (_, base: Decimal, a: Decimal) => logarithm(base, a)),
  ...['power', 'pow', '^'].map((name) =>
    strict(name, two, NUMERIC, (_, a: Decimal, b: Decimal) => raise(a, b)),
  ),
  strict(
    'width_bucket',
    [NUMERIC, NUMERIC, NUMERIC, INT4],
    INT4,
    (_, value: Decimal, low: Decimal, high: Decimal, count: number) =>
      widthBucket(value, low, high, count),
  ),
];

export const numericFunctions: readonly ScalarFunction[] = [
  ...arithmetic,
  ...rounding,
  ...transcendental,
];
