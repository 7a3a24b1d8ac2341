/** bytea: length, parts, bits, and the ways between bytes and text. */
import { SqlError, unsupported } from '../error.ts';
import { strict } from './define.ts';
import type { ScalarFunction } from './function.ts';
import { md5 } from './md5.ts';
import { sha224, sha384, sha512 } from '../../crypto/sha2.ts';
import { SHA256_BYTES, sha256Into } from '../../crypto/sha256.ts';
import { fromEscape, fromHex, toHex, utf8Bytes } from '../types/bytea.ts';
import { BYTEA, FLOAT4, FLOAT8, INT4, INT8, TEXT } from '../types/type.ts';
import type { Int64 } from '../types/type.ts';

/** IEEE 754, the highest byte first. NaN has one form. */
function floatBytes(value: number, length: 4 | 8): Uint8Array {
  const view = new DataView(new ArrayBuffer(length));
  if (Number.isNaN(value)) view.setUint16(0, length === 4 ? 0x7fc0 : 0x7ff8);
  else if (length === 4) view.setFloat32(0, value);
  else view.setFloat64(0, value);
  return new Uint8Array(view.buffer);
}

const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** Lines of 76 characters, as PostgreSQL writes them. */
function toBase64(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 3) {
    if (at > 0 && at % 57 === 0) text += '\n';
    const group = ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
    const left = bytes.length - at;
    text += BASE64[group >> 18] ?? '';
    text += BASE64[(group >> 12) & 63] ?? '';
    text += left > 1 ? (BASE64[(group >> 6) & 63] ?? '') : '=';
    text += left > 2 ? (BASE64[group & 63] ?? '') : '=';
  }
  return text;
}

function fromBase64(text: string): Uint8Array {
  const bytes: number[] = [];
  let group = 0;
  let count = 0;
  let padding = 0;
  for (const c of text) {
    if (' \n\r\t'.includes(c)) continue;
    let value = BASE64.indexOf(c);
    if (c === '=') {
      if (count < 2) throw new SqlError('22023', 'unexpected "=" while decoding base64 sequence');
      padding += 1;
      value = 0;
    } else if (value < 0 || padding > 0) {
      throw new SqlError('22023', `invalid symbol "${c}" found while decoding base64 sequence`);
    }
    group = group * 64 + value;
    count += 1;
    if (count < 4) continue;
    bytes.push(group >> 16, (group >> 8) & 255, group & 255);
    group = 0;
    count = 0;
  }
  if (count !== 0) {
    throw new SqlError('22023', 'invalid base64 end sequence', {
      hint: 'Input data is missing padding, is truncated, or is otherwise corrupted.',
    });
  }
  return Uint8Array.from(bytes.slice(0, bytes.length - padding));
}

/** Zero and bytes above 127 in octal, backslashes doubled. */
function toEscape(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) {
    if (byte === 92) text += '\\\\';
    else if (byte === 0 || byte > 127) text += `\\${byte.toString(8).padStart(3, '0')}`;
    else text += String.fromCharCode(byte);
  }
  return text;
}

function unknownEncoding(name: string): SqlError {
  return new SqlError('22023', `unrecognized encoding: "${name}"`);
}

function encode(bytes: Uint8Array, format: string): string {
  switch (format.toLowerCase()) {
    case 'hex':
      return toHex(bytes);
    case 'base64':
      return toBase64(bytes);
    case 'escape':
      return toEscape(bytes);
    default:
      throw unknownEncoding(format);
  }
}

function decode(text: string, format: string): Uint8Array {
  switch (format.toLowerCase()) {
    case 'hex':
      return fromHex(text);
    case 'base64':
      return fromBase64(text);
    case 'escape':
      return fromEscape(text, 'bytea');
    default:
      throw unknownEncoding(format);
  }
}

function substring(bytes: Uint8Array, start: number, length: number | null): Uint8Array {
  if (length !== null && length < 0) {
    throw new SqlError('22011', 'negative substring length not allowed');
  }
  const to = length === null ? bytes.length : start - 1 + length;
  return bytes.slice(Math.max(start - 1, 0), Math.max(to, 0));
}

function overlay(bytes: Uint8Array, put: Uint8Array, start: number, length: number): Uint8Array {
  if (start <= 0) throw new SqlError('22011', 'negative substring length not allowed');
  const head = substring(bytes, 1, start - 1);
  const tail = substring(bytes, start + length, null);
  const joined = new Uint8Array(head.length + put.length + tail.length);
  joined.set(head);
  joined.set(put, head.length);
  joined.set(tail, head.length + put.length);
  return joined;
}

function position(bytes: Uint8Array, part: Uint8Array): number {
  for (let at = 0; at + part.length <= bytes.length; at += 1) {
    if (part.every((byte, i) => bytes[at + i] === byte)) return at + 1;
  }
  return 0;
}

function trim(bytes: Uint8Array, set: Uint8Array, start: boolean, end: boolean): Uint8Array {
  let from = 0;
  let to = bytes.length;
  if (start) while (from < to && set.includes(bytes[from] ?? 0)) from += 1;
  if (end) while (to > from && set.includes(bytes[to - 1] ?? 0)) to -= 1;
  return bytes.slice(from, to);
}

function checkIndex(index: Int64, count: number): number {
  if (index < 0 || index >= count) {
    throw new SqlError('2202E', `index ${index} out of valid range, 0..${count - 1}`);
  }
  return Number(index);
}

function setByte(bytes: Uint8Array, index: number, value: number): Uint8Array {
  const changed = bytes.slice();
  changed[checkIndex(index, bytes.length)] = value;
  return changed;
}

function setBit(bytes: Uint8Array, index: Int64, value: number): Uint8Array {
  const at = checkIndex(index, bytes.length * 8);
  if (value !== 0 && value !== 1) throw new SqlError('22023', 'new bit must be 0 or 1');
  const mask = 1 << (at & 7);
  const old = bytes[at >> 3] ?? 0;
  return setByte(bytes, at >> 3, value === 1 ? old | mask : old & ~mask);
}

function bitCount(bytes: Uint8Array): number {
  let count = 0;
  for (const byte of bytes) for (let rest = byte; rest > 0; rest >>= 1) count += rest & 1;
  return count;
}

function checkUtf8(name: string): void {
  const plain = name.toLowerCase().replace(/[^a-z0-9]/g, '');
  if (plain !== 'utf8' && plain !== 'unicode') throw unsupported(`encoding "${name}"`, -1);
}

/** Strict UTF-8. */
function textOf(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length;) {
    const first = bytes[at] ?? 0;
    const length = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    let code = length === 1 ? first : first & (0xff >> (length + 1));
    for (let i = 1; i < length; i += 1) {
      const next = bytes[at + i] ?? 0;
      code = (next & 0xc0) === 0x80 ? code * 64 + (next & 63) : -1;
      if (code < 0) break;
    }
    const least = [0, 1, 0x80, 0x800, 0x10000][length] ?? 0;
    const half = code >= 0xd800 && code <= 0xdfff;
    if (length === 0 || code < least || half || code > 0x10ffff) {
      const shown = Array.from(bytes.slice(at, at + Math.max(length, 1)), (byte) => {
        return `0x${byte.toString(16).padStart(2, '0')}`;
      });
      throw new SqlError('22021', `invalid byte sequence for encoding "UTF8": ${shown.join(' ')}`);
    }
    text += String.fromCodePoint(code);
    at += length;
  }
  return text;
}

export const binaryFunctions: readonly ScalarFunction[] = [
  strict('length', [BYTEA], INT4, (_, bytes: Uint8Array) => bytes.length),
  strict('octet_length', [BYTEA], INT4, (_, bytes: Uint8Array) => bytes.length),
  strict('bit_length', [BYTEA], INT4, (_, bytes: Uint8Array) => bytes.length * 8),
  strict('bit_count', [BYTEA], INT8, (_, bytes: Uint8Array) => bitCount(bytes)),
  ...['substring', 'substr'].flatMap((name) => [
    strict(name, [BYTEA, INT4], BYTEA, (_, bytes: Uint8Array, from: number) =>
      substring(bytes, from, null),
    ),
    strict(name, [BYTEA, INT4, INT4], BYTEA, (_, b: Uint8Array, from: number, length: number) =>
      substring(b, from, length),
    ),
  ]),
  strict('overlay', [BYTEA, BYTEA, INT4], BYTEA, (_, b: Uint8Array, put: Uint8Array, at: number) =>
    overlay(b, put, at, put.length),
  ),
  strict(
    'overlay',
    [BYTEA, BYTEA, INT4, INT4],
    BYTEA,
    (_, b: Uint8Array, put: Uint8Array, at: number, length: number) => overlay(b, put, at, length),
  ),
  strict('position', [BYTEA, BYTEA], INT4, (_, b: Uint8Array, part: Uint8Array) =>
    position(b, part),
  ),
  strict('btrim', [BYTEA, BYTEA], BYTEA, (_, b: Uint8Array, s: Uint8Array) =>
    trim(b, s, true, true),
  ),
  strict('ltrim', [BYTEA, BYTEA], BYTEA, (_, b: Uint8Array, s: Uint8Array) =>
    trim(b, s, true, false),
  ),
  strict('rtrim', [BYTEA, BYTEA], BYTEA, (_, b: Uint8Array, s: Uint8Array) =>
    trim(b, s, false, true),
  ),
  strict('get_byte', [BYTEA, INT4], INT4, (_, bytes: Uint8Array, index: number) => {
    return bytes[checkIndex(index, bytes.length)] ?? 0;
  }),
  strict('set_byte', [BYTEA, INT4, INT4], BYTEA, (_, b: Uint8Array, i: number, v: number) =>
    setByte(b, i, v),
  ),
  strict('get_bit', [BYTEA, INT8], INT4, (_, bytes: Uint8Array, index: Int64) => {
    const at = checkIndex(index, bytes.length * 8);
    return ((bytes[at >> 3] ?? 0) >> (at & 7)) & 1;
  }),
  strict('set_bit', [BYTEA, INT8, INT4], BYTEA, (_, b: Uint8Array, i: Int64, v: number) =>
    setBit(b, i, v),
  ),
  strict('encode', [BYTEA, TEXT], TEXT, (_, bytes: Uint8Array, format: string) =>
    encode(bytes, format),
  ),
  strict('decode', [TEXT, TEXT], BYTEA, (_, text: string, format: string) => decode(text, format)),
  strict('convert_from', [BYTEA, TEXT], TEXT, (_, bytes: Uint8Array, name: string) => {
    checkUtf8(name);
    return textOf(bytes);
  }),
  strict('convert_to', [TEXT, TEXT], BYTEA, (_, text: string, name: string) => {
    checkUtf8(name);
    return utf8Bytes(text);
  }),
  strict('md5', [TEXT], TEXT, (_, text: string) => toHex(md5(utf8Bytes(text)))),
  strict('md5', [BYTEA], TEXT, (_, bytes: Uint8Array) => toHex(md5(bytes))),
  strict('sha256', [BYTEA], BYTEA, (_, bytes: Uint8Array) => {
    const digest = new Uint8Array(SHA256_BYTES);
    sha256Into(bytes, 0, bytes.length, digest, 0);
    return digest;
  }),
  strict('sha224', [BYTEA], BYTEA, (_, bytes: Uint8Array) => sha224(bytes)),
  strict('sha384', [BYTEA], BYTEA, (_, bytes: Uint8Array) => sha384(bytes)),
  strict('sha512', [BYTEA], BYTEA, (_, bytes: Uint8Array) => sha512(bytes)),
  strict('float4send', [FLOAT4], BYTEA, (_, value: number) => floatBytes(value, 4)),
  strict('float8send', [FLOAT8], BYTEA, (_, value: number) => floatBytes(value, 8)),
  strict('to_hex', [INT4], TEXT, (_, value: number) => (value >>> 0).toString(16)),
  strict('to_hex', [INT8], TEXT, (_, value: Int64) =>
    BigInt.asUintN(64, BigInt(value)).toString(16),
  ),
];
