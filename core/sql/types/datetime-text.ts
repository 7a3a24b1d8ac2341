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
  isTimestamp,
  joinTimestamp,
  localToInstant,
  MIN_DAYS,
  TIMESTAMP_INFINITY,
  TIMESTAMP_MINUS_INFINITY,
  timestampDays,
  timestampTime,
} from './datetime.ts';
import { add64, multiply64, subtract64 } from './int64.ts';
import { DAY_MICROS } from './interval.ts';
import { DEFAULT_STYLE } from './style.ts';
import type { OutputStyle } from './style.ts';
import { DATE, TIME, TIMESTAMP, TIMESTAMPTZ } from './type.ts';
import type { Int64, TypeId } from './type.ts';

/** What input needs to know: the meaning of 'now', and of a timestamp without zone. */
export type Clock = Pick<Environment, 'now' | 'zoneMicros'> & Partial<Pick<Environment, 'setting'>>;

/** True of `'now'` and its like: text whose value is not the same at every moment. */
export function dependsOnClock(type: TypeId, text: string): boolean {
  if (type !== DATE && type !== TIME && type !== TIMESTAMP && type !== TIMESTAMPTZ) return false;
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
  return timestampDays(instantToLocal(clock.now, clock.zoneMicros));
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
    return timestampTime(instantToLocal(clock.now, clock.zoneMicros));
  }
  if (parsed.special !== null || !parsed.hasTime) {
    throw dateTimeError('format', 'time', text);
  }
  return parsed.micros;
}

export function parseTimestamp(text: string, clock: Clock): Int64 {
  const local = parseLocal(text, 'timestamp', clock).local;
  return local;
}

export function parseTimestampTz(text: string, clock: Clock): Int64 {
  const { local, zoneSeconds, instant } = parseLocal(text, 'timestamp with time zone', clock);
  if (instant || local === TIMESTAMP_INFINITY || local === TIMESTAMP_MINUS_INFINITY) {
    return instant ? localToInstant(local, clock.zoneMicros) : local;
  }
  const zoneMicros = zoneSeconds === null ? clock.zoneMicros : zoneSeconds * 1e6;
  const result = subtract64(local, zoneMicros);
  if (!isTimestamp(result)) throw new SqlError('22008', `timestamp out of range: "${text}"`);
  return result;
}

interface Local {
  readonly local: Int64;
  readonly zoneSeconds: number | null;
  /** Said by 'now', 'epoch' and their like: an instant, shown in the session's zone. */
  readonly instant: boolean;
}

function parseLocal(text: string, type: string, clock: Clock): Local {
  const plain = plainTimestamp(text) ?? (text.length === 10 ? plainMidnight(text) : null);
  if (plain !== null) return { local: plain, zoneSeconds: null, instant: false };
  const parsed = parse(text, type, clock);
  const { special, zoneSeconds } = parsed;
  switch (special) {
    case 'infinity':
      return { local: TIMESTAMP_INFINITY, zoneSeconds, instant: false };
    case '-infinity':
      return { local: TIMESTAMP_MINUS_INFINITY, zoneSeconds, instant: false };
    case 'epoch': {
      const epoch = multiply64(UNIX_EPOCH_DAYS, DAY_MICROS);
      const shown = type === 'timestamp' ? epoch : add64(epoch, clock.zoneMicros);
      return { local: shown, zoneSeconds, instant: true };
    }
    case 'now':
      return { local: instantToLocal(clock.now, clock.zoneMicros), zoneSeconds, instant: true };
    case 'today':
    case 'tomorrow':
    case 'yesterday': {
      const days = today(clock) + DAY_SHIFT[special];
      return { local: joinTimestamp(days, parsed.micros), zoneSeconds, instant: false };
    }
    case null:
      break;
  }
  if (!parsed.hasDate) throw dateTimeError('format', type, text);
  return { local: joinParsed(parsed, text), zoneSeconds, instant: false };
}

function plainMidnight(text: string): Int64 | null {
  const days = plainDays(text);
  return days === null ? null : joinTimestamp(days, 0);
}

function joinParsed(parsed: ParsedDateTime, text: string): Int64 {
  const outOfRange = new SqlError('22008', `timestamp out of range: "${text}"`);
  if (parsed.year > 294277 || parsed.year < -4713) throw outOfRange;
  const days = daysFromCivil(parsed.year, parsed.month, parsed.day);
  const micros = days < MIN_DAYS ? 0 : joinTimestamp(days, parsed.micros);
  if (days < MIN_DAYS || !isTimestamp(micros)) throw outOfRange;
  return micros;
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
  zoneMicros: number,
  style: OutputStyle = DEFAULT_STYLE,
): string {
  if (micros === TIMESTAMP_INFINITY || micros === TIMESTAMP_MINUS_INFINITY) {
    return formatTimestamp(micros);
  }
  const zone = style.dates === 'ISO' ? formatZone(zoneMicros) : ` ${zoneLabel(zoneMicros)}`;
  return formatWithZone(add64(micros, zoneMicros), zone, style);
}

/** What styles other than ISO call a zone. */
function zoneLabel(zoneMicros: number): string {
  return zoneMicros === 0 ? 'UTC' : formatZone(zoneMicros);
}

/** `+02`, `-05:30`, `+00:00:15`. */
export function formatZone(zoneMicros: number): string {
  const seconds = Math.abs(zoneMicros) / 1e6;
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  while (parts.length > 1 && parts[parts.length - 1] === 0) parts.pop();
  return `${zoneMicros < 0 ? '-' : '+'}${parts.map((part) => pad(part, 2)).join(':')}`;
}
