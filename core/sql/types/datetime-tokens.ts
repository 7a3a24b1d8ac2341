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
  | { readonly kind: 'zone'; readonly seconds: number }
  | { readonly kind: 'daylight' }
  | { readonly kind: 'meridiem'; readonly pm: boolean }
  | { readonly kind: 'era'; readonly bc: boolean }
  | { readonly kind: 'ignored' }
  | { readonly kind: 'allballs' }
  /** `J` before a Julian day, `T` before a time. */
  | { readonly kind: 'julian' }
  | { readonly kind: 'isoTime' };

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

/** Abbreviations with one meaning for ever: PostgreSQL's default set without the moving ones. */
const ZONE_HOURS: readonly (readonly [string, number])[] = [
  ['utc', 0],
  ['ut', 0],
  ['uct', 0],
  ['gmt', 0],
  ['z', 0],
  ['zulu', 0],
  ['wet', 0],
  ['west', 1],
  ['bst', 1],
  ['cet', 1],
  ['cest', 2],
  ['eet', 2],
  ['eest', 3],
  ['ast', -4],
  ['adt', -3],
  ['est', -5],
  ['edt', -4],
  ['cst', -6],
  ['cdt', -5],
  ['mst', -7],
  ['mdt', -6],
  ['pst', -8],
  ['pdt', -7],
  ['hst', -10],
  ['jst', 9],
  ['kst', 9],
  ['aest', 10],
  ['aedt', 11],
  ['nzst', 12],
  ['nzdt', 13],
];

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
  ['j', { kind: 'julian' }],
  ['jd', { kind: 'julian' }],
  ['julian', { kind: 'julian' }],
  ['t', { kind: 'isoTime' }],
  ['sept', { kind: 'month', value: 9 }],
  ...MONTH_WORDS.map((word, i): [string, Word] => [word, { kind: 'month', value: i + 1 }]),
  ...MONTH_NAMES.map((word, i): [string, Word] => [word, { kind: 'month', value: i + 1 }]),
  ...WEEKDAYS.map((word): [string, Word] => [word, { kind: 'weekday' }]),
  ...ZONE_HOURS.map(([word, hours]): [string, Word] => [
    word,
    { kind: 'zone', seconds: hours * 3600 },
  ]),
]);
