/** Text of bytea: hex (`\x0aff`) or escape (`a\000b`). */
import { SqlError } from '../error.ts';
import type { OutputStyle } from './style.ts';

const HEX = '0123456789abcdef';
const PAIRS: readonly string[] = Array.from(
  { length: 256 },
  (_, byte) => `${HEX[byte >> 4] ?? ''}${HEX[byte & 15] ?? ''}`,
);

export function toHex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += PAIRS[byte] ?? '';
  return text;
}

export function formatBytea(bytes: Uint8Array, style: OutputStyle['bytes'] = 'hex'): string {
  return style === 'hex' ? `\\x${toHex(bytes)}` : toEscape(bytes);
}

/** Printable ASCII as it is, a backslash twice, all else as three octal digits. */
function toEscape(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) {
    if (byte === 92) text += '\\\\';
    else if (byte >= 0x20 && byte <= 0x7e) text += String.fromCharCode(byte);
    else text += `\\${byte.toString(8).padStart(3, '0')}`;
  }
  return text;
}

/** Blanks between pairs are allowed. `what` names the format in errors. */
export function fromHex(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length >> 1);
  let length = 0;
  for (let at = 0; at < text.length;) {
    const c = text[at] ?? '';
    if (c === ' ' || c === '\n' || c === '\t' || c === '\r') {
      at += 1;
      continue;
    }
    const high = hexDigit(c);
    if (at + 1 >= text.length) {
      throw new SqlError('22023', 'invalid hexadecimal data: odd number of digits');
    }
    bytes[length] = high * 16 + hexDigit(text[at + 1] ?? '');
    length += 1;
    at += 2;
  }
  return bytes.slice(0, length);
}

function hexDigit(c: string): number {
  const value = c === '' ? -1 : HEX.indexOf(c >= 'A' && c <= 'F' ? c.toLowerCase() : c);
  if (value < 0) throw new SqlError('22023', `invalid hexadecimal digit: "${c}"`);
  return value;
}

export function parseBytea(text: string): Uint8Array {
  if (text.startsWith('\\x')) return fromHex(text.slice(2));
  return fromEscape(text, 'bytea');
}

/** Characters are their UTF-8 bytes; `\\` is a backslash, `\ooo` a byte. */
export function fromEscape(text: string, type: string): Uint8Array {
  const bytes: number[] = [];
  for (let at = 0; at < text.length; at += 1) {
    const code = text.codePointAt(at) ?? 0;
    if (code !== 92) {
      if (code > 0xffff) at += 1;
      pushUtf8(bytes, code);
    } else if (text[at + 1] === '\\') {
      bytes.push(92);
      at += 1;
    } else if (/^[0-3][0-7][0-7]/.test(text.slice(at + 1, at + 4))) {
      const octal = text.slice(at + 1, at + 4);
      bytes.push(Number(`0o${octal}`));
      at += 3;
    } else {
      throw new SqlError('22P02', `invalid input syntax for type ${type}`);
    }
  }
  return Uint8Array.from(bytes);
}

export function pushUtf8(bytes: number[], code: number): void {
  if (code < 0x80) bytes.push(code);
  else if (code < 0x800) bytes.push(0xc0 | (code >> 6), 0x80 | (code & 63));
  else if (code < 0x10000) {
    bytes.push(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63));
  } else {
    bytes.push(
      0xf0 | (code >> 18),
      0x80 | ((code >> 12) & 63),
      0x80 | ((code >> 6) & 63),
      0x80 | (code & 63),
    );
  }
}

/** Text as UTF-8. */
export function utf8Bytes(text: string): Uint8Array {
  const bytes: number[] = [];
  for (let at = 0; at < text.length; at += 1) {
    const code = text.codePointAt(at) ?? 0;
    if (code > 0xffff) at += 1;
    pushUtf8(bytes, code);
  }
  return Uint8Array.from(bytes);
}
