/**
 * Numeric in a row: `tag u8, scale u16, magnitude` (little-endian, as many bytes as it takes).
 * Tag: bits 0-1 what is special about it, bit 2 its sign.
 */
import { readU16, writeU16 } from '../../codec/bytes.ts';
import type { Decimal } from '../types/type.ts';

const SIGN = 4;

/** Bytes that a decimal may take. */
export function numericBytesMax(value: Decimal): number {
  if (typeof value.coefficient === 'number') return 10;
  return 4 + (value.coefficient.toString(16).length >> 1) + 1;
}

/** Returns the end. */
export function writeNumeric(value: Decimal, out: Uint8Array, at: number): number {
  const { coefficient, special } = value;
  out[at] = special | (coefficient < 0 ? SIGN : 0);
  writeU16(out, at + 1, value.scale);
  let end = at + 3;
  if (typeof coefficient === 'number') {
    for (let rest = Math.abs(coefficient); rest > 0; end += 1) {
      out[end] = rest % 256;
      rest = Math.floor(rest / 256);
    }
    return end;
  }
  const digits = (coefficient < 0n ? -coefficient : coefficient).toString(16);
  for (let i = digits.length; i > 0; i -= 2) {
    out[end++] = Number.parseInt(digits.slice(i > 1 ? i - 2 : 0, i), 16);
  }
  return end;
}

export function readNumeric(bytes: Uint8Array, at: number, end: number): Decimal {
  const tag = bytes[at]!;
  const scale = readU16(bytes, at + 1);
  const special = (tag & 3) as Decimal['special'];
  const negative = (tag & SIGN) !== 0;
  if (end - at <= 9) {
    let small = 0;
    for (let i = end - 1; i > at + 2; i -= 1) small = small * 256 + bytes[i]!;
    return { kind: 'decimal', coefficient: negative ? -small : small, scale, special };
  }
  let digits = '0x';
  for (let i = end - 1; i > at + 2; i -= 1) {
    const byte = bytes[i]!;
    digits += (byte < 16 ? '0' : '') + byte.toString(16);
  }
  const magnitude = BigInt(digits);
  const value = negative ? -magnitude : magnitude;
  const number = Number(value);
  const coefficient = Number.isSafeInteger(number) ? number : value;
  return { kind: 'decimal', coefficient, scale, special };
}
