/**
 * Reads text by a template: `to_date` and `to_timestamp`. PostgreSQL's forgiving mode: separators
 * match any separators, blanks are skipped, numbers end where they end.
 */
import { SqlError, unsupported } from '../error.ts';
import {
  civilFromDays,
  daysFromCivil,
  daysFromIsoWeek,
  daysInMonth,
  JULIAN_2000,
} from '../types/calendar.ts';
import { isBlank } from '../types/decimal-text.ts';
import { lowerAscii } from '../types/text.ts';
import { DAYS, MONTHS, readDateTimeTemplate } from './datetime-template.ts';
import type { DateTimeNode } from './datetime-template.ts';
import { roman } from './number-template.ts';

export interface ScannedDateTime {
  readonly days: number;
  /** Of the day. */
  readonly micros: number;
  /** East of UTC; null: not said. */
  readonly zoneMicros: number | null;
  /** Digits of a second, as `FF3` asks for; null: it is not asked for. */
  readonly precision: number | null;
}

interface Scan {
  readonly text: string;
  at: number;
  /** Separators in the text that the template did not ask for. */
  skipped: number;
  readonly fields: Map<string, number>;
  bc: boolean;
  pm: boolean | null;
  precision: number | null;
}

/** How many digits a field has, and the name under which its value is kept. */
const NUMBERS: ReadonlyMap<string, readonly [number, string]> = new Map<
  string,
  readonly [number, string]
>([
  ['HH', [2, 'hour12']],
  ['HH12', [2, 'hour12']],
  ['HH24', [2, 'hour']],
  ['MI', [2, 'minute']],
  ['SS', [2, 'second']],
  ['MS', [3, 'fraction']],
  ['US', [6, 'fraction']],
  ['FF1', [1, 'fraction']],
  ['FF2', [2, 'fraction']],
  ['FF3', [3, 'fraction']],
  ['FF4', [4, 'fraction']],
  ['FF5', [5, 'fraction']],
  ['FF6', [6, 'fraction']],
  ['SSSS', [5, 'daySeconds']],
  ['SSSSS', [5, 'daySeconds']],
  ['MM', [2, 'month']],
  ['DD', [2, 'day']],
  ['DDD', [3, 'dayOfYear']],
  ['IDDD', [3, 'isoDayOfYear']],
  ['YYYY', [4, 'year']],
  ['YYY', [3, 'year']],
  ['YY', [2, 'year']],
  ['Y', [1, 'year']],
  ['IYYY', [4, 'isoYear']],
  ['IYY', [3, 'isoYear']],
  ['IY', [2, 'isoYear']],
  ['I', [1, 'isoYear']],
  ['WW', [2, 'week']],
  ['W', [1, 'weekOfMonth']],
  ['IW', [2, 'isoWeek']],
  ['D', [1, 'weekday']],
  ['ID', [1, 'isoDay']],
  ['CC', [2, 'century']],
  ['Q', [1, 'quarter']],
  ['J', [7, 'julian']],
  ['TZH', [2, 'zoneHours']],
  ['TZM', [2, 'zoneMinutes']],
]);

function invalid(message: string, detail?: string): SqlError {
  return new SqlError('22007', message, detail === undefined ? {} : { detail });
}

export function scanDateTime(text: string, template: string): ScannedDateTime {
  const nodes = readDateTimeTemplate(template);
  const scan: Scan = {
    text,
    at: 0,
    skipped: 0,
    fields: new Map(),
    bc: false,
    pm: null,
    precision: null,
  };
  for (const [i, node] of nodes.entries()) {
    if (scan.at >= text.length) break;
    if (node.key === 'char') passLiteral(scan, node.text);
    else readField(scan, node, nodes[i + 1]);
  }
  return assemble(scan);
}

const isSeparator = (c: string): boolean => /[!-/:-@[-`{-~]/.test(c);

function passLiteral(scan: Scan, literal: string): void {
  const c = scan.text[scan.at] ?? '';
  if (isSeparator(literal) || isBlank(literal.charCodeAt(0))) {
    scan.skipped -= 1;
    if (isSeparator(c) || isBlank(c.charCodeAt(0))) {
      scan.at += 1;
      scan.skipped += 1;
    }
  } else if (scan.skipped > 0) scan.skipped -= 1;
  else scan.at += 1;
}

function readField(scan: Scan, node: DateTimeNode, next: DateTimeNode | undefined): void {
  skipBlanks(scan);
  const number = NUMBERS.get(node.key);
  if (number !== undefined) {
    readNumber(scan, node, number, next);
    if (node.suffix !== '') scan.at += 2;
  } else readName(scan, node);
  scan.skipped = 0;
  skipBlanks(scan);
}

function skipBlanks(scan: Scan): void {
  while (scan.at < scan.text.length && isBlank(scan.text.charCodeAt(scan.at))) {
    scan.at += 1;
    scan.skipped += 1;
  }
}

/** True when the number may run on: nothing numeric follows at once. */
function runsOn(node: DateTimeNode, next: DateTimeNode | undefined): boolean {
  if (node.fill || node.suffix !== '' || next === undefined) return true;
  if (next.key === 'char') return !/[0-9]/.test(next.text);
  return !NUMBERS.has(next.key) && next.key !== 'Y,YYY';
}

function readNumber(
  scan: Scan,
  node: DateTimeNode,
  [length, name]: readonly [number, string],
  next: DateTimeNode | undefined,
): void {
  const rest = scan.text.slice(scan.at);
  const found = runsOn(node, next) ? (/^[+-]?[0-9]+/.exec(rest)?.[0] ?? '') : rest.slice(0, length);
  if (found.length < length && !runsOn(node, next)) {
    const remain = `Field requires ${length} characters, but only ${found.length} remain.`;
    throw invalid(`source string too short for "${node.text}" formatting field`, remain);
  }
  if (!/^[+-]?[0-9]+$/.test(found)) {
    const shown = rest.slice(0, length);
    throw invalid(`invalid value "${shown}" for "${node.text}"`, 'Value must be an integer.');
  }
  const start = scan.at;
  scan.at += found.length;
  let value = Number(found);
  if (Math.abs(value) > 2147483647) {
    throw new SqlError('22008', `value for "${node.text}" in source string is out of range`);
  }
  if (name === 'fraction') {
    value = Number(found.padEnd(6, '0'));
    if (node.key.startsWith('FF')) scan.precision = length;
  }
  if ((name === 'year' || name === 'isoYear') && length < 4) value = nearYear(value, found.length);
  if (name === 'zoneHours') {
    // A separator of the template may have taken the minus.
    const minus = found.startsWith('-') || (scan.skipped > 0 && scan.text[start - 1] === '-');
    scan.fields.set('zoneSign', minus ? -1 : 1);
    value = Math.abs(value);
  }
  setField(scan, node, name, value);
}

function setField(scan: Scan, node: DateTimeNode, name: string, value: number): void {
  const before = scan.fields.get(name);
  if (before !== undefined && before !== value) {
    const message = `conflicting values for "${node.text}" field in formatting string`;
    throw invalid(message, 'This value contradicts a previous setting for the same field type.');
  }
  scan.fields.set(name, value);
}

/** Of years with fewer than four digits: the one nearest to 2020. */
function nearYear(year: number, digits: number): number {
  if (digits >= 4) return year;
  if (year < 70) return year + 2000;
  if (year < 100) return year + 1900;
  if (year < 520) return year + 2000;
  return year < 1000 ? year + 1000 : year;
}

/** The place in `names` of the one that the text goes on with; `length` 0: the whole name. */
function takeName(
  scan: Scan,
  node: DateTimeNode,
  names: readonly string[],
  length: number,
): number {
  const rest = lowerAscii(scan.text.slice(scan.at));
  let best = -1;
  let taken = 0;
  for (const [i, name] of names.entries()) {
    const word = lowerAscii(length === 0 ? name : name.slice(0, length));
    if (word.length <= taken || !rest.startsWith(word)) continue;
    best = i;
    taken = word.length;
  }
  if (best < 0) {
    const word = /^\S*/.exec(scan.text.slice(scan.at))?.[0] ?? '';
    const message = `invalid value "${word}" for "${node.text}"`;
    throw invalid(
      message,
      'The given value did not match any of the allowed values for this field.',
    );
  }
  scan.at += taken;
  return best;
}

const ROMAN_MONTHS = Array.from({ length: 12 }, (_, i) => roman(i + 1));

function readName(scan: Scan, node: DateTimeNode): void {
  const key = node.key.toUpperCase();
  switch (key) {
    case 'MONTH':
      setField(scan, node, 'month', takeName(scan, node, MONTHS, 0) + 1);
      return;
    case 'MON':
      setField(scan, node, 'month', takeName(scan, node, MONTHS, 3) + 1);
      return;
    case 'RM':
      setField(scan, node, 'month', takeName(scan, node, ROMAN_MONTHS, 0) + 1);
      return;
    case 'DAY':
      takeName(scan, node, DAYS, 0);
      return;
    case 'DY':
      takeName(scan, node, DAYS, 3);
      return;
    case 'AM':
    case 'PM':
      scan.pm = takeName(scan, node, ['am', 'pm'], 0) === 1;
      return;
    case 'A.M.':
    case 'P.M.':
      scan.pm = takeName(scan, node, ['a.m.', 'p.m.'], 0) === 1;
      return;
    case 'AD':
    case 'BC':
      scan.bc = takeName(scan, node, ['ad', 'bc'], 0) === 1;
      return;
    case 'A.D.':
    case 'B.C.':
      scan.bc = takeName(scan, node, ['a.d.', 'b.c.'], 0) === 1;
      return;
    case 'Y,YYY':
      readThousands(scan, node);
      return;
    case 'FX':
      throw unsupported('FX in a template for reading', -1);
    default: {
      const message = `formatting field "${node.text}" is only supported in to_char`;
      throw new SqlError('0A000', message);
    }
  }
}

function readThousands(scan: Scan, node: DateTimeNode): void {
  const match = /^([0-9]+),([0-9]{3})/.exec(scan.text.slice(scan.at));
  if (match === null) throw invalid(`invalid input string for "${node.text}"`);
  scan.at += match[0].length + node.suffix.length;
  scan.fields.set('year', Number(match[1]) * 1000 + Number(match[2]));
}

function outOfRange(text: string): SqlError {
  return new SqlError('22008', `date/time field value out of range: "${text}"`);
}

function assemble(scan: Scan): ScannedDateTime {
  return {
    days: assembleDate(scan),
    micros: assembleTime(scan),
    zoneMicros: assembleZone(scan),
    precision: scan.precision,
  };
}

function assembleZone({ fields, text }: Scan): number | null {
  if (!fields.has('zoneHours') && !fields.has('zoneMinutes')) return null;
  const hours = fields.get('zoneHours') ?? 0;
  const minutes = fields.get('zoneMinutes') ?? 0;
  if (hours > 15 || minutes < 0 || minutes > 59) {
    throw new SqlError('22009', `time zone displacement out of range: "${text}"`);
  }
  return (fields.get('zoneSign') ?? 1) * (hours * 3600 + minutes * 60) * 1e6;
}

function assembleTime({ fields, text, pm }: Scan): number {
  let hour = fields.get('hour') ?? 0;
  const half = fields.get('hour12');
  if (half !== undefined || (pm !== null && fields.has('hour'))) {
    hour = half ?? hour;
    if (half !== undefined && (hour < 1 || hour > 12)) {
      throw new SqlError('22007', `hour "${hour}" is invalid for the 12-hour clock`, {
        hint: 'Use the 24-hour clock, or give an hour between 1 and 12.',
      });
    }
    if (pm === true && hour < 12) hour += 12;
    else if (pm === false && hour === 12) hour = 0;
  }
  const minute = fields.get('minute') ?? 0;
  const second = fields.get('second') ?? 0;
  const daySeconds = fields.get('daySeconds');
  const fraction = fields.get('fraction') ?? 0;
  if (fraction >= 1e6) throw outOfRange(text);
  if (daySeconds !== undefined) {
    if (daySeconds < 0 || daySeconds >= 86400) throw outOfRange(text);
    return daySeconds * 1e6 + fraction;
  }
  const wrong = hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59;
  if (wrong) throw outOfRange(text);
  return ((hour * 60 + minute) * 60 + second) * 1e6 + fraction;
}

const GREGORIAN = ['year', 'month', 'day', 'dayOfYear', 'week', 'weekOfMonth', 'century'];
const ISO_WEEK = ['isoYear', 'isoWeek', 'isoDay', 'isoDayOfYear'];

function refuseMixture({ fields }: Scan): void {
  const mixed =
    GREGORIAN.some((name) => fields.has(name)) && ISO_WEEK.some((name) => fields.has(name));
  if (!mixed) return;
  throw new SqlError('22007', 'invalid combination of date conventions', {
    hint: 'Do not mix Gregorian and ISO week date conventions in a formatting template.',
  });
}

function assembleDate(scan: Scan): number {
  const { fields, text, bc } = scan;
  refuseMixture(scan);
  const julian = fields.get('julian');
  if (julian !== undefined) return julian - JULIAN_2000;
  const isoYear = fields.get('isoYear');
  if (isoYear !== undefined) {
    const dayOfIsoYear = fields.get('isoDayOfYear');
    if (dayOfIsoYear !== undefined) return daysFromIsoWeek(isoYear, 1) + dayOfIsoYear - 1;
    return daysFromIsoWeek(isoYear, fields.get('isoWeek') ?? 1) + (fields.get('isoDay') ?? 1) - 1;
  }
  let year = fields.get('year') ?? 0;
  const century = fields.get('century');
  if (century !== undefined && fields.get('year') === undefined) year = (century - 1) * 100 + 1;
  if (bc) year = 0 - year;
  if (year < 0) year += 1;
  const week = fields.get('week');
  const dayOfYear = fields.get('dayOfYear') ?? (week === undefined ? undefined : week * 7 - 6);
  if (dayOfYear !== undefined && !fields.has('month')) {
    return checkDays(daysFromCivil(year, 1, 1) + dayOfYear - 1, year, text);
  }
  const month = fields.get('month') ?? 1;
  const weekOfMonth = fields.get('weekOfMonth');
  const day = fields.get('day') ?? (weekOfMonth === undefined ? 1 : weekOfMonth * 7 - 6);
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) throw outOfRange(text);
  return daysFromCivil(year, month, day);
}

/** A day of the year must lie in it. */
function checkDays(days: number, year: number, text: string): number {
  if (civilFromDays(days).year !== year) throw outOfRange(text);
  return days;
}
