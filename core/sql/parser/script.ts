/**
 * A script, as psql reads one: statements that end in a semicolon, lines that begin with a
 * backslash, which are psql's own commands, and behind `COPY … FROM stdin` lines of data. Nothing
 * is parsed; each statement goes to the parser on its own, so that a long script needs no long
 * statement and the first ones run before the last is read. Cost: one pass of the lexer.
 */
import { decodeUtf8 } from '../../codec/utf8.ts';
import { lexNext } from './lexer.ts';
import { statementBytes } from './text.ts';
import { MARK, Tokens } from './tokens.ts';

export interface ScriptItem {
  /**
   * `command`: a line such as `\c chinook`, without its line break. `data`: the lines between a
   * COPY and the `\.` that ends them, or the script's end.
   */
  readonly kind: 'statement' | 'command' | 'data';
  /** Without the semicolon and what surrounds it. */
  readonly text: string;
  /** Where it begins in the script: 0-based UTF-8 byte offset. */
  readonly at: number;
}

export const SCRIPT_BYTES_MAX: number = 64 << 20;

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const OPEN = 0x28;
const CLOSE = 0x29;
const DOT = 0x2e;
const SEMICOLON = 0x3b;
const BACKSLASH = 0x5c;

/** Throws 54000 and 22021, of the whole text; what is wrong in a statement its parser says. */
export function* splitScript(text: string): Generator<ScriptItem, void, undefined> {
  const bytes = statementBytes(text, SCRIPT_BYTES_MAX);
  const tokens = new Tokens();
  for (let at = 0; at < bytes.length;) {
    tokens.clear();
    const item = nextItem(bytes, at, tokens);
    if (item.end > item.start) {
      const said = decodeUtf8(bytes, item.start, item.end - item.start) ?? '';
      yield { kind: item.isCommand ? 'command' : 'statement', text: said, at: item.start };
      if (!item.isCommand && copiesFromStdin(said)) {
        const data = dataOf(bytes, item.next);
        const rows = decodeUtf8(bytes, data.start, data.end - data.start) ?? '';
        yield { kind: 'data', text: rows, at: data.start };
        at = data.next;
        continue;
      }
    }
    at = item.next;
  }
}

/** Whether lines of data follow a statement. */
export function copiesFromStdin(statement: string): boolean {
  return /^copy\s+(?!\()[^]*?\bfrom\s+stdin\b/i.test(statement);
}

/** The lines behind a statement's own one, up to one that is `\.`. */
function dataOf(bytes: Uint8Array, from: number): Extent {
  const first = bytes.indexOf(LINE_FEED, from);
  const start = first < 0 ? bytes.length : first + 1;
  for (let at = start; at < bytes.length;) {
    const line = bytes.indexOf(LINE_FEED, at);
    const next = line < 0 ? bytes.length : line + 1;
    const end = line < 0 ? bytes.length : line;
    const length = (bytes[end - 1] === CARRIAGE_RETURN ? end - 1 : end) - at;
    if (length === 2 && bytes[at] === BACKSLASH && bytes[at + 1] === DOT) {
      return { isCommand: false, start, end: at, next };
    }
    at = next;
  }
  return { isCommand: false, start, end: bytes.length, next: bytes.length };
}

interface Extent {
  readonly isCommand: boolean;
  readonly start: number;
  readonly end: number;
  /** Where the next item may begin. */
  readonly next: number;
}

/** Up to the next semicolon outside of brackets, as psql counts them. */
function nextItem(bytes: Uint8Array, from: number, tokens: Tokens): Extent {
  let start = -1;
  let end = from;
  let depth = 0;
  for (let at = from; at < bytes.length;) {
    const before = tokens.count;
    at = lexNext(bytes, at, bytes.length, tokens);
    if (tokens.count === before) continue;
    const token = tokens.starts[before]!;
    const byte = tokens.kinds[before] === MARK ? bytes[token] : -1;
    // Only the last one matters.
    tokens.count = 0;
    if (start < 0 && byte === BACKSLASH) return command(bytes, token);
    if (byte === SEMICOLON && depth === 0) {
      return {
        isCommand: false,
        start: start < 0 ? token : start,
        end: start < 0 ? token : end,
        next: at,
      };
    }
    if (byte === OPEN) depth += 1;
    if (byte === CLOSE && depth > 0) depth -= 1;
    if (start < 0) start = token;
    end = at;
  }
  return { isCommand: false, start: start < 0 ? end : start, end, next: bytes.length };
}

function command(bytes: Uint8Array, start: number): Extent {
  const line = bytes.indexOf(LINE_FEED, start);
  const next = line < 0 ? bytes.length : line + 1;
  let end = line < 0 ? bytes.length : line;
  while (bytes[end - 1]! <= 0x20) end -= 1;
  return { isCommand: true, start, end, next };
}
