/**
 * Text out of rows. Short ASCII texts that come again and again are made once: a small cache, by
 * the bytes, saves their allocation, and equal texts then often are the same string.
 *
 * Cost: about 1 ns a byte for a text that is in the cache. The cache never changes an answer.
 */
import { decodeUtf8 } from '../../codec/utf8.ts';
import { assert } from '../../types/assert.ts';

const CACHED_BYTES_MAX = 24;
const CACHE_SLOTS = 4096;
const cache: string[] = Array.from({ length: CACHE_SLOTS }, () => '');

export function readText(bytes: Uint8Array, from: number, end: number): string {
  const length = end - from;
  if (length === 0) return '';
  if (length > CACHED_BYTES_MAX) return decode(bytes, from, length);
  let hash = length;
  let high = 0;
  for (let at = from; at < end; at += 1) {
    const byte = bytes[at]!;
    high |= byte;
    hash = Math.imul(hash ^ byte, 0x01000193);
  }
  if (high >= 0x80) return decode(bytes, from, length);
  const slot = (hash ^ (hash >>> 15)) & (CACHE_SLOTS - 1);
  const known = cache[slot]!;
  if (known.length === length && equals(known, bytes, from)) return known;
  const text = decode(bytes, from, length);
  cache[slot] = text;
  return text;
}

function equals(text: string, bytes: Uint8Array, from: number): boolean {
  for (let i = 0; i < text.length; i += 1) {
    if (text.charCodeAt(i) !== bytes[from + i]) return false;
  }
  return true;
}

function decode(bytes: Uint8Array, from: number, length: number): string {
  const text = decodeUtf8(bytes, from, length);
  assert(text !== undefined, 'text in a row is UTF-8');
  return text;
}
