/**
 * Keys for a `Map` that are finer than SQL's equality (`identityFor` of `types/compare.ts`): equal
 * only when no expression could tell the values apart, as 1.0 and 1.00 can be. For remembering what
 * a query answered to its arguments.
 */
import type { Value } from '../types/type.ts';

export type Key = number | string | bigint | boolean;

export function exactKey(value: Value): Key {
  if (value === null) return 'null';
  if (typeof value === 'string') return `s${value}`;
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : value;
  if (typeof value !== 'object') return value;
  if (value instanceof Uint8Array) return bytesKey(value);
  if (value.kind === 'decimal') return `d${value.coefficient}e${value.scale}/${value.special}`;
  if (value.kind === 'interval') return `i${value.months}/${value.days}/${value.micros}`;
  if (value.kind === 'array') {
    const { dimensions, lowerBounds, elements } = value;
    return `a${dimensions.join('x')}@${lowerBounds.join('x')}:${exactKeys(elements)}`;
  }
  return `r${exactKeys(value.fields)}`;
}

/** Of several values: each with its length, so that no two lists run together. */
export function exactKeys(values: readonly Value[]): string {
  let key = '';
  for (const value of values) {
    const part = exactKey(value);
    const text = String(part);
    key += `${typeof part}${text.length}:${text}`;
  }
  return key;
}

function bytesKey(bytes: Uint8Array): string {
  let key = 'b';
  for (const byte of bytes) key += String.fromCharCode(byte);
  return key;
}
