/**
 * Little-endian integers in byte arrays, for every format of the house. Plain byte stores and
 * loads: for a handful of fields these beat a `DataView` that would have to be allocated first.
 */
import { assert } from '../types/assert.ts';

const TWO_32 = 0x1_0000_0000;

export function writeU16(out: Uint8Array, at: number, value: number): void {
  out[at] = value;
  out[at + 1] = value >>> 8;
}

export function readU16(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8);
}

export function writeU32(out: Uint8Array, at: number, value: number): void {
  out[at] = value;
  out[at + 1] = value >>> 8;
  out[at + 2] = value >>> 16;
  out[at + 3] = value >>> 24;
}

export function readU32(bytes: Uint8Array, at: number): number {
  return (
    (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0
  );
}

/** A safe non-negative integer in eight bytes. */
export function writeU64(out: Uint8Array, at: number, value: number): void {
  assert(Number.isSafeInteger(value) && value >= 0, 'writeU64: not a safe non-negative integer');
  writeU32(out, at, value % TWO_32);
  writeU32(out, at + 4, Math.floor(value / TWO_32));
}

/** The inverse of `writeU64`; -1 when the bytes are beyond the safe integers (bad bytes). */
export function readU64(bytes: Uint8Array, at: number): number {
  const high = readU32(bytes, at + 4);
  return high >= 0x20_0000 ? -1 : high * TWO_32 + readU32(bytes, at);
}
