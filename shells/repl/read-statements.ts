/**
 * Takes what is complete out of text that is still being typed or piped: statements that end in a
 * semicolon, and lines that begin with a backslash, which are the REPL's own commands. Tokens are
 * the lexer's of the database itself, so that both agree on what is inside a string.
 *
 * Cost: one pass of the lexer over the text.
 */
import { lexNext } from '../../core/sql/parser/lexer.ts';
import { copiesFromStdin } from '../../core/sql/parser/script.ts';
import { MARK, Tokens, UNTERMINATED } from '../../core/sql/parser/tokens.ts';

export interface Item {
  readonly kind: 'statement' | 'command';
  /** Without its semicolon and what surrounds it. */
  readonly text: string;
  /** 1-based line of the text on which it begins. */
  readonly line: number;
}

/** What a prompt shows of an unfinished statement: within a string, a name, brackets, a comment. */
export type Open = '=' | '-' | "'" | '"' | '$' | '(' | '*';

export interface Reading {
  readonly items: readonly Item[];
  /** What follows the last item. */
  readonly rest: string;
  /** `=` when nothing is begun in the rest. */
  readonly open: Open;
  /** The last item is a COPY whose data is the rest. */
  readonly copies: boolean;
}

const LINE_FEED = 0x0a;
const OPEN_BRACKET = 0x28;
const CLOSE_BRACKET = 0x29;
const SEMICOLON = 0x3b;
const BACKSLASH = 0x5c;

/** A walk over the tokens of a text. */
interface Walk {
  readonly bytes: Buffer;
  readonly items: Item[];
  /** Where the item under way begins; -1: none. */
  start: number;
  depth: number;
  /** After the last item. */
  taken: number;
  line: number;
  lineAt: number;
  open: Open;
}

/** `beforeData`: stops behind a `COPY … FROM stdin`, for what follows is not SQL. */
export function readStatements(text: string, beforeData = false): Reading {
  const bytes = Buffer.from(text);
  const walk: Walk = {
    bytes,
    items: [],
    start: -1,
    depth: 0,
    taken: 0,
    line: 1,
    lineAt: 0,
    open: '=',
  };
  const tokens = new Tokens();
  let copies = false;
  for (let at = 0; at < bytes.length && !copies;) {
    tokens.clear();
    const end = lexNext(bytes, at, bytes.length, tokens);
    const before = walk.items.length;
    if (tokens.count === 0) at = end;
    else at = takeToken(walk, tokens, end);
    if (at < 0) break;
    copies = beforeData && walk.items.length > before && isCopy(walk.items.at(-1)!);
  }
  if (walk.open === '=' && walk.start >= 0) walk.open = walk.depth > 0 ? '(' : '-';
  const { items, taken, open } = walk;
  return { items, rest: bytes.subarray(taken).toString(), open, copies };
}

function isCopy({ kind, text }: Item): boolean {
  return kind === 'statement' && copiesFromStdin(text);
}

/** Returns where to go on; -1: what follows is not complete. */
function takeToken(walk: Walk, tokens: Tokens, end: number): number {
  const { bytes } = walk;
  const kind = tokens.kinds[0];
  const from = tokens.starts[0]!;
  const byte = kind === MARK ? bytes[from]! : -1;
  if (kind === UNTERMINATED) {
    walk.open = openOf(bytes, from);
    return -1;
  }
  if (walk.start < 0 && byte === BACKSLASH) {
    const line = bytes.indexOf(LINE_FEED, from);
    if (line < 0) return -1;
    push(walk, 'command', from, line);
    walk.taken = line + 1;
    return line + 1;
  }
  if (byte === SEMICOLON && walk.depth === 0) {
    if (walk.start >= 0) push(walk, 'statement', walk.start, from);
    walk.start = -1;
    walk.taken = end;
    return end;
  }
  if (walk.start < 0) walk.start = from;
  if (byte === OPEN_BRACKET) walk.depth += 1;
  if (byte === CLOSE_BRACKET && walk.depth > 0) walk.depth -= 1;
  return end;
}

function push(walk: Walk, kind: Item['kind'], from: number, to: number): void {
  const { bytes } = walk;
  for (; walk.lineAt < from; walk.lineAt += 1) if (bytes[walk.lineAt] === LINE_FEED) walk.line += 1;
  walk.items.push({ kind, text: bytes.subarray(from, to).toString().trimEnd(), line: walk.line });
}

/** By what a token begins that does not end: `E'`, `U&"`, `$tag$`, a comment. */
function openOf(bytes: Buffer, from: number): Open {
  const head = bytes.subarray(from, from + 3).toString('latin1');
  if (head.startsWith('/*')) return '*';
  if (head.startsWith('$')) return '$';
  return /^(u&)?"/i.test(head) ? '"' : "'";
}

/** The rest of a text that ends here: no semicolon is needed, and no line break. */
export function readLast(rest: string): readonly Item[] {
  const { items } = readStatements(/^\s*\\/.test(rest) ? `${rest}\n` : `${rest}\n;`);
  return items;
}
