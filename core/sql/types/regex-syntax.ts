/**
 * PostgreSQL's regular expressions (advanced, as `~` takes them) in the syntax of RE2.
 *
 * What RE2 has no linear-time way for is `0A000`: back references, lookaround, and word boundaries
 * whose side cannot be told from what stands beside them. Syntax errors are `2201B`.
 *
 * PostgreSQL decides between the longest and the shortest match once for a whole expression, by its
 * first quantifier; an alternation at the top is always for the longest.
 */
import { SqlError, unsupported } from '../error.ts';

export interface Syntax {
  readonly pattern: string;
  /** Leftmost-longest instead of leftmost-first. */
  readonly longest: boolean;
}

export interface RegexOptions {
  readonly ignoreCase: boolean;
  /** `.` and `[^…]` stop at line ends. */
  readonly lineStops: boolean;
  /** `^` and `$` match at line ends. */
  readonly lineAnchors: boolean;
  /** The pattern is text, not an expression. */
  readonly literal: boolean;
  /** Blanks and comments in the pattern mean nothing. */
  readonly expanded: boolean;
}

interface Reader {
  readonly text: string;
  at: number;
  readonly options: RegexOptions;
  out: string;
  depth: number;
  alternates: boolean;
  /** Of the first quantifier that has a preference. */
  firstGreedy: boolean | null;
  /** Where the last atom began in `out`; -1: there is none to quantify. */
  atom: number;
  quantified: boolean;
}

const MAX_PATTERN = 100_000;

export function invalidRegex(why: string): SqlError {
  return new SqlError('2201B', `invalid regular expression: ${why}`);
}

export function translateRegex(pattern: string, options: RegexOptions): Syntax {
  if (pattern.length > MAX_PATTERN) throw invalidRegex('regular expression is too complex');
  if (options.literal) return { pattern: quoteRegex(pattern), longest: true };
  const first = pass(pattern, options, null);
  const shortest = first.firstGreedy === false && !first.alternates;
  return shortest
    ? { pattern: pass(pattern, options, false).out, longest: false }
    : { pattern: pass(pattern, options, true).out, longest: true };
}

/** As short a match as possible, whatever the quantifiers say: for a part of a larger pattern. */
export function translateShortest(pattern: string, options: RegexOptions): string {
  return pass(pattern, options, false).out;
}

/** `greedy` null: as written, to find out. */
function pass(text: string, options: RegexOptions, greedy: boolean | null): Reader {
  const reader: Reader = {
    text,
    at: 0,
    options,
    out: '',
    depth: 0,
    alternates: false,
    firstGreedy: null,
    atom: -1,
    quantified: false,
  };
  while (reader.at < text.length) step(reader, greedy);
  if (reader.depth > 0) throw invalidRegex('parentheses () not balanced');
  return reader;
}

export function quoteRegex(text: string): string {
  return text.replace(/[\\.+*?()|[\]{}^$]/g, (c) => `\\${c}`);
}

function step(reader: Reader, greedy: boolean | null): void {
  const c = reader.text[reader.at] ?? '';
  switch (c) {
    case '\\':
      readEscape(reader);
      return;
    case '[':
      readBracket(reader);
      return;
    case '(':
      readGroup(reader);
      return;
    case ')':
      if (reader.depth === 0) throw invalidRegex('parentheses () not balanced');
      reader.depth -= 1;
      emit(reader, ')', 0);
      return;
    case '|':
      if (reader.depth === 0) reader.alternates = true;
      reader.out += '|';
      reader.atom = -1;
      reader.at += 1;
      return;
    case '*':
    case '+':
    case '?':
      readQuantifier(reader, c, greedy);
      return;
    case '{':
      readBound(reader, greedy);
      return;
    case '.':
      emit(reader, reader.options.lineStops ? '[^\\n]' : '.', reader.out.length);
      return;
    case '^':
    case '$':
      reader.out += reader.options.lineAnchors ? `(?m:${c})` : c;
      reader.atom = -1;
      reader.at += 1;
      return;
    default:
      readPlain(reader, c);
  }
}

/** Writes an atom that began at `start` of the output. */
function emit(reader: Reader, text: string, start: number): void {
  reader.atom = start;
  reader.quantified = false;
  reader.out += text;
  reader.at += 1;
}

function readPlain(reader: Reader, c: string): void {
  if (reader.options.expanded) {
    if (/\s/.test(c)) {
      reader.at += 1;
      return;
    }
    if (c === '#') {
      const end = reader.text.indexOf('\n', reader.at);
      reader.at = end < 0 ? reader.text.length : end + 1;
      return;
    }
  }
  const code = reader.text.codePointAt(reader.at) ?? 0;
  if (code > 0xffff) reader.at += 1;
  emit(reader, /[\]}]/.test(c) ? `\\${c}` : String.fromCodePoint(code), reader.out.length);
}

function readQuantifier(reader: Reader, symbol: string, greedy: boolean | null): void {
  reader.at += 1;
  quantify(reader, symbol, greedy, true);
}

/** `prefers` false: `{m}` says nothing about longest or shortest. */
function quantify(
  reader: Reader,
  quantifier: string,
  greedy: boolean | null,
  prefers: boolean,
): void {
  if (reader.atom < 0 || reader.quantified) throw invalidRegex('quantifier operand invalid');
  let written = true;
  if (reader.text[reader.at] === '?') {
    written = false;
    reader.at += 1;
  }
  if (prefers) reader.firstGreedy ??= written;
  reader.out += quantifier + ((greedy ?? written) || !prefers ? '' : '?');
  reader.quantified = true;
}

const BOUND = /\{([0-9]+)(,([0-9]*))?\}/y;

/** A brace before anything but a digit is itself. */
function readBound(reader: Reader, greedy: boolean | null): void {
  if (!/[0-9]/.test(reader.text[reader.at + 1] ?? '')) {
    emit(reader, '\\{', reader.out.length);
    return;
  }
  BOUND.lastIndex = reader.at;
  const match = BOUND.exec(reader.text);
  if (match === null) throw invalidRegex('braces {} not balanced');
  const [whole, low = '', comma, high = ''] = match;
  const most = high === '' ? Number(low) : Number(high);
  if (Number(low) > 255 || most > 255 || (high !== '' && most < Number(low))) {
    throw invalidRegex('invalid repetition count(s)');
  }
  reader.at += whole.length;
  quantify(reader, whole, greedy, comma !== undefined);
}

function readGroup(reader: Reader): void {
  const rest = reader.text.slice(reader.at, reader.at + 4);
  if (/^\(\?(?:[=!]|<[=!])/.test(rest)) throw unsupported('a lookaround constraint', -1);
  reader.depth += 1;
  reader.atom = -1;
  if (rest.startsWith('(?:')) {
    reader.out += '(?:';
    reader.at += 3;
    return;
  }
  if (rest.startsWith('(?')) throw invalidRegex('quantifier operand invalid');
  reader.out += '(';
  reader.at += 1;
}

const CLASSES: ReadonlyMap<string, string> = new Map([
  ['d', '[0-9]'],
  ['D', '[^0-9]'],
  ['s', '[[:space:]]'],
  ['S', '[^[:space:]]'],
  ['w', '[0-9A-Za-z_]'],
  ['W', '[^0-9A-Za-z_]'],
]);
const CONTROLS: ReadonlyMap<string, number> = new Map([
  ['a', 7],
  ['b', 8],
  ['e', 27],
  ['f', 12],
  ['n', 10],
  ['r', 13],
  ['t', 9],
  ['v', 11],
  ['B', 92],
  ['0', 0],
]);

function readEscape(reader: Reader): void {
  const letter = reader.text[reader.at + 1];
  if (letter === undefined) throw invalidRegex('invalid escape \\ sequence');
  const kind = CLASSES.get(letter);
  if (kind !== undefined) {
    reader.at += 1;
    emit(reader, kind, reader.out.length);
    return;
  }
  if ('AZmMyY'.includes(letter)) {
    readConstraint(reader, letter);
    return;
  }
  if (letter >= '1' && letter <= '9') throw unsupported('a back reference', -1);
  const code = escapedCode(reader);
  emit(reader, codeLiteral(code), reader.out.length);
}

function codeLiteral(code: number): string {
  return `\\x{${code.toString(16)}}`;
}

/** The character that an escape stands for; leaves `at` on its last character. */
function escapedCode(reader: Reader): number {
  const { text } = reader;
  const letter = text[reader.at + 1] ?? '';
  const start = reader.at + 2;
  const digits = { u: 4, U: 8, x: 255 }[letter];
  if (digits !== undefined) {
    const hex = /^[0-9a-fA-F]+/.exec(text.slice(start, start + digits))?.[0] ?? '';
    if (hex === '' || (letter !== 'x' && hex.length !== digits)) {
      throw invalidRegex('invalid escape \\ sequence');
    }
    reader.at = start + hex.length - 1;
    return Number(`0x${hex}`);
  }
  reader.at += 1;
  if (letter === 'c') {
    reader.at += 1;
    return (text.charCodeAt(start) || 0) & 31;
  }
  const control = CONTROLS.get(letter);
  if (control !== undefined) return control;
  if (/[A-Za-z]/.test(letter)) throw invalidRegex('invalid escape \\ sequence');
  const code = text.codePointAt(reader.at) ?? 0;
  if (code > 0xffff) reader.at += 1;
  return code;
}

/** `\m` and `\M` know a side that RE2's `\b` does not: the neighbour must tell it. */
function readConstraint(reader: Reader, letter: string): void {
  const before = reader.out[reader.out.length - 1] ?? '';
  const after = reader.text.slice(reader.at + 2);
  reader.at += 2;
  reader.atom = -1;
  switch (letter) {
    case 'A':
      reader.out += '\\A';
      return;
    case 'Z':
      reader.out += '\\z';
      return;
    case 'y':
      reader.out += '\\b';
      return;
    case 'Y':
      reader.out += '\\B';
      return;
    case 'm':
      if (!/^\(*(?:\w|\\w|\[\w)/.test(after)) break;
      reader.out += '\\b';
      return;
    default:
      if (!/[\w\])+]/.test(before)) break;
      reader.out += '\\b';
      return;
  }
  throw unsupported(`\\${letter} beside something other than a word`, -1);
}

function readBracket(reader: Reader): void {
  const { text } = reader;
  const start = reader.out.length;
  let at = reader.at + 1;
  let inside = '';
  const negated = text[at] === '^';
  if (negated) at += 1;
  let first = true;
  for (;;) {
    const c = text[at];
    if (c === undefined) throw invalidRegex('brackets [] not balanced');
    if (c === ']' && !first) break;
    first = false;
    const special = /^\[([:.=])(.*?)\1\]/.exec(text.slice(at, at + 32));
    if (special !== null) {
      const [whole, mark, name = ''] = special;
      inside += mark === ':' ? bracketClass(name) : codeLiteral(name.codePointAt(0) ?? 0);
      at += whole.length;
    } else if (c === '\\') {
      const kind = CLASSES.get(text[at + 1] ?? '');
      if (kind === undefined) {
        reader.at = at;
        inside += codeLiteral(escapedCode(reader));
        at = reader.at + 1;
      } else {
        inside += classInside(kind);
        at += 2;
      }
    } else {
      const code = text.codePointAt(at) ?? 0;
      at += code > 0xffff ? 2 : 1;
      // A hyphen between two ends is a range; at an end it is itself.
      const range = c === '-' && inside !== '' && text[at] !== ']';
      inside += range ? '-' : codeLiteral(code);
    }
  }
  if (negated && reader.options.lineStops) inside += '\\n';
  reader.at = at;
  emit(reader, `[${negated ? '^' : ''}${inside}]`, start);
}

const BRACKET_CLASSES =
  'alnum alpha blank cntrl digit graph lower print punct space upper xdigit word'.split(' ');

function bracketClass(name: string): string {
  if (!BRACKET_CLASSES.includes(name)) throw invalidRegex('invalid character class');
  return `[:${name}:]`;
}

/** `\d` and its like within brackets; complements are refused there, as PostgreSQL does. */
function classInside(kind: string): string {
  if (kind.startsWith('[^')) throw invalidRegex('invalid escape \\ sequence');
  return kind.slice(1, -1);
}
