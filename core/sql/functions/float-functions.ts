/**
 * Mathematical functions of double precision. What they compute is `types/float-math.ts`; here are
 * their names, their special cases and their errors.
 */
import { SqlError } from '../error.ts';
import { strict } from './define.ts';
import { overflow, underflow } from './floats.ts';
import type { ScalarFunction } from './function.ts';
import { roundEven } from './numeric-casts.ts';
import * as degrees from '../types/degrees.ts';
import * as math from '../types/float-math.ts';
import { FLOAT8, INT4 } from '../types/type.ts';

const PI = 3.141592653589793;
const RADIANS_PER_DEGREE = 0.017453292519943295;

function outOfRange(): SqlError {
  return new SqlError('22003', 'input is out of range');
}

type Unary = (x: number) => number;

function one(name: string, body: Unary): ScalarFunction {
  return strict(name, [FLOAT8], FLOAT8, (_, x: number) => body(x));
}

/** Infinite where the argument is not: too large. */
function finite(result: number): number {
  if (!Number.isFinite(result)) throw overflow();
  return result;
}

/** NaN for NaN; infinite angles have no sine. */
function ofAngle(body: Unary): Unary {
  return (x) => {
    if (Number.isNaN(x)) return x;
    if (!Number.isFinite(x)) throw outOfRange();
    return body(x);
  };
}

function between(low: number, high: number, body: Unary): Unary {
  return (x) => {
    if (Number.isNaN(x)) return x;
    if (x < low || x > high) throw outOfRange();
    return body(x);
  };
}

/** NaN for NaN. */
function plain(body: Unary): Unary {
  return (x) => (Number.isNaN(x) ? x : body(x));
}

function exp(x: number): number {
  if (!Number.isFinite(x)) return x === -Infinity ? 0 : x;
  const result = math.exp(x);
  if (result === 0) throw underflow();
  return finite(result);
}

function logarithm(body: Unary): Unary {
  return (x) => {
    if (x === 0) throw new SqlError('2201E', 'cannot take logarithm of zero');
    if (x < 0) throw new SqlError('2201E', 'cannot take logarithm of a negative number');
    return Number.isNaN(x) ? x : body(x);
  };
}

function squareRoot(x: number): number {
  if (x < 0) throw new SqlError('2201F', 'cannot take square root of a negative number');
  return Math.sqrt(x);
}

/** POSIX's pow, with errors where it would answer NaN or divide by zero. */
export function power(x: number, y: number): number {
  if (Number.isNaN(x)) return y === 0 ? 1 : x;
  if (Number.isNaN(y)) return x === 1 ? 1 : y;
  if (x === 0 && y < 0) {
    throw new SqlError('2201F', 'zero raised to a negative power is undefined');
  }
  if (x < 0 && Math.floor(y) !== y) {
    const message = 'a negative number raised to a non-integer power yields a complex result';
    throw new SqlError('2201F', message);
  }
  if (!Number.isFinite(y)) {
    const size = Math.abs(x);
    if (size === 1) return 1;
    return size > 1 === y > 0 ? Infinity : 0;
  }
  if (!Number.isFinite(x)) return infinitePower(x, y);
  if (y === 0) return 1;
  if (x === 0) return y % 2 === 1 ? x : 0;
  const result = simplePower(x, y) ?? math.power(x, y);
  if (result === 0) throw underflow();
  return finite(result);
}

/** Powers that one operation rounds as well as the general way does; null: others. */
function simplePower(x: number, y: number): number | null {
  if (y === 2) return x * x;
  if (y === 1) return x;
  if (y === 0.5) return Math.sqrt(x);
  return y === -1 ? 1 / x : null;
}

function infinitePower(x: number, y: number): number {
  if (y === 0) return 1;
  const odd = Math.abs(y) % 2 === 1;
  if (y > 0) return x < 0 && !odd ? Infinity : x;
  return x < 0 && odd ? -0 : 0;
}

const angles: readonly ScalarFunction[] = [
  one('sin', ofAngle(math.sin)),
  one('cos', ofAngle(math.cos)),
  one('tan', ofAngle(math.tan)),
  one(
    'cot',
    ofAngle((x) => 1 / math.tan(x)),
  ),
  one('asin', between(-1, 1, math.asin)),
  one('acos', between(-1, 1, math.acos)),
  one('atan', plain(math.atan)),
  one('sind', ofAngle(degrees.sinDegrees)),
  one('cosd', ofAngle(degrees.cosDegrees)),
  one('tand', ofAngle(degrees.tanDegrees)),
  one('cotd', ofAngle(degrees.cotDegrees)),
  one('asind', between(-1, 1, degrees.asinDegrees)),
  one('acosd', between(-1, 1, degrees.acosDegrees)),
  one('atand', plain(degrees.atanDegrees)),
  one('sinh', plain(math.sinh)),
  one(
    'cosh',
    plain((x) => (Number.isFinite(x) ? math.cosh(x) : Infinity)),
  ),
  one('tanh', plain(math.tanh)),
  one('asinh', plain(math.asinh)),
  one('acosh', between(1, Infinity, math.acosh)),
  one(
    'atanh',
    between(-1, 1, (x) => (Math.abs(x) === 1 ? x * Infinity : math.atanh(x))),
  ),
  strict('atan2', [FLOAT8, FLOAT8], FLOAT8, (_, y: number, x: number) =>
    Number.isNaN(x) || Number.isNaN(y) ? NaN : math.atan2(y, x),
  ),
  strict('atan2d', [FLOAT8, FLOAT8], FLOAT8, (_, y: number, x: number) =>
    Number.isNaN(x) || Number.isNaN(y) ? NaN : degrees.atan2Degrees(y, x),
  ),
];

function widthBucket(value: number, low: number, high: number, count: number): number {
  if (count <= 0) throw new SqlError('2201G', 'count must be greater than zero');
  if (Number.isNaN(value) || Number.isNaN(low) || Number.isNaN(high)) {
    throw new SqlError('2201G', 'operand, lower bound, and upper bound cannot be NaN');
  }
  if (!Number.isFinite(low) || !Number.isFinite(high)) {
    throw new SqlError('2201G', 'lower and upper bounds must be finite');
  }
  if (low === high) throw new SqlError('2201G', 'lower bound cannot equal upper bound');
  const rising = low < high;
  const before = rising ? value < low : value > low;
  const after = rising ? value >= high : value <= high;
  if (before) return 0;
  if (after) {
    if (count === 2147483647) throw new SqlError('22003', 'integer out of range');
    return count + 1;
  }
  const share = rising ? (value - low) / (high - low) : (low - value) / (low - high);
  return Math.min(Math.trunc(count * share) + 1, count);
}

const roots: readonly ScalarFunction[] = [
  one('sqrt', squareRoot),
  one('|/', squareRoot),
  one('cbrt', plain(math.cbrt)),
  one('||/', plain(math.cbrt)),
  one('exp', exp),
  one('ln', logarithm(math.ln)),
  one('log', logarithm(math.log10)),
  one('log10', logarithm(math.log10)),
  ...['power', 'pow', '^'].map((name) =>
    strict(name, [FLOAT8, FLOAT8], FLOAT8, (_, x: number, y: number) => power(x, y)),
  ),
];

const rounding: readonly ScalarFunction[] = [
  one('ceil', (x) => Math.ceil(x)),
  one('ceiling', (x) => Math.ceil(x)),
  one('floor', (x) => Math.floor(x)),
  one('trunc', (x) => Math.trunc(x)),
  one('round', (x) => (Number.isFinite(x) ? signed(roundEven(x), x) : x)),
  one('sign', (x) => (x > 0 ? 1 : x < 0 ? -1 : 0)),
];

/** A rounded zero keeps its sign. */
function signed(rounded: number, x: number): number {
  return rounded === 0 && (x < 0 || Object.is(x, -0)) ? -0 : rounded;
}

function dividedDegrees(x: number): number {
  const result = x / RADIANS_PER_DEGREE;
  return Number.isFinite(x) ? finite(result) : result;
}

export const floatMathFunctions: readonly ScalarFunction[] = [
  ...angles,
  ...roots,
  ...rounding,
  strict('pi', [], FLOAT8, () => PI),
  one('degrees', dividedDegrees),
  one('radians', (x) => x * RADIANS_PER_DEGREE),
  strict(
    'width_bucket',
    [FLOAT8, FLOAT8, FLOAT8, INT4],
    INT4,
    (_, value: number, low: number, high: number, count: number) =>
      widthBucket(value, low, high, count),
  ),
  // 53 random bits from the entry's salt.
  strict(
    'random',
    [],
    FLOAT8,
    (environment) => {
      const high = environment.random32() >>> 5;
      const low = environment.random32() >>> 6;
      return (high * 67108864 + low) / 9007199254740992;
    },
    'volatile',
  ),
];
