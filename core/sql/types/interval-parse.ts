/**
 * Text into intervals: PostgreSQL's own form, SQL's and ISO 8601's.
 *
 * Fields are read from the last to the first, so that a number meets its unit before itself.
 * Fractions spill down: of years into months, of months into days, of days into time. What is no
 * interval is 22007, what is too large for a field 22015, for all fields together 22008.
 */
import { SqlError } from '../error.ts';
import { fractionMicros } from './datetime-parse.ts';
import { splitFields } from './datetime-tokens.ts';
import type { Field } from './datetime-tokens.ts';
import { INT64_MAX, INT64_MIN, narrow } from './int64.ts';
import { check32, HOUR_MICROS, interval, MINUTE_MICROS, SECOND_MICROS } from './interval.ts';
import { intervalFields, trimToFields } from './interval-fields.ts';
import { readIso } from './interval-iso.ts';
import { IntervalSum } from './interval-sum.ts';
import type { Unit } from './interval-sum.ts';
import type { Interval } from './type.ts';

function unit(kind: Unit['kind'], scale: number, ...covers: readonly string[]): Unit {
  return { kind, scale, covers };
}

const YEAR = unit('years', 1, 'year');
const MONTH = unit('months', 1, 'month');
const DAY = unit('days', 1, 'day');
const HOUR = unit('micros', HOUR_MICROS, 'hour');
const MINUTE = unit('micros', MINUTE_MICROS, 'minute');
const SECOND = unit('micros', SECOND_MICROS, 'second');
/** Finer fields beside seconds with a fraction would say the same twice. */
const SECONDS: readonly string[] = ['second', 'millisecond', 'microsecond'];
const CLOCK: readonly string[] = ['hour', 'minute', ...SECONDS];

const SPELLINGS: readonly (readonly [Unit, string])[] = [
  [unit('years', 1000, 'millennium'), 'mil mils millennia millennium millenniums'],
  [unit('years', 100, 'century'), 'c cent century centuries'],
  [unit('years', 10, 'decade'), 'dec decs decade decades'],
  [YEAR, 'y yr yrs year years'],
  [MONTH, 'mon mons month months'],
  [unit('days', 7, 'week'), 'w week weeks'],
  [DAY, 'd day days'],
  [HOUR, 'h hr hrs hour hours'],
  [MINUTE, 'm min mins minute minutes'],
  [SECOND, 's sec secs second seconds'],
  [unit('micros', 1000, 'millisecond'), 'ms msec msecs mseconds millisecond milliseconds'],
  [unit('micros', 1, 'microsecond'), 'us usec usecs useconds microsecond microseconds'],
];

const UNITS: ReadonlyMap<string, Unit> = new Map(
  SPELLINGS.flatMap(([meant, words]) => words.split(' ').map((word) => [word, meant] as const)),
);

/**
 * `modifier` says which fields are meant when none are written, and which remain. `standard`: as
 * `IntervalStyle` `sql_standard` has it, one minus at the front is for all fields.
 */
export function parseInterval(text: string, modifier: number, standard: boolean = false): Interval {
  let sum = new IntervalSum(text);
  if (!readFields(text, modifier, standard, sum)) {
    sum = new IntervalSum(text);
    if (!readIso(text, sum)) {
      throw new SqlError('22007', `invalid input syntax for type interval: "${text}"`);
    }
  }
  const months = check32(sum.years * 12 + sum.months);
  return trimToFields(interval(months, sum.days + 0, narrow(sum.micros)), modifier);
}

interface Reading {
  readonly modifier: number;
  /** All numbers are below zero. */
  readonly negative: boolean;
  readonly sum: IntervalSum;
  readonly seen: Set<string>;
}

/** False: no interval. */
function readFields(text: string, modifier: number, standard: boolean, sum: IntervalSum): boolean {
  const fields = splitFields(text);
  if (fields === null || fields.length === 0) return false;
  const [first, ...others] = fields.map((field) => field.text);
  const negative =
    standard && first!.startsWith('-') && !others.some((other) => /^[+-]/.test(other));
  const reading: Reading = { modifier, negative, sum, seen: new Set() };
  let current: Unit | null = null;
  let ago = false;
  for (const field of fields.toReversed()) {
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
    if (field.text.includes(':') && (field.kind === 'time' || /^[+-]/.test(field.text))) {
      if (!readClock(field, reading)) return false;
      current = DAY;
      continue;
    }
    current ??= defaultUnit(modifier);
    if (!readNumber(field, current, reading)) return false;
    // SQL writes days before hours, without a word between them.
    if (current === HOUR) current = DAY;
  }
  if (reading.seen.size === 0) return false;
  if (ago) sum.negate();
  return true;
}

/** The unit of a number without one: the last field of the modifier. */
function defaultUnit(modifier: number): Unit {
  const fields = intervalFields(modifier) ?? '';
  const [last = ''] = fields.split(' ').slice(-1);
  return UNITS.get(last) ?? SECOND;
}

function seeOnce(seen: Set<string>, names: readonly string[]): boolean {
  if (names.some((name) => seen.has(name))) return false;
  for (const name of names) seen.add(name);
  return true;
}

const TIME = /^([+-]?)([0-9]+):([0-9]+)(?::([0-9]+)(\.[0-9]*)?|(\.[0-9]*))?$/;

function readClock(field: Field, { modifier, negative, sum, seen }: Reading): boolean {
  const match = TIME.exec(field.text);
  if (match === null || !seeOnce(seen, CLOCK)) return false;
  const [, sign, first = '', second = '', third, late = '', early] = match;
  const short =
    early !== undefined || (third === undefined && intervalFields(modifier) === 'minute to second');
  const hours = short ? 0n : BigInt(first);
  const minutes = Number(short ? first : second);
  const seconds = Number(short ? second : (third ?? '0'));
  if (hours > INT64_MAX || minutes > 59 || seconds > 60) throw sum.overflow();
  const rest = minutes * MINUTE_MICROS + seconds * SECOND_MICROS + fractionMicros(early ?? late);
  const total = hours * BigInt(HOUR_MICROS) + BigInt(rest);
  if (total > INT64_MAX) throw sum.overflow();
  sum.addMicros(sign === '-' || negative ? -total : total, 1n);
  return true;
}

const NUMBER = /^([+-]?)([0-9]*)(\.[0-9]*)?$/;
const YEAR_MONTH = /^([+-]?)([0-9]+)-([0-9]+)$/;

function readNumber(field: Field, current: Unit, reading: Reading): boolean {
  const { sum, seen } = reading;
  const pair = YEAR_MONTH.exec(field.text);
  if (pair !== null) {
    const [, sign, years = '', months = ''] = pair;
    if (Number(months) >= 12) throw sum.overflow();
    const total = BigInt(years) * 12n + BigInt(months);
    if (!seeOnce(seen, MONTH.covers)) return false;
    sum.add(MONTH, sign === '-' || reading.negative ? -total : total, 0);
    return true;
  }
  const match = NUMBER.exec(field.text);
  if (match === null) return false;
  const [, sign, whole = '', fraction = ''] = match;
  if (whole === '' && fraction.length < 2) return false;
  const minus = sign === '-' || reading.negative;
  const magnitude = BigInt(whole === '' ? '0' : whole);
  const count = minus ? -magnitude : magnitude;
  if (count > INT64_MAX || count < INT64_MIN) throw sum.overflow();
  const part = fraction.length > 1 ? Number(`0${fraction}`) : 0;
  sum.add(current, count, minus ? -part : part);
  return seeOnce(seen, current === SECOND && part !== 0 ? SECONDS : current.covers);
}
