/**
 * Decimals to and from text, integers and floats.
 *
 * To integers they round half away from zero and refuse what does not fit; to floats they round to
 * the nearest; from floats they take the 15 (float4: 6) digits that a float surely holds.
 */
import { SqlError } from '../error.ts';
import { decimal, INFINITY, MAX_SCALE, MINUS_INFINITY, NAN, powerOfTen, round } from './decimal.ts';
import { int64, narrow } from './int64.ts';
import type { Decimal, Int64 } from './type.ts';

const FORM = /^([+-]?)(?:([0-9]+)(?:\.([0-9]*))?|\.([0-9]+))(?:[eE]([+-]?[0-9]+))?$/;

/** Surrounding blanks are allowed, as everywhere in PostgreSQL's input. */
export function parseDecimal(text: string): Decimal {
  const trimmed = trimBlanks(text);
  const match = FORM.exec(trimmed);
  if (match === null) return parseSpecial(trimmed, text);
  const [, sign = '', before = '', after = '', bare = '', exponentText = '0'] = match;
  const fraction = after === '' ? bare : after;
  const exponent = Number(exponentText);
  const digits = before + fraction;
  if (exponentText.length > 10) throw outOfFormat(text);
  const scale = fraction.length - exponent;
  const integerDigits = digits.replace(/^0+/, '').length - scale;
  if (integerDigits > 131072 || scale > MAX_SCALE + 16384) throw outOfFormat();
  let coefficient = parseDigits(sign, digits);
  if (scale < 0) {
    coefficient = coefficient === 0 ? 0 : narrow(BigInt(coefficient) * powerOfTen(-scale));
    return decimal(coefficient, 0);
  }
  if (scale > MAX_SCALE) return round(decimal(coefficient, scale), MAX_SCALE);
  return decimal(coefficient, scale);
}

function parseDigits(sign: string, digits: string): Int64 {
  if (digits.length <= 15) {
    const value = Number(digits);
    return sign === '-' ? 0 - value : value;
  }
  const value = BigInt(digits);
  return narrow(sign === '-' ? -value : value);
}

function parseSpecial(trimmed: string, text: string): Decimal {
  switch (trimmed.toLowerCase()) {
    case 'nan':
      return NAN;
    case 'infinity':
    case '+infinity':
    case 'inf':
    case '+inf':
      return INFINITY;
    case '-infinity':
    case '-inf':
      return MINUS_INFINITY;
    default:
      throw new SqlError('22P02', `invalid input syntax for type numeric: "${text}"`);
  }
}

function outOfFormat(text?: string): SqlError {
  return text === undefined
    ? new SqlError('22003', 'value overflows numeric format')
    : new SqlError('22P02', `invalid input syntax for type numeric: "${text}"`);
}

/** Without PostgreSQL's `isspace` characters at both ends. */
export function trimBlanks(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text.charCodeAt(start))) start += 1;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end -= 1;
  return start === 0 && end === text.length ? text : text.slice(start, end);
}

export function isBlank(code: number): boolean {
  return code === 32 || (code >= 9 && code <= 13);
}

export function formatDecimal(a: Decimal): string {
  if (a.special !== 0) return a.special === 1 ? 'NaN' : a.special === 2 ? 'Infinity' : '-Infinity';
  const { coefficient, scale } = a;
  if (scale === 0) return coefficient.toString();
  const negative = coefficient < 0;
  const digits = (negative ? -coefficient : coefficient).toString().padStart(scale + 1, '0');
  const point = digits.length - scale;
  return `${negative ? '-' : ''}${digits.slice(0, point)}.${digits.slice(point)}`;
}

export function decimalFromInteger(value: Int64): Decimal {
  return decimal(value, 0);
}

/** `type` is the integer type's name, for the error. */
export function decimalToInt64(a: Decimal, type: string = 'bigint'): Int64 {
  if (a.special !== 0) {
    const what = a.special === 1 ? 'NaN' : 'infinity';
    throw new SqlError('0A000', `cannot convert ${what} to ${type}`);
  }
  const { coefficient } = round(a, 0);
  return typeof coefficient === 'number' ? coefficient : int64(coefficient, type);
}

/** A power of ten up to 10^22 is an exact double, so one division rounds once. */
const EXACT_POWERS: readonly number[] = Array.from({ length: 23 }, (_, n) => Number(`1e${n}`));

/** Null: beyond a double. */
export function decimalToFloat(a: Decimal): number | null {
  if (a.special !== 0) return a.special === 1 ? NaN : a.special === 2 ? Infinity : -Infinity;
  if (typeof a.coefficient === 'number' && a.scale <= 22) {
    return a.coefficient / (EXACT_POWERS[a.scale] ?? 1);
  }
  const value = Number(`${a.coefficient.toString()}e-${a.scale}`);
  return Number.isFinite(value) ? value : null;
}

/** `digits` 15 for float8, 6 for float4. */
export function decimalFromFloat(value: number, digits: number): Decimal {
  if (Number.isNaN(value)) return NAN;
  if (value === Infinity) return INFINITY;
  if (value === -Infinity) return MINUS_INFINITY;
  if (Number.isInteger(value) && Math.abs(value) < 1e6) return decimal(value + 0, 0);
  // %.15g drops zeros at the end of the fraction.
  const [mantissa = '', exponent = '0'] = value.toExponential(digits - 1).split('e');
  const trimmed = mantissa.includes('.') ? mantissa.replace(/\.?0+$/, '') : mantissa;
  return parseDecimal(`${trimmed}e${exponent}`);
}
