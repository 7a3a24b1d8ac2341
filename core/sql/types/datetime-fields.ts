/**
 * Fields of dates, times and intervals: `extract`, `date_trunc`, `age`.
 *
 * Years have no year zero: 1 BC is -1 for `extract`, though the calendar counts it as 0.
 */
import { SqlError } from '../error.ts';
import {
  civilFromDays,
  dayOfWeek,
  dayOfYear,
  daysFromCivil,
  daysInMonth,
  isoWeek,
  JULIAN_2000,
  UNIX_EPOCH_DAYS,
} from './calendar.ts';
import {
  checkTimestamp,
  instantToLocal,
  joinTimestamp,
  timestampDays,
  timestampTime,
} from './datetime.ts';
import { add, decimal, divide, INFINITY, MINUS_INFINITY } from './decimal.ts';
import { typeName } from './describe.ts';
import { INT64_MAX, INT64_MIN, narrow } from './int64.ts';
import { DAY_MICROS, HOUR_MICROS, interval, MINUTE_MICROS, SECOND_MICROS } from './interval.ts';
import { lowerAscii } from './text.ts';
import { DATE, INTERVAL, TIME, TIMESTAMP, TIMESTAMPTZ } from './type.ts';
import type { Decimal, Int64, Interval, TypeId } from './type.ts';
import type { Zone } from './zone.ts';

const SPELLINGS: readonly string[] = [
  'microseconds us usec usecs usecond useconds microsecond microsecon',
  'milliseconds ms msec msecs msecond mseconds millisecond millisecon',
  'second s sec secs seconds',
  'minute m min mins minutes',
  'hour h hr hrs hours',
  'day d days',
  'week w weeks',
  'month mon mons months',
  'quarter qtr q',
  'year y yr yrs years',
  'decade dec decs decades',
  'century c cent centuries',
  'millennium mil mils millennia',
  'epoch',
  'julian j jd',
  'isoyear',
  'isodow',
  'dow',
  'doy',
  'timezone timezone_',
  'timezone_hour timezone_h',
  'timezone_minute timezone_m',
];

const FIELDS: ReadonlyMap<string, string> = new Map(
  SPELLINGS.flatMap((line) => {
    const words = line.split(' ');
    return words.map((word): [string, string] => [word, words[0] ?? '']);
  }),
);

/** The field's one name. */
export function fieldNamed(written: string, type: TypeId): string {
  const field = FIELDS.get(written) ?? FIELDS.get(lowerAscii(written));
  if (field !== undefined) return field;
  throw notRecognized(written, type);
}

function notRecognized(written: string, type: TypeId): SqlError {
  const message = `unit "${lowerAscii(written)}" not recognized for type ${typeName(type)}`;
  return new SqlError('22023', message);
}

export function fieldNotSupported(written: string, type: TypeId, detail?: string): SqlError {
  const message = `unit "${lowerAscii(written)}" not supported for type ${typeName(type)}`;
  return new SqlError('0A000', message, detail === undefined ? {} : { detail });
}

function whole(value: Int64): Decimal {
  return decimal(value, 0);
}

/** A year as people count, without zero. */
function shownYear(year: number): number {
  return year > 0 ? year : year - 1;
}

function decadeOf(year: number): number {
  return year >= 0 ? Math.floor(year / 10) : -Math.floor((8 - (year - 1)) / 10);
}

/** Centuries (100) and millennia (1000) begin with their year 1. */
function periodOf(year: number, length: number): number {
  return year > 0
    ? Math.floor((year + length - 1) / length)
    : -Math.floor((length - 1 - (year - 1)) / length);
}

/** Of a field that a day has; null: it is one of a time. */
function dayField(field: string, days: number): number | null {
  const { year, month, day } = civilFromDays(days);
  switch (field) {
    case 'day':
      return day;
    case 'month':
      return month;
    case 'quarter':
      return Math.floor((month - 1) / 3) + 1;
    case 'week':
      return isoWeek(days).week;
    case 'year':
      return shownYear(year);
    case 'isoyear':
      return shownYear(isoWeek(days).year);
    case 'decade':
      return decadeOf(year);
    case 'century':
      return periodOf(year, 100);
    case 'millennium':
      return periodOf(year, 1000);
    case 'dow':
      return dayOfWeek(days);
    case 'isodow':
      return dayOfWeek(days) === 0 ? 7 : dayOfWeek(days);
    case 'doy':
      return dayOfYear(days);
    case 'julian':
      return days + JULIAN_2000;
    default:
      return null;
  }
}

/** Of a field that a time of day has; null: it is not one. */
function timeField(field: string, micros: number): Decimal | null {
  switch (field) {
    case 'microseconds':
      return whole(micros % MINUTE_MICROS);
    case 'milliseconds':
      return decimal(micros % MINUTE_MICROS, 3);
    case 'second':
      return decimal(micros % MINUTE_MICROS, 6);
    case 'minute':
      return whole(Math.trunc(micros / MINUTE_MICROS) % 60);
    case 'hour':
      return whole(Math.trunc(micros / HOUR_MICROS));
    default:
      return null;
  }
}

const MONOTONIC = ['year', 'decade', 'century', 'millennium', 'julian', 'isoyear', 'epoch'];

/** Of ±infinity: what grows with time is infinite, what comes round is null. */
export function extractInfinite(written: string, type: TypeId, positive: boolean): Decimal | null {
  const field = fieldNamed(written, type);
  if (MONOTONIC.includes(field)) return positive ? INFINITY : MINUS_INFINITY;
  const known = dayField(field, 0) !== null;
  if (!known && (type === DATE || timeField(field, 0) === null)) {
    if (type === DATE || !field.startsWith('timezone')) throw fieldNotSupported(written, type);
  }
  return null;
}

export function extractFromDate(written: string, days: number): Decimal {
  const field = fieldNamed(written, DATE);
  if (field === 'epoch') return whole((days - UNIX_EPOCH_DAYS) * 86400);
  const value = dayField(field, days);
  if (value === null) throw fieldNotSupported(written, DATE);
  return whole(value);
}

export function extractFromTime(written: string, micros: number): Decimal {
  const field = fieldNamed(written, TIME);
  if (field === 'epoch') return decimal(micros, 6);
  const value = timeField(field, micros);
  if (value === null) throw fieldNotSupported(written, TIME);
  return value;
}

/** Of a timestamptz, as the zone's clocks show it. */
export function extractFromInstant(written: string, at: Int64, zone: Zone): Decimal {
  return extractFromTimestamp(written, instantToLocal(at, zone), zone.offsetAt(at));
}

/** `local` is what the clock shows, `zoneMicros` the offset of a timestamptz, else null. */
export function extractFromTimestamp(
  written: string,
  local: Int64,
  zoneMicros: number | null,
): Decimal {
  const type = zoneMicros === null ? TIMESTAMP : TIMESTAMPTZ;
  const field = fieldNamed(written, type);
  const days = timestampDays(local);
  const micros = timestampTime(local);
  if (field === 'epoch') {
    // Beyond 64 bits at the end of the range.
    const shift = -UNIX_EPOCH_DAYS * DAY_MICROS - (zoneMicros ?? 0);
    return decimal(narrow(BigInt(local) + BigInt(shift)), 6);
  }
  if (field === 'julian') {
    const share = divide(decimal(micros, 0), decimal(DAY_MICROS, 0));
    return add(whole(days + JULIAN_2000), share);
  }
  const day = dayField(field, days);
  if (day !== null) return whole(day);
  const value = timeField(field, micros) ?? zoneField(field, zoneMicros);
  if (value === null) throw fieldNotSupported(written, type);
  return value;
}

function zoneField(field: string, zoneMicros: number | null): Decimal | null {
  if (zoneMicros === null) return null;
  const seconds = zoneMicros / SECOND_MICROS;
  switch (field) {
    case 'timezone':
      return whole(seconds);
    case 'timezone_hour':
      return whole(Math.trunc(seconds / 3600) + 0);
    case 'timezone_minute':
      return whole((Math.trunc(seconds / 60) % 60) + 0);
    default:
      return null;
  }
}

export function extractFromInterval(written: string, span: Interval): Decimal {
  const field = fieldNamed(written, INTERVAL);
  const years = Math.trunc(span.months / 12) + 0;
  switch (field) {
    case 'day':
      return whole(span.days);
    case 'month':
      return whole((span.months % 12) + 0);
    case 'quarter':
      return whole(Math.trunc((span.months % 12) / 3) + 1);
    case 'year':
      return whole(years);
    case 'decade':
      return whole(Math.trunc(years / 10) + 0);
    case 'century':
      return whole(Math.trunc(years / 100) + 0);
    case 'millennium':
      return whole(Math.trunc(years / 1000) + 0);
    case 'epoch': {
      // A year has 365.25 days, a month 30.
      const quarterDays = 1461 * years + 120 * (span.months % 12) + 4 * span.days;
      const seconds = BigInt(quarterDays) * 21600n * 1_000_000n;
      return decimal(narrow(seconds + BigInt(span.micros)), 6);
    }
    default: {
      const value = spanField(field, span.micros);
      if (value === null) throw fieldNotSupported(written, INTERVAL);
      return value;
    }
  }
}

/** As `timeField`, of a time of any length and sign. */
function spanField(field: string, micros: Int64): Decimal | null {
  const hours = BigInt(micros) / BigInt(HOUR_MICROS);
  if (field === 'hour') return whole(narrow(hours));
  return timeField(field, Number(BigInt(micros) % BigInt(HOUR_MICROS)));
}

/** Fields that only `extract` knows. */
const EXTRACT_ONLY = ['epoch', 'julian', 'isoyear', 'isodow', 'dow', 'doy'];

function truncationField(written: string, type: TypeId): string {
  const field = fieldNamed(written, type);
  if (EXTRACT_ONLY.includes(field)) throw notRecognized(written, type);
  return field;
}

/** The beginning of the period that the moment lies in. */
export function truncateTimestamp(written: string, local: Int64, type: TypeId): Int64 {
  const field = truncationField(written, type);
  const days = timestampDays(local);
  const micros = timestampTime(local);
  const unit = TIME_UNITS.get(field);
  if (unit !== undefined) return joinTimestamp(days, micros - (micros % unit));
  const start = truncateDays(field, days);
  if (start === null) throw fieldNotSupported(written, type);
  return checkTimestamp(joinTimestamp(start, 0));
}

const TIME_UNITS: ReadonlyMap<string, number> = new Map([
  ['microseconds', 1],
  ['milliseconds', 1000],
  ['second', SECOND_MICROS],
  ['minute', MINUTE_MICROS],
  ['hour', HOUR_MICROS],
]);

function truncateDays(field: string, days: number): number | null {
  const { year, month } = civilFromDays(days);
  switch (field) {
    case 'day':
      return days;
    case 'week':
      return days - ((dayOfWeek(days) + 6) % 7);
    case 'month':
      return daysFromCivil(year, month, 1);
    case 'quarter':
      return daysFromCivil(year, Math.floor((month - 1) / 3) * 3 + 1, 1);
    case 'year':
      return daysFromCivil(year, 1, 1);
    case 'decade':
      return daysFromCivil(decadeOf(year) * 10, 1, 1);
    case 'century':
      return daysFromCivil(periodStart(year, 100), 1, 1);
    case 'millennium':
      return daysFromCivil(periodStart(year, 1000), 1, 1);
    default:
      return null;
  }
}

function periodStart(year: number, length: number): number {
  const period = periodOf(year, length);
  return period > 0 ? (period - 1) * length + 1 : period * length + 1;
}

const MONTH_UNITS: ReadonlyMap<string, number> = new Map([
  ['month', 1],
  ['quarter', 3],
  ['year', 12],
  ['decade', 120],
  ['century', 1200],
  ['millennium', 12000],
]);

export function truncateInterval(written: string, span: Interval): Interval {
  const field = truncationField(written, INTERVAL);
  const months = MONTH_UNITS.get(field);
  if (months !== undefined) return interval(span.months - (span.months % months) + 0, 0, 0);
  if (field === 'day') return interval(span.months, span.days, 0);
  const unit = TIME_UNITS.get(field);
  if (unit === undefined) {
    const detail = field === 'week' ? 'Months usually have fractional weeks.' : undefined;
    throw fieldNotSupported(written, INTERVAL, detail);
  }
  const { micros } = span;
  return interval(span.months, span.days, narrow(BigInt(micros) - (BigInt(micros) % BigInt(unit))));
}

/** Years, months and days between two moments, as a calendar shows them. */
export function ageBetween(later: Int64, earlier: Int64): Interval {
  if (later < earlier) {
    const { months, days, micros } = calendarDifference(earlier, later);
    return interval(0 - months, 0 - days, 0 - Number(micros));
  }
  return calendarDifference(later, earlier);
}

/** Days are borrowed from the month of the earlier moment. */
function calendarDifference(later: Int64, earlier: Int64): Interval {
  const to = civilFromDays(timestampDays(later));
  const from = civilFromDays(timestampDays(earlier));
  let micros = timestampTime(later) - timestampTime(earlier);
  let days = to.day - from.day;
  let months = (to.year - from.year) * 12 + to.month - from.month;
  if (micros < 0) {
    micros += DAY_MICROS;
    days -= 1;
  }
  while (days < 0) {
    days += daysInMonth(from.year, from.month);
    months -= 1;
  }
  return interval(months, days, micros);
}

/** The beginning of the stride that holds `moment`, strides counted from `origin`. */
export function binTimestamp(stride: Interval, moment: Int64, origin: Int64): Int64 {
  if (stride.months !== 0) {
    throw new SqlError(
      '0A000',
      'timestamps cannot be binned into intervals containing months or years',
    );
  }
  const step = BigInt(stride.days) * BigInt(DAY_MICROS) + BigInt(stride.micros);
  if (step > INT64_MAX) throw new SqlError('22008', 'interval out of range');
  if (step <= 0n) throw new SqlError('22008', 'stride must be greater than zero');
  const distance = BigInt(moment) - BigInt(origin);
  if (distance > INT64_MAX || distance < INT64_MIN) {
    throw new SqlError('22008', 'interval out of range');
  }
  const rest = ((distance % step) + step) % step;
  return checkTimestamp(narrow(BigInt(moment) - rest));
}
