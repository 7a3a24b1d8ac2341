/**
 * The parser: text → our trees, by way of the lexer, its guards and PostgreSQL's grammar.
 *
 * Order matters: only what has passed `text.ts` and `guard.ts` reaches the grammar. Errors carry
 * the byte offset in the whole text; offsets in a tree count from the beginning of its statement.
 * What comes back is never more than the grammar saw, so no later stage meets an unbounded tree.
 */
import { decodeUtf8 } from '../../codec/utf8.ts';
import { SqlError, unsupported } from '../error.ts';
import type { Expression } from '../tree/expression.ts';
import type { Statement } from '../tree/statement.ts';
import { expression } from './adapt/expression.ts';
import type { Context, Raw } from './adapt/raw.ts';
import { bodyOf, child, children, isRaw, kindOf } from './adapt/raw.ts';
import { statement } from './adapt/statement.ts';
import type { Grammar } from './grammar.ts';
import type { Piece } from './guard.ts';
import { TOKENS_MAX, statements } from './guard.ts';
import { keyword } from './keyword.ts';
import { lex } from './lexer.ts';
import type { ParsedStatement, Parser } from './parser.ts';
import { STATEMENT_BYTES_MAX, byteOfCodePoint, statementBytes } from './text.ts';
import { mayTravel, syntaxErrorAt, takeTimeClauses } from './time.ts';
import { MARK, Tokens } from './tokens.ts';

const AS = keyword('as');
const CREATE = keyword('create');
const VERIFY = keyword('verify');
const LOG = keyword('log');

const AMPERSAND = 0x26;
const QUOTE = 0x27;
const OPEN = 0x28;
const CLOSE = 0x29;
const LETTER_E = 0x65;

/** `SELECT `, before an operand that is parsed on its own. */
const SELECT = Uint8Array.from([0x53, 0x45, 0x4c, 0x45, 0x43, 0x54, 0x20]);

export function createParser(grammar: Grammar): Parser {
  const tokens = new Tokens();
  return {
    parse(text) {
      const bytes = statementBytes(text, STATEMENT_BYTES_MAX);
      lex(bytes, 0, bytes.length, tokens, TOKENS_MAX);
      for (let i = 0; i < tokens.innerComments.length; i += 2) {
        bytes.fill(0x20, tokens.innerComments[i]!, tokens.innerComments[i + 1]!);
      }
      const pieces = statements(bytes, tokens);
      if (pieces.length === 0) return [];
      const source: Source = { grammar, text, bytes, tokens, travels: mayTravel(tokens) };
      return pieces.map((piece) => parsePiece(source, piece));
    },
  };
}

interface Source {
  readonly grammar: Grammar;
  readonly text: string;
  readonly bytes: Uint8Array;
  readonly tokens: Tokens;
  /** Whether any time clause may be in it. */
  readonly travels: boolean;
}

/** Inside, positions count from the beginning of the statement; its errors leave as the text's. */
function parsePiece(source: Source, piece: Piece): ParsedStatement {
  const { tokens } = source;
  const at = tokens.starts[piece.first]!;
  const end = tokens.ends[piece.last - 1]!;
  const text = textOf(source, at, end);
  if (isVerifyLog(tokens, piece)) return { statement: { kind: 'verifyLog', at: 0 }, text, at };
  try {
    const tree = parseStatement(source, piece, at, end);
    if (tokens.junkAt >= at && tokens.junkAt < end) throw junk(tokens, at);
    return { statement: tree, text, at };
  } catch (error) {
    throw error instanceof SqlError ? placed(error, tokens, at, end) : error;
  }
}

function textOf(source: Source, from: number, to: number): string {
  const { bytes, text } = source;
  // Pure ASCII: bytes and code units are the same. (The bytes may have lost a comment.)
  if (bytes.length === text.length) return text.slice(from, to);
  return decodeUtf8(bytes, from, to - from) ?? '';
}

function isVerifyLog(tokens: Tokens, piece: Piece): boolean {
  const { first, last } = piece;
  return (
    last - first === 2 && tokens.keywords[first] === VERIFY && tokens.keywords[first + 1] === LOG
  );
}

function parseStatement(source: Source, piece: Piece, at: number, end: number): Statement {
  const { grammar, tokens } = source;
  const viewText = (name: number): string => {
    const [from, to] = viewQuery(source, piece, at + name);
    return textOf(source, from, to);
  };
  if (!source.travels) {
    const context: Context = { shift: 0, times: new Map(), viewText, idle: [] };
    return statement(context, parseBytes(grammar, source.bytes.subarray(at, end)), 0);
  }
  const bytes = source.bytes.slice(at, end);
  const read = (from: number, to: number): Expression => {
    const operand = new Uint8Array(SELECT.length + to - from);
    operand.set(SELECT);
    operand.set(source.bytes.subarray(at + from, at + to), SELECT.length);
    return readOperand(grammar, operand, from - SELECT.length);
  };
  const found = takeTimeClauses(bytes, at, tokens, piece, read);
  const times = new Map(found.map((each) => [each.anchor, each.clause]));
  const tree = statement({ shift: 0, times, viewText, idle: [] }, parseBytes(grammar, bytes), 0);
  for (const { clause, token, isName } of found) {
    if ([...times.values()].includes(clause) || !isName) {
      throw unclaimed(source, piece, at, token, isName);
    }
  }
  return tree;
}

/** A clause where no table stands. */
function unclaimed(
  source: Source,
  piece: Piece,
  at: number,
  token: number,
  isName: boolean,
): SqlError {
  const { bytes, tokens } = source;
  const before = bytes[tokens.starts[token - 1]!];
  if (!isName && before === CLOSE) {
    return unsupported('time travel of anything but a table', tokens.starts[token]! - at);
  }
  return syntaxErrorAt(bytes, at, tokens, token + 2, piece.last);
}

/**
 * Behind the view's name, the first AS outside of brackets; and behind that its query, to the end
 * or, in CREATE SCHEMA, to the next CREATE.
 */
function viewQuery(source: Source, piece: Piece, name: number): readonly [number, number] {
  const { bytes, tokens } = source;
  let depth = 0;
  let from = -1;
  for (let i = piece.first; i + 1 < piece.last; i += 1) {
    if (tokens.starts[i]! < name) continue;
    if (tokens.kinds[i] === MARK) {
      const byte = bytes[tokens.starts[i]!];
      if (byte === OPEN) depth += 1;
      if (byte === CLOSE) depth -= 1;
    } else if (depth === 0 && from < 0 && tokens.keywords[i] === AS) {
      from = tokens.starts[i + 1]!;
    } else if (depth === 0 && tokens.keywords[i] === CREATE && tokens.keywords[i - 1] !== AS) {
      return [from, tokens.ends[i - 1]!];
    }
  }
  return [from < 0 ? tokens.starts[piece.first]! : from, tokens.ends[piece.last - 1]!];
}

/** The tree of one statement. Throws what the grammar says. */
function parseBytes(grammar: Grammar, bytes: Uint8Array): Raw {
  const answer = grammar.parse(bytes);
  switch (answer.kind) {
    case 'tree': {
      const whole: unknown = JSON.parse(answer.json);
      const [first] = isRaw(whole) ? children(whole, 'stmts') : [];
      if (first === undefined) throw new SqlError('42601', 'syntax error at end of input');
      return child(first, 'stmt');
    }
    case 'refused': {
      const at = answer.codePoint < 0 ? -1 : byteOfCodePoint(bytes, 0, answer.codePoint);
      const escape = answer.message === 'invalid Unicode escape' && !isUnicodeString(bytes, at);
      const code = escape ? '22025' : refusalCode(answer.message);
      throw new SqlError(code, answer.message, { at });
    }
    case 'broken':
      throw new SqlError('54001', 'statement too complex', {
        detail: 'The grammar could not hold it.',
        hint: 'Split the statement, or pass values as parameters.',
      });
  }
}

/** Whether the string around `at` is `U&'…'` (a bad literal), not `e'…'` (a bad escape). */
function isUnicodeString(bytes: Uint8Array, at: number): boolean {
  for (let i = at - 1; i > 0; i -= 1) {
    if (bytes[i] === QUOTE && bytes[i - 1] === AMPERSAND) return true;
    if (bytes[i] === QUOTE && (bytes[i - 1]! | 0x20) === LETTER_E) return false;
  }
  return true;
}

/** The grammar says no SQLSTATE; these are PostgreSQL's for what it may say (gram.y, scan.l). */
function refusalCode(message: string): string {
  if (message.startsWith('invalid byte sequence')) return '22021';
  if (message.startsWith('unsafe use of')) return '22P06';
  if (message.startsWith('frame ')) return '42P20';
  if (message.startsWith('precision for type float')) return '22023';
  if (message === 'stack depth limit exceeded') return '54001';
  if (message.startsWith('LIMIT #,#')) return '42601';
  const refused = /not (?:yet )?(?:implemented|supported)|no longer supported|only supported for/;
  if (refused.test(message)) return '0A000';
  if (/cannot (?:be marked|be altered to be|include schema elements)/.test(message)) return '0A000';
  return '42601';
}

/** `SELECT operand`, whose place in the statement is `shift`. */
function readOperand(grammar: Grammar, bytes: Uint8Array, shift: number): Expression {
  try {
    const select = bodyOf(parseBytes(grammar, bytes));
    const [target, ...others] = children(select, 'targetList');
    const value = target === undefined ? {} : child(bodyOf(target), 'val');
    if (others.length > 0 || kindOf(value) === '') throw new SqlError('42601', 'syntax error');
    return expression({ shift, times: new Map(), viewText: () => '', idle: [] }, value);
  } catch (error) {
    // The adapter's positions are the statement's already; the grammar's are not.
    if (!(error instanceof SqlError) || error.code === '0A000') throw error;
    throw moved(error, error.at < 0 ? -1 : error.at + shift);
  }
}

function moved(error: SqlError, at: number): SqlError {
  const { code, message, detail, hint } = error;
  return new SqlError(code, message, { detail, hint, at });
}

function placed(error: SqlError, tokens: Tokens, at: number, end: number): SqlError {
  const where = error.at < 0 ? -1 : error.at + at;
  // PostgreSQL's lexer runs just ahead of its grammar: the first offence is the one reported.
  if (tokens.junkAt >= at && tokens.junkAt < end) {
    if (error.code !== '42601' || where < 0 || tokens.junkAt <= where) return junk(tokens, 0);
  }
  return at === 0 ? error : moved(error, where);
}

function junk(tokens: Tokens, base: number): SqlError {
  return new SqlError('42601', tokens.junkMessage, { at: tokens.junkAt - base });
}
