/**
 * Floats to and from text: the shortest digits that read back as the same float, in PostgreSQL's
 * form (`extra_float_digits` 1): fixed between 1e-4 and 1e15 (float4: 1e6), else with an exponent of
 * at least two digits.
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

export function formatFloat8(value: number): string {
  if (!Number.isFinite(value) || value === 0) return formatOdd(value);
  const magnitude = Math.abs(value);
  if (magnitude >= 1e-4 && magnitude < 1e15) return value.toString();
  return withExponent(value.toExponential());
}

export function formatFloat4(value: number): string {
  if (!Number.isFinite(value) || value === 0) return formatOdd(value);
  let digits = 1;
  while (digits < 9 && toFloat4(Number(value.toPrecision(digits))) !== value) digits += 1;
  const shortest = value.toExponential(digits - 1);
  const exponent = Number(shortest.slice(shortest.indexOf('e') + 1));
  if (exponent >= -4 && exponent < 6) return Number(shortest).toString();
  return withExponent(shortest);
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
