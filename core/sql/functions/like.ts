/**
 * LIKE and ILIKE. Patterns are compiled once and kept; the common shapes (`abc%`, `%abc%`, `%abc`)
 * become one string search.
 *
 * A pattern is cut at its `%` into pieces; each piece is literal characters and `_`. The first
 * piece must begin the text, the last must end it, the others follow each other from the left, so
 * that time is at most length of text times length of pattern.
 */
import { SqlError } from '../error.ts';
import { lower } from '../types/case.ts';
import { BPCHAR, BOOL, BYTEA, NAME, TEXT } from '../types/type.ts';
import { strict } from './define.ts';
import type { ScalarFunction } from './function.ts';

export type Matcher = (text: string) => boolean;

/** `null` stands for `_`, a string for characters as they are. */
type Piece = readonly (string | null)[];

const KEPT_PATTERNS = 256;
const kept = new Map<string, Matcher>();

/** The matcher of a LIKE pattern with backslash as its escape. */
export function likeMatcher(pattern: string): Matcher {
  const known = kept.get(pattern);
  if (known !== undefined) return known;
  if (kept.size >= KEPT_PATTERNS) kept.clear();
  const matcher = endsInEscape(pattern) ? dangling(pattern) : compile(parsePattern(pattern));
  kept.set(pattern, matcher);
  return matcher;
}

const keptInsensitive = new Map<string, Matcher>();

/** As `likeMatcher`, of text and pattern in lower case. */
function insensitiveMatcher(pattern: string): Matcher {
  let matcher = keptInsensitive.get(pattern);
  if (matcher === undefined) {
    if (keptInsensitive.size >= KEPT_PATTERNS) keptInsensitive.clear();
    const inner = likeMatcher(lower(pattern));
    matcher = (text) => inner(lower(text));
    keptInsensitive.set(pattern, matcher);
  }
  return matcher;
}

function endsInEscape(pattern: string): boolean {
  const backslashes = /\\*$/.exec(pattern)?.[0].length ?? 0;
  return backslashes % 2 === 1;
}

/** An escape with nothing behind it is an error only for text that gets as far as there. */
function dangling(pattern: string): Matcher {
  const reaches = compile(parsePattern(`${pattern.slice(0, -1)}_%`));
  return (text) => {
    if (!reaches(text)) return false;
    throw new SqlError('22025', 'LIKE pattern must not end with escape character');
  };
}

function parsePattern(pattern: string): Piece[] {
  const pieces: (string | null)[][] = [[]];
  let literal = '';
  const flush = (): void => {
    if (literal !== '') pieces[pieces.length - 1]?.push(literal);
    literal = '';
  };
  for (let at = 0; at < pattern.length; at += 1) {
    const c = pattern[at] ?? '';
    if (c === '\\') {
      at += 1;
      literal += pattern[at] ?? '';
    } else if (c === '%') {
      flush();
      pieces.push([]);
    } else if (c === '_') {
      flush();
      pieces[pieces.length - 1]?.push(null);
    } else {
      literal += c;
    }
  }
  flush();
  return pieces;
}

/** The piece's text when it has no `_`. */
function plain(piece: Piece | undefined): string | null {
  if (piece === undefined || piece.length === 0) return '';
  const [only] = piece;
  return piece.length === 1 && typeof only === 'string' ? only : null;
}

function compile(pieces: readonly Piece[]): Matcher {
  const first = plain(pieces[0]);
  const last = plain(pieces[pieces.length - 1]);
  if (pieces.length === 1 && first !== null) return (text) => text === first;
  if (pieces.length === 2 && first !== null && last !== null) {
    if (last === '') return (text) => text.startsWith(first);
    if (first === '') return (text) => text.endsWith(last);
  }
  const middle = plain(pieces[1]);
  if (pieces.length === 3 && first === '' && last === '' && middle !== null) {
    return (text) => text.includes(middle);
  }
  return (text) => matchPieces(pieces, text);
}

function matchPieces(pieces: readonly Piece[], text: string): boolean {
  const [first = []] = pieces;
  let at = matchAt(first, text, 0);
  if (at < 0) return false;
  if (pieces.length === 1) return at === text.length;
  for (let i = 1; i < pieces.length - 1; i += 1) {
    const piece = pieces[i] ?? [];
    at = searchFrom(piece, text, at);
    if (at < 0) return false;
  }
  return matchEnd(pieces[pieces.length - 1] ?? [], text, at);
}

/** Where the piece ends when it begins at `at`; -1: it does not. */
function matchAt(piece: Piece, text: string, at: number): number {
  let end = at;
  for (const part of piece) {
    if (part === null) {
      if (end >= text.length) return -1;
      end += (text.codePointAt(end) ?? 0) > 0xffff ? 2 : 1;
    } else {
      if (!text.startsWith(part, end)) return -1;
      end += part.length;
    }
  }
  return end;
}

function searchFrom(piece: Piece, text: string, from: number): number {
  for (let at = from; at <= text.length; at += 1) {
    if (isTrail(text, at)) continue;
    const end = matchAt(piece, text, at);
    if (end >= 0) return end;
  }
  return -1;
}

/** Inside a surrogate pair no character begins. */
function isTrail(text: string, at: number): boolean {
  const unit = text.charCodeAt(at);
  return unit >= 0xdc00 && unit <= 0xdfff;
}

/** The last piece has a fixed number of characters: it begins that many before the end. */
function matchEnd(piece: Piece, text: string, from: number): boolean {
  let at = text.length;
  for (let i = piece.length - 1; i >= 0; i -= 1) {
    const part = piece[i] ?? null;
    if (part === null) {
      at -= isTrail(text, at - 1) ? 2 : 1;
    } else {
      at -= part.length;
      if (at < 0 || !text.startsWith(part, at)) return false;
    }
    if (at < from) return false;
  }
  return at >= from;
}

/** The pattern with another escape character (or none), as one with a backslash. */
export function likeEscape(pattern: string, escape: string): string {
  if (escape === '\\') return pattern;
  checkEscape(escape);
  let result = '';
  for (let at = 0; at < pattern.length; at += 1) {
    const c = pattern[at] ?? '';
    if (escape !== '' && pattern.startsWith(escape, at)) {
      at += escape.length;
      result += `\\${pattern[at] ?? ''}`;
    } else {
      result += c === '\\' ? '\\\\' : c;
    }
  }
  return result;
}

export function checkEscape(escape: string): void {
  if (Array.from(escape).length > 1) {
    throw new SqlError('22025', 'invalid escape string', {
      hint: 'Escape string must be empty or one character.',
    });
  }
}

/** One character a byte, so that the same matcher serves bytea. */
function byteText(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

function operators(type: number): readonly ScalarFunction[] {
  const types = [type, TEXT];
  return [
    strict('~~', types, BOOL, (_, text: string, p: string) => likeMatcher(p)(text)),
    strict('!~~', types, BOOL, (_, text: string, p: string) => !likeMatcher(p)(text)),
    strict('~~*', types, BOOL, (_, text: string, p: string) => insensitiveMatcher(p)(text)),
    strict('!~~*', types, BOOL, (_, text: string, p: string) => {
      return !insensitiveMatcher(p)(text);
    }),
  ];
}

export const likeFunctions: readonly ScalarFunction[] = [
  ...operators(TEXT),
  ...operators(BPCHAR),
  ...operators(NAME),
  strict('~~', [BYTEA, BYTEA], BOOL, (_, a: Uint8Array, b: Uint8Array) =>
    likeMatcher(byteText(b))(byteText(a)),
  ),
  strict('!~~', [BYTEA, BYTEA], BOOL, (_, a: Uint8Array, b: Uint8Array) => {
    return !likeMatcher(byteText(b))(byteText(a));
  }),
  strict('like', [TEXT, TEXT], BOOL, (_, text: string, p: string) => likeMatcher(p)(text)),
  strict('notlike', [TEXT, TEXT], BOOL, (_, text: string, p: string) => !likeMatcher(p)(text)),
  strict('like_escape', [TEXT, TEXT], TEXT, (_, p: string, e: string) => likeEscape(p, e)),
  strict('like_escape', [BYTEA, BYTEA], BYTEA, (_, pattern: Uint8Array, e: Uint8Array) => {
    const escaped = likeEscape(byteText(pattern), byteText(e));
    return Uint8Array.from(escaped, (c) => c.charCodeAt(0));
  }),
];
