/**
 * POSIX's rules of time zones: `CET-1CEST,M3.5.0,M10.5.0/3`, `EST5EDT`, `<+03>-3`. Offsets in them
 * count west of Greenwich.
 *
 * Times are seconds since 2000-01-01 UTC.
 */
import { dayOfWeek, daysFromCivil, daysInMonth, isLeapYear } from './calendar.ts';

/** A kind of time that a zone has for a while. */
export interface ZonePeriod {
  /** East of UTC. */
  readonly seconds: number;
  readonly daylight: boolean;
  readonly abbreviation: string;
}

/** A day of each year, and a time of it in seconds: the clock's before the change. */
type RuleDay =
  | {
      readonly kind: 'weekday';
      readonly month: number;
      readonly week: number;
      readonly day: number;
    }
  /** 1 to 365: the leap day is never counted. */
  | { readonly kind: 'julian'; readonly day: number }
  /** 0 to 365. */
  | { readonly kind: 'ordinal'; readonly day: number };

interface RuleMoment {
  readonly on: RuleDay;
  readonly seconds: number;
}

export interface PosixZone {
  readonly standard: ZonePeriod;
  readonly daylight: {
    readonly period: ZonePeriod;
    readonly begins: RuleMoment;
    readonly ends: RuleMoment;
  } | null;
}

export interface ZoneChange {
  readonly time: number;
  readonly period: ZonePeriod;
}

const HOUR = 3600;
const DAY = 86400;
/** Of an offset or a time of a rule. */
const HOURS_MAX = 167;
/** Where daylight time is named without a rule: that of the United States since 2007. */
const DEFAULT_RULE = 'M3.2.0,M11.1.0';

/** A name, `<…>` around it if it has digits or signs, and an offset. */
const STANDARD = /^(<[^<>]*>|[^0-9,+\-<]*)([+-]?[0-9]{1,3}(?::[0-9]{1,2}){0,2})/;
const DAYLIGHT = /^(<[^<>]*>|[^0-9,;+\-<]+)([+-]?[0-9]{1,3}(?::[0-9]{1,2}){0,2})?(?:[,;](.*))?$/;
const CLOCK = /^[+-]?[0-9]{1,3}(?::[0-9]{1,2}){0,2}$/;

/** Null: it is none. */
export function parsePosixZone(text: string): PosixZone | null {
  const [head, name = '', west = ''] = STANDARD.exec(text) ?? [];
  const offset = parseClock(west);
  if (head === undefined || offset === null) return null;
  const standard = period(name, offset, false);
  if (head.length === text.length) return { standard, daylight: null };
  const tail = DAYLIGHT.exec(text.slice(head.length));
  if (tail === null) return null;
  const [, daylightName = '', daylightWest, rule = DEFAULT_RULE] = tail;
  const moved = daylightWest === undefined ? offset - HOUR : parseClock(daylightWest);
  const moments = rule.split(',').map(parseMoment);
  const [begins = null, ends = null] = moments;
  if (moved === null || begins === null || ends === null || moments.length !== 2) return null;
  return { standard, daylight: { period: period(daylightName, moved, true), begins, ends } };
}

function period(name: string, west: number, daylight: boolean): ZonePeriod {
  const abbreviation = name.startsWith('<') ? name.slice(1, -1) : name;
  return { seconds: 0 - west, daylight, abbreviation };
}

/** `[+-]hh[:mm[:ss]]` in seconds; null: it is none. */
function parseClock(text: string): number | null {
  if (!CLOCK.test(text)) return null;
  const parts = text.replace(/^[+-]/, '').split(':').map(Number);
  const [hours = 0, minutes = 0, seconds = 0] = parts;
  if (hours > HOURS_MAX || minutes > 59 || seconds > 59) return null;
  const total = hours * HOUR + minutes * 60 + seconds;
  return text.startsWith('-') ? 0 - total : total;
}

function parseMoment(text: string): RuleMoment | null {
  const [written = '', clock] = text.split('/');
  const on = parseDay(written);
  const seconds = clock === undefined ? 2 * HOUR : parseClock(clock);
  return on === null || seconds === null ? null : { on, seconds };
}

function parseDay(text: string): RuleDay | null {
  const weekday = /^M([0-9]{1,2})\.([1-5])\.([0-6])$/.exec(text);
  if (weekday !== null) {
    const [month = 0, week = 0, day = 0] = weekday.slice(1).map(Number);
    return month >= 1 && month <= 12 ? { kind: 'weekday', month, week, day } : null;
  }
  const counted = /^(J?)([0-9]{1,3})$/.exec(text);
  if (counted === null) return null;
  const kind = counted[1] === 'J' ? 'julian' : 'ordinal';
  const day = Number(counted[2]);
  return day <= 365 && !(kind === 'julian' && day === 0) ? { kind, day } : null;
}

/** Days since 2000-01-01. */
function dayInYear(on: RuleDay, year: number): number {
  const first = daysFromCivil(year, 1, 1);
  switch (on.kind) {
    case 'julian':
      return first + on.day - (isLeapYear(year) && on.day >= 60 ? 0 : 1);
    case 'ordinal':
      return first + on.day;
    case 'weekday': {
      const start = daysFromCivil(year, on.month, 1);
      const ahead = (on.day - dayOfWeek(start) + 7) % 7;
      const date = ahead + 7 * (on.week - 1);
      return start + (date < daysInMonth(year, on.month) ? date : date - 7);
    }
  }
}

/** The two changes of a year, in order of time. */
export function ruleChanges({ standard, daylight }: PosixZone, year: number): ZoneChange[] {
  if (daylight === null) return [];
  const { period: summer, begins, ends } = daylight;
  const at = (moment: RuleMoment, before: ZonePeriod): number =>
    dayInYear(moment.on, year) * DAY + moment.seconds - before.seconds;
  const first = { time: at(begins, standard), period: summer };
  const second = { time: at(ends, summer), period: standard };
  return first.time <= second.time ? [first, second] : [second, first];
}
