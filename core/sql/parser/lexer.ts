/**
 * PostgreSQL 15's lexical rules (scan.l), over the UTF-8 bytes of a text.
 *
 * It exists because the grammar must not see every text: size and nesting are bounded first, our
 * own clauses are cut out, and a script is split into statements, all of which needs tokens that
 * agree with PostgreSQL's to the byte. It finds the tokens only; what is wrong inside one is the
 * grammar's to say. White space and comments yield none.
 *
 * Cost: about 3 ns a byte.
 */
import { decodeUtf8 } from '../../codec/utf8.ts';
import { WORD_HASH_START, hashByte, keywordOf } from './keyword.ts';
import type { Tokens } from './tokens.ts';
import {
  INTEGER,
  MARK,
  NUMBER,
  OPERATOR,
  PARAMETER,
  PUNCTUATION,
  QUOTED_NAME,
  STRING,
  TYPECAST,
  UNTERMINATED,
  WORD,
} from './tokens.ts';

/** Classes of bytes; bits. */
const SPACE = 1;
const NAME_START = 2;
const NAME_PART = 4;
const DIGIT = 8;
const OPERATOR_PART = 16;
/** Characters that let an operator end in + or -. */
const OPERATOR_SPECIAL = 32;

const classes: Uint8Array = new Uint8Array(256);
mark(' \t\n\r\f\v', SPACE);
mark('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_', NAME_START | NAME_PART);
mark('0123456789', DIGIT | NAME_PART);
mark('$', NAME_PART);
mark('+-*/<>=', OPERATOR_PART);
mark('~!@#^&|`?%', OPERATOR_PART | OPERATOR_SPECIAL);
classes.fill(NAME_START | NAME_PART, 0x80);

function mark(characters: string, bits: number): void {
  for (let i = 0; i < characters.length; i += 1) classes[characters.charCodeAt(i)]! |= bits;
}

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const DOUBLE_QUOTE = 0x22;
const DOLLAR = 0x24;
const AMPERSAND = 0x26;
const QUOTE = 0x27;
const STAR = 0x2a;
const PLUS = 0x2b;
const MINUS = 0x2d;
const DOT = 0x2e;
const SLASH = 0x2f;
const COLON = 0x3a;
const EQUALS = 0x3d;
const GREATER = 0x3e;
const BACKSLASH = 0x5c;

/** Lexes `bytes[from, to)`, at most `tokensMax + 1` tokens, into `tokens`. */
export function lex(
  bytes: Uint8Array,
  from: number,
  to: number,
  tokens: Tokens,
  tokensMax: number,
): void {
  tokens.clear();
  let at = from;
  while (at < to && tokens.count <= tokensMax) at = lexNext(bytes, at, to, tokens);
}

/** Takes a white space, a comment or a token (one, or none) at `at`; returns where it ends. */
export function lexNext(bytes: Uint8Array, at: number, to: number, tokens: Tokens): number {
  const byte = bytes[at]!;
  const bits = classes[byte]!;
  if ((bits & SPACE) !== 0) return at + 1;
  if ((bits & NAME_START) !== 0) return lexWord(bytes, at, to, tokens);
  if ((bits & DIGIT) !== 0) return lexNumber(bytes, at, to, tokens);
  if (byte === QUOTE) return lexString(bytes, at, at + 1, to, PLAIN, tokens);
  if (byte === DOUBLE_QUOTE) return lexQuotedName(bytes, at, at + 1, to, tokens);
  if (byte === DOLLAR) return lexDollar(bytes, at, to, tokens);
  if ((bits & OPERATOR_PART) !== 0) return lexOperator(bytes, at, to, tokens);
  return lexMark(bytes, at, to, tokens);
}

function at1(bytes: Uint8Array, at: number, to: number): number {
  return at < to ? bytes[at]! : -1;
}

function lexWord(bytes: Uint8Array, start: number, to: number, tokens: Tokens): number {
  const first = bytes[start]! | 0x20;
  const second = at1(bytes, start + 1, to);
  if (second === QUOTE) {
    // n'' is a word and a string.
    if (first === 0x65) return lexString(bytes, start, start + 2, to, ESCAPES, tokens);
    if (first === 0x62 || first === 0x78) {
      return lexString(bytes, start, start + 2, to, BITS, tokens);
    }
  } else if (first === 0x75 && second === AMPERSAND) {
    const third = at1(bytes, start + 2, to);
    if (third === QUOTE) return lexString(bytes, start, start + 3, to, PLAIN, tokens);
    if (third === DOUBLE_QUOTE) return lexQuotedName(bytes, start, start + 3, to, tokens);
  }
  let at = start;
  let hash = WORD_HASH_START;
  while (at < to && (classes[bytes[at]!]! & NAME_PART) !== 0) {
    hash = hashByte(hash, bytes[at]!);
    at += 1;
  }
  tokens.push(WORD, start, at, keywordOf(bytes, start, at, hash));
  return at;
}

function skipDigits(bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  while (at < to && (classes[bytes[at]!]! & DIGIT) !== 0) at += 1;
  return at;
}

function lexNumber(bytes: Uint8Array, start: number, to: number, tokens: Tokens): number {
  let at = skipDigits(bytes, start, to);
  let kind = INTEGER;
  // `1..10` is 1, dot-dot, 10.
  if (at1(bytes, at, to) === DOT && at1(bytes, at + 1, to) !== DOT) {
    kind = NUMBER;
    at = skipDigits(bytes, at + 1, to);
  }
  if ((at1(bytes, at, to) | 0x20) === 0x65) {
    const sign = at1(bytes, at + 1, to);
    const signed = sign === PLUS || sign === MINUS;
    const digits = at + (signed ? 2 : 1);
    const end = skipDigits(bytes, digits, to);
    if (end > digits) {
      kind = NUMBER;
      at = end;
    } else if (signed) {
      junk(tokens, start, digits, bytes, 'numeric literal');
      tokens.push(NUMBER, start, digits, 0);
      return digits;
    }
  }
  if (at < to && (classes[bytes[at]!]! & NAME_START) !== 0) {
    junk(tokens, start, characterEnd(bytes, at, to), bytes, 'numeric literal');
  }
  tokens.push(kind, start, at, 0);
  return at;
}

/** The end of the character that begins at `at`. */
function characterEnd(bytes: Uint8Array, at: number, to: number): number {
  let end = at + 1;
  while (end < to && (bytes[end]! & 0xc0) === 0x80) end += 1;
  return end;
}

function junk(tokens: Tokens, start: number, end: number, bytes: Uint8Array, what: string): void {
  if (tokens.junkAt >= 0) return;
  tokens.junkAt = start;
  const near = decodeUtf8(bytes, start, end - start) ?? '';
  tokens.junkMessage = `trailing junk after ${what} at or near "${near}"`;
}

/** A doubled quote is a quote. */
const PLAIN = 0;
/** `e''`: so it is, and a backslash hides the next character. */
const ESCAPES = 1;
/** `b''` and `x''`: the first quote ends it. */
const BITS = 2;

/** From behind the opening quote at `from`. */
function lexString(
  bytes: Uint8Array,
  start: number,
  from: number,
  to: number,
  style: number,
  tokens: Tokens,
): number {
  let at = from;
  while (at < to) {
    const byte = bytes[at]!;
    if (byte === QUOTE) {
      if (style !== BITS && at1(bytes, at + 1, to) === QUOTE) {
        at += 2;
        continue;
      }
      const next = continuation(bytes, at + 1, to, tokens);
      if (next < 0) {
        tokens.push(STRING, start, at + 1, 0);
        return at + 1;
      }
      at = next;
    } else {
      at += style === ESCAPES && byte === BACKSLASH ? 2 : 1;
    }
  }
  tokens.push(UNTERMINATED, start, to, 0);
  return to;
}

/**
 * SQL joins strings with at least a line break between them. Where the next one goes on, behind its
 * quote; -1: the string ends here. Comments between them are noted: libpg-query trips over them.
 */
function continuation(bytes: Uint8Array, from: number, to: number, tokens: Tokens): number {
  let at = from;
  let line = false;
  const comments: number[] = [];
  while (at < to) {
    const byte = bytes[at]!;
    if (byte === LINE_FEED || byte === CARRIAGE_RETURN) line = true;
    if ((classes[byte]! & SPACE) !== 0) {
      at += 1;
    } else if (byte === MINUS && at1(bytes, at + 1, to) === MINUS) {
      const end = skipLine(bytes, at + 2, to);
      comments.push(at, end);
      at = end;
    } else {
      if (byte !== QUOTE || !line) return -1;
      tokens.innerComments.push(...comments);
      return at + 1;
    }
  }
  return -1;
}

function skipLine(bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  while (at < to && bytes[at] !== LINE_FEED && bytes[at] !== CARRIAGE_RETURN) at += 1;
  return at;
}

function lexQuotedName(
  bytes: Uint8Array,
  start: number,
  from: number,
  to: number,
  tokens: Tokens,
): number {
  let at = from;
  while (at < to) {
    if (bytes[at] !== DOUBLE_QUOTE) {
      at += 1;
    } else if (at1(bytes, at + 1, to) === DOUBLE_QUOTE) {
      at += 2;
    } else {
      tokens.push(QUOTED_NAME, start, at + 1, 0);
      return at + 1;
    }
  }
  tokens.push(UNTERMINATED, start, to, 0);
  return to;
}

/** `$1`, `$tag$ … $tag$`, or a lone dollar. */
function lexDollar(bytes: Uint8Array, start: number, to: number, tokens: Tokens): number {
  const digits = skipDigits(bytes, start + 1, to);
  if (digits > start + 1) {
    if (digits < to && (classes[bytes[digits]!]! & NAME_START) !== 0) {
      junk(tokens, start, characterEnd(bytes, digits, to), bytes, 'parameter');
    }
    tokens.push(PARAMETER, start, digits, 0);
    return digits;
  }
  let open = start + 1;
  while (open < to && bytes[open] !== DOLLAR && (classes[bytes[open]!]! & NAME_PART) !== 0) {
    open += 1;
  }
  if (at1(bytes, open, to) !== DOLLAR) {
    tokens.push(MARK, start, start + 1, 0);
    return start + 1;
  }
  const tag = open + 1 - start;
  for (let at = open + 1; at + tag <= to; at += 1) {
    if (bytes[at] === DOLLAR && sameBytes(bytes, start, at, tag)) {
      tokens.push(STRING, start, at + tag, 0);
      return at + tag;
    }
  }
  tokens.push(UNTERMINATED, start, to, 0);
  return to;
}

function sameBytes(bytes: Uint8Array, a: number, b: number, length: number): boolean {
  for (let i = 1; i < length; i += 1) if (bytes[a + i] !== bytes[b + i]) return false;
  return true;
}

function lexOperator(bytes: Uint8Array, start: number, to: number, tokens: Tokens): number {
  const first = bytes[start]!;
  const second = at1(bytes, start + 1, to);
  if (first === MINUS && second === MINUS) return skipLine(bytes, start + 2, to);
  if (first === SLASH && second === STAR) return skipComment(bytes, start, to, tokens);
  let at = start;
  let special = false;
  while (at < to) {
    const byte = bytes[at]!;
    const bits = classes[byte]!;
    if ((bits & OPERATOR_PART) === 0) break;
    const next = at1(bytes, at + 1, to);
    if ((byte === MINUS && next === MINUS) || (byte === SLASH && next === STAR)) break;
    if ((bits & OPERATOR_SPECIAL) !== 0) special = true;
    at += 1;
  }
  // An operator of several characters ends in + or - only if it has a special one.
  while (!special && at > start + 1 && (bytes[at - 1] === PLUS || bytes[at - 1] === MINUS)) at -= 1;
  const arrow = at === start + 2 && first === EQUALS && second === GREATER;
  tokens.push(arrow ? PUNCTUATION : OPERATOR, start, at, 0);
  return at;
}

/** Comments nest. */
function skipComment(bytes: Uint8Array, start: number, to: number, tokens: Tokens): number {
  let depth = 1;
  let at = start + 2;
  while (at < to) {
    const byte = bytes[at]!;
    const next = at1(bytes, at + 1, to);
    if (byte === STAR && next === SLASH) {
      depth -= 1;
      at += 2;
      if (depth === 0) return at;
    } else if (byte === SLASH && next === STAR) {
      depth += 1;
      at += 2;
    } else {
      at += 1;
    }
  }
  tokens.push(UNTERMINATED, start, to, 0);
  return to;
}

function lexMark(bytes: Uint8Array, start: number, to: number, tokens: Tokens): number {
  const first = bytes[start]!;
  const second = at1(bytes, start + 1, to);
  if (first === COLON && second === COLON) {
    tokens.push(TYPECAST, start, start + 2, 0);
    return start + 2;
  }
  if ((first === COLON && second === EQUALS) || (first === DOT && second === DOT)) {
    tokens.push(PUNCTUATION, start, start + 2, 0);
    return start + 2;
  }
  if (first === DOT && second >= 0 && (classes[second]! & DIGIT) !== 0) {
    return lexNumber(bytes, start, to, tokens);
  }
  tokens.push(MARK, start, start + 1, 0);
  return start + 1;
}
