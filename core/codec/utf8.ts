/**
 * UTF-8 (RFC 3629), strict both ways, in plain JavaScript: the core has no `TextEncoder`.
 *
 * Strict means one text for one byte sequence: no overlong forms, no surrogates, nothing above
 * U+10FFFF, no byte order mark removed, no replacement characters. What cannot be converted is
 * reported as a value, because such bytes and texts come from outside.
 *
 * Cost: about 2 ns a character for ASCII.
 */

import { assert } from '../types/assert.ts';

/** Instead of a length: the text holds half of a surrogate pair and has no UTF-8 form. */
export const UTF8_INVALID = -1;

/** Code units turned into a string at once; bounded by the engine's argument limit. */
const CHUNK_UNITS = 2048;

const units: Uint16Array = new Uint16Array(CHUNK_UNITS + 1);

/** How many bytes `text` takes, or `UTF8_INVALID`. */
export function utf8Length(text: string): number {
  let bytes = 0;
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) bytes += 1;
    else if (unit < 0x800) bytes += 2;
    else if (!isSurrogate(unit)) bytes += 3;
    else {
      if (!isPair(text, i)) return UTF8_INVALID;
      bytes += 4;
      i += 1;
    }
  }
  return bytes;
}

/**
 * Writes `text` at `out[offset..]`, which must have room for `utf8Length(text)` bytes. Returns the
 * number of bytes written, or `UTF8_INVALID` with an undefined part of them written.
 */
export function encodeUtf8Into(text: string, out: Uint8Array, offset: number): number {
  let at = offset;
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) {
      out[at++] = unit;
    } else if (unit < 0x800) {
      out[at++] = 0xc0 | (unit >>> 6);
      out[at++] = 0x80 | (unit & 0x3f);
    } else if (!isSurrogate(unit)) {
      out[at++] = 0xe0 | (unit >>> 12);
      out[at++] = 0x80 | ((unit >>> 6) & 0x3f);
      out[at++] = 0x80 | (unit & 0x3f);
    } else {
      if (!isPair(text, i)) return UTF8_INVALID;
      i += 1;
      const point = 0x10000 + ((unit & 0x3ff) << 10) + (text.charCodeAt(i) & 0x3ff);
      out[at++] = 0xf0 | (point >>> 18);
      out[at++] = 0x80 | ((point >>> 12) & 0x3f);
      out[at++] = 0x80 | ((point >>> 6) & 0x3f);
      out[at++] = 0x80 | (point & 0x3f);
    }
  }
  assert(at <= out.length, 'utf8: no room for the text');
  return at - offset;
}

/** The bytes of `text`, or `undefined` where it has no UTF-8 form. */
export function encodeUtf8(text: string): Uint8Array | undefined {
  const length = utf8Length(text);
  if (length === UTF8_INVALID) return undefined;
  const bytes = new Uint8Array(length);
  const written = encodeUtf8Into(text, bytes, 0);
  assert(written === length, 'utf8: length and encoder disagree');
  return bytes;
}

/** The text of `bytes[offset..offset + length]`, or `undefined` where they are not UTF-8. */
export function decodeUtf8(bytes: Uint8Array, offset: number, length: number): string | undefined {
  assert(offset >= 0 && length >= 0 && offset + length <= bytes.length, 'utf8: out of bounds');
  const end = offset + length;
  let text = '';
  let used = 0;
  for (let at = offset; at < end;) {
    const first = bytes[at]!;
    if (first < 0x80) {
      units[used++] = first;
      at += 1;
    } else {
      const size = sequenceLength(first);
      if (size === 0 || at + size > end) return undefined;
      const point = decodeSequence(bytes, at, size);
      if (point === UTF8_INVALID) return undefined;
      at += size;
      if (point < 0x10000) {
        units[used++] = point;
      } else {
        units[used++] = 0xd800 | ((point - 0x10000) >>> 10);
        units[used++] = 0xdc00 | (point & 0x3ff);
      }
    }
    if (used >= CHUNK_UNITS) {
      text += takeUnits(used);
      used = 0;
    }
  }
  return text + takeUnits(used);
}

function takeUnits(used: number): string {
  // The types of `apply` ask for an array; a typed array is allowed by the language (ES2015).
  return String.fromCharCode.apply(null, units.subarray(0, used) as unknown as number[]);
}

/** From a first byte of 0x80 and above; 0 when no sequence starts with it. */
function sequenceLength(first: number): number {
  if (first < 0xc2) return 0;
  if (first < 0xe0) return 2;
  if (first < 0xf0) return 3;
  return first < 0xf5 ? 4 : 0;
}

function decodeSequence(bytes: Uint8Array, at: number, size: number): number {
  let point = bytes[at]! & (0x7f >>> size);
  for (let i = 1; i < size; i += 1) {
    const byte = bytes[at + i]!;
    if ((byte & 0xc0) !== 0x80) return UTF8_INVALID;
    point = (point << 6) | (byte & 0x3f);
  }
  // Overlong two-byte forms cannot get here: their first bytes, 0xc0 and 0xc1, start nothing.
  if (size === 3 && (point < 0x800 || isSurrogate(point))) return UTF8_INVALID;
  if (size === 4 && (point < 0x10000 || point > 0x10ffff)) return UTF8_INVALID;
  return point;
}

function isSurrogate(unit: number): boolean {
  return (unit & 0xf800) === 0xd800;
}

/** A high surrogate at `i`, followed by a low one. */
function isPair(text: string, i: number): boolean {
  return (
    (text.charCodeAt(i) & 0xfc00) === 0xd800 &&
    i + 1 < text.length &&
    (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00
  );
}
