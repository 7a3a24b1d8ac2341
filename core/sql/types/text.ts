/**
 * Text as PostgreSQL with UTF-8 and the C collation sees it: characters are code points, and order
 * is that of UTF-8 bytes, which is that of code points.
 */
import { SqlError } from '../error.ts';

/** By code point. JavaScript's own order is by UTF-16 unit: surrogates would come too early. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  const length = a.length < b.length ? a.length : b.length;
  for (let i = 0; i < length; i += 1) {
    const left = a.charCodeAt(i);
    const right = b.charCodeAt(i);
    if (left !== right) return weight(left) - weight(right);
  }
  return a.length - b.length;
}

/** Moves surrogates, which stand for code points from U+10000 on, above U+FFFF. */
function weight(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}

/** True when every UTF-16 unit is a character of its own. */
export function isSimple(text: string): boolean {
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    if (unit >= 0xd800 && unit <= 0xdfff) return false;
  }
  return true;
}

/** Characters (code points). */
export function characterCount(text: string): number {
  let pairs = 0;
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    if (unit >= 0xd800 && unit <= 0xdbff) pairs += 1;
  }
  return text.length - pairs;
}

/** Characters from `start` on (0-based) and before `end`. */
export function sliceCharacters(text: string, start: number, end: number): string {
  if (start >= end) return '';
  if (isSimple(text)) return text.slice(start, end);
  return Array.from(text).slice(start, end).join('');
}

/** Length in UTF-8. */
export function byteLength(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) continue;
    // Each half of a pair counts one already and the pair has four.
    bytes += unit < 0x800 || (unit >= 0xd800 && unit <= 0xdfff) ? 1 : 2;
  }
  return bytes;
}

/** Without the blanks at the end: what `character(n)` compares, hashes and converts. */
export function trimPadding(text: string): string {
  let end = text.length;
  while (end > 0 && text.charCodeAt(end - 1) === 32) end -= 1;
  return end === text.length ? text : text.slice(0, end);
}

/** A-Z only: for keywords, where nothing else is meant. */
export function lowerAscii(text: string): string {
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit >= 65 && unit <= 90) {
      return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
    }
  }
  return text;
}

/** `varchar(n)`: cuts blanks at the end silently, other characters only when asked explicitly. */
export function fitVarchar(text: string, length: number, explicit: boolean): string {
  if (length < 0 || text.length <= length) return text;
  if (characterCount(text) <= length) return text;
  return cut(text, length, explicit, `character varying(${length})`);
}

/** `character(n)`: as varchar, then padded with blanks. */
export function fitCharacter(text: string, length: number, explicit: boolean): string {
  if (length < 0) return text;
  const count = characterCount(text);
  if (count <= length) return text + ' '.repeat(length - count);
  return cut(text, length, explicit, `character(${length})`);
}

function cut(text: string, length: number, explicit: boolean, type: string): string {
  const kept = sliceCharacters(text, 0, length);
  if (!explicit && /[^ ]/.test(text.slice(kept.length))) {
    throw new SqlError('22001', `value too long for type ${type}`);
  }
  return kept;
}

/** `name` holds 63 bytes; what is longer is cut, at a character. */
export function fitName(text: string): string {
  let kept = text;
  while (byteLength(kept) > 63) kept = sliceCharacters(kept, 0, characterCount(kept) - 1);
  return kept;
}
