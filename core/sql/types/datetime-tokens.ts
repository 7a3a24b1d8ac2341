/**
 * Text of dates and times cut into fields, as PostgreSQL's `ParseDateTime`, and its table of words.
 */
import { isBlank } from './decimal-text.ts';
import { lowerAscii } from './text.ts';

export type FieldKind = 'number' | 'string' | 'date' | 'time' | 'zone' | 'special';

export interface Field {
  readonly kind: FieldKind;
  /** Words in lower case. */
  readonly text: string;
}

const MAX_FIELDS = 25;
const SEPARATORS = '-/.';

const isDigit = (c: string | undefined): boolean => c !== undefined && c >= '0' && c <= '9';
const isLetter = (c: string | undefined): boolean =>
  c !== undefined && ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'));
const isSeparator = (c: string | undefined): boolean => c !== undefined && SEPARATORS.includes(c);

/** The end of the longest run from `at` of characters that satisfy `test`. */
function span(text: string, at: number, test: (c: string) => boolean): number {
  let end = at;
  while (end < text.length && test(text[end] ?? '')) end += 1;
  return end;
}

/** Null: not even fields. */
export function splitFields(text: string): readonly Field[] | null {
  const fields: Field[] = [];
  let at = 0;
  while (at < text.length) {
    const c = text[at] ?? '';
    if (isBlank(c.charCodeAt(0))) {
      at += 1;
      continue;
    }
    const taken = takeField(text, at);
    if (taken === null || fields.length >= MAX_FIELDS) return null;
    if (taken.kind !== null) {
      fields.push({ kind: taken.kind, text: lowerAscii(taken.text) });
    }
    at = taken.end;
  }
  return fields;
}

/** `kind` null: punctuation to skip. */
interface Taken {
  readonly kind: FieldKind | null;
  readonly text: string;
  readonly end: number;
}

function takeField(text: string, at: number): Taken | null {
  const c = text[at] ?? '';
  if (isDigit(c)) return takeNumber(text, at);
  if (c === '.') {
    const end = span(text, at + 1, isDigit);
    return { kind: 'number', text: text.slice(at, end), end };
  }
  if (isLetter(c)) return takeWord(text, at);
  if (c === '+' || c === '-') return takeSigned(text, at);
  if (/[!-/:-@[-`{-~]/.test(c)) return { kind: null, text: '', end: at + 1 };
  return null;
}

/** A time has a colon, a date a separator; anything else is a plain number. */
function takeNumber(text: string, at: number): Taken {
  let end = span(text, at, isDigit);
  if (text[end] === ':') {
    end = span(text, end, (c) => isDigit(c) || c === ':' || c === '.');
    return { kind: 'time', text: text.slice(at, end), end };
  }
  if (!isSeparator(text[end])) return { kind: 'number', text: text.slice(at, end), end };
  const separator = text[end] ?? '';
  end += 1;
  if (!isDigit(text[end])) {
    end = span(text, end, (c) => isDigit(c) || isLetter(c) || c === separator);
    return { kind: 'date', text: text.slice(at, end), end };
  }
  let kind: FieldKind = separator === '.' ? 'number' : 'date';
  end = span(text, end, isDigit);
  if (text[end] === separator) {
    kind = 'date';
    end = span(text, end, (c) => isDigit(c) || c === separator);
  }
  return { kind, text: text.slice(at, end), end };
}

function takeWord(text: string, at: number): Taken {
  let end = span(text, at, isLetter);
  const next = text[end];
  const joined = next === '+' || isDigit(next);
  const known = WORDS.has(lowerAscii(text.slice(at, end)));
  if (!isSeparator(next) && !(joined && !known)) {
    return { kind: 'string', text: text.slice(at, end), end };
  }
  end = span(text, end, (c) => isDigit(c) || isLetter(c) || '+-/_.:'.includes(c));
  return { kind: 'date', text: text.slice(at, end), end };
}

/** A sign before digits is a zone, before letters a special word. */
function takeSigned(text: string, at: number): Taken | null {
  const sign = text[at] ?? '';
  const start = span(text, at + 1, (c) => isBlank(c.charCodeAt(0)));
  if (isDigit(text[start])) {
    const end = span(text, start, (c) => isDigit(c) || c === ':' || c === '.' || c === '-');
    return { kind: 'zone', text: sign + text.slice(start, end), end };
  }
  if (!isLetter(text[start])) return null;
  const end = span(text, start, isLetter);
  return { kind: 'special', text: sign + text.slice(start, end), end };
}

/** What a word means. */
export type Word =
  | {
      readonly kind: 'reserved';
      readonly value:
        | 'infinity'
        | '-infinity'
        | 'epoch'
        | 'now'
        | 'today'
        | 'tomorrow'
        | 'yesterday';
    }
  | { readonly kind: 'month'; readonly value: number }
  | { readonly kind: 'weekday' }
  | { readonly kind: 'daylight' }
  | { readonly kind: 'meridiem'; readonly pm: boolean }
  | { readonly kind: 'era'; readonly bc: boolean }
  | { readonly kind: 'ignored' }
  | { readonly kind: 'allballs' }
  /** `T` before a time. */
  | { readonly kind: 'isoTime' }
  /** Says what the number after it is: `Y2001M12D27`, `J2451187`. */
  | { readonly kind: 'unit'; readonly unit: Unit };

export type Unit =
  | 'year'
  /** Minutes, once there are a month and an hour. */
  | 'month'
  | 'day'
  | 'hour'
  | 'minute'
  | 'second'
  | 'julian'
  /** Known to `extract` alone. */
  | 'none';

const MONTH_WORDS = [
  'jan',
  'feb',
  'mar',
  'apr',
  'may',
  'jun',
  'jul',
  'aug',
  'sep',
  'oct',
  'nov',
  'dec',
];
const MONTH_NAMES: readonly string[] = [
  'january',
  'february',
  'march',
  'april',
  'may',
  'june',
  'july',
  'august',
  'september',
  'october',
  'november',
  'december',
];
const WEEKDAYS = (
  'sun sunday mon monday tue tues tuesday wed wednesday weds thu thur thurs thursday ' +
  'fri friday sat saturday'
).split(' ');

const UNITS: readonly (readonly [string, Unit])[] = [
  ['j', 'julian'],
  ['jd', 'julian'],
  ['julian', 'julian'],
  ['y', 'year'],
  ['m', 'month'],
  ['d', 'day'],
  ['h', 'hour'],
  ['mm', 'minute'],
  ['s', 'second'],
  ['dow', 'none'],
  ['doy', 'none'],
  ['isodow', 'none'],
  ['isoyear', 'none'],
];

/** Not the abbreviations of zones, which may run on: `GMT+4` is a zone of its own. */
export const WORDS: ReadonlyMap<string, Word> = new Map<string, Word>([
  ['infinity', { kind: 'reserved', value: 'infinity' }],
  ['-infinity', { kind: 'reserved', value: '-infinity' }],
  ['+infinity', { kind: 'reserved', value: 'infinity' }],
  ['epoch', { kind: 'reserved', value: 'epoch' }],
  ['now', { kind: 'reserved', value: 'now' }],
  ['today', { kind: 'reserved', value: 'today' }],
  ['tomorrow', { kind: 'reserved', value: 'tomorrow' }],
  ['yesterday', { kind: 'reserved', value: 'yesterday' }],
  ['allballs', { kind: 'allballs' }],
  ['am', { kind: 'meridiem', pm: false }],
  ['pm', { kind: 'meridiem', pm: true }],
  ['ad', { kind: 'era', bc: false }],
  ['bc', { kind: 'era', bc: true }],
  ['at', { kind: 'ignored' }],
  ['on', { kind: 'ignored' }],
  ['dst', { kind: 'daylight' }],
  ...UNITS.map(([word, unit]): [string, Word] => [word, { kind: 'unit', unit }]),
  ['t', { kind: 'isoTime' }],
  ['sept', { kind: 'month', value: 9 }],
  ...MONTH_WORDS.map((word, i): [string, Word] => [word, { kind: 'month', value: i + 1 }]),
  ...MONTH_NAMES.map((word, i): [string, Word] => [word, { kind: 'month', value: i + 1 }]),
  ...WEEKDAYS.map((word): [string, Word] => [word, { kind: 'weekday' }]),
]);
