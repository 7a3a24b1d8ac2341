/**
 * JSON text: a strict reader (RFC 8259, as PostgreSQL's json type checks it) into a small tree.
 *
 * Numbers keep their digits; nesting is bounded, since the reader and everything that walks its
 * tree recurse.
 */
import { SqlError } from '../error.ts';

export type Json =
  | { readonly kind: 'null' }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'number'; readonly digits: string }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'array'; readonly elements: readonly Json[] }
  /** In the order written, names repeated as written. */
  | { readonly kind: 'object'; readonly members: readonly JsonMember[] };

export interface JsonMember {
  readonly name: string;
  readonly value: Json;
}

const MAX_DEPTH = 1000;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const BLANKS = /[ \t\n\r]*/y;
const WORD = /[A-Za-z0-9_$\u0080-\uffff+.-]*/y;
const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['"', '"'],
  ['\\', '\\'],
  ['/', '/'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
]);

interface Reader {
  readonly text: string;
  at: number;
  /** jsonb has no room for NUL and half surrogates; json keeps the text as it is. */
  readonly decode: boolean;
}

/** Throws `22P02`. `decode` also refuses escapes that no text can hold. */
export function parseJson(text: string, decode: boolean): Json {
  const reader: Reader = { text, at: 0, decode };
  const value = readValue(reader, 0);
  skipBlanks(reader);
  if (reader.at < text.length) {
    throw invalid(reader, `Expected end of input, but found "${tokenAt(reader)}".`);
  }
  return value;
}

function take(reader: Reader, pattern: RegExp): string {
  pattern.lastIndex = reader.at;
  const found = pattern.exec(reader.text)?.[0] ?? '';
  reader.at += found.length;
  return found;
}

function skipBlanks(reader: Reader): void {
  take(reader, BLANKS);
}

function tokenAt(reader: Reader): string {
  const { at } = reader;
  const word = take(reader, WORD);
  reader.at = at;
  return word === '' ? (reader.text[at] ?? '') : word;
}

function invalid(reader: Reader, detail: string): SqlError {
  const ended = reader.at >= reader.text.length;
  return new SqlError('22P02', 'invalid input syntax for type json', {
    detail: ended ? 'The input string ended unexpectedly.' : detail,
  });
}

function readValue(reader: Reader, depth: number): Json {
  if (depth > MAX_DEPTH) throw new SqlError('54001', 'stack depth limit exceeded');
  skipBlanks(reader);
  switch (reader.text[reader.at]) {
    case '{':
      return readObject(reader, depth);
    case '[':
      return readArray(reader, depth);
    case '"':
      return { kind: 'string', value: readString(reader) };
    default:
      return readScalar(reader);
  }
}

function readScalar(reader: Reader): Json {
  const token = tokenAt(reader);
  if (token === 'null' || token === 'true' || token === 'false') {
    reader.at += token.length;
    return token === 'null' ? { kind: 'null' } : { kind: 'boolean', value: token === 'true' };
  }
  const { at } = reader;
  const digits = take(reader, NUMBER);
  if (digits !== '' && digits.length === token.length) return { kind: 'number', digits };
  reader.at = at;
  const known = /^[\]},:]/.test(token) || token === '';
  throw invalid(
    reader,
    known ? `Expected JSON value, but found "${token}".` : `Token "${token}" is invalid.`,
  );
}

function readArray(reader: Reader, depth: number): Json {
  const elements: Json[] = [];
  reader.at += 1;
  skipBlanks(reader);
  if (reader.text[reader.at] === ']') {
    reader.at += 1;
    return { kind: 'array', elements };
  }
  for (;;) {
    elements.push(readValue(reader, depth + 1));
    skipBlanks(reader);
    const next = reader.text[reader.at];
    if (next !== ',' && next !== ']') {
      throw invalid(reader, `Expected "," or "]", but found "${tokenAt(reader)}".`);
    }
    reader.at += 1;
    if (next === ']') return { kind: 'array', elements };
  }
}

function readObject(reader: Reader, depth: number): Json {
  const members: JsonMember[] = [];
  reader.at += 1;
  skipBlanks(reader);
  if (reader.text[reader.at] === '}') {
    reader.at += 1;
    return { kind: 'object', members };
  }
  for (;;) {
    skipBlanks(reader);
    if (reader.text[reader.at] !== '"') {
      throw invalid(reader, `Expected string, but found "${tokenAt(reader)}".`);
    }
    const name = readString(reader);
    skipBlanks(reader);
    if (reader.text[reader.at] !== ':') {
      throw invalid(reader, `Expected ":", but found "${tokenAt(reader)}".`);
    }
    reader.at += 1;
    members.push({ name, value: readValue(reader, depth + 1) });
    skipBlanks(reader);
    const next = reader.text[reader.at];
    if (next !== ',' && next !== '}') {
      throw invalid(reader, `Expected "," or "}", but found "${tokenAt(reader)}".`);
    }
    reader.at += 1;
    if (next === '}') return { kind: 'object', members };
  }
}

function readString(reader: Reader): string {
  reader.at += 1;
  let value = '';
  for (;;) {
    value += takePlain(reader);
    const next = reader.text[reader.at];
    if (next === '"') {
      reader.at += 1;
      return value;
    }
    if (next === undefined) throw invalid(reader, '');
    if (next !== '\\') {
      const code = next.charCodeAt(0).toString(16).padStart(2, '0');
      throw invalid(reader, `Character with value 0x${code} must be escaped.`);
    }
    value += readEscape(reader);
  }
}

/** Up to the next quote, backslash or control character. */
function takePlain(reader: Reader): string {
  const { text, at } = reader;
  let end = at;
  while (end < text.length) {
    const code = text.charCodeAt(end);
    if (code < 32 || code === 34 || code === 92) break;
    end += 1;
  }
  reader.at = end;
  return text.slice(at, end);
}

function readEscape(reader: Reader): string {
  const letter = reader.text[reader.at + 1] ?? '';
  reader.at += 2;
  if (letter !== 'u') {
    const meant = ESCAPES.get(letter);
    if (meant === undefined) throw invalid(reader, `Escape sequence "\\${letter}" is invalid.`);
    return meant;
  }
  const unit = readUnit(reader);
  if (!reader.decode || unit < 0xd800 || unit > 0xdfff) {
    if (reader.decode && unit === 0) {
      throw new SqlError('22P05', 'unsupported Unicode escape sequence', {
        detail: '\\u0000 cannot be converted to text.',
      });
    }
    return String.fromCharCode(unit);
  }
  return readPair(reader, unit);
}

function readPair(reader: Reader, high: number): string {
  const paired = reader.text.startsWith('\\u', reader.at) && high <= 0xdbff;
  if (paired) reader.at += 2;
  const low = paired ? readUnit(reader) : 0;
  if (low < 0xdc00 || low > 0xdfff) {
    const detail = 'Unicode low surrogate must follow a high surrogate.';
    throw new SqlError('22P02', 'invalid input syntax for type json', { detail });
  }
  return String.fromCharCode(high, low);
}

function readUnit(reader: Reader): number {
  const digits = reader.text.slice(reader.at, reader.at + 4);
  if (!/^[0-9a-fA-F]{4}$/.test(digits)) {
    throw invalid(reader, '"\\u" must be followed by four hexadecimal digits.');
  }
  reader.at += 4;
  return Number(`0x${digits}`);
}
