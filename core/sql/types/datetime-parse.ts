/**
 * Reads dates, times and timestamps as people write them: PostgreSQL's `DecodeDateTime` with
 * datestyle `ISO` and any order of day, month and year.
 *
 * The result is the clock as written and the zone, if any was; `datetime-text.ts` makes values of
 * it. Errors are codes here, since their texts name the type that was wanted.
 */
import { unsupported } from '../error.ts';
import { civilFromDays, daysFromCivil, daysInMonth, JULIAN_2000 } from './calendar.ts';
import { splitFields, WORDS } from './datetime-tokens.ts';
import type { Field, Word } from './datetime-tokens.ts';

export type DateTimeError = 'format' | 'field' | 'month' | 'zone';

/** Which of the numbers in `1/2/3` is which. */
export type DateOrder = 'mdy' | 'dmy' | 'ymd';

export interface ParsedDateTime {
  /** 'now' and its like; then the rest means nothing, except a time after 'today'. */
  readonly special: Extract<Word, { kind: 'reserved' }>['value'] | null;
  readonly hasDate: boolean;
  readonly hasTime: boolean;
  readonly year: number;
  readonly month: number;
  readonly day: number;
  /** Microseconds of the day; 24:00 and 23:59:60 are a whole day. */
  readonly micros: number;
  /** East of UTC; null: none was written. */
  readonly zoneSeconds: number | null;
}

interface State {
  special: ParsedDateTime['special'];
  year: number | null;
  month: number | null;
  day: number | null;
  dayOfYear: number | null;
  julian: boolean;
  hasTime: boolean;
  hour: number;
  minute: number;
  second: number;
  fraction: number;
  zoneSeconds: number | null;
  pm: boolean | null;
  bc: boolean;
  shortYear: boolean;
  textMonth: boolean;
  readonly order: DateOrder;
  /** Only a time is wanted, so digits run together are one. */
  readonly timeOnly: boolean;
  /** What the next number is, after `J` or `T`. */
  expect: 'julian' | 'time' | null;
}

/** Reads it, or says what is wrong. */
export function parseDateTime(
  text: string,
  order: DateOrder = 'mdy',
  timeOnly: boolean = false,
): ParsedDateTime | DateTimeError {
  const fields = splitFields(text);
  if (fields === null || fields.length === 0) return 'format';
  const state: State = {
    special: null,
    year: null,
    month: null,
    day: null,
    dayOfYear: null,
    julian: false,
    hasTime: false,
    hour: 0,
    minute: 0,
    second: 0,
    fraction: 0,
    zoneSeconds: null,
    pm: null,
    bc: false,
    shortYear: false,
    textMonth: false,
    order,
    timeOnly,
    expect: null,
  };
  for (const field of fields) {
    const error = decodeField(field, state);
    if (error !== null) return error;
  }
  if (state.expect !== null) return 'format';
  return finish(state);
}

function decodeField(field: Field, state: State): DateTimeError | null {
  switch (field.kind) {
    case 'date':
      return decodeDateField(field.text, state);
    case 'time':
      if (state.expect === 'julian') return 'format';
      state.expect = null;
      return decodeTime(field.text, state);
    case 'zone':
      return decodeZone(field.text, state);
    case 'number':
      return decodeNumberToken(field.text, state);
    case 'string':
    case 'special':
      return decodeWord(field.text, state);
  }
}

function hasDate(state: State): boolean {
  return state.julian || (state.month !== null && state.day !== null && state.year !== null);
}

/** A date; or, after one, a time with its zone (`T040506-08`), or a zone by name. */
function decodeDateField(text: string, state: State): DateTimeError | null {
  const dated = state.month !== null && state.day !== null;
  if (state.expect === null && !dated) return decodeDate(text, state);
  if (/^[0-9]/.test(text) || state.expect !== null) {
    if (state.expect === 'julian') return decodeJulian(text, state);
    state.expect = null;
    const sign = text.indexOf('-');
    if (state.hasTime || sign < 0) return 'format';
    return (
      decodeZone(text.slice(sign), state) ?? decodeNumberField(text.slice(0, sign), state, false)
    );
  }
  return decodeZoneName(text, state);
}

function decodeZoneName(text: string, state: State): DateTimeError | null {
  const signed = /^([a-z]+)([+-][0-9:]+)$/.exec(text);
  if (signed !== null) {
    // POSIX style: the sign is west of Greenwich.
    const [, , offset = ''] = signed;
    const error = decodeZone(offset, state);
    if (state.zoneSeconds !== null) state.zoneSeconds = 0 - state.zoneSeconds;
    return error;
  }
  if (/^etc\/(utc|gmt|uct|zulu)$/.test(text)) {
    state.zoneSeconds = 0;
    return null;
  }
  if (/^[a-z]+\/[a-z_/+-]+[0-9]*$/.test(text)) throw unsupported(`time zone "${text}"`, -1);
  return 'format';
}

/** `2020-01-31`, `1/31/2020`, `31-Jan-2020`, `2020.031`. */
function decodeDate(text: string, state: State): DateTimeError | null {
  const parts = text.match(/[0-9]+|[a-z]+/g) ?? [];
  const numbers: string[] = [];
  for (const part of parts) {
    if (/^[0-9]/.test(part)) {
      numbers.push(part);
      continue;
    }
    const word = WORDS.get(part);
    if (word?.kind === 'ignored') continue;
    if (word?.kind !== 'month' || state.month !== null) return 'format';
    state.month = word.value;
    state.textMonth = true;
  }
  if (parts.length > 3 || !/^[0-9a-z]/.test(text)) return 'format';
  for (const part of numbers) {
    const error = decodeNumber(part, state);
    if (error !== null) return error;
  }
  return state.year !== null &&
    (state.dayOfYear !== null || (state.month !== null && state.day !== null))
    ? null
    : 'format';
}

function decodeNumberToken(text: string, state: State): DateTimeError | null {
  if (state.expect === 'julian') return decodeJulian(text, state);
  if (state.expect === 'time') {
    state.expect = null;
    return decodeNumberField(text, state, false);
  }
  const point = text.indexOf('.');
  if (state.timeOnly && !hasDate(state) && (text.length >= 6 || text.length === 4)) {
    return decodeNumberField(text, state, false);
  }
  if (point >= 0 && !hasDate(state) && state.month === null && state.day === null) {
    if (point === 4 || point <= 2) return decodeDate(text, state);
  }
  if (point > 2) return decodeNumberField(text, state, true);
  const untouched = state.year === null && state.month === null && state.day === null;
  if (text.length >= 6 && (untouched || !state.hasTime)) {
    return decodeNumberField(text, state, true);
  }
  return decodeNumber(text, state);
}

/** `J2451187`, with an optional fraction of a day. */
function decodeJulian(text: string, state: State): DateTimeError | null {
  state.expect = null;
  const days = /^[0-9]+/.exec(text)?.[0] ?? '';
  const value = Number(days);
  if (days === '' || value > 2147483647) return 'field';
  const civil = civilFromDays(value - JULIAN_2000);
  Object.assign(state, civil);
  state.julian = true;
  if (days.length === text.length) return null;
  const fraction = Number(`0${text.slice(days.length)}`);
  if (Number.isNaN(fraction)) return 'format';
  const micros = Math.round(fraction * 86400e6);
  state.hasTime = true;
  state.hour = Math.floor(micros / 3600e6);
  state.minute = Math.floor(micros / 60e6) % 60;
  state.second = Math.floor(micros / 1e6) % 60;
  state.fraction = micros % 1e6;
  return null;
}

/** One number of a date, by what is known so far and by the order asked for. */
function decodeNumber(text: string, state: State): DateTimeError | null {
  const value = Number(text.replace(/\..*/, ''));
  const long = text.length >= 3;
  const { year, month, day, order, textMonth } = state;
  const yearFirst = long || order === 'ymd';
  if (text.length === 3 && year !== null && month === null && day === null) {
    if (value < 1 || value > 366) return 'month';
    state.dayOfYear = value;
    return null;
  }
  if (month === null && day === null) {
    if (year === null && yearFirst) return takeYear(text, value, state);
    if (year === null && order === 'dmy') state.day = value;
    else state.month = value;
  } else if (month === null) {
    state.month = value;
  } else if (day === null) {
    if (year === null && textMonth && yearFirst) return takeYear(text, value, state);
    if (year !== null && textMonth && long && state.shortYear) {
      // The first number of `08-Jan-1999` was taken for the year.
      state.day = year;
      return takeYear(text, value, state);
    }
    state.day = value;
  } else if (year === null) {
    return takeYear(text, value, state);
  } else return decodeNumberField(text, state, false);
  return null;
}

function takeYear(text: string, value: number, state: State): null {
  state.year = value;
  state.shortYear = text.length <= 2;
  return null;
}

/** Digits run together: `20200131`, `200131`, then `040506[.5]` or `0405`. */
function decodeNumberField(text: string, state: State, dateFirst: boolean): DateTimeError | null {
  const point = text.indexOf('.');
  const digits = point < 0 ? text : text.slice(0, point);
  const { length } = digits;
  if (point < 0 && dateFirst && !hasDate(state) && length >= 6) {
    state.day = Number(digits.slice(length - 2));
    state.month = Number(digits.slice(length - 4, length - 2));
    state.year = Number(digits.slice(0, length - 4));
    state.shortYear = length - 4 === 2;
    return null;
  }
  if (state.hasTime || (length !== 6 && length !== 4)) return 'format';
  state.hasTime = true;
  state.hour = Number(digits.slice(0, 2));
  state.minute = Number(digits.slice(2, 4));
  state.second = length === 6 ? Number(digits.slice(4)) : 0;
  state.fraction = point < 0 ? 0 : fractionMicros(text.slice(point));
  return null;
}

/** `.5` as microseconds, ties to even as C's `rint`. */
export function fractionMicros(text: string): number {
  if (text.length <= 1) return 0;
  const scaled = Number(`0${text}`) * 1e6;
  const floor = Math.floor(scaled);
  const rest = scaled - floor;
  if (rest !== 0.5) return Math.round(scaled);
  return floor % 2 === 0 ? floor : floor + 1;
}

const TIME = /^([0-9]+):([0-9]+)(?::([0-9]*)(\.[0-9]*)?|(\.[0-9]*))?$/;

function decodeTime(text: string, state: State): DateTimeError | null {
  if (state.hasTime) return 'format';
  const match = TIME.exec(text);
  if (match === null) return 'format';
  const [, first = '', second = '', third, fraction = '', early] = match;
  state.hasTime = true;
  if (early !== undefined) {
    // `12:34.5` is minutes and seconds.
    state.minute = Number(first);
    state.second = Number(second);
    state.fraction = fractionMicros(early);
  } else {
    state.hour = Number(first);
    state.minute = Number(second);
    state.second = Number(third ?? '0');
    state.fraction = fractionMicros(fraction);
  }
  return state.minute > 59 || state.second > 60 || state.fraction > 1e6 ? 'field' : null;
}

/** `+02`, `-0530`, `+5:30`, `+05:30:15`. */
export function zoneOffset(text: string): number | DateTimeError {
  const match = /^([+-])([0-9]+)(?::([0-9]{1,2})(?::([0-9]{1,2}))?)?$/.exec(text);
  if (match === null) return 'format';
  const [, sign, first = '', second, third] = match;
  let hours = Number(first);
  let minutes = Number(second ?? '0');
  if (second === undefined && first.length > 2) {
    minutes = hours % 100;
    hours = Math.floor(hours / 100);
  }
  const seconds = Number(third ?? '0');
  if (hours > 15 || minutes > 59 || seconds > 59) return 'zone';
  const total = hours * 3600 + minutes * 60 + seconds;
  return sign === '-' ? 0 - total : total;
}

function decodeZone(text: string, state: State): DateTimeError | null {
  const offset = zoneOffset(text);
  if (typeof offset !== 'number') return offset;
  state.zoneSeconds = (state.zoneSeconds ?? 0) + offset;
  return null;
}

function decodeWord(text: string, state: State): DateTimeError | null {
  const word = WORDS.get(text);
  if (word === undefined) return decodeZoneName(text, state);
  switch (word.kind) {
    case 'reserved':
      if (state.special !== null) return 'format';
      state.special = word.value;
      return null;
    case 'month':
      return decodeMonthWord(word.value, state);
    case 'zone':
      state.zoneSeconds = (state.zoneSeconds ?? 0) + word.seconds;
      return null;
    case 'daylight':
      state.zoneSeconds = (state.zoneSeconds ?? 0) + 3600;
      return null;
    case 'meridiem':
      state.pm = word.pm;
      return null;
    case 'era':
      state.bc = word.bc;
      return null;
    case 'allballs':
      state.hasTime = true;
      state.zoneSeconds = 0;
      return null;
    case 'julian':
      state.expect = 'julian';
      return null;
    case 'isoTime':
      if (!hasDate(state) && !state.timeOnly) return 'format';
      state.expect = 'time';
      return null;
    case 'weekday':
    case 'ignored':
      return null;
  }
}

/** `08 Jan 1999`: the number before was taken for a month and is the day. */
function decodeMonthWord(month: number, state: State): DateTimeError | null {
  if (state.month !== null) {
    if (state.textMonth || state.day !== null || state.month < 1 || state.month > 31) {
      return 'format';
    }
    state.day = state.month;
  }
  state.month = month;
  state.textMonth = true;
  return null;
}

function finish(state: State): ParsedDateTime | DateTimeError {
  const micros = finishClock(state);
  if (typeof micros !== 'number') return micros;
  const { special, hasTime, zoneSeconds } = state;
  const none = state.year === null && state.month === null && state.day === null;
  if (special !== null || none) {
    if (!none) return 'format';
    if (special === null && !hasTime) return 'format';
    return { special, hasTime, micros, zoneSeconds, hasDate: false, year: 2000, month: 1, day: 1 };
  }
  const civil = finishDate(state);
  if (typeof civil === 'string') return civil;
  const { year, month, day } = civil;
  return { special, hasTime, micros, zoneSeconds, hasDate: true, year, month, day };
}

function finishClock(state: State): number | DateTimeError {
  let { hour } = state;
  if (state.pm !== null) {
    if (hour > 12) return 'field';
    if (state.pm && hour !== 12) hour += 12;
    else if (!state.pm && hour === 12) hour = 0;
  }
  const micros = ((hour * 60 + state.minute) * 60 + state.second) * 1e6 + state.fraction;
  if (hour > 24 || state.minute > 59 || state.second > 60 || micros > 86400e6) return 'field';
  return micros;
}

function finishDate(
  state: State,
): { readonly year: number; readonly month: number; readonly day: number } | DateTimeError {
  let { year } = state;
  if (year === null) return 'format';
  if (!state.julian) {
    if (state.bc) {
      if (year <= 0) return 'field';
      year = 1 - year;
    } else if (state.shortYear) {
      year += year < 70 ? 2000 : 1900;
    } else if (year <= 0) return 'field';
  }
  if (state.dayOfYear !== null) {
    return civilFromDays(daysFromCivil(year, 1, 1) + state.dayOfYear - 1);
  }
  const { month, day } = state;
  if (month === null || day === null) return 'format';
  if (month < 1 || month > 12 || day < 1 || day > 31) return 'month';
  if (day > daysInMonth(year, month)) return 'field';
  return { year, month, day };
}
