/** Tokens of a text, column by column: what the lexer yields, without an object for each. */
import type { Keyword } from './keyword.ts';

export type TokenKind = number;
/** An unquoted identifier or keyword. */
export const WORD = 1;
/** `"…"` or `U&"…"`. */
export const QUOTED_NAME = 2;
/** Any string, bit string included, with its continuations. */
export const STRING = 3;
export const INTEGER = 4;
/** A number with a point or an exponent. */
export const NUMBER = 5;
export const OPERATOR = 6;
/** One of `( ) [ ] , ; : .`, or a character that begins nothing. */
export const MARK = 7;
/** `::` */
export const TYPECAST = 8;
/** `$1` */
export const PARAMETER = 9;
/** `..`, `:=`, `=>` */
export const PUNCTUATION = 10;
/** A string, name or comment that the text ends within. */
export const UNTERMINATED = 11;

export class Tokens {
  count: number = 0;
  kinds: Uint8Array = new Uint8Array(256);
  keywords: Uint8Array = new Uint8Array(256);
  starts: Int32Array = new Int32Array(256);
  /** Exclusive. */
  ends: Int32Array = new Int32Array(256);
  /** First offence that PostgreSQL 15 sees and its grammar of today does not; at -1: none. */
  junkAt: number = -1;
  junkMessage: string = '';
  /** Beginnings and ends of comments between the parts of one string. */
  readonly innerComments: number[] = [];

  clear(): void {
    this.count = 0;
    this.junkAt = -1;
    this.junkMessage = '';
    this.innerComments.length = 0;
  }

  push(kind: TokenKind, start: number, end: number, keyword: Keyword): void {
    if (this.count === this.kinds.length) this.grow();
    const i = this.count;
    this.kinds[i] = kind;
    this.keywords[i] = keyword;
    this.starts[i] = start;
    this.ends[i] = end;
    this.count = i + 1;
  }

  private grow(): void {
    const size = this.kinds.length * 2;
    const kinds = new Uint8Array(size);
    kinds.set(this.kinds);
    this.kinds = kinds;
    const keywords = new Uint8Array(size);
    keywords.set(this.keywords);
    this.keywords = keywords;
    const starts = new Int32Array(size);
    starts.set(this.starts);
    this.starts = starts;
    const ends = new Int32Array(size);
    ends.set(this.ends);
    this.ends = ends;
  }
}
