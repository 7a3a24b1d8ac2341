/**
 * Text of dates, times and timestamps: PostgreSQL's input, and its four output styles.
 *
 * `22007` is text that is no date or time, `22008` one that does not exist or is out of range.
 */
import type { Environment } from '../environment.ts';
import { SqlError } from '../error.ts';
import { civilFromDays, daysFromCivil, daysInMonth, UNIX_EPOCH_DAYS } from './calendar.ts';
import { parseDateTime } from './datetime-parse.ts';
import type { DateOrder, DateTimeError, ParsedDateTime } from './datetime-parse.ts';
import {
  DATE_INFINITY,
  DATE_MINUS_INFINITY,
  instantToLocal,
  isDate,
  isInfiniteTimestamp,
  isTimestamp,
  joinTimestamp,
  TIMESTAMP_INFINITY,
  TIMESTAMP_MINUS_INFINITY,
  timestampDays,
  timestampTime,
} from './datetime.ts';
import { add64, multiply64, subtract64 } from './int64.ts';
import { DAY_MICROS } from './interval.ts';
import { elementOf } from './array-type.ts';
import { DEFAULT_STYLE } from './style.ts';
import type { OutputStyle } from './style.ts';
import { DATE, TIME, TIMESTAMP, TIMESTAMPTZ } from './type.ts';
import type { Int64, TypeId } from './type.ts';
import type { Zone } from './zone.ts';

/** What input needs to know: the meaning of 'now', and of a timestamp without zone. */
export type Clock = Pick<Environment, 'now' | 'zone'> & Partial<Pick<Environment, 'setting'>>;

/** True of `'now'` and its like: text whose value is not the same at every moment. */
export function dependsOnClock(type: TypeId, text: string): boolean {
  const one = elementOf(type) ?? type;
  if (one !== DATE && one !== TIME && one !== TIMESTAMP && one !== TIMESTAMPTZ) return false;
  return /now|today|tomorrow|yesterday/i.test(text);
}

export function dateTimeError(error: DateTimeError, type: string, text: string): SqlError {
  switch (error) {
    case 'format':
      return new SqlError('22007', `invalid input syntax for type ${type}: "${text}"`);
    case 'field':
      return new SqlError('22008', `date/time field value out of range: "${text}"`);
    case 'month':
      return new SqlError('22008', `date/time field value out of range: "${text}"`, {
        hint: 'Perhaps you need a different "datestyle" setting.',
      });
    case 'zone':
      return new SqlError('22009', `time zone displacement out of range: "${text}"`);
  }
}

/** The second word of `ISO, MDY`. */
function dateOrder(clock: Clock): DateOrder {
  const style = clock.setting?.('datestyle') ?? '';
  return style.endsWith('DMY') ? 'dmy' : style.endsWith('YMD') ? 'ymd' : 'mdy';
}

function parse(text: string, type: string, clock: Clock): ParsedDateTime {
  const parsed = parseDateTime(text, dateOrder(clock), type === 'time');
  if (typeof parsed === 'string') throw dateTimeError(parsed, type, text);
  return parsed;
}

/** Today in the session's zone. */
function today(clock: Clock): number {
  return timestampDays(instantToLocal(clock.now, clock.zone));
}

const DAY_SHIFT = { today: 0, tomorrow: 1, yesterday: -1 } as const;

/**
 * `2020-02-28` as programs write it, without the general reader's ado; null: written otherwise, or
 * there is no such day.
 */
function plainDays(text: string): number | null {
  if (text.charCodeAt(4) !== 45 || text.charCodeAt(7) !== 45) return null;
  const year = twoDigits(text, 0) * 100 + twoDigits(text, 2);
  const month = twoDigits(text, 5);
  const day = twoDigits(text, 8);
  const sound =
    year > 0 && month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth(year, month);
  return sound ? daysFromCivil(year, month, day) : null;
}

/** NaN, which fails every comparison, for what are no digits. */
function twoDigits(text: string, at: number): number {
  const tens = text.charCodeAt(at) - 48;
  const ones = text.charCodeAt(at + 1) - 48;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : NaN;
}

/** `2020-02-28 12:34:56`, likewise. */
function plainTimestamp(text: string): Int64 | null {
  if (text.length !== 19 || text.charCodeAt(13) !== 58 || text.charCodeAt(16) !== 58) return null;
  const separator = text.charCodeAt(10);
  if (separator !== 32 && separator !== 84) return null;
  const days = plainDays(text);
  const hour = twoDigits(text, 11);
  const minute = twoDigits(text, 14);
  const second = twoDigits(text, 17);
  if (days === null || !(hour <= 23 && minute <= 59 && second <= 59)) return null;
  return joinTimestamp(days, ((hour * 60 + minute) * 60 + second) * 1e6);
}

export function parseDate(text: string, clock: Clock): number {
  const plain = text.length === 10 ? plainDays(text) : null;
  if (plain !== null) return plain;
  const parsed = parse(text, 'date', clock);
  switch (parsed.special) {
    case 'infinity':
      return DATE_INFINITY;
    case '-infinity':
      return DATE_MINUS_INFINITY;
    case 'epoch':
      return UNIX_EPOCH_DAYS;
    case 'now':
      return today(clock);
    case 'today':
    case 'tomorrow':
    case 'yesterday':
      return today(clock) + DAY_SHIFT[parsed.special];
    case null:
      break;
  }
  if (!parsed.hasDate) throw dateTimeError('format', 'date', text);
  if (parsed.year > 5874897 || parsed.year < -4713) {
    throw new SqlError('22008', `date out of range: "${text}"`);
  }
  const days = daysFromCivil(parsed.year, parsed.month, parsed.day);
  if (!isDate(days)) throw new SqlError('22008', `date out of range: "${text}"`);
  return days;
}

export function parseTime(text: string, clock: Clock): Int64 {
  const parsed = parse(text, 'time', clock);
  if (parsed.special === 'now') {
    return timestampTime(instantToLocal(clock.now, clock.zone));
  }
  if (parsed.special !== null || !parsed.hasTime) {
    throw dateTimeError('format', 'time', text);
  }
  return parsed.micros;
}

export function parseTimestamp(text: string, clock: Clock): Int64 {
  const { local } = parseLocal(text, 'timestamp', clock);
  if (!isInfiniteTimestamp(local) && !isTimestamp(local)) throw outOfRange(text);
  return local;
}

export function parseTimestampTz(text: string, clock: Clock): Int64 {
  const { local, zone, instant } = parseLocal(text, 'timestamp with time zone', clock);
  if (instant !== null || isInfiniteTimestamp(local)) return instant ?? local;
  const offset = typeof zone === 'number' ? zone : (zone ?? clock.zone).offsetOfLocal(local);
  const at = subtract64(local, offset);
  if (!isTimestamp(at)) throw outOfRange(text);
  return at;
}

function outOfRange(text: string): SqlError {
  return new SqlError('22008', `timestamp out of range: "${text}"`);
}

interface Local {
  /** Near the end of the range its instant may be within it though it is not, and vice versa. */
  readonly local: Int64;
  /** As written, microseconds east of UTC if it was an offset; null: none was. */
  readonly zone: Zone | number | null;
  /** Of 'now' and 'epoch', which are instants whatever clocks show. */
  readonly instant: Int64 | null;
}

function parseLocal(text: string, type: string, clock: Clock): Local {
  const plain = plainTimestamp(text) ?? (text.length === 10 ? plainMidnight(text) : null);
  if (plain !== null) return { local: plain, zone: null, instant: null };
  const parsed = parse(text, type, clock);
  const { special, zoneSeconds } = parsed;
  const zone = zoneSeconds === null ? parsed.zone : zoneSeconds * 1e6;
  switch (special) {
    case 'infinity':
      return { local: TIMESTAMP_INFINITY, zone, instant: null };
    case '-infinity':
      return { local: TIMESTAMP_MINUS_INFINITY, zone, instant: null };
    case 'epoch': {
      const epoch = multiply64(UNIX_EPOCH_DAYS, DAY_MICROS);
      return { local: epoch, zone, instant: epoch };
    }
    case 'now':
      return { local: instantToLocal(clock.now, clock.zone), zone, instant: clock.now };
    case 'today':
    case 'tomorrow':
    case 'yesterday': {
      const days = today(clock) + DAY_SHIFT[special];
      return { local: joinTimestamp(days, parsed.micros), zone, instant: null };
    }
    case null:
      break;
  }
  if (!parsed.hasDate) throw dateTimeError('format', type, text);
  return { local: joinParsed(parsed, text), zone, instant: null };
}

function plainMidnight(text: string): Int64 | null {
  const days = plainDays(text);
  return days === null ? null : joinTimestamp(days, 0);
}

/** A little more than all timestamps, as an offset may bring it back. */
const FIRST_DAY = daysFromCivil(-4713, 11, 1);
const LAST_DAY = daysFromCivil(294277, 1, 2);

function joinParsed({ year, month, day, micros }: ParsedDateTime, text: string): Int64 {
  if (year > 294277 || year < -4713) throw outOfRange(text);
  const days = daysFromCivil(year, month, day);
  if (days < FIRST_DAY || days > LAST_DAY) throw outOfRange(text);
  return joinTimestamp(days, micros);
}

function pad(value: number, width: number): string {
  return value.toString().padStart(width, '0');
}

const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

interface Day {
  /** As shown: before 1 it counts back, and the era comes after the time. */
  readonly year: string;
  readonly month: number;
  readonly day: number;
  readonly era: '' | ' BC';
}

function dayOf(days: number): Day {
  const { year, month, day } = civilFromDays(days);
  if (year > 0) return { year: pad(year, 4), month, day, era: '' };
  return { year: pad(1 - year, 4), month, day, era: ' BC' };
}

/** Without the era. */
function formatDay({ year, month, day }: Day, style: OutputStyle): string {
  const mm = pad(month, 2);
  const dd = pad(day, 2);
  const dayFirst = style.order === 'dmy';
  switch (style.dates) {
    case 'ISO':
      return `${year}-${mm}-${dd}`;
    case 'SQL':
      return dayFirst ? `${dd}/${mm}/${year}` : `${mm}/${dd}/${year}`;
    case 'Postgres':
      return dayFirst ? `${dd}-${mm}-${year}` : `${mm}-${dd}-${year}`;
    case 'German':
      return `${dd}.${mm}.${year}`;
  }
}

export function formatDate(days: number, style: OutputStyle = DEFAULT_STYLE): string {
  if (days === DATE_INFINITY) return 'infinity';
  if (days === DATE_MINUS_INFINITY) return '-infinity';
  const day = dayOf(days);
  return formatDay(day, style) + day.era;
}

/** `HH:MM:SS` with as many digits of the fraction as there are. */
export function formatTime(micros: number): string {
  const seconds = Math.floor(micros / 1e6);
  const clock = `${pad(Math.floor(seconds / 3600), 2)}:${pad(Math.floor(seconds / 60) % 60, 2)}`;
  return `${clock}:${pad(seconds % 60, 2)}${formatFraction(micros % 1e6)}`;
}

/** Microseconds below a second as `.5`, or nothing. */
export function formatFraction(micros: number): string {
  return micros === 0 ? '' : `.${pad(micros, 6).replace(/0+$/, '')}`;
}

export function formatTimestamp(micros: Int64, style: OutputStyle = DEFAULT_STYLE): string {
  return formatWithZone(micros, '', style);
}

/** `Wed Dec 17 07:37:16 1997`, or the date and the time. */
function formatWithZone(micros: Int64, zone: string, style: OutputStyle): string {
  if (micros === TIMESTAMP_INFINITY) return 'infinity';
  if (micros === TIMESTAMP_MINUS_INFINITY) return '-infinity';
  const days = timestampDays(micros);
  const shown = dayOf(days);
  const time = formatTime(timestampTime(micros));
  if (style.dates !== 'Postgres') return `${formatDay(shown, style)} ${time}${zone}${shown.era}`;
  const month = MONTHS[shown.month - 1]!;
  const day = pad(shown.day, 2);
  const date = style.order === 'dmy' ? `${day} ${month}` : `${month} ${day}`;
  return `${weekday(days)} ${date} ${time} ${shown.year}${zone}${shown.era}`;
}

/** 2000-01-01 was a Saturday. */
function weekday(days: number): string {
  return WEEKDAYS[(((days + 6) % 7) + 7) % 7]!;
}

export function formatTimestampTz(
  micros: Int64,
  zone: Zone,
  style: OutputStyle = DEFAULT_STYLE,
): string {
  if (micros === TIMESTAMP_INFINITY || micros === TIMESTAMP_MINUS_INFINITY) {
    return formatTimestamp(micros);
  }
  const offset = zone.fixedMicros ?? zone.offsetAt(micros);
  // Styles other than ISO call the zone by what its clocks' time is called.
  const label = style.dates === 'ISO' ? formatZone(offset) : ` ${zone.abbreviationAt(micros)}`;
  return formatWithZone(add64(micros, offset), label, style);
}

/** `+02`, `-05:30`, `+00:00:15`. */
function formatZone(zoneMicros: number): string {
  const seconds = Math.abs(zoneMicros) / 1e6;
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  while (parts.length > 1 && parts[parts.length - 1] === 0) parts.pop();
  return `${zoneMicros < 0 ? '-' : '+'}${parts.map((part) => pad(part, 2)).join(':')}`;
}
