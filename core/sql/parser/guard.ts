/**
 * What the grammar may be shown: statements of bounded size and nesting.
 *
 * PostgreSQL's grammar is recursive in C and in the trees it makes. Here it runs as WebAssembly:
 * a chain of some thousand operators would overflow the host's stack and leave it broken. So depth
 * is bounded from the tokens alone: what nests are brackets and CASE; what chains (each link one
 * level deeper in the tree) are operators within one expression, and joins and set operations
 * within one bracket. The bound holds for their sum along any path, and is never too small, only
 * sometimes too large. Everything later (binder, planner, codec) rests on it.
 */
import { SqlError } from '../error.ts';
import { keyword } from './keyword.ts';
import type { Tokens } from './tokens.ts';
import { MARK, OPERATOR, TYPECAST } from './tokens.ts';

export const TOKENS_MAX = 100_000;
export const NESTING_MAX = 500;
/** A query in brackets makes several levels of tree. */
const QUERY_WEIGHT = 5;
/** Of `(a, b, …) = source`: the grammar repeats the source for each column. */
const ASSIGNED_TOKENS_MAX = 1_000_000;

const AND = keyword('and');
const OR = keyword('or');
const BETWEEN = keyword('between');
const CASE = keyword('case');
const END = keyword('end');
const AS = keyword('as');
const SELECT = keyword('select');

const LINKS = flags(
  ...(['not', 'is', 'in', 'like', 'ilike', 'similar', 'collate', 'at', 'isnull'] as const),
  ...(['notnull', 'operator', 'between'] as const),
);
/** After these a new expression begins. */
const FRESH = flags('select', 'where', 'when', 'then', 'else', 'values');
const CHAINS = flags('union', 'intersect', 'except', 'join');
const QUERIES = flags('select', 'with', 'values', 'table');

function flags(...words: Parameters<typeof keyword>[0][]): Uint8Array {
  const set = new Uint8Array(256);
  for (const word of words) set[keyword(word)] = 1;
  return set;
}

const OPEN = 0x28;
const CLOSE = 0x29;
const COMMA = 0x2c;
const DOT = 0x2e;
const SEMICOLON = 0x3b;
const EQUALS = 0x3d;
const OPEN_SQUARE = 0x5b;
const CLOSE_SQUARE = 0x5d;

/** An open bracket or CASE. */
interface Level {
  readonly isCase: boolean;
  /** Depth of everything around it. */
  base: number;
  /** Links of the expression being read. */
  chain: number;
  /** Joins and set operations so far. */
  links: number;
  /** BETWEENs whose AND has not come. */
  betweens: number;
  commas: number;
}

function level(isCase: boolean, base: number): Level {
  return { isCase, base, chain: 0, links: 0, betweens: 0, commas: 0 };
}

/** Tokens `[first, last)` of one statement. */
export interface Piece {
  readonly first: number;
  readonly last: number;
}

/** Statements, separated by semicolons outside of brackets. Throws 54001. */
export function statements(bytes: Uint8Array, tokens: Tokens): readonly Piece[] {
  if (tokens.count > TOKENS_MAX) throw tooComplex(`${TOKENS_MAX} tokens`, -1);
  const pieces: Piece[] = [];
  let first = 0;
  for (let i = 0; i <= tokens.count; i += 1) {
    const end = i === tokens.count;
    if (!end && !endsStatement(bytes, tokens, i)) continue;
    if (i > first) pieces.push({ first, last: i });
    first = i + 1;
  }
  for (const piece of pieces) checkNesting(bytes, tokens, piece);
  return pieces;
}

let brackets = 0;

function endsStatement(bytes: Uint8Array, tokens: Tokens, i: number): boolean {
  if (i === 0) brackets = 0;
  if (tokens.kinds[i] !== MARK) return false;
  const byte = bytes[tokens.starts[i]!]!;
  if (byte === OPEN) brackets += 1;
  else if (byte === CLOSE && brackets > 0) brackets -= 1;
  return byte === SEMICOLON && brackets === 0;
}

function checkNesting(bytes: Uint8Array, tokens: Tokens, piece: Piece): void {
  const open: Level[] = [level(false, 0)];
  for (let i = piece.first; i < piece.last; i += 1) {
    const top = open[open.length - 1]!;
    const kind = tokens.kinds[i];
    const word = tokens.keywords[i]!;
    if (kind === MARK) onMark(bytes, tokens, piece, i, open);
    else if (kind === OPERATOR || kind === TYPECAST) top.chain += 1;
    else if (word !== 0 && !isLabel(bytes, tokens, i)) onKeyword(word, open);
    const now = open[open.length - 1]!;
    if (now.base + now.chain + now.links > NESTING_MAX) {
      throw tooComplex(`${NESTING_MAX} levels of nesting`, tokens.starts[i]!);
    }
  }
}

/** Behind a dot or AS any word is a name. */
function isLabel(bytes: Uint8Array, tokens: Tokens, i: number): boolean {
  if (i === 0) return false;
  if (tokens.keywords[i - 1] === AS) return tokens.keywords[i] !== SELECT;
  return tokens.kinds[i - 1] === MARK && bytes[tokens.starts[i - 1]!] === DOT;
}

function onMark(bytes: Uint8Array, tokens: Tokens, piece: Piece, i: number, open: Level[]): void {
  const top = open[open.length - 1]!;
  const byte = bytes[tokens.starts[i]!]!;
  if (byte === OPEN || byte === OPEN_SQUARE) {
    const isQuery = i + 1 < piece.last && QUERIES[tokens.keywords[i + 1]!] === 1;
    const weight = isQuery ? QUERY_WEIGHT : 1;
    open.push(level(false, top.base + top.chain + top.links + weight));
  } else if (byte === CLOSE || byte === CLOSE_SQUARE) {
    if (open.length === 1) return;
    open.pop();
    // A CASE without its END: a syntax error that the grammar will find.
    while (open.length > 1 && top.isCase && open[open.length - 1]!.isCase) open.pop();
    checkAssignment(bytes, tokens, piece, i, top.commas);
  } else if (byte === COMMA) {
    top.chain = 0;
    top.betweens = 0;
    top.commas += 1;
  }
}

function onKeyword(word: number, open: Level[]): void {
  const top = open[open.length - 1]!;
  if (word === CASE) {
    open.push(level(true, top.base + top.chain + top.links + 1));
  } else if (word === END) {
    if (top.isCase) open.pop();
  } else if (word === AND && top.betweens > 0) {
    // The AND of a BETWEEN goes on within its expression.
    top.betweens -= 1;
  } else if (word === AND || word === OR) {
    // The grammar makes one flat list of a AND b AND c.
    top.chain = 0;
  } else if (LINKS[word] === 1) {
    top.chain += 1;
    if (word === BETWEEN) top.betweens += 1;
  } else if (CHAINS[word] === 1) {
    top.links += 1;
    top.chain = 0;
  } else if (FRESH[word] === 1) {
    top.chain = 0;
    top.betweens = 0;
  }
}

function checkAssignment(
  bytes: Uint8Array,
  tokens: Tokens,
  piece: Piece,
  close: number,
  commas: number,
): void {
  const next = close + 1;
  if (next >= piece.last || tokens.kinds[next] !== OPERATOR) return;
  const start = tokens.starts[next]!;
  if (bytes[start] !== EQUALS || tokens.ends[next] !== start + 1) return;
  if ((commas + 1) * (piece.last - close) > ASSIGNED_TOKENS_MAX && commas > 0) {
    throw tooComplex('a million tokens times columns of an assignment', start);
  }
}

function tooComplex(limit: string, at: number): SqlError {
  return new SqlError('54001', 'statement too complex', {
    detail: `It may have ${limit} at most.`,
    hint: 'Split the statement, or pass values as parameters.',
    at,
  });
}
