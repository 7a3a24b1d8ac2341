/**
 * A text before anything looks into it: well-formed Unicode, no NUL, not too long. The grammar
 * would cut it at a NUL and read half of a surrogate pair as something else.
 */
import { encodeUtf8Into, utf8Length } from '../../codec/utf8.ts';
import { SqlError } from '../error.ts';

export const STATEMENT_BYTES_MAX: number = 1 << 20;

/** The text as UTF-8. Throws 54000 and 22021. */
export function statementBytes(text: string, bytesMax: number): Uint8Array {
  const length = text.length > bytesMax ? text.length : utf8Length(text);
  if (length > bytesMax) {
    throw new SqlError('54000', 'text is too long', {
      detail: `It may have ${bytesMax} bytes at most.`,
      hint: 'Pass values as parameters.',
    });
  }
  if (length < 0) throw invalid(loneSurrogate(text));
  const bytes = new Uint8Array(length);
  encodeUtf8Into(text, bytes, 0);
  if (bytes.includes(0)) throw invalid('0x00');
  return bytes;
}

/** As PostgreSQL says it of bytes that it cannot read. */
function invalid(bytes: string): SqlError {
  return new SqlError('22021', `invalid byte sequence for encoding "UTF8": ${bytes}`);
}

/** The bytes that the first half of a pair without its other half would have. */
function loneSurrogate(text: string): string {
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    const next = i + 1 < text.length ? text.charCodeAt(i + 1) : 0;
    if ((unit & 0xfc00) === 0xd800 && (next & 0xfc00) === 0xdc00) i += 1;
    else if ((unit & 0xf800) === 0xd800) {
      const second = (0x80 | ((unit >>> 6) & 0x3f)).toString(16);
      return `0xed 0x${second} 0x${(0x80 | (unit & 0x3f)).toString(16)}`;
    }
  }
  return '';
}

/** The byte offset of a code point; the grammar counts those in its errors. */
export function byteOfCodePoint(bytes: Uint8Array, from: number, codePoints: number): number {
  let at = from;
  for (let left = codePoints; left > 0 && at < bytes.length; left -= 1) {
    at += 1;
    while (at < bytes.length && (bytes[at]! & 0xc0) === 0x80) at += 1;
  }
  return at;
}
