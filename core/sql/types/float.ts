/**
 * Floats to and from text: the shortest digits that read back as the same float, in PostgreSQL's
 * form (`extra_float_digits` 1): fixed between 1e-4 and 1e15 (float4: 1e6), else with an exponent
 * of at least two digits.
 */
import { SqlError } from '../error.ts';
import { trimBlanks } from './decimal-text.ts';

/** The nearest float4. */
export function toFloat4(value: number): number {
  return Math.fround(value);
}

const FORM = /^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/;

export function parseFloat8(text: string): number {
  return parseFloating(text, 'double precision', (value) => value);
}

export function parseFloat4(text: string): number {
  return parseFloating(text, 'real', toFloat4);
}

function parseFloating(text: string, type: string, rounded: (value: number) => number): number {
  const trimmed = trimBlanks(text);
  if (!FORM.test(trimmed)) return parseSpecial(trimmed, text, type);
  const value = rounded(Number(trimmed));
  if (!Number.isFinite(value) || (value === 0 && /[1-9]/.test(trimmed.replace(/[eE].*/, '')))) {
    throw new SqlError('22003', `"${trimmed}" is out of range for type ${type}`);
  }
  return value;
}

function parseSpecial(trimmed: string, text: string, type: string): number {
  switch (trimmed.toLowerCase()) {
    case 'nan':
    case '+nan':
    case '-nan':
      return NaN;
    case 'infinity':
    case '+infinity':
    case 'inf':
    case '+inf':
      return Infinity;
    case '-infinity':
    case '-inf':
      return -Infinity;
    default:
      throw new SqlError('22P02', `invalid input syntax for type ${type}: "${text}"`);
  }
}

/** `extraDigits` is `extra_float_digits`: above 0 exact, else rounded to 15 digits and these. */
export function formatFloat8(value: number, extraDigits: number = 1): string {
  if (!Number.isFinite(value) || value === 0) return formatOdd(value);
  if (extraDigits <= 0) return formatRounded(value, 15 + extraDigits);
  const magnitude = Math.abs(value);
  if (magnitude >= 1e-4 && magnitude < 1e15) return value.toString();
  let shortest = value.toExponential();
  if (
    magnitude >= TWO_53 &&
    magnitude < 1e24 &&
    isHalfway(value, Number.MAX_SAFE_INTEGER, shortest)
  ) {
    shortest = trimZeros(value.toExponential(16));
  }
  return withExponent(shortest);
}

const TWO_53 = 9007199254740992;

/**
 * PostgreSQL does not take digits that lie exactly between two floats, though they would be read
 * as the right one (the even); JavaScript does. It happens among large integers only.
 * `mantissaMax` is the largest mantissa of the type: 2^53 - 1 or 2^24 - 1.
 */
function isHalfway(value: number, mantissaMax: number, digits: string): boolean {
  const exact = BigInt(Math.abs(value));
  let unit = 1n;
  while (exact / unit > BigInt(mantissaMax)) unit *= 2n;
  const shown = integerOf(digits);
  const distance = shown > exact ? shown - exact : exact - shown;
  return distance * 2n === unit;
}

/** Of `1.25e+17`, whose value is an integer. */
function integerOf(digits: string): bigint {
  const [mantissa = '', exponent = '0'] = digits.replace('-', '').split('e');
  const [whole = '', fraction = ''] = mantissa.split('.');
  return BigInt(whole + fraction.padEnd(Number(exponent), '0'));
}

function trimZeros(text: string): string {
  return text.replace(/\.?0+e/, 'e');
}

/** Six digits tell float4s apart from each other at most; nine always do. */
export function formatFloat4(value: number, extraDigits: number = 1): string {
  if (!Number.isFinite(value) || value === 0) return formatOdd(value);
  if (extraDigits <= 0) return formatRounded(value, 6 + extraDigits);
  let shortest = value.toExponential(5);
  for (let digits = 7; digits <= 9 && !readsBack(value, shortest); digits += 1) {
    shortest = roundedDigits(value, digits - 1);
  }
  shortest = trimZeros(shortest);
  const exponent = Number(shortest.slice(shortest.indexOf('e') + 1));
  if (exponent >= -4 && exponent < 6) return Number(shortest).toString();
  return withExponent(shortest);
}

/** Only from 2^24 on can digits lie between two float4s. */
function readsBack(value: number, digits: string): boolean {
  if (toFloat4(Number(digits)) !== value) return false;
  return Math.abs(value) < 16777216 || !isHalfway(value, 16777215, digits);
}

/** `toExponential`, but a tie goes to the even digit as in PostgreSQL, not to the larger number. */
function roundedDigits(value: number, fractionDigits: number): string {
  const text = value.toExponential(fractionDigits);
  if (Number(value.toExponential(fractionDigits + 1)) !== value) return text;
  const longer = value.toExponential(20);
  const cut = longer.indexOf('.') + 1 + fractionDigits;
  if (!/^50*e/.test(longer.slice(cut))) return text;
  const last = longer[cut - 1] === '.' ? longer[cut - 2] : longer[cut - 1];
  if (!'02468'.includes(last ?? '')) return text;
  return longer.slice(0, fractionDigits === 0 ? cut - 1 : cut) + longer.slice(longer.indexOf('e'));
}

/** C's `%.*g`: at least one digit, fixed while the exponent is below the number of digits. */
function formatRounded(value: number, wanted: number): string {
  const digits = Math.max(wanted, 1);
  const rounded = trimZeros(roundedDigits(value, digits - 1));
  const exponent = Number(rounded.slice(rounded.indexOf('e') + 1));
  return exponent >= -4 && exponent < digits ? Number(rounded).toString() : withExponent(rounded);
}

function formatOdd(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (value === 0) return 1 / value < 0 ? '-0' : '0';
  return value > 0 ? 'Infinity' : '-Infinity';
}

/** JavaScript writes `1e+5`, PostgreSQL `1e+05`. */
function withExponent(text: string): string {
  const at = text.indexOf('e');
  const mantissa = text.slice(0, at);
  const digits = text.slice(at + 2);
  return `${mantissa}e${text[at + 1] ?? '+'}${digits.length < 2 ? `0${digits}` : digits}`;
}
