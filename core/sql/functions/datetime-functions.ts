/** Dates and times: the present, fields, truncation, making and taking apart. */
import type { Environment } from '../environment.ts';
import { SqlError } from '../error.ts';
import { addTime, dateAndTime } from './datetime-operators.ts';
import { lenient, stable, strict } from './define.ts';
import type { ScalarFunction, Volatility } from './function.ts';
import { daysFromCivil, daysInMonth } from '../types/calendar.ts';
import {
  addToInstant,
  checkTimestamp,
  dateToTimestamp,
  instantToLocal,
  isDate,
  isInfiniteDate,
  isInfiniteTimestamp,
  joinTimestamp,
  localToInstant,
  TIMESTAMP_INFINITY,
  TIMESTAMP_MINUS_INFINITY,
  timestampDays,
  timestampTime,
} from '../types/datetime.ts';
import {
  ageBetween,
  binTimestamp,
  extractFromDate,
  extractFromInterval,
  extractFromTime,
  extractFromTimestamp,
  extractFromInstant,
  extractInfinite,
  fieldNamed,
  truncateInterval,
  truncateTimestamp,
} from '../types/datetime-fields.ts';
import { zoneOffset } from '../types/datetime-parse.ts';
import { decimalToFloat } from '../types/decimal-text.ts';
import { INT64_MAX, INT64_MIN, narrow, subtract64 } from '../types/int64.ts';
import { DAY_MICROS, interval } from '../types/interval.ts';
import { formatInterval } from '../types/interval-text.ts';
import { justifyDays, justifyHours, justifyInterval } from '../types/interval-math.ts';
import {
  BOOL,
  DATE,
  FLOAT8,
  INT4,
  INTERVAL,
  NUMERIC,
  TEXT,
  TIME,
  TIMESTAMP,
  TIMESTAMPTZ,
} from '../types/type.ts';
import type { Decimal, Int64, Interval, TypeId, Value } from '../types/type.ts';
import { fixedZone, UTC, zoneNamed } from '../types/zone.ts';
import type { Zone } from '../types/zone.ts';

/** Midnight of today in the session's zone, as days. */
function today({ now, zone }: Environment): number {
  return timestampDays(instantToLocal(now, zone));
}

/** The clock is the entry's: every call in a transaction sees the same moment. */
const present: readonly ScalarFunction[] = [
  ...['now', 'transaction_timestamp', 'statement_timestamp', 'clock_timestamp'].map((name) =>
    stable(name, [], TIMESTAMPTZ, ({ now }) => now),
  ),
  stable('current_timestamp', [], TIMESTAMPTZ, ({ now }) => now),
  stable('current_date', [], DATE, today),
  stable('localtimestamp', [], TIMESTAMP, ({ now, zone }) => instantToLocal(now, zone)),
  stable('localtime', [], TIME, ({ now, zone }) => timestampTime(instantToLocal(now, zone))),
];

type Extract = (environment: Environment, field: string, value: Value) => Decimal | null;

const extractors: readonly (readonly [TypeId, Extract])[] = [
  [
    DATE,
    (_, field, value) =>
      isInfiniteDate(value as number)
        ? extractInfinite(field, DATE, (value as number) > 0)
        : extractFromDate(field, value as number),
  ],
  [TIME, (_, field, value) => extractFromTime(field, Number(value))],
  [
    TIMESTAMP,
    (_, field, value) =>
      isInfiniteTimestamp(value as Int64)
        ? extractInfinite(field, TIMESTAMP, (value as Int64) > 0)
        : extractFromTimestamp(field, value as Int64, null),
  ],
  [
    TIMESTAMPTZ,
    ({ zone }, field, value) =>
      isInfiniteTimestamp(value as Int64)
        ? extractInfinite(field, TIMESTAMPTZ, (value as Int64) > 0)
        : extractFromInstant(field, value as Int64, zone),
  ],
  [INTERVAL, (_, field, value) => extractFromInterval(field, value as Interval)],
];

/** Only what an instant shows depends on the session: on its zone. */
function volatilityOf(type: TypeId): Volatility {
  return type === TIMESTAMPTZ ? 'stable' : 'immutable';
}

function part(type: TypeId, extract: Extract): ScalarFunction {
  return strict(
    'date_part',
    [TEXT, type],
    FLOAT8,
    (environment, field: string, value: Value) => {
      const result = extract(environment, field, value);
      return result === null ? null : decimalToFloat(result);
    },
    volatilityOf(type),
  );
}

const fields: readonly ScalarFunction[] = extractors.flatMap(([type, extract]) => [
  strict('extract', [TEXT, type], NUMERIC, extract, volatilityOf(type)),
  // Of a date the older function takes the timestamp at midnight.
  part(type, type === DATE ? extractFromMidnight : extract),
]);

function extractFromMidnight(_: Environment, field: string, value: Value): Decimal | null {
  if (isInfiniteDate(value as number))
    return extractInfinite(field, TIMESTAMP, (value as number) > 0);
  return extractFromTimestamp(field, dateToTimestamp(value as number), null);
}

/** What is cut to an hour or less keeps its offset, though another one began within the hour. */
const BELOW_DAY: readonly string[] = ['microseconds', 'milliseconds', 'second', 'minute', 'hour'];

function truncateInstant(field: string, at: Int64, zone: Zone): Int64 {
  if (isInfiniteTimestamp(at)) return at;
  const cut = truncateTimestamp(field, instantToLocal(at, zone), TIMESTAMPTZ);
  if (!BELOW_DAY.includes(fieldNamed(field, TIMESTAMPTZ))) return localToInstant(cut, zone);
  return checkTimestamp(subtract64(cut, zone.offsetAt(at)));
}

const truncations: readonly ScalarFunction[] = [
  strict('date_trunc', [TEXT, TIMESTAMP], TIMESTAMP, (_, field: string, at: Int64) =>
    isInfiniteTimestamp(at) ? at : truncateTimestamp(field, at, TIMESTAMP),
  ),
  stable('date_trunc', [TEXT, TIMESTAMPTZ], TIMESTAMPTZ, ({ zone }, f: string, at: Int64) =>
    truncateInstant(f, at, zone),
  ),
  stable(
    'date_trunc',
    [TEXT, TIMESTAMPTZ, TEXT],
    TIMESTAMPTZ,
    (_, field: string, at: Int64, zone: string) => truncateInstant(field, at, zoneNamed(zone)),
  ),
  strict('date_trunc', [TEXT, INTERVAL], INTERVAL, (_, field: string, span: Interval) =>
    truncateInterval(field, span),
  ),
  ...[TIMESTAMP, TIMESTAMPTZ].map((type) =>
    strict('date_bin', [INTERVAL, type, type], type, (_, s: Interval, at: Int64, from: Int64) =>
      bin(s, at, from),
    ),
  ),
];

function bin(stride: Interval, at: Int64, origin: Int64): Int64 {
  if (isInfiniteTimestamp(at)) return at;
  if (isInfiniteTimestamp(origin)) throw new SqlError('22008', 'origin out of range');
  return binTimestamp(stride, at, origin);
}

const spans: readonly ScalarFunction[] = [
  strict('age', [TIMESTAMP, TIMESTAMP], INTERVAL, (_, a: Int64, b: Int64) => ageBetween(a, b)),
  stable('age', [TIMESTAMPTZ, TIMESTAMPTZ], INTERVAL, ({ zone }, a: Int64, b: Int64) =>
    ageBetween(instantToLocal(a, zone), instantToLocal(b, zone)),
  ),
  stable('age', [TIMESTAMP], INTERVAL, (environment, at: Int64) =>
    ageBetween(dateToTimestamp(today(environment)), at),
  ),
  stable('age', [TIMESTAMPTZ], INTERVAL, (environment, at: Int64) =>
    ageBetween(dateToTimestamp(today(environment)), instantToLocal(at, environment.zone)),
  ),
  strict('justify_hours', [INTERVAL], INTERVAL, (_, span: Interval) => justifyHours(span)),
  strict('justify_days', [INTERVAL], INTERVAL, (_, span: Interval) => justifyDays(span)),
  strict('justify_interval', [INTERVAL], INTERVAL, (_, span: Interval) => justifyInterval(span)),
  strict('isfinite', [DATE], BOOL, (_, days: number) => !isInfiniteDate(days)),
  strict('isfinite', [TIMESTAMP], BOOL, (_, at: Int64) => !isInfiniteTimestamp(at)),
  strict('isfinite', [TIMESTAMPTZ], BOOL, (_, at: Int64) => !isInfiniteTimestamp(at)),
  strict('isfinite', [INTERVAL], BOOL, () => true),
];

function fieldOutOfRange(what: string, shown: string): SqlError {
  return new SqlError('22008', `${what} field value out of range: ${shown}`);
}

const pad = (value: number): string => value.toString().padStart(2, '0');

function makeDate(year: number, month: number, day: number): number {
  const shown = `${year}-${pad(month)}-${pad(day)}`;
  const astronomical = year < 0 ? year + 1 : year;
  const sound =
    year !== 0 && month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth(astronomical, month);
  if (!sound) throw fieldOutOfRange('date', shown);
  const days = Math.abs(year) > 6_000_000 ? NaN : daysFromCivil(astronomical, month, day);
  if (!isDate(days)) throw new SqlError('22008', `date out of range: ${shown}`);
  return days;
}

function makeTime(hour: number, minute: number, seconds: number): number {
  const micros = Math.round(seconds * 1e6);
  const total = hour * 3600e6 + minute * 60e6 + micros;
  const sound =
    hour >= 0 && hour <= 24 && minute >= 0 && minute <= 59 && seconds >= 0 && seconds <= 60;
  if (!sound || total > DAY_MICROS) {
    const text = Number.isInteger(seconds) ? pad(seconds) : String(seconds);
    throw fieldOutOfRange('time', `${hour}:${pad(minute)}:${text}`);
  }
  return total;
}

function makeTimestamp(
  year: number,
  month: number,
  day: number,
  hour: number,
  minute: number,
  seconds: number,
): Int64 {
  const days = makeDate(year, month, day);
  return checkTimestamp(joinTimestamp(days, makeTime(hour, minute, seconds)));
}

function makeInterval(parts: readonly number[], seconds: number): Interval {
  const [years = 0, months = 0, weeks = 0, days = 0, hours = 0, minutes = 0] = parts;
  if (!Number.isFinite(seconds)) throw new SqlError('22008', 'interval out of range');
  const allMonths = years * 12 + months;
  const allDays = weeks * 7 + days;
  if (Math.abs(allMonths) > 2147483647 || Math.abs(allDays) > 2147483647) {
    throw new SqlError('22008', 'interval out of range');
  }
  const micros = BigInt(hours) * 3600000000n + BigInt(minutes) * 60000000n;
  const scaled = Math.round(seconds * 1e6);
  const total = Number.isFinite(scaled) ? micros + BigInt(scaled) : null;
  if (total === null || total > INT64_MAX || total < INT64_MIN) {
    throw new SqlError('22008', 'interval out of range');
  }
  return interval(allMonths, allDays, narrow(total));
}

/** Seconds since 1970. */
function fromEpoch(seconds: number): Int64 {
  if (Number.isNaN(seconds)) throw new SqlError('22008', 'timestamp cannot be NaN');
  if (seconds === Infinity) return TIMESTAMP_INFINITY;
  if (seconds === -Infinity) return TIMESTAMP_MINUS_INFINITY;
  const micros = Math.round((seconds - 946684800) * 1e6);
  if (Math.abs(seconds) > 1e13) {
    throw new SqlError('22008', `timestamp out of range: "${seconds}"`);
  }
  return checkTimestamp(Number.isSafeInteger(micros) ? micros : narrow(BigInt(micros)));
}

/** Here a signed offset is east of UTC, as in a timestamp's text. */
function signedZone(zone: string): Zone {
  if (!/^[+\-0-9]/.test(zone)) return zoneNamed(zone);
  const offset = zoneOffset(zone);
  if (typeof offset === 'number') return fixedZone(offset * 1e6);
  if (offset === 'zone') throw new SqlError('22023', `numeric time zone "${zone}" out of range`);
  throw new SqlError('22023', `invalid input syntax for type numeric time zone: "${zone}"`, {
    hint: 'Numeric time zones must have "-" or "+" as first character.',
  });
}

type SixNumbers = [number, number, number, number, number, number];
const CLOCK = [INT4, INT4, INT4, INT4, INT4, FLOAT8];

const making: readonly ScalarFunction[] = [
  strict('make_date', [INT4, INT4, INT4], DATE, (_, y: number, m: number, d: number) =>
    makeDate(y, m, d),
  ),
  strict('make_time', [INT4, INT4, FLOAT8], TIME, (_, h: number, m: number, s: number) =>
    makeTime(h, m, s),
  ),
  strict('make_timestamp', CLOCK, TIMESTAMP, (_, ...parts: SixNumbers) => makeTimestamp(...parts)),
  stable('make_timestamptz', CLOCK, TIMESTAMPTZ, ({ zone }, ...parts: SixNumbers) =>
    localToInstant(makeTimestamp(...parts), zone),
  ),
  stable(
    'make_timestamptz',
    [...CLOCK, TEXT],
    TIMESTAMPTZ,
    (_, ...parts: [...SixNumbers, string]) => {
      const [year, month, day, hour, minute, seconds, zone] = parts;
      const local = makeTimestamp(year, month, day, hour, minute, seconds);
      return localToInstant(local, signedZone(zone));
    },
  ),
  // Every argument may be left out.
  ...[0, 1, 2, 3, 4, 5, 6, 7].map((count) =>
    strict(
      'make_interval',
      [INT4, INT4, INT4, INT4, INT4, INT4, FLOAT8].slice(0, count),
      INTERVAL,
      (_, ...parts: number[]) => makeInterval(parts.slice(0, 6), parts[6] ?? 0),
    ),
  ),
  strict('timestamp', [DATE, TIME], TIMESTAMP, (_, days: number, time: Int64) =>
    dateAndTime(days, time),
  ),
  stable('timestamptz', [DATE, TIME], TIMESTAMPTZ, ({ zone }, days: number, time: Int64) =>
    localToInstant(dateAndTime(days, time), zone),
  ),
  strict('to_timestamp', [FLOAT8], TIMESTAMPTZ, (_, seconds: number) => fromEpoch(seconds)),
];

function intervalZone(span: Interval): Zone {
  if (span.months !== 0 || span.days !== 0) {
    const shown = formatInterval(span);
    throw new SqlError('22023', `interval time zone "${shown}" must not include months or days`);
  }
  // Whole seconds, east of UTC.
  return fixedZone(Math.trunc(Number(span.micros) / 1e6) * 1e6);
}

const zones: readonly ScalarFunction[] = [
  strict('timezone', [TEXT, TIMESTAMP], TIMESTAMPTZ, (_, zone: string, at: Int64) =>
    localToInstant(at, zoneNamed(zone)),
  ),
  strict('timezone', [TEXT, TIMESTAMPTZ], TIMESTAMP, (_, zone: string, at: Int64) =>
    instantToLocal(at, zoneNamed(zone)),
  ),
  strict('timezone', [INTERVAL, TIMESTAMP], TIMESTAMPTZ, (_, zone: Interval, at: Int64) =>
    localToInstant(at, intervalZone(zone)),
  ),
  strict('timezone', [INTERVAL, TIMESTAMPTZ], TIMESTAMP, (_, zone: Interval, at: Int64) =>
    instantToLocal(at, intervalZone(zone)),
  ),
];

/** (a, b) OVERLAPS (c, d): each pair in either order; null ends may leave the answer open. */
function overlaps(
  pair: readonly [Value, Value, Value, Value],
  compare: (a: Value, b: Value) => number,
): boolean | null {
  const [first, second] = [order(pair[0], pair[1], compare), order(pair[2], pair[3], compare)];
  if (first === null || second === null) return null;
  const [from, to] = first;
  const [start, end] = second;
  const begins = compare(from, start);
  if (begins === 0) return to === null || end === null ? null : true;
  const [earlierEnd, laterStart] = begins < 0 ? [to, start] : [end, from];
  const laterEnd = begins < 0 ? end : to;
  if (earlierEnd === null) return null;
  if (compare(laterStart, earlierEnd) < 0) return true;
  return laterEnd === null ? null : false;
}

function order(
  a: Value,
  b: Value,
  compare: (a: Value, b: Value) => number,
): readonly [Value, Value] | null {
  if (a === null) return b === null ? null : [b, null];
  if (b === null) return [a, null];
  return compare(a, b) > 0 ? [b, a] : [a, b];
}

function compareMoments(a: Value, b: Value): number {
  return (a as Int64) < (b as Int64) ? -1 : (a as Int64) > (b as Int64) ? 1 : 0;
}

/** `zone` UTC where the clock on the wall is meant. */
function end(type: TypeId, from: Value, span: Value, zone: Zone): Value {
  if (from === null || span === null) return null;
  if (type === TIME) return addTime(from as Int64, (span as Interval).micros);
  return addToInstant(from as Int64, span as Interval, zone);
}

type Four = [Value, Value, Value, Value];

const overlapping: readonly ScalarFunction[] = [
  ...[TIMESTAMP, TIMESTAMPTZ, TIME].map((type) =>
    lenient('overlaps', [type, type, type, type], BOOL, (_, ...four: Four) =>
      overlaps(four, compareMoments),
    ),
  ),
  ...[TIMESTAMP, TIMESTAMPTZ, TIME].flatMap(overlapsWithSpans),
];

/** `(start, length)` instead of `(start, end)`. */
function overlapsWithSpans(type: TypeId): readonly ScalarFunction[] {
  const options = { volatility: volatilityOf(type) };
  const overlap = (second: TypeId, fourth: TypeId): ScalarFunction =>
    lenient(
      'overlaps',
      [type, second, type, fourth],
      BOOL,
      ({ zone }, ...[a, b, c, d]: Four) => {
        const clock = type === TIMESTAMPTZ ? zone : UTC;
        const first = second === INTERVAL ? end(type, a, b, clock) : b;
        const last = fourth === INTERVAL ? end(type, c, d, clock) : d;
        return overlaps([a, first, c, last], compareMoments);
      },
      options,
    );
  return [overlap(INTERVAL, INTERVAL), overlap(type, INTERVAL), overlap(INTERVAL, type)];
}

export const dateTimeFunctions: readonly ScalarFunction[] = [
  ...present,
  ...fields,
  ...truncations,
  ...spans,
  ...making,
  ...zones,
  ...overlapping,
];
