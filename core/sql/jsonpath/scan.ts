/** Tokens of a jsonpath. */
import { SqlError } from '../error.ts';

export interface Token {
  readonly kind: 'symbol' | 'name' | 'string' | 'variable' | 'number' | 'end';
  /** Escapes removed; a symbol as it is. */
  readonly text: string;
  /** A name that was written without escapes may be a keyword. */
  readonly isPlain: boolean;
}

const BLANKS = /(?:[ \t\n\r\f]|\/\*[^]*?\*\/)*/y;
const SYMBOLS = /&&|\|\||\*\*|==|<=|<>|!=|>=|[?%$.[\]{}()|&!=<>@#,*:+/-]/y;
const NUMBER = /(?:(?:0|[1-9][0-9]*)(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?/y;
/** Of what is neither symbol, blank nor quote, and of escapes. */
const NAME = /(?:[^?%$.[\]{}()|&!=<>@#,*:+/\\" \t\n\r\f-]|\\[^])+/y;
const QUOTED = /"(?:[^"\\]|\\[^])*"/y;
const ESCAPE = /\\(?:u\{([0-9a-fA-F]{1,6})\}|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|([^]))/g;
const LETTERS: Readonly<Record<string, string>> = {
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

/** `what` went wrong, where this stands; nothing: at the end. */
export function syntaxError(token: string, what: string = 'syntax error'): SqlError {
  const where = token === '' ? 'at end' : `at or near "${token}"`;
  return new SqlError('42601', `${what} ${where} of jsonpath input`);
}

/** Throws 42601 and 22P05. The last token is the end. */
export function scanPath(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const take = (pattern: RegExp): string => {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0] ?? '';
    at += found.length;
    return found;
  };
  for (;;) {
    take(BLANKS);
    if (at >= text.length) break;
    // Whoever looked on for its end at each would look at all of the rest each time.
    if (text.startsWith('/*', at)) throw syntaxError('', 'unexpected end of comment');
    const token = nextToken(take);
    if (token === null) {
      const open = text[at] === '"';
      throw open ? syntaxError('', 'unexpected end of quoted string') : syntaxError(text[at]!);
    }
    tokens.push(token);
  }
  tokens.push({ kind: 'end', text: '', isPlain: false });
  return tokens;
}

function nextToken(take: (pattern: RegExp) => string): Token | null {
  // `$.1` is no member, in PostgreSQL neither: a number begins with the point.
  const number = take(NUMBER);
  if (number !== '') {
    const junk = take(NAME);
    if (junk !== '') {
      throw syntaxError(`${number}${junk[0]!}`, 'trailing junk after numeric literal');
    }
    return { kind: 'number', text: number, isPlain: true };
  }
  const quoted = take(QUOTED);
  if (quoted !== '') return special('string', quoted.slice(1, -1));
  const symbol = take(SYMBOLS);
  if (symbol === '$') {
    const name = take(QUOTED);
    if (name !== '') return special('variable', name.slice(1, -1));
    const plain = take(NAME);
    if (plain !== '') return special('variable', plain);
  }
  if (symbol !== '') return { kind: 'symbol', text: symbol, isPlain: false };
  const name = take(NAME);
  if (name === '') return null;
  return { kind: 'name', text: unescaped(name), isPlain: !name.includes('\\') };
}

function special(kind: 'string' | 'variable', written: string): Token {
  return { kind, text: unescaped(written), isPlain: false };
}

function unescaped(text: string): string {
  if (!text.includes('\\')) return text;
  const plain = text.replaceAll(ESCAPE, (_, long, four, two, letter) => {
    const code = (long ?? four ?? two) as string | undefined;
    if (code !== undefined) return characterOf(Number.parseInt(code, 16));
    if (letter === 'u' || letter === 'x') {
      const what = letter === 'u' ? 'unicode' : 'hexadecimal character';
      throw syntaxError(`\\${letter}`, `invalid ${what} sequence`);
    }
    return LETTERS[letter as string] ?? (letter as string);
  });
  // Two escapes make one character beyond the first 65,536; half of one is none.
  if (/[\ud800-\udfff]/u.test(plain)) throw invalidSurrogate();
  return plain;
}

function characterOf(code: number): string {
  if (code === 0) {
    throw new SqlError('22P05', 'unsupported Unicode escape sequence', {
      detail: '\\u0000 cannot be converted to text.',
    });
  }
  if (code > 0x10ffff) throw new SqlError('22P05', 'unsupported Unicode escape sequence');
  return code > 0xffff ? String.fromCodePoint(code) : String.fromCharCode(code);
}

function invalidSurrogate(): SqlError {
  return new SqlError('22P02', 'invalid input syntax for type jsonpath', {
    detail: 'Unicode low surrogate must follow a high surrogate.',
  });
}
