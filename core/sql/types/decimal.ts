/**
 * Exact decimal arithmetic with PostgreSQL's rules for how many digits a result shows.
 *
 * A coefficient is a number while it is a safe integer and all arithmetic on two such stays there
 * when the result does; beyond it is a bigint. Sum and product are exact; a quotient has at least
 * 16 significant digits (`quotientScale`); rounding is half away from zero.
 */
import { SqlError } from '../error.ts';
import { numericPrecision, numericScale } from './describe.ts';
import { divisionByZero, narrow } from './int64.ts';
import type { Decimal, Int64 } from './type.ts';

export const MAX_SCALE = 16383;
/** Of results whose scale is chosen by us, not by the operands. */
export const MAX_DISPLAY_SCALE = 1000;
export const MIN_SIGNIFICANT_DIGITS = 16;
/** Digits before the point that `numeric` can hold. */
const MAX_INTEGER_DIGITS = 131072;

export const NAN: Decimal = { kind: 'decimal', coefficient: 0, scale: 0, special: 1 };
export const INFINITY: Decimal = { kind: 'decimal', coefficient: 0, scale: 0, special: 2 };
export const MINUS_INFINITY: Decimal = { kind: 'decimal', coefficient: 0, scale: 0, special: 3 };
export const ZERO: Decimal = { kind: 'decimal', coefficient: 0, scale: 0, special: 0 };

/** Of normalised coefficients only. */
export function decimal(coefficient: Int64, scale: number): Decimal {
  return { kind: 'decimal', coefficient, scale, special: 0 };
}

const NUMBER_POWERS: readonly number[] = [
  1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
];
const KEPT_POWERS = 256;
const powers: bigint[] = [1n];

/** 10^n, for any n ≥ 0. */
export function powerOfTen(n: number): bigint {
  if (n >= KEPT_POWERS) return BigInt(`1${'0'.repeat(n)}`);
  while (powers.length <= n) powers.push(10n * (powers[powers.length - 1] ?? 1n));
  return powers[n] ?? 1n;
}

function numericOverflow(): SqlError {
  return new SqlError('22003', 'value overflows numeric format');
}

/** The coefficient at a larger scale. */
function scaleUp(coefficient: Int64, by: number): Int64 {
  if (by === 0) return coefficient;
  if (typeof coefficient === 'number' && by <= 15) {
    const product = coefficient * (NUMBER_POWERS[by] ?? 0);
    if (Number.isSafeInteger(product)) return product;
  }
  return narrow(BigInt(coefficient) * powerOfTen(by));
}

/** The coefficient at a scale smaller by `by`, half away from zero. */
function scaleDown(coefficient: Int64, by: number): Int64 {
  if (typeof coefficient === 'number') {
    if (by > 16) return 0;
    if (by <= 15) {
      const power = NUMBER_POWERS[by] ?? 1;
      const rest = coefficient % power;
      const whole = (coefficient - rest) / power;
      if (rest * 2 >= power) return whole + 1;
      return rest * 2 <= -power ? whole - 1 : whole + 0;
    }
  }
  return narrow(divideRounded(BigInt(coefficient), powerOfTen(by)));
}

/** a / b, half away from zero. */
export function divideRounded(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  const rest = a % b;
  const twice = (rest < 0n ? -rest : rest) * 2n;
  if (twice < (b < 0n ? -b : b)) return quotient;
  return a < 0n === b < 0n ? quotient + 1n : quotient - 1n;
}

/** Decimal digits of the coefficient's magnitude; 0 for zero. */
export function digitCount(coefficient: Int64): number {
  if (typeof coefficient === 'bigint') {
    return (coefficient < 0n ? -coefficient : coefficient).toString().length;
  }
  const magnitude = Math.abs(coefficient);
  if (magnitude === 0) return 0;
  let digits = 1;
  while (digits <= 15 && magnitude >= (NUMBER_POWERS[digits] ?? 0)) digits += 1;
  return digits;
}

export function signOf(a: Decimal): number {
  if (a.special !== 0) return a.special === 3 ? -1 : 1;
  return a.coefficient > 0 ? 1 : a.coefficient < 0 ? -1 : 0;
}

export function negate(a: Decimal): Decimal {
  if (a.special !== 0) return a.special === 1 ? NAN : a.special === 2 ? MINUS_INFINITY : INFINITY;
  const { coefficient } = a;
  return decimal(typeof coefficient === 'number' ? 0 - coefficient : narrow(-coefficient), a.scale);
}

export function absolute(a: Decimal): Decimal {
  return signOf(a) < 0 ? negate(a) : a;
}

export function add(a: Decimal, b: Decimal): Decimal {
  if (a.special !== 0 || b.special !== 0) return addSpecial(a, b);
  let left = a.coefficient;
  let right = b.coefficient;
  const { scale } = a.scale >= b.scale ? a : b;
  if (a.scale < scale) left = scaleUp(left, scale - a.scale);
  else if (b.scale < scale) right = scaleUp(right, scale - b.scale);
  if (typeof left === 'number' && typeof right === 'number') {
    const sum = left + right;
    if (Number.isSafeInteger(sum)) return decimal(sum, scale);
  }
  return decimal(narrow(BigInt(left) + BigInt(right)), scale);
}

function addSpecial(a: Decimal, b: Decimal): Decimal {
  if (a.special === 1 || b.special === 1) return NAN;
  if (a.special === 0) return b;
  return b.special === 0 || a.special === b.special ? a : NAN;
}

export function subtract(a: Decimal, b: Decimal): Decimal {
  return add(a, negate(b));
}

export function multiply(a: Decimal, b: Decimal): Decimal {
  if (a.special !== 0 || b.special !== 0) {
    const sign = signOf(a) * signOf(b);
    if (a.special === 1 || b.special === 1 || sign === 0) return NAN;
    return sign > 0 ? INFINITY : MINUS_INFINITY;
  }
  const scale = a.scale + b.scale;
  const { coefficient: left } = a;
  const { coefficient: right } = b;
  if (typeof left === 'number' && typeof right === 'number') {
    const product = left * right;
    if (Number.isSafeInteger(product)) return withScale(decimal(product + 0, scale));
  }
  return checked(withScale(decimal(narrow(BigInt(left) * BigInt(right)), scale)));
}

function withScale(a: Decimal): Decimal {
  return a.scale > MAX_SCALE ? round(a, MAX_SCALE) : a;
}

/** Refuses more digits than `numeric` holds. */
export function checked(a: Decimal): Decimal {
  if (typeof a.coefficient === 'number') return a;
  if (digitCount(a.coefficient) - a.scale > MAX_INTEGER_DIGITS) throw numericOverflow();
  return a;
}

/** PostgreSQL's digits are base 10,000: weight and value of the first one that is not zero. */
export function leadingDigit(a: Decimal): { readonly weight: number; readonly digit: number } {
  const digits = digitCount(a.coefficient);
  if (digits === 0) return { weight: 0, digit: 0 };
  const exponent = digits - 1 - a.scale; // of the leading decimal digit
  const weight = Math.floor(exponent / 4);
  const shown = exponent - weight * 4 + 1; // decimal digits within the leading one
  const { coefficient } = a;
  if (typeof coefficient === 'number') {
    const magnitude = Math.abs(coefficient);
    const cut = digits - shown;
    const digit =
      cut >= 0
        ? Math.floor(magnitude / (NUMBER_POWERS[cut] ?? 1))
        : magnitude * (NUMBER_POWERS[-cut] ?? 1);
    return { weight, digit };
  }
  const text = (coefficient < 0n ? -coefficient : coefficient).toString();
  return { weight, digit: Number(text.slice(0, shown).padEnd(shown, '0')) };
}

/** `select_div_scale`. */
export function quotientScale(a: Decimal, b: Decimal): number {
  const left = leadingDigit(a);
  const right = leadingDigit(b);
  let weight = left.weight - right.weight;
  if (left.digit <= right.digit) weight -= 1;
  const scale = Math.max(MIN_SIGNIFICANT_DIGITS - weight * 4, a.scale, b.scale, 0);
  return Math.min(scale, MAX_DISPLAY_SCALE);
}

export function divide(a: Decimal, b: Decimal): Decimal {
  if (a.special !== 0 || b.special !== 0) return divideSpecial(a, b);
  if (b.coefficient === 0) throw divisionByZero();
  return divideAtScale(a, b, quotientScale(a, b));
}

/** Finite operands, the divisor not zero. */
export function divideAtScale(a: Decimal, b: Decimal, scale: number): Decimal {
  const shift = scale + b.scale - a.scale;
  const left = BigInt(a.coefficient);
  const right = BigInt(b.coefficient);
  const quotient =
    shift >= 0
      ? divideRounded(left * powerOfTen(shift), right)
      : divideRounded(left, right * powerOfTen(-shift));
  return checked(decimal(narrow(quotient), scale));
}

function divideSpecial(a: Decimal, b: Decimal): Decimal {
  if (a.special === 1 || b.special === 1) return NAN;
  if (a.special !== 0) {
    if (b.special !== 0) return NAN;
    const sign = signOf(b);
    if (sign === 0) throw divisionByZero();
    return sign > 0 ? a : negate(a);
  }
  return ZERO;
}

/** Exact; the sign of the dividend. */
export function modulo(a: Decimal, b: Decimal): Decimal {
  if (a.special !== 0 || b.special !== 0) {
    if (a.special === 1 || b.special === 1) return NAN;
    if (a.special !== 0) {
      if (signOf(b) === 0) throw divisionByZero();
      return NAN;
    }
    return a;
  }
  if (b.coefficient === 0) throw divisionByZero();
  const scale = Math.max(a.scale, b.scale);
  const left = scaleUp(a.coefficient, scale - a.scale);
  const right = scaleUp(b.coefficient, scale - b.scale);
  if (typeof left === 'number' && typeof right === 'number')
    return decimal((left % right) + 0, scale);
  return decimal(narrow(BigInt(left) % BigInt(right)), scale);
}

/** NaN equals itself and is above all. */
export function compareDecimals(a: Decimal, b: Decimal): number {
  if (a.special !== 0 || b.special !== 0) {
    const rank = [0, 2, 1, -1] as const;
    return rank[a.special] - rank[b.special];
  }
  let left = a.coefficient;
  let right = b.coefficient;
  if (a.scale < b.scale) left = scaleUp(left, b.scale - a.scale);
  else if (b.scale < a.scale) right = scaleUp(right, a.scale - b.scale);
  return left < right ? -1 : left > right ? 1 : 0;
}

/** `round(a, scale)`, half away from zero; a negative scale rounds before the point. */
export function round(a: Decimal, scale: number): Decimal {
  if (a.special !== 0 || a.scale === scale) return a;
  if (scale > a.scale) {
    const kept = Math.min(scale, MAX_SCALE);
    return decimal(scaleUp(a.coefficient, kept - a.scale), kept);
  }
  const rounded = scaleDown(a.coefficient, a.scale - scale);
  if (scale >= 0) return decimal(rounded, scale);
  return rounded === 0 ? ZERO : checked(decimal(scaleUp(rounded, -scale), 0));
}

/** `trunc(a, scale)`. */
export function truncate(a: Decimal, scale: number): Decimal {
  if (a.special !== 0 || scale === a.scale) return a;
  if (scale > a.scale) return round(a, scale);
  const cut = narrow(BigInt(a.coefficient) / powerOfTen(a.scale - scale));
  if (scale >= 0) return decimal(cut, scale);
  return decimal(cut === 0 ? 0 : scaleUp(cut, -scale), 0);
}

/** Towards minus infinity (`direction` -1) or plus infinity (1), no digits after the point. */
export function integral(a: Decimal, direction: -1 | 1): Decimal {
  if (a.special !== 0) return a;
  const whole = truncate(a, 0);
  if (compareDecimals(whole, a) === 0 || signOf(a) !== direction) return whole;
  return add(whole, decimal(direction, 0));
}

/** Without zeros at the end of the fraction. */
export function trimScale(a: Decimal): Decimal {
  if (a.special !== 0) return a;
  let { coefficient, scale } = a;
  if (typeof coefficient === 'bigint') {
    let rest: bigint = coefficient;
    while (scale > 0 && rest % 10n === 0n) {
      rest /= 10n;
      scale -= 1;
    }
    coefficient = narrow(rest);
  }
  if (typeof coefficient === 'number') {
    while (scale > 0 && coefficient % 10 === 0) {
      coefficient /= 10;
      scale -= 1;
    }
  }
  return decimal(coefficient, scale);
}

/** Rounds to the modifier's scale and refuses more digits than its precision. */
export function applyNumericModifier(a: Decimal, modifier: number): Decimal {
  if (modifier < 0 || a.special === 1) return a;
  const precision = numericPrecision(modifier);
  const scale = numericScale(modifier);
  if (a.special !== 0) throw fieldOverflow(precision, scale, true);
  const rounded = round(a, scale);
  if (digitCount(rounded.coefficient) - rounded.scale > precision - scale) {
    if (rounded.coefficient !== 0) throw fieldOverflow(precision, scale, false);
  }
  return rounded;
}

function fieldOverflow(precision: number, scale: number, infinite: boolean): SqlError {
  const digits = precision - scale;
  const bound = digits === 0 ? '1' : `10^${digits}`;
  const what = infinite
    ? 'cannot hold an infinite value.'
    : `must round to an absolute value less than ${bound}.`;
  const detail = `A field with precision ${precision}, scale ${scale} ${what}`;
  return new SqlError('22003', 'numeric field overflow', { detail });
}
