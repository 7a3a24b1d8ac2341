/**
 * sqrt, exp, ln, log and power of numeric, rounded to as many digits as PostgreSQL shows.
 *
 * The number of digits follows `numeric.c`: at least 16 significant ones, never fewer after the
 * point than the operands have. Values come from integer arithmetic with guard digits.
 */
import { SqlError } from '../error.ts';
import {
  decimal,
  compareDecimals,
  digitCount,
  divideAtScale,
  divideRounded,
  INFINITY,
  leadingDigit,
  MAX_DISPLAY_SCALE,
  MIN_SIGNIFICANT_DIGITS,
  NAN,
  negate,
  powerOfTen,
  round,
  signOf,
  subtract,
  trimScale,
  ZERO,
} from './decimal.ts';
import { decimalToFloat } from './decimal-text.ts';
import { expFixed, integerRoot, lnFixed } from './fixed-point.ts';
import { ln as floatLn, log10 as floatLog10 } from './float-math.ts';
import { narrow } from './int64.ts';
import type { Decimal } from './type.ts';

const ONE: Decimal = decimal(1, 0);
const GUARD_DIGITS = 12;
/** Digits of the largest and smallest results of exp and power. */
const MAX_RESULT_SCALE = 2000;
const LOG10_E = 0.434294481903252;

function overflow(): SqlError {
  return new SqlError('22003', 'value overflows numeric format');
}

function clampScale(scale: number, ...least: readonly number[]): number {
  return Math.min(Math.max(scale, 0, ...least), MAX_DISPLAY_SCALE);
}

/** The coefficient that `a` has at `scale`; exact when that is no smaller than its own. */
function coefficientAt(a: Decimal, scale: number): bigint {
  const coefficient = BigInt(a.coefficient);
  return scale >= a.scale
    ? coefficient * powerOfTen(scale - a.scale)
    : coefficient / powerOfTen(a.scale - scale);
}

export function squareRoot(a: Decimal): Decimal {
  if (a.special === 1) return NAN;
  if (signOf(a) < 0) {
    throw new SqlError('2201F', 'cannot take square root of a negative number');
  }
  if (a.special !== 0) return a;
  const { weight } = leadingDigit(a);
  const scale = clampScale(MIN_SIGNIFICANT_DIGITS - (weight * 2 + 1), a.scale);
  return squareRootAtScale(a, scale);
}

export function squareRootAtScale(a: Decimal, scale: number): Decimal {
  const wide = coefficientAt(a, 2 * scale + 2);
  return decimal(narrow(divideRounded(integerRoot(wide), 10n)), scale);
}

/** `estimate_ln_dweight`: the decimal weight of ln a. */
function lnWeight(a: Decimal): number {
  if (signOf(a) <= 0) return 0;
  const distance = subtract(a, ONE);
  if (compareDecimals(a, decimal(9, 1)) >= 0 && compareDecimals(a, decimal(11, 1)) <= 0) {
    if (distance.coefficient === 0) return 0;
    const { weight, digit } = leadingDigit(distance);
    return weight * 4 + Math.trunc(floatLog10(digit));
  }
  const estimate = approximateLog(a);
  return Math.trunc(floatLog10(Math.abs(estimate)));
}

/** ln a, from the leading digits, for any size. */
function approximateLog(a: Decimal): number {
  const digits = a.coefficient.toString();
  const leading = Number(digits.slice(0, 15));
  const exponent = digits.length - Math.min(digits.length, 15) - a.scale;
  return floatLn(leading) + exponent * 2.302585092994046;
}

function logarithmError(a: Decimal): SqlError | null {
  const sign = signOf(a);
  if (a.special === 1 || sign > 0) return null;
  const what = sign === 0 ? 'zero' : 'a negative number';
  return new SqlError('2201E', `cannot take logarithm of ${what}`);
}

export function naturalLog(a: Decimal): Decimal {
  const error = logarithmError(a);
  if (error !== null) throw error;
  if (a.special !== 0) return a;
  const scale = clampScale(MIN_SIGNIFICANT_DIGITS - lnWeight(a), a.scale);
  return lnAtScale(a, scale);
}

function lnAtScale(a: Decimal, scale: number): Decimal {
  const digits = scale + GUARD_DIGITS + a.scale;
  const one = powerOfTen(digits);
  const value = lnFixed(coefficientAt(a, digits), one);
  return decimal(narrow(divideRounded(value, powerOfTen(digits - scale))), scale);
}

/** log of `a` to `base`. */
export function logarithm(base: Decimal, a: Decimal): Decimal {
  const error =
    base.special === 1 || a.special === 1 ? null : (logarithmError(base) ?? logarithmError(a));
  if (error !== null) throw error;
  if (base.special !== 0 || a.special !== 0) return specialLogarithm(base, a);
  const weight = lnWeight(a) - lnWeight(base);
  const scale = clampScale(MIN_SIGNIFICANT_DIGITS - weight, base.scale, a.scale);
  const divisor = lnAtScale(base, scale + GUARD_DIGITS);
  if (divisor.coefficient === 0) throw new SqlError('22012', 'division by zero');
  return divideAtScale(lnAtScale(a, scale + GUARD_DIGITS), divisor, scale);
}

function specialLogarithm(base: Decimal, a: Decimal): Decimal {
  if (base.special === 1 || a.special === 1) return NAN;
  if (base.special !== 0) return a.special === 0 ? ZERO : NAN;
  return INFINITY;
}

/** As a float, infinite where none is as large. */
function estimated(a: Decimal): number {
  return decimalToFloat(a) ?? (signOf(a) > 0 ? Infinity : -Infinity);
}

export function exponential(a: Decimal): Decimal {
  if (a.special !== 0) return a.special === 3 ? ZERO : a;
  const value = estimated(a);
  const weight = Math.min(Math.max(value * LOG10_E, -MAX_RESULT_SCALE), MAX_RESULT_SCALE);
  const scale = clampScale(MIN_SIGNIFICANT_DIGITS - Math.trunc(weight), a.scale);
  return expAtScale(a, scale, value);
}

function expAtScale(a: Decimal, scale: number, estimate: number): Decimal {
  if (Math.abs(estimate) >= MAX_RESULT_SCALE * 3) {
    if (estimate > 0) throw overflow();
    return decimal(0, scale);
  }
  const before = Math.max(Math.ceil(estimate * LOG10_E), 0);
  const digits = scale + before + GUARD_DIGITS;
  const one = powerOfTen(digits);
  const { mantissa, exponent } = expFixed(coefficientAt(a, digits), one);
  const value = exponent >= 0 ? mantissa << BigInt(exponent) : mantissa >> BigInt(-exponent);
  return decimal(narrow(divideRounded(value, powerOfTen(digits - scale))), scale);
}

function complexResult(): SqlError {
  const message = 'a negative number raised to a non-integer power yields a complex result';
  return new SqlError('2201F', message);
}

export function raise(base: Decimal, exponent: Decimal): Decimal {
  if (base.special !== 0 || exponent.special !== 0) return specialPower(base, exponent);
  const whole = trimScale(exponent);
  if (signOf(base) === 0 && signOf(exponent) < 0) throw zeroToNegative();
  if (whole.scale === 0 && Math.abs(Number(whole.coefficient)) <= 2147483647) {
    return integerPower(base, Number(whole.coefficient), exponent.scale);
  }
  if (signOf(base) < 0 && whole.scale > 0) throw complexResult();
  return realPower(base, exponent, whole);
}

function zeroToNegative(): SqlError {
  return new SqlError('2201F', 'zero raised to a negative power is undefined');
}

/** The exact power, rounded once. */
function integerPower(base: Decimal, exponent: number, exponentScale: number): Decimal {
  const weight = base.coefficient === 0 ? 0 : exponent * log10Estimate(base);
  if (weight > 131072 + 4) throw overflow();
  const scale = clampScale(MIN_SIGNIFICANT_DIGITS, base.scale, exponentScale);
  if (exponent === 0) return decimal(narrow(powerOfTen(scale)), scale);
  if (weight < -scale - 2) return decimal(0, scale);
  const power = repeatedSquare(base, Math.abs(exponent), scale, weight);
  if (exponent > 0) return round(power, scale);
  if (power.coefficient === 0) throw zeroToNegative();
  return divideAtScale(ONE, power, scale);
}

function log10Estimate(base: Decimal): number {
  const digits = (base.coefficient < 0 ? -base.coefficient : base.coefficient).toString();
  const leading = digits.slice(0, 16);
  return floatLog10(Number(leading)) + digits.length - leading.length - base.scale;
}

/** Digits that cannot reach the result are dropped on the way. */
function repeatedSquare(base: Decimal, exponent: number, scale: number, weight: number): Decimal {
  const significant =
    Math.abs(Math.trunc(weight)) + scale + GUARD_DIGITS + digitCount(exponent) * 2;
  let result = ONE;
  let square = base;
  for (let left = exponent; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) result = limitDigits(multiplyExact(result, square), significant);
    if (left > 1) square = limitDigits(multiplyExact(square, square), significant);
  }
  return result;
}

/** Without the limit on a numeric's scale. */
function multiplyExact(a: Decimal, b: Decimal): Decimal {
  return decimal(narrow(BigInt(a.coefficient) * BigInt(b.coefficient)), a.scale + b.scale);
}

function limitDigits(a: Decimal, significant: number): Decimal {
  const digits = digitCount(a.coefficient);
  if (digits <= significant || a.scale <= 0) return a;
  const drop = Math.min(digits - significant, a.scale);
  return decimal(narrow(divideRounded(BigInt(a.coefficient), powerOfTen(drop))), a.scale - drop);
}

/** e^(exponent · ln base). */
function realPower(base: Decimal, exponent: Decimal, whole: Decimal): Decimal {
  if (base.coefficient === 0) return decimal(0, MIN_SIGNIFICANT_DIGITS);
  const magnitude = signOf(base) < 0 ? negate(base) : base;
  // By as many digits as count: the base may be so near to 1 that a float takes it for 1.
  const few = Math.max(0, 8 - lnWeight(magnitude));
  const estimate = estimated(round(multiplyExact(lnAtScale(magnitude, few), exponent), few));
  if (Math.abs(estimate) > MAX_RESULT_SCALE * 3.01) {
    if (estimate > 0) throw overflow();
    return decimal(0, MAX_DISPLAY_SCALE);
  }
  const weight = Math.trunc(estimate * LOG10_E);
  const scale = clampScale(MIN_SIGNIFICANT_DIGITS - weight, base.scale, exponent.scale);
  const digits = scale + Math.max(weight, 0) + digitCount(exponent.coefficient) + GUARD_DIGITS;
  const product = multiplyExact(lnAtScale(magnitude, digits), exponent);
  const result = expAtScale(product, scale, estimate);
  return signOf(base) < 0 && Number(BigInt(whole.coefficient) % 2n) !== 0 ? negate(result) : result;
}

/** NaN^0 = 1^NaN = 1; infinities as IEEE 754's pow. */
function specialPower(base: Decimal, exponent: Decimal): Decimal {
  if (signOf(exponent) === 0 && exponent.special === 0) return ONE;
  if (base.special === 0 && compareDecimals(base, ONE) === 0) return ONE;
  if (base.special === 1 || exponent.special === 1) return NAN;
  if (exponent.special !== 0) return infinitePower(base, exponent);
  const whole = trimScale(exponent);
  if (base.special === 3 && whole.scale > 0) throw complexResult();
  if (signOf(exponent) < 0) return ZERO;
  if (base.special === 2) return INFINITY;
  return BigInt(whole.coefficient) % 2n === 0n ? INFINITY : base;
}

/** An infinite exponent: by whether the base grows or shrinks. */
function infinitePower(base: Decimal, exponent: Decimal): Decimal {
  const rising = exponent.special === 2;
  if (signOf(base) === 0) {
    if (!rising) throw zeroToNegative();
    return ZERO;
  }
  const magnitude = signOf(base) < 0 ? negate(base) : base;
  const size = magnitude.special === 0 ? compareDecimals(magnitude, ONE) : 1;
  if (size === 0) return ONE;
  return size > 0 === rising ? INFINITY : ZERO;
}
