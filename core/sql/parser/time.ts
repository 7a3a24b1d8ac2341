/**
 * Time travel in the text: `AS OF …` and `FOR SYSTEM_TIME …` behind a table's name.
 *
 * PostgreSQL's grammar knows neither. Each clause is found among the tokens and overwritten with as
 * many spaces, so that every other offset stays; its operands are read apart; and the clause is put
 * back on the table whose name begins where the words before the clause do.
 */
import { decodeUtf8 } from '../../codec/utf8.ts';
import { SqlError, unsupported } from '../error.ts';
import type { Expression } from '../tree/expression.ts';
import type { TimeClause } from '../tree/query.ts';
import type { Piece } from './guard.ts';
import type { Keyword } from './keyword.ts';
import { keyword } from './keyword.ts';
import type { Tokens } from './tokens.ts';
import { INTEGER, MARK, NUMBER, OPERATOR, PARAMETER, QUOTED_NAME, STRING, WORD } from './tokens.ts';

const AS = keyword('as');
const OF = keyword('of');
const FOR = keyword('for');
const SYSTEM_TIME = keyword('system_time');
const TIMESTAMP = keyword('timestamp');
const TIMESTAMPTZ = keyword('timestamptz');
const DATE = keyword('date');
const POSITION = keyword('position');
const BETWEEN = keyword('between');
const FROM = keyword('from');
const TO = keyword('to');
const AND = keyword('and');
const ALL = keyword('all');
const WITH = keyword('with');
const WITHOUT = keyword('without');
const TIME = keyword('time');
const ZONE = keyword('zone');

const OPEN = 0x28;
const CLOSE = 0x29;
const DOT = 0x2e;
const STAR = 0x2a;
const QUOTE = 0x27;

/** Reads an expression out of the statement's bytes `[start, end)`. */
export type ReadOperand = (start: number, end: number) => Expression;

export interface Found {
  readonly clause: TimeClause;
  /** The clause's first token. */
  readonly token: number;
  /** Whether a name stands before it. */
  readonly isName: boolean;
  /** Where that name begins. */
  readonly anchor: number;
}

/** A place among the tokens of one statement; tokens count from the whole text. */
interface Scan {
  readonly bytes: Uint8Array;
  /** Where the statement begins in the whole text. */
  readonly base: number;
  readonly tokens: Tokens;
  readonly last: number;
  readonly read: ReadOperand;
  at: number;
}

/** All clauses of a statement, each blanked in `bytes`, which are the statement's own. */
export function takeTimeClauses(
  bytes: Uint8Array,
  base: number,
  tokens: Tokens,
  piece: Piece,
  read: ReadOperand,
): readonly Found[] {
  const found: Found[] = [];
  for (let i = piece.first + 1; i < piece.last; i += 1) {
    if (!beginsClause(tokens, i, piece.last)) continue;
    const scan: Scan = { bytes, base, tokens, last: piece.last, read, at: i };
    const clause = readClause(scan);
    const name = nameBefore(scan, piece.first, i);
    const isName = name >= 0;
    found.push({ clause, token: i, isName, anchor: isName ? start(scan, name) : -1 - i });
    bytes.fill(0x20, start(scan, i), end(scan, scan.at - 1));
    i = scan.at - 1;
  }
  return found;
}

/** Whether any statement of these tokens may hold a clause: cheap, and mostly false. */
export function mayTravel(tokens: Tokens): boolean {
  for (let i = 1; i < tokens.count; i += 1) {
    const word = tokens.keywords[i]!;
    if ((word === AS || word === FOR) && beginsClause(tokens, i, tokens.count)) return true;
  }
  return false;
}

/** Offsets of a token in the statement. */
function start(scan: Scan, i: number): number {
  return scan.tokens.starts[i]! - scan.base;
}

function end(scan: Scan, i: number): number {
  return scan.tokens.ends[i]! - scan.base;
}

function byteAt(scan: Scan, i: number): number {
  return scan.bytes[start(scan, i)]!;
}

function at(tokens: Tokens, i: number, last: number): Keyword {
  return i < last ? tokens.keywords[i]! : 0;
}

/** `AS of` alone is an alias, and so is `FOR system_time` an argument of `substring`. */
function beginsClause(tokens: Tokens, i: number, last: number): boolean {
  const third = at(tokens, i + 2, last);
  if (at(tokens, i, last) === AS && at(tokens, i + 1, last) === OF) {
    return third === TIMESTAMP || third === POSITION;
  }
  if (at(tokens, i, last) !== FOR || at(tokens, i + 1, last) !== SYSTEM_TIME) return false;
  return third === AS || third === BETWEEN || third === FROM || third === ALL;
}

function readClause(scan: Scan): TimeClause {
  const { tokens } = scan;
  const where = start(scan, scan.at);
  if (tokens.keywords[scan.at] === AS) {
    const kind = tokens.keywords[scan.at + 2] === POSITION ? 'position' : 'timestamp';
    scan.at += 3;
    return { kind, operand: operand(scan), at: where };
  }
  const form = tokens.keywords[scan.at + 2]!;
  scan.at += 3;
  if (form === ALL) return { kind: 'all', at: where };
  if (form === AS) {
    expect(scan, OF);
    return { kind: 'timestamp', operand: operand(scan), at: where };
  }
  const low = operand(scan);
  expect(scan, form === BETWEEN ? AND : TO);
  return { kind: form === BETWEEN ? 'between' : 'fromTo', low, high: operand(scan), at: where };
}

function expect(scan: Scan, word: Keyword): void {
  if (at(scan.tokens, scan.at, scan.last) !== word) throw unexpected(scan);
  scan.at += 1;
}

function unexpected(scan: Scan): SqlError {
  return syntaxErrorAt(scan.bytes, scan.base, scan.tokens, scan.at, scan.last);
}

/** PostgreSQL's words for a token that does not belong there. `bytes` begin at `base`. */
export function syntaxErrorAt(
  bytes: Uint8Array,
  base: number,
  tokens: Tokens,
  i: number,
  last: number,
): SqlError {
  if (i >= last) {
    const where = tokens.ends[last - 1]! - base;
    return new SqlError('42601', 'syntax error at end of input', { at: where });
  }
  const where = tokens.starts[i]! - base;
  const near = decodeUtf8(bytes, where, tokens.ends[i]! - tokens.starts[i]!) ?? '';
  return new SqlError('42601', `syntax error at or near "${near}"`, { at: where });
}

/** A literal (behind its type, if it has one), a parameter, or an expression in brackets. */
function operand(scan: Scan): Expression {
  const { bytes, tokens, last } = scan;
  const first = scan.at;
  if (first >= last) throw unexpected(scan);
  const where = start(scan, first);
  const kind = tokens.kinds[first];
  if (kind === PARAMETER) {
    scan.at += 1;
    const index = parameterNumber(bytes, where + 1, end(scan, first), where) - 1;
    return { kind: 'parameter', index, at: where };
  }
  if (kind === MARK && bytes[where] === OPEN) {
    scan.at = closing(scan, first) + 1;
  } else if (kind === STRING || kind === INTEGER || kind === NUMBER) {
    scan.at += 1;
    const plain = plainLiteral(scan, first);
    if (plain !== null) return plain;
  } else {
    scan.at = typedLiteralEnd(scan, first);
  }
  return scan.read(where, end(scan, scan.at - 1));
}

function parameterNumber(bytes: Uint8Array, from: number, to: number, where: number): number {
  let value = 0;
  for (let i = from; i < to; i += 1) value = value * 10 + (bytes[i]! - 0x30);
  if (value >= 1 && value <= 65_535) return value;
  throw new SqlError('42P02', `there is no parameter $${value}`, { at: where });
}

/** `'…'` without quotes inside, and small integers, need no grammar. */
function plainLiteral(scan: Scan, i: number): Expression | null {
  const { bytes, tokens } = scan;
  const where = start(scan, i);
  const to = end(scan, i);
  const text = (a: number, b: number): string => decodeUtf8(bytes, a, b - a) ?? '';
  if (tokens.kinds[i] === INTEGER && to - where <= 9 && bytes[where] !== 0x30) {
    return { kind: 'literal', type: 'integer', text: text(where, to), at: where };
  }
  if (tokens.kinds[i] !== STRING || bytes[where] !== QUOTE) return null;
  for (let j = where + 1; j < to - 1; j += 1) if (bytes[j] === QUOTE) return null;
  return { kind: 'literal', type: 'string', text: text(where + 1, to - 1), at: where };
}

/** `TIMESTAMP [WITH | WITHOUT TIME ZONE] '…'`, `TIMESTAMPTZ '…'`, `DATE '…'`. */
function typedLiteralEnd(scan: Scan, first: number): number {
  const { tokens, last } = scan;
  const word = at(tokens, first, last);
  let next = first + 1;
  if (word === TIMESTAMP) {
    const zone = at(tokens, next, last);
    if (zone === WITH || zone === WITHOUT) {
      if (at(tokens, next + 1, last) === TIME && at(tokens, next + 2, last) === ZONE) next += 3;
    }
  } else if (word !== TIMESTAMPTZ && word !== DATE) {
    throw unexpected(scan);
  }
  scan.at = next;
  if (next >= last || tokens.kinds[next] !== STRING) throw unexpected(scan);
  return next + 1;
}

/** The token that closes the bracket at `open`. */
function closing(scan: Scan, open: number): number {
  const { tokens, last } = scan;
  let depth = 0;
  for (let i = open; i < last; i += 1) {
    if (i > open && beginsClause(tokens, i, last)) {
      throw unsupported('time travel within a time to travel to', start(scan, i));
    }
    if (tokens.kinds[i] !== MARK) continue;
    const byte = byteAt(scan, i);
    if (byte === OPEN) depth += 1;
    if (byte === CLOSE) depth -= 1;
    if (depth === 0) return i;
  }
  scan.at = last;
  throw unexpected(scan);
}

/** The first token of the name before the clause, `a`, `"s".a`, `s.a *`; -1: there is none. */
function nameBefore(scan: Scan, first: number, clause: number): number {
  const { tokens } = scan;
  let i = clause - 1;
  if (i > first && tokens.kinds[i] === OPERATOR && byteAt(scan, i) === STAR) i -= 1;
  if (!isName(tokens, i)) return -1;
  while (
    i - 2 >= first &&
    tokens.kinds[i - 1] === MARK &&
    byteAt(scan, i - 1) === DOT &&
    isName(tokens, i - 2)
  ) {
    i -= 2;
  }
  return i;
}

function isName(tokens: Tokens, i: number): boolean {
  return tokens.kinds[i] === WORD || tokens.kinds[i] === QUOTED_NAME;
}
