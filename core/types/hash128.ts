/**
 * An immutable 128-bit value: four signed 32-bit words with one hidden shape.
 *
 * Used for internal checksums and for 128-bit identities (clusters, clients, nonces). Word `a`
 * holds the first four bytes, most significant first, so that numeric order of the words (unsigned)
 * is the order of the bytes and of the hex text.
 *
 * Cost: comparing is an identity test or four integer compares; nothing here allocates except
 * `read128`, `make128` and `hex128`.
 */

import { assert } from './assert.ts';

export const HASH128_BYTES = 16;

/** Compare with `equal128`, never with `===`: equal values may be distinct objects. */
export class Hash128 {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;

  constructor(a: number, b: number, c: number, d: number) {
    this.a = a | 0;
    this.b = b | 0;
    this.c = c | 0;
    this.d = d | 0;
  }
}

/** The all-zero value: "none" wherever a hash or an identity is absent. */
export const ZERO128: Hash128 = new Hash128(0, 0, 0, 0);

/** From four words; each is truncated to 32 bits. */
export function make128(a: number, b: number, c: number, d: number): Hash128 {
  return new Hash128(a, b, c, d);
}

export function equal128(x: Hash128, y: Hash128): boolean {
  return x === y || (x.a === y.a && x.b === y.b && x.c === y.c && x.d === y.d);
}

export function isZero128(x: Hash128): boolean {
  return (x.a | x.b | x.c | x.d) === 0;
}

/** Negative, zero or positive, in the order of the bytes. */
export function compare128(x: Hash128, y: Hash128): number {
  if (x === y) return 0;
  if (x.a !== y.a) return x.a >>> 0 < y.a >>> 0 ? -1 : 1;
  if (x.b !== y.b) return x.b >>> 0 < y.b >>> 0 ? -1 : 1;
  if (x.c !== y.c) return x.c >>> 0 < y.c >>> 0 ? -1 : 1;
  if (x.d !== y.d) return x.d >>> 0 < y.d >>> 0 ? -1 : 1;
  return 0;
}

/** Writes 16 bytes at `offset`. */
export function write128(value: Hash128, out: Uint8Array, offset: number): void {
  assert(offset >= 0 && offset + HASH128_BYTES <= out.length, 'write128: out of bounds');
  writeWord(value.a, out, offset);
  writeWord(value.b, out, offset + 4);
  writeWord(value.c, out, offset + 8);
  writeWord(value.d, out, offset + 12);
}

/** Reads 16 bytes at `offset`. */
export function read128(bytes: Uint8Array, offset: number): Hash128 {
  assert(offset >= 0 && offset + HASH128_BYTES <= bytes.length, 'read128: out of bounds');
  return new Hash128(
    readWord(bytes, offset),
    readWord(bytes, offset + 4),
    readWord(bytes, offset + 8),
    readWord(bytes, offset + 12),
  );
}

/** True when the 16 bytes at `offset` are `value`; reads without allocating. */
export function matches128(value: Hash128, bytes: Uint8Array, offset: number): boolean {
  assert(offset >= 0 && offset + HASH128_BYTES <= bytes.length, 'matches128: out of bounds');
  return (
    value.a === readWord(bytes, offset) &&
    value.b === readWord(bytes, offset + 4) &&
    value.c === readWord(bytes, offset + 8) &&
    value.d === readWord(bytes, offset + 12)
  );
}

/** 32 lower-case hex digits, in byte order. */
export function hex128(value: Hash128): string {
  return hexWord(value.a) + hexWord(value.b) + hexWord(value.c) + hexWord(value.d);
}

/** The inverse of `hex128`; `undefined` unless `text` is exactly 32 hex digits. */
export function parse128(text: string): Hash128 | undefined {
  if (!/^[0-9a-f]{32}$/i.test(text)) return undefined;
  return new Hash128(
    Number.parseInt(text.slice(0, 8), 16),
    Number.parseInt(text.slice(8, 16), 16),
    Number.parseInt(text.slice(16, 24), 16),
    Number.parseInt(text.slice(24, 32), 16),
  );
}

function writeWord(word: number, out: Uint8Array, offset: number): void {
  out[offset] = word >>> 24;
  out[offset + 1] = word >>> 16;
  out[offset + 2] = word >>> 8;
  out[offset + 3] = word;
}

function readWord(bytes: Uint8Array, offset: number): number {
  // The bounds are asserted by the callers; `as number` restates that for the compiler.
  return (
    ((bytes[offset] as number) << 24) |
    ((bytes[offset + 1] as number) << 16) |
    ((bytes[offset + 2] as number) << 8) |
    (bytes[offset + 3] as number)
  );
}

function hexWord(word: number): string {
  return (word >>> 0).toString(16).padStart(8, '0');
}
