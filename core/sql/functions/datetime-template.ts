/**
 * Templates of dates and times: the keywords of `to_char`, `to_date` and `to_timestamp`, and
 * writing by them. Reading is `datetime-scan.ts`.
 */
import { SqlError } from '../error.ts';
import { civilFromDays, dayOfWeek, dayOfYear, isoWeek, JULIAN_2000 } from '../types/calendar.ts';
import { timestampDays, timestampTime } from '../types/datetime.ts';
import type { Int64, Interval } from '../types/type.ts';
import { ordinalSuffix, roman } from './number-template.ts';

export const MONTHS: readonly string[] = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];
export const DAYS: readonly string[] = [
  'Sunday',
  'Monday',
  'Tuesday',
  'Wednesday',
  'Thursday',
  'Friday',
  'Saturday',
];

/** As written in upper case; those in mixed case keep it. Longer ones before their beginnings. */
const KEYWORDS: readonly string[] = (
  'A.D. A.M. B.C. P.M. AD AM BC CC DAY Day day DDD DD DY Dy dy D FF1 FF2 FF3 FF4 FF5 FF6 FX ' +
  'HH24 HH12 HH IDDD ID IW IYYY IYY IY I J MI MM MONTH Month month MON Mon mon MS OF PM Q RM ' +
  'SSSSS SSSS SS TZH TZM TZ US WW W Y,YYY YYYY YYY YY Y ' +
  'a.d. a.m. b.c. p.m. ad am bc pm rm tzh tzm tz'
).split(' ');

export interface DateTimeNode {
  /** A keyword, or 'char'. */
  readonly key: string;
  readonly text: string;
  readonly fill: boolean;
  /** `TH` or `th` behind it. */
  readonly suffix: '' | 'TH' | 'th';
  /** A character of a text in double quotes. */
  readonly quoted?: true;
}

const KEPT_TEMPLATES = 256;
const kept = new Map<string, readonly DateTimeNode[]>();

/** Templates are read once and kept. */
export function readDateTimeTemplate(text: string): readonly DateTimeNode[] {
  let nodes = kept.get(text);
  if (nodes === undefined) {
    if (kept.size >= KEPT_TEMPLATES) kept.clear();
    nodes = splitTemplate(text);
    kept.set(text, nodes);
  }
  return nodes;
}

function splitTemplate(text: string): readonly DateTimeNode[] {
  const nodes: DateTimeNode[] = [];
  let at = 0;
  while (at < text.length) {
    let fill = false;
    const prefix = /^(?:FM|fm|TM|tm)/.exec(text.slice(at))?.[0];
    if (prefix !== undefined) {
      fill = prefix === 'FM' || prefix === 'fm';
      at += 2;
    }
    const key = keywordAt(text, at);
    if (key !== null) {
      const written = text.slice(at, at + key.length);
      at += key.length;
      const suffix = /^(?:TH|th)/.exec(text.slice(at))?.[0] ?? '';
      if (suffix !== '') at += 2;
      nodes.push({ key, text: written, fill, suffix: suffix as '' | 'TH' | 'th' });
      continue;
    }
    if (at >= text.length) break;
    if (text[at] === '"') {
      let end = at + 1;
      while (end < text.length && text[end] !== '"') {
        if (text[end] === '\\') end += 1;
        nodes.push({ key: 'char', text: text[end] ?? '', fill, suffix: '', quoted: true });
        end += 1;
      }
      at = end + 1;
      continue;
    }
    if (text[at] === '\\' && text[at + 1] === '"') at += 1;
    nodes.push({ key: 'char', text: text[at] ?? '', fill, suffix: '' });
    at += 1;
  }
  return nodes;
}

function keywordAt(text: string, at: number): string | null {
  const rest = text.slice(at, at + 5);
  const exact = KEYWORDS.find((key) => rest.startsWith(key));
  if (exact === 'tzh' || exact === 'tzm') return exact.toUpperCase();
  if (exact !== undefined) return exact;
  // Keywords of numbers are known in lower case too.
  const lower = KEYWORDS.find((key) => rest.startsWith(key.toLowerCase()));
  return lower ?? null;
}

/** What a template may ask for. */
export interface Moment {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  /** Since 2000-01-01; null: an interval. */
  readonly days: number | null;
  readonly hours: number;
  /** Microseconds of the hour. */
  readonly rest: number;
  /** Null: no zone. */
  readonly zoneMicros: number | null;
  readonly zoneName: string;
}

export function momentOf(local: Int64, zoneMicros: number | null, zoneName: string): Moment {
  const days = timestampDays(local);
  const micros = timestampTime(local);
  // Written out: spreading would cost more than all the rest.
  const { year, month, day } = civilFromDays(days);
  return {
    year,
    month,
    day,
    days,
    hours: Math.floor(micros / 3600e6),
    rest: micros % 3600e6,
    zoneMicros,
    zoneName,
  };
}

export function momentOfInterval(span: Interval): Moment {
  const hours = BigInt(span.micros) / 3600000000n;
  return {
    year: Math.trunc(span.months / 12) + 0,
    month: (span.months % 12) + 0,
    day: span.days,
    days: null,
    hours: Number(hours),
    rest: Number(BigInt(span.micros) - hours * 3600000000n),
    zoneMicros: null,
    zoneName: '',
  };
}

/** Fields of a calendar's date, which a span of time has none of. */
const CALENDAR_ONLY: ReadonlySet<string> = new Set(
  (
    'A.D. B.C. AD BC ad bc a.d. b.c. MONTH Month month MON Mon mon DAY Day day DY Dy dy D ID ' +
    'TZ tz TZH TZM OF'
  ).split(' '),
);

export function writeDateTime(moment: Moment, nodes: readonly DateTimeNode[]): string {
  if (moment.days === null && nodes.some((node) => CALENDAR_ONLY.has(node.key))) {
    throw new SqlError('22007', 'invalid format specification for an interval value', {
      hint: 'Intervals are not tied to specific calendar dates.',
    });
  }
  let out = '';
  for (const node of nodes) {
    if (node.key === 'char') {
      out += node.text;
      continue;
    }
    const text = writeField(moment, node);
    out += text;
    if (node.suffix !== '') out += ordinalSuffix(text, node.suffix === 'TH');
  }
  return out;
}

/** Zeros before it up to `width`, a sign not counted; none in fill mode. */
function pad(value: number, width: number, node: DateTimeNode): string {
  return padDigits(value, node.fill ? 1 : width);
}

/** Days and weeks of an interval: there the sign takes one of the places. */
function padAll(value: number, width: number, node: DateTimeNode): string {
  return pad(value, value < 0 ? width - 1 : width, node);
}

function padDigits(value: number, width: number): string {
  const padded = Math.abs(value).toString().padStart(width, '0');
  return value < 0 ? `-${padded}` : padded;
}

function writeField(moment: Moment, node: DateTimeNode): string {
  return (
    writeTimeField(moment, node) ?? writeNameField(moment, node) ?? writeDayField(moment, node)
  );
}

function halfDay({ hours }: Moment): string {
  return hours % 24 >= 12 ? 'pm' : 'am';
}

function writeTimeField(moment: Moment, node: DateTimeNode): string | null {
  const { hours, rest } = moment;
  const micros = rest % 1e6;
  switch (node.key) {
    case 'HH':
    case 'HH12':
      return pad(hours % 12 === 0 ? 12 : hours % 12, 2, node);
    case 'HH24':
      return pad(hours, 2, node);
    case 'MI':
      return pad(Math.trunc(rest / 60e6), 2, node);
    case 'SS':
      return pad(Math.trunc(rest / 1e6) % 60, 2, node);
    case 'MS':
    case 'FF3':
      return padDigits(Math.trunc(micros / 1000), 3);
    case 'US':
    case 'FF6':
      return padDigits(micros, 6);
    case 'FF1':
    case 'FF2':
    case 'FF4':
    case 'FF5':
      return Math.abs(micros).toString().padStart(6, '0').slice(0, Number(node.key[2]));
    case 'SSSS':
    case 'SSSSS':
      return String(hours * 3600 + Math.trunc(rest / 1e6));
    case 'AM':
    case 'PM':
      return halfDay(moment).toUpperCase();
    case 'am':
    case 'pm':
      return halfDay(moment);
    case 'A.M.':
    case 'P.M.':
      return halfDay(moment) === 'am' ? 'A.M.' : 'P.M.';
    case 'a.m.':
    case 'p.m.':
      return halfDay(moment) === 'am' ? 'a.m.' : 'p.m.';
    default:
      return writeZoneField(moment, node);
  }
}

function writeZoneField({ zoneMicros, zoneName }: Moment, node: DateTimeNode): string | null {
  const seconds = Math.trunc((zoneMicros ?? 0) / 1e6);
  const magnitude = Math.abs(seconds);
  switch (node.key) {
    case 'TZ':
      return zoneMicros === null ? '' : zoneName.toUpperCase();
    case 'tz':
      return zoneMicros === null ? '' : zoneName.toLowerCase();
    case 'TZH':
      return `${seconds < 0 ? '-' : '+'}${String(Math.floor(magnitude / 3600)).padStart(2, '0')}`;
    case 'TZM':
      return String(Math.floor(magnitude / 60) % 60).padStart(2, '0');
    case 'OF':
      return writeOffset(seconds);
    default:
      return null;
  }
}

/** `+02`, `-05:30`. Seconds are not shown, but of hours and seconds it says that minutes are 0. */
function writeOffset(seconds: number): string {
  const magnitude = Math.abs(seconds);
  const hours = String(Math.floor(magnitude / 3600)).padStart(2, '0');
  const minutes = String(Math.floor(magnitude / 60) % 60).padStart(2, '0');
  return `${seconds < 0 ? '-' : '+'}${hours}${magnitude % 3600 === 0 ? '' : `:${minutes}`}`;
}

function padName(name: string, width: number, node: DateTimeNode): string {
  return node.fill ? name : name.padEnd(width);
}

/** Of a span of time below zero it counts from the year's end. */
function romanMonth({ year, month }: Moment, node: DateTimeNode): string {
  if (month === 0 && year === 0) return '';
  const counted = month > 0 ? month : month < 0 ? 13 + month : year >= 0 ? 12 : 1;
  return padName(roman(counted), 4, node);
}

function writeNameField(moment: Moment, node: DateTimeNode): string | null {
  const { key } = node;
  const month = MONTHS[moment.month - 1] ?? '';
  const day = moment.days === null ? '' : (DAYS[dayOfWeek(moment.days)] ?? '');
  const bc = moment.year <= 0;
  switch (key) {
    case 'MONTH':
      return padName(month.toUpperCase(), 9, node);
    case 'Month':
      return padName(month, 9, node);
    case 'month':
      return padName(month.toLowerCase(), 9, node);
    case 'MON':
      return month.slice(0, 3).toUpperCase();
    case 'Mon':
      return month.slice(0, 3);
    case 'mon':
      return month.slice(0, 3).toLowerCase();
    case 'DAY':
      return padName(day.toUpperCase(), 9, node);
    case 'Day':
      return padName(day, 9, node);
    case 'day':
      return padName(day.toLowerCase(), 9, node);
    case 'DY':
      return day.slice(0, 3).toUpperCase();
    case 'Dy':
      return day.slice(0, 3);
    case 'dy':
      return day.slice(0, 3).toLowerCase();
    case 'AD':
    case 'BC':
      return bc ? 'BC' : 'AD';
    case 'ad':
    case 'bc':
      return bc ? 'bc' : 'ad';
    case 'A.D.':
    case 'B.C.':
      return bc ? 'B.C.' : 'A.D.';
    case 'a.d.':
    case 'b.c.':
      return bc ? 'b.c.' : 'a.d.';
    case 'RM':
      return romanMonth(moment, node);
    case 'rm':
      return romanMonth(moment, node).toLowerCase();
    default:
      return null;
  }
}

/** Years before 1 count from 1 BC on; spans of time keep their sign. */
function shownYear(year: number, days: number | null): number {
  return days !== null && year <= 0 ? 1 - year : year;
}

function writeYear(year: number, node: DateTimeNode): string {
  switch (node.key.replace('I', 'Y').length - (node.key === 'Y,YYY' ? 5 : 0)) {
    case 0: {
      const thousands = Math.trunc(year / 1000);
      return `${thousands},${String(year - thousands * 1000).padStart(3, '0')}`;
    }
    case 4:
      return pad(year, 4, node);
    case 3:
      return pad(year % 1000, 3, node);
    case 2:
      return pad(year % 100, 2, node);
    default:
      return pad(year % 10, 1, node);
  }
}

function century({ year, days }: Moment): number {
  if (days === null) return Math.trunc(year / 100);
  return year > 0 ? Math.trunc((year - 1) / 100) + 1 : Math.trunc(year / 100) - 1;
}

function writeDayField(moment: Moment, node: DateTimeNode): string {
  const { year, month, day } = moment;
  const days = moment.days ?? 0;
  const dayInYear = moment.days === null ? (year * 12 + month) * 30 + day : dayOfYear(days);
  const weekday = dayOfWeek(days);
  switch (node.key) {
    case 'Y,YYY':
    case 'YYYY':
    case 'YYY':
    case 'YY':
    case 'Y':
      return writeYear(shownYear(year, moment.days), node);
    case 'IYYY':
    case 'IYY':
    case 'IY':
    case 'I':
      return writeYear(shownYear(isoWeek(days).year, moment.days), node);
    case 'MM':
      return pad(month, 2, node);
    case 'DD':
      return padAll(day, 2, node);
    case 'DDD':
      return padAll(dayInYear, 3, node);
    case 'IDDD':
      return pad((isoWeek(days).week - 1) * 7 + (weekday === 0 ? 7 : weekday), 3, node);
    case 'D':
      return String(weekday + 1);
    case 'ID':
      return String(weekday === 0 ? 7 : weekday);
    case 'W':
      return String(Math.trunc((day - 1) / 7) + 1);
    case 'WW':
      return padAll(Math.trunc((dayInYear - 1) / 7) + 1, 2, node);
    case 'IW':
      return pad(isoWeek(days).week, 2, node);
    case 'Q':
      return month === 0 ? '' : String(Math.floor((month - 1) / 3) + 1);
    case 'CC':
      return pad(century(moment), 2, node);
    case 'J':
      return String(days + JULIAN_2000);
    default:
      return '';
  }
}
