/** What a template found in text, put together to a date and a time. */
import { SqlError } from '../error.ts';
import {
  civilFromDays,
  daysFromCivil,
  daysFromIsoWeek,
  daysInMonth,
  JULIAN_2000,
} from '../types/calendar.ts';

export interface ScannedDateTime {
  readonly days: number;
  /** Of the day. */
  readonly micros: number;
  /** East of UTC; null: not said. */
  readonly zoneMicros: number | null;
  /** Digits of the second that were asked for; null: all. */
  readonly precision: number | null;
}

/** Zero is as good as not there, as in PostgreSQL. */
export interface ScannedFields {
  readonly numbers: Map<string, number>;
  bc: boolean;
  pm: boolean;
  /** Hours are those of a half day. */
  half: boolean;
  isoWeek: boolean;
  /** How many digits the template gave the year. */
  yearDigits: number;
  /** 0: no zone. */
  zoneSign: -1 | 0 | 1;
  precision: number | null;
}

function outOfRange(text: string): SqlError {
  return new SqlError('22008', `date/time field value out of range: "${text}"`);
}

export function assemble(fields: ScannedFields, text: string): ScannedDateTime {
  const micros = assembleTime(fields, text);
  const days = assembleDate(fields, text);
  return { days, micros, zoneMicros: assembleZone(fields, text), precision: fields.precision };
}

function get({ numbers }: ScannedFields, name: string): number {
  return numbers.get(name) ?? 0;
}

function assembleZone(fields: ScannedFields, text: string): number | null {
  if (fields.zoneSign === 0) return null;
  const hours = get(fields, 'zoneHours');
  const minutes = get(fields, 'zoneMinutes');
  if (hours < 0 || hours > 15 || minutes < 0 || minutes > 59) {
    throw new SqlError('22009', `time zone displacement out of range: "${text}"`);
  }
  return fields.zoneSign * (hours * 60 + minutes) * 60e6 + 0;
}

function assembleTime(fields: ScannedFields, text: string): number {
  const daySeconds = get(fields, 'daySeconds');
  let hour = get(fields, 'hour') || Math.trunc(daySeconds / 3600);
  const minute = get(fields, 'minute') || Math.trunc(daySeconds / 60) % 60;
  const second = get(fields, 'second') || daySeconds % 60;
  if (fields.half) {
    if (hour < 1 || hour > 12) {
      throw new SqlError('22007', `hour "${hour}" is invalid for the 12-hour clock`, {
        hint: 'Use the 24-hour clock, or give an hour between 1 and 12.',
      });
    }
    if (fields.pm && hour < 12) hour += 12;
    else if (!fields.pm && hour === 12) hour = 0;
  }
  const fraction = get(fields, 'millis') * 1000 + get(fields, 'micros');
  const wrong =
    hour < 0 ||
    hour > 23 ||
    minute < 0 ||
    minute > 59 ||
    second < 0 ||
    second > 59 ||
    fraction < 0 ||
    fraction >= 1e6;
  if (wrong) throw outOfRange(text);
  return ((hour * 60 + minute) * 60 + second) * 1e6 + fraction;
}

/** As calendars count, in which 0 is 1 BC, or not known. */
function assembleYear(fields: ScannedFields): number {
  const year = get(fields, 'year');
  const century = get(fields, 'century') * (fields.bc ? -1 : 1);
  if (year === 0) {
    if (century === 0) return 0;
    return (century > 0 ? century - 1 : century) * 100 + 1;
  }
  if (century !== 0 && fields.yearDigits <= 2) {
    const rest = year % 100;
    if (rest === 0) return century * 100 + (century > 0 ? 0 : 1);
    return century > 0 ? (century - 1) * 100 + rest : (century + 1) * 100 - rest + 1;
  }
  const signed = fields.bc ? -year : year;
  return signed < 0 ? signed + 1 : signed;
}

function assembleDate(fields: ScannedFields, text: string): number {
  let year = assembleYear(fields);
  let month = 1;
  let day = 1;
  let dayOfYear = get(fields, 'dayOfYear');
  const take = (days: number): void => {
    ({ year, month, day } = civilFromDays(days));
  };
  const julian = get(fields, 'julian');
  if (julian !== 0) take(julian - JULIAN_2000);
  const week = get(fields, 'week');
  if (week !== 0 && !fields.isoWeek) dayOfYear = (week - 1) * 7 + 1;
  if (week !== 0 && fields.isoWeek) {
    // Days are counted from Sunday, which ends an ISO week.
    const weekday = get(fields, 'weekday') || 2;
    take(daysFromIsoWeek(year, week) + (weekday === 1 ? 6 : weekday - 2));
  }
  const weekOfMonth = get(fields, 'weekOfMonth');
  const dayOfMonth = weekOfMonth !== 0 ? (weekOfMonth - 1) * 7 + 1 : get(fields, 'day');
  if (dayOfMonth !== 0) day = dayOfMonth;
  if (get(fields, 'month') !== 0) month = get(fields, 'month');
  if (dayOfYear !== 0 && (month <= 1 || day <= 1)) {
    if (year === 0 && !fields.bc) {
      throw new SqlError('22007', 'cannot calculate day of year without year information');
    }
    if (fields.isoWeek) take(daysFromIsoWeek(year, 1) + dayOfYear - 1);
    else ({ month, day } = ofYear(year, dayOfYear, month, day, text));
  }
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) throw outOfRange(text);
  return daysFromCivil(year, month, day);
}

/** What is still to be known of month and day, by the day of the year. */
function ofYear(
  year: number,
  dayOfYear: number,
  month: number,
  day: number,
  text: string,
): { readonly month: number; readonly day: number } {
  const found = civilFromDays(daysFromCivil(year, 1, 1) + dayOfYear - 1);
  if (found.year !== year) throw outOfRange(text);
  return { month: month <= 1 ? found.month : month, day: day <= 1 ? found.day : day };
}
