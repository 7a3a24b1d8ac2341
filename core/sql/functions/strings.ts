/** Strings: length, parts, padding, trimming, searching. Positions count characters from 1. */
import { SqlError } from '../error.ts';
import { strict } from './define.ts';
import type { ScalarFunction } from './function.ts';
import { initcap, lower, upper } from '../types/case.ts';
import { MAX_BYTES, requireLength, tooLarge } from '../types/length.ts';
import { byteLength, characterCount, isSimple, sliceCharacters } from '../types/text.ts';
import { BOOL, BPCHAR, INT4, TEXT } from '../types/type.ts';

function replace(text: string, from: string, to: string): string {
  if (from === '') return text;
  const parts = text.split(from);
  requireLength(text.length + (parts.length - 1) * (to.length - from.length));
  return parts.join(to);
}

/** Characters `start` to `start + length` (exclusive), 1-based; what lies outside is nothing. */
export function substring(text: string, start: number, length: number | null): string {
  if (length !== null && length < 0) {
    throw new SqlError('22011', 'negative substring length not allowed');
  }
  const from = Math.max(start - 1, 0);
  const to = length === null ? text.length : start - 1 + length;
  return sliceCharacters(text, from, Math.max(to, 0));
}

/** The first n characters; n < 0: all but the last -n. */
function left(text: string, n: number): string {
  return sliceCharacters(text, 0, n < 0 ? Math.max(characterCount(text) + n, 0) : n);
}

function right(text: string, n: number): string {
  const count = characterCount(text);
  return sliceCharacters(text, n < 0 ? Math.min(-n, count) : Math.max(count - n, 0), count);
}

function pad(text: string, length: number, fill: string, before: boolean): string {
  const count = characterCount(text);
  const wanted = Math.max(length, 0);
  if (wanted > MAX_BYTES / 4) throw tooLarge();
  if (count >= wanted) return sliceCharacters(text, 0, wanted);
  const size = characterCount(fill);
  if (size === 0) return text;
  const missing = wanted - count;
  const repeated = fill.repeat(Math.ceil(missing / size));
  const padding = sliceCharacters(repeated, 0, missing);
  return before ? padding + text : text + padding;
}

/** Without characters of `set` at the ends asked for. */
export function trim(text: string, set: string, start: boolean, end: boolean): string {
  const characters = new Set(set);
  const simple = isSimple(text) && isSimple(set);
  const units: readonly string[] | string = simple ? text : Array.from(text);
  let from = 0;
  let to = units.length;
  if (start) while (from < to && characters.has(units[from] ?? '')) from += 1;
  if (end) while (to > from && characters.has(units[to - 1] ?? '')) to -= 1;
  return typeof units === 'string' ? units.slice(from, to) : units.slice(from, to).join('');
}

/** Position in characters from 1; 0: nowhere. */
export function position(text: string, part: string): number {
  const at = text.indexOf(part);
  return at < 0 ? 0 : characterCount(text.slice(0, at)) + 1;
}

function translate(text: string, from: string, to: string): string {
  const target = Array.from(to);
  const map = new Map<string, string>();
  Array.from(from).forEach((c, i) => {
    if (!map.has(c)) map.set(c, target[i] ?? '');
  });
  let result = '';
  for (const c of text) result += map.get(c) ?? c;
  return result;
}

function splitPart(text: string, delimiter: string, n: number): string {
  if (n === 0) throw new SqlError('22023', 'field position must not be zero');
  const parts = text === '' ? [] : delimiter === '' ? [text] : text.split(delimiter);
  return parts[n > 0 ? n - 1 : parts.length + n] ?? '';
}

function repeat(text: string, count: number): string {
  const times = Math.max(count, 0);
  if (byteLength(text) * times > MAX_BYTES) throw tooLarge();
  return text.repeat(times);
}

export function overlay(text: string, put: string, start: number, length: number): string {
  if (start <= 0) throw new SqlError('22011', 'negative substring length not allowed');
  const end = start + length;
  return substring(text, 1, start - 1) + put + substring(text, end, null);
}

function character(code: number): string {
  if (code === 0) throw new SqlError('54000', 'null character not permitted');
  if (code < 0) throw new SqlError('22023', 'character number must be positive');
  if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) {
    const what = code > 0x10ffff ? 'requested character too large for encoding' : null;
    const message = what ?? 'requested character not valid for encoding';
    throw new SqlError('54000', `${message}: ${code}`);
  }
  return String.fromCodePoint(code);
}

function reverse(text: string): string {
  return Array.from(text).reverse().join('');
}

/** `\\0041`, `\\u0041`, `\\+000041`, `\\U00000041` and `\\`. */
function unistr(text: string): string {
  const units = text.replace(
    /\\(?:(\\)|u?([0-9A-Fa-f]{4})|\+([0-9A-Fa-f]{6})|U([0-9A-Fa-f]{8})|)/g,
    (_, backslash?: string, four?: string, six?: string, eight?: string) => {
      if (backslash !== undefined) return backslash;
      const digits = four ?? six ?? eight;
      if (digits === undefined) {
        throw new SqlError('42601', 'invalid Unicode escape', {
          hint: 'Unicode escapes must be \\XXXX, \\+XXXXXX, \\uXXXX, or \\UXXXXXXXX.',
        });
      }
      const code = Number(`0x${digits}`);
      if (code === 0 || code > 0x10ffff) {
        throw new SqlError(
          '22023',
          `invalid Unicode code point: ${digits.replace(/^0+(?=.{4})/, '')}`,
        );
      }
      return String.fromCodePoint(code);
    },
  );
  // With `u` the class matches only halves that stand alone.
  if (/[\ud800-\udfff]/u.test(units)) {
    throw new SqlError('42601', 'invalid Unicode surrogate pair');
  }
  return units;
}

const lengths: readonly ScalarFunction[] = [
  ...['length', 'char_length', 'character_length'].map((name) =>
    strict(name, [TEXT], INT4, (_, text: string) => characterCount(text)),
  ),
  strict('octet_length', [TEXT], INT4, (_, text: string) => byteLength(text)),
  strict('octet_length', [BPCHAR], INT4, (_, text: string) => byteLength(text)),
  strict('bit_length', [TEXT], INT4, (_, text: string) => byteLength(text) * 8),
];

const parts: readonly ScalarFunction[] = [
  ...['substring', 'substr'].flatMap((name) => [
    strict(name, [TEXT, INT4], TEXT, (_, text: string, from: number) =>
      substring(text, from, null),
    ),
    strict(name, [TEXT, INT4, INT4], TEXT, (_, text: string, from: number, length: number) =>
      substring(text, from, length),
    ),
  ]),
  strict('left', [TEXT, INT4], TEXT, (_, text: string, n: number) => left(text, n)),
  strict('right', [TEXT, INT4], TEXT, (_, text: string, n: number) => right(text, n)),
  strict('split_part', [TEXT, TEXT, INT4], TEXT, (_, text: string, by: string, n: number) =>
    splitPart(text, by, n),
  ),
  strict('overlay', [TEXT, TEXT, INT4], TEXT, (_, text: string, put: string, start: number) =>
    overlay(text, put, start, characterCount(put)),
  ),
  strict(
    'overlay',
    [TEXT, TEXT, INT4, INT4],
    TEXT,
    (_, text: string, put: string, start: number, length: number) =>
      overlay(text, put, start, length),
  ),
];

function padding(name: string, before: boolean): readonly ScalarFunction[] {
  return [
    strict(name, [TEXT, INT4], TEXT, (_, text: string, n: number) => pad(text, n, ' ', before)),
    strict(name, [TEXT, INT4, TEXT], TEXT, (_, text: string, n: number, fill: string) =>
      pad(text, n, fill, before),
    ),
  ];
}

function trimming(name: string, start: boolean, end: boolean): readonly ScalarFunction[] {
  return [
    strict(name, [TEXT], TEXT, (_, text: string) => trim(text, ' ', start, end)),
    strict(name, [TEXT, TEXT], TEXT, (_, text: string, set: string) => trim(text, set, start, end)),
  ];
}

const searches: readonly ScalarFunction[] = [
  strict('position', [TEXT, TEXT], INT4, (_, text: string, part: string) => position(text, part)),
  strict('strpos', [TEXT, TEXT], INT4, (_, text: string, part: string) => position(text, part)),
  strict('starts_with', [TEXT, TEXT], BOOL, (_, text: string, start: string) =>
    text.startsWith(start),
  ),
  strict('^@', [TEXT, TEXT], BOOL, (_, text: string, start: string) => text.startsWith(start)),
];

const changes: readonly ScalarFunction[] = [
  strict('upper', [TEXT], TEXT, (_, text: string) => upper(text)),
  strict('lower', [TEXT], TEXT, (_, text: string) => lower(text)),
  strict('initcap', [TEXT], TEXT, (_, text: string) => initcap(text)),
  strict('reverse', [TEXT], TEXT, (_, text: string) => reverse(text)),
  strict('repeat', [TEXT, INT4], TEXT, (_, text: string, count: number) => repeat(text, count)),
  strict('replace', [TEXT, TEXT, TEXT], TEXT, (_, text: string, from: string, to: string) =>
    replace(text, from, to),
  ),
  strict('translate', [TEXT, TEXT, TEXT], TEXT, (_, text: string, from: string, to: string) =>
    translate(text, from, to),
  ),
  strict('unistr', [TEXT], TEXT, (_, text: string) => unistr(text)),
  strict('ascii', [TEXT], INT4, (_, text: string) => text.codePointAt(0) ?? 0),
  strict('chr', [INT4], TEXT, (_, code: number) => character(code)),
];

export const stringFunctions: readonly ScalarFunction[] = [
  ...lengths,
  ...parts,
  ...padding('lpad', true),
  ...padding('rpad', false),
  ...trimming('btrim', true, true),
  ...trimming('ltrim', true, false),
  ...trimming('rtrim', false, true),
  ...searches,
  ...changes,
];
