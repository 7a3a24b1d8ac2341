/**
 * Text of intervals: PostgreSQL's input (verbose, SQL, ISO 8601) and its `postgres` output style.
 *
 * Fields are read from the last to the first, so that a number meets its unit before itself.
 * Fractions spill down: of years into months, of months into days, of days into time.
 */
import { SqlError } from '../error.ts';
import { fractionMicros } from './datetime-parse.ts';
import { splitFields } from './datetime-tokens.ts';
import type { Field } from './datetime-tokens.ts';
import { formatFraction } from './datetime-text.ts';
import { add64, int64, multiply64, narrow, negate64 } from './int64.ts';
import { DAY_MICROS, HOUR_MICROS, interval, MINUTE_MICROS, SECOND_MICROS } from './interval.ts';
import { intervalFields, trimToFields } from './interval-fields.ts';
import type { Int64, Interval } from './type.ts';
import { trimBlanks } from './decimal-text.ts';

interface Unit {
  /** Two fields of one name in one interval are an error. */
  readonly name: string;
  readonly months: number;
  readonly days: number;
  readonly micros: number;
}

function unit(name: string, months: number, days: number, micros: number): Unit {
  return { name, months, days, micros };
}

const YEAR = unit('year', 12, 0, 0);
const MONTH = unit('month', 1, 0, 0);
const WEEK = unit('week', 0, 7, 0);
const DAY = unit('day', 0, 1, 0);
const HOUR = unit('hour', 0, 0, HOUR_MICROS);
const MINUTE = unit('minute', 0, 0, MINUTE_MICROS);
const SECOND = unit('second', 0, 0, SECOND_MICROS);

const SPELLINGS: readonly (readonly [Unit, string])[] = [
  [unit('millennium', 12000, 0, 0), 'mil mils millennia millennium millenniums'],
  [unit('century', 1200, 0, 0), 'c cent century centuries'],
  [unit('decade', 120, 0, 0), 'dec decs decade decades'],
  [YEAR, 'y yr yrs year years'],
  [MONTH, 'mon mons month months'],
  [WEEK, 'w week weeks'],
  [DAY, 'd day days'],
  [HOUR, 'h hr hrs hour hours'],
  [MINUTE, 'm min mins minute minutes'],
  [SECOND, 's sec secs second seconds'],
  [unit('millisecond', 0, 0, 1000), 'ms msec msecs mseconds millisecond milliseconds'],
  [unit('microsecond', 0, 0, 1), 'us usec usecs useconds microsecond microseconds'],
];

export const UNITS: ReadonlyMap<string, Unit> = new Map(
  SPELLINGS.flatMap(([meant, words]) => words.split(' ').map((word) => [word, meant] as const)),
);

/** What is gathered while reading; 128 bits of microseconds are checked at the end. */
interface Sum {
  months: number;
  days: number;
  micros: Int64;
  readonly seen: Set<string>;
}

function syntaxError(text: string): SqlError {
  return new SqlError('22007', `invalid input syntax for type interval: "${text}"`);
}

function fieldOverflow(text: string): SqlError {
  return new SqlError('22015', `interval field value out of range: "${text}"`);
}

/** `modifier` says which fields are meant when none are written, and which remain. */
export function parseInterval(text: string, modifier: number): Interval {
  const sum: Sum = { months: 0, days: 0, micros: 0, seen: new Set() };
  const trimmed = trimBlanks(text);
  const read = /^[+-]?P/.test(trimmed)
    ? readIso(trimmed, sum, text)
    : readFields(text, modifier, sum);
  if (!read) throw syntaxError(text);
  const wide = (value: number): boolean => value > 2147483647 || value < -2147483648;
  if (wide(sum.months) || wide(sum.days)) throw fieldOverflow(text);
  return trimToFields(interval(sum.months + 0, sum.days + 0, sum.micros), modifier);
}

/** False: no interval. */
function readFields(text: string, modifier: number, sum: Sum): boolean {
  const fields = splitFields(text);
  if (fields === null || fields.length === 0) return false;
  let current: Unit | null = null;
  let ago = false;
  for (let i = fields.length - 1; i >= 0; i -= 1) {
    const field = fields[i];
    if (field === undefined) return false;
    if (field.kind === 'string' || field.kind === 'special') {
      if (field.text === 'ago') {
        ago = true;
        continue;
      }
      const found = UNITS.get(field.text);
      if (found === undefined) return false;
      current = found;
      continue;
    }
    if (field.text.includes(':')) {
      if (!readClock(field, modifier, sum, text)) return false;
      current = DAY;
      continue;
    }
    current ??= defaultUnit(modifier);
    if (!readNumber(field, current, sum, text)) return false;
  }
  if (sum.seen.size === 0) return false;
  if (ago) negate(sum);
  return true;
}

function negate(sum: Sum): void {
  sum.months = 0 - sum.months;
  sum.days = 0 - sum.days;
  sum.micros = negate64(sum.micros);
}

/** The unit of a number without one: the last field of the modifier. */
function defaultUnit(modifier: number): Unit {
  const fields = intervalFields(modifier) ?? '';
  const [last = ''] = fields.split(' ').slice(-1);
  return UNITS.get(last) ?? SECOND;
}

function seeOnce(sum: Sum, ...names: readonly string[]): boolean {
  for (const name of names) {
    if (sum.seen.has(name)) return false;
    sum.seen.add(name);
  }
  return true;
}

const CLOCK = /^([+-]?)([0-9]+):([0-9]+)(?::([0-9]+)(\.[0-9]*)?|(\.[0-9]*))?$/;

function readClock(field: Field, modifier: number, sum: Sum, text: string): boolean {
  const match = CLOCK.exec(field.text);
  if (match === null || !seeOnce(sum, 'hour', 'minute', 'second')) return false;
  const [, sign, first = '', second = '', third, late = '', early] = match;
  const short =
    early !== undefined || (third === undefined && intervalFields(modifier) === 'minute to second');
  const hours = short ? 0 : Number(first);
  const minutes = Number(short ? first : second);
  const seconds = Number(short ? second : (third ?? '0'));
  const fraction = fractionMicros(early ?? late);
  if (minutes > 59 || seconds > 60 || hours > 1e12) throw fieldOverflow(text);
  const rest = minutes * MINUTE_MICROS + seconds * SECOND_MICROS + fraction;
  const total = checked(() => add64(multiply64(hours, HOUR_MICROS), rest), text);
  sum.micros = checked(() => add64(sum.micros, sign === '-' ? negate64(total) : total), text);
  return true;
}

function checked(compute: () => Int64, text: string): Int64 {
  try {
    return compute();
  } catch (error) {
    if (error instanceof SqlError) throw fieldOverflow(text);
    throw error;
  }
}

const NUMBER = /^([+-]?)([0-9]*)(\.[0-9]*)?$/;
const YEAR_MONTH = /^([+-]?)([0-9]+)-([0-9]+)$/;

function readNumber(field: Field, current: Unit, sum: Sum, text: string): boolean {
  const pair = YEAR_MONTH.exec(field.text);
  if (pair !== null) {
    const [, sign, years = '', months = ''] = pair;
    if (!seeOnce(sum, 'month')) return false;
    if (Number(months) >= 12) throw fieldOverflow(text);
    const total = Number(years) * 12 + Number(months);
    sum.months += sign === '-' ? -total : total;
    return true;
  }
  const match = NUMBER.exec(field.text);
  if (match === null) return false;
  const [, sign, whole = '', fraction = ''] = match;
  if (whole === '' && fraction.length < 2) return false;
  if (!seeOnce(sum, current.name)) return false;
  addUnits(sum, current, sign === '-', whole, fraction, text);
  return true;
}

/** Adds `whole.fraction` units. */
function addUnits(
  sum: Sum,
  current: Unit,
  negative: boolean,
  whole: string,
  fraction: string,
  text: string,
): void {
  const sign = negative ? -1 : 1;
  const count = narrow(BigInt(whole === '' ? '0' : whole) * BigInt(sign));
  checked(() => int64(BigInt(count)), text);
  const part = fraction.length > 1 ? Number(`0${fraction}`) * sign : 0;
  if (current.months > 0) {
    sum.months += Number(count) * current.months;
    // Fractions of a month are days; of longer units they are whole months.
    if (current.name === 'month') addFractionDays(sum, part * 30, text);
    else sum.months += roundHalfEven(part * current.months);
  } else if (current.days > 0) {
    sum.days += Number(count) * current.days;
    addFractionDays(sum, part * current.days, text);
  } else {
    sum.micros = checked(() => add64(sum.micros, multiply64(count, current.micros)), text);
    sum.micros = checked(() => add64(sum.micros, roundHalfEven(part * current.micros)), text);
  }
}

function addFractionDays(sum: Sum, days: number, text: string): void {
  const whole = Math.trunc(days);
  sum.days += whole;
  const micros = roundHalfEven((days - whole) * DAY_MICROS);
  sum.micros = checked(() => add64(sum.micros, micros), text);
}

function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return (rest < 0.5 ? floor : floor + 1) + 0;
  return floor % 2 === 0 ? floor : floor + 1;
}

const ISO_NUMBER = /([+-]?)([0-9]*)(\.[0-9]*)?([A-Z])/y;
const ISO_DATE: ReadonlyMap<string, Unit> = new Map([
  ['Y', YEAR],
  ['M', MONTH],
  ['W', WEEK],
  ['D', DAY],
]);
const ISO_TIME: ReadonlyMap<string, Unit> = new Map([
  ['H', HOUR],
  ['M', MINUTE],
  ['S', SECOND],
]);

/** `P1Y2M3DT4H5M6.5S`, and the alternative form `P0001-02-03T04:05:06`. */
function readIso(trimmed: string, sum: Sum, text: string): boolean {
  const alternative = /^P([0-9]+)-([0-9]+)-([0-9]+)(?:T([0-9:.]+))?$/.exec(trimmed);
  if (alternative !== null) {
    const [, years = '', months = '', days = '', clock = ''] = alternative;
    addUnits(sum, YEAR, false, years, '', text);
    addUnits(sum, MONTH, false, months, '', text);
    addUnits(sum, DAY, false, days, '', text);
    return clock === '' || readClock({ kind: 'time', text: clock }, -1, sum, text);
  }
  if (!trimmed.startsWith('P')) return false;
  let units = ISO_DATE;
  let at = 1;
  while (at < trimmed.length) {
    if (trimmed[at] === 'T' && units === ISO_DATE) {
      units = ISO_TIME;
      at += 1;
      continue;
    }
    ISO_NUMBER.lastIndex = at;
    const match = ISO_NUMBER.exec(trimmed);
    const [whole = '', sign, digits = '', fraction = '', letter = ''] = match ?? [];
    const current = units.get(letter);
    if (current === undefined || digits + fraction === '') return false;
    addUnits(sum, current, sign === '-', digits, fraction, text);
    at += whole.length;
  }
  return at > 1;
}

/** `1 year 2 mons -3 days +04:05:06.7`. */
export function formatInterval(value: Interval): string {
  const years = Math.trunc(value.months / 12);
  let text = '';
  let negativeBefore = false;
  const parts: readonly (readonly [number, string])[] = [
    [years, 'year'],
    [value.months - years * 12, 'mon'],
    [value.days, 'day'],
  ];
  for (const [count, name] of parts) {
    if (count === 0) continue;
    const plus = negativeBefore && count > 0 ? '+' : '';
    text += `${text === '' ? '' : ' '}${plus}${count} ${name}${count === 1 ? '' : 's'}`;
    negativeBefore = count < 0;
  }
  if (text !== '' && value.micros === 0) return text;
  const sign = value.micros < 0 ? '-' : negativeBefore ? '+' : '';
  return `${text === '' ? '' : `${text} `}${sign}${formatSpan(value.micros)}`;
}

/** Hours may have more than two digits; the sign is the caller's. */
function formatSpan(micros: Int64): string {
  const magnitude = micros < 0 ? -BigInt(micros) : BigInt(micros);
  const seconds = Number(magnitude / 1_000_000n);
  const fraction = formatFraction(Number(magnitude % 1_000_000n));
  const two = (value: number): string => value.toString().padStart(2, '0');
  const clock = `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}`;
  return `${clock}:${two(seconds % 60)}${fraction}`;
}
