/**
 * Reads text by a template: `to_date` and `to_timestamp`. Without FX it is forgiving: separators
 * match any separators, blanks are skipped, numbers end where they end. With FX each character of
 * the template is one of the text.
 */
import { SqlError } from '../error.ts';
import { isBlank } from '../types/decimal-text.ts';
import { lowerAscii } from '../types/text.ts';
import { assemble } from './datetime-assemble.ts';
import type { ScannedDateTime, ScannedFields } from './datetime-assemble.ts';
import { DAYS, MONTHS, readDateTimeTemplate } from './datetime-template.ts';
import type { DateTimeNode } from './datetime-template.ts';
import { roman } from './number-template.ts';

type Convention = 'none' | 'gregorian' | 'isoWeek';

interface NumberField {
  readonly length: number;
  readonly name: string;
  readonly convention: Convention;
}

interface Scan {
  readonly text: string;
  at: number;
  /** FX: everything is where the template has it. */
  fixed: boolean;
  /** Blanks and separators in the text that the template did not ask for. */
  skipped: number;
  convention: Convention;
  readonly fields: ScannedFields;
}

function field(length: number, name: string, convention: Convention = 'none'): NumberField {
  return { length, name, convention };
}

const NUMBERS: ReadonlyMap<string, NumberField> = new Map([
  ['HH', field(2, 'hour')],
  ['HH12', field(2, 'hour')],
  ['HH24', field(2, 'hour')],
  ['MI', field(2, 'minute')],
  ['SS', field(2, 'second')],
  ['MS', field(3, 'millis')],
  ['US', field(6, 'micros')],
  ['FF1', field(1, 'micros')],
  ['FF2', field(2, 'micros')],
  ['FF3', field(3, 'micros')],
  ['FF4', field(4, 'micros')],
  ['FF5', field(5, 'micros')],
  ['FF6', field(6, 'micros')],
  ['SSSS', field(4, 'daySeconds')],
  ['SSSSS', field(5, 'daySeconds')],
  ['MM', field(2, 'month', 'gregorian')],
  ['DD', field(2, 'day', 'gregorian')],
  ['DDD', field(3, 'dayOfYear', 'gregorian')],
  ['IDDD', field(3, 'dayOfYear', 'isoWeek')],
  ['YYYY', field(4, 'year', 'gregorian')],
  ['YYY', field(3, 'year', 'gregorian')],
  ['YY', field(2, 'year', 'gregorian')],
  ['Y', field(1, 'year', 'gregorian')],
  ['IYYY', field(4, 'year', 'isoWeek')],
  ['IYY', field(3, 'year', 'isoWeek')],
  ['IY', field(2, 'year', 'isoWeek')],
  ['I', field(1, 'year', 'isoWeek')],
  ['WW', field(2, 'week', 'gregorian')],
  ['W', field(1, 'weekOfMonth', 'gregorian')],
  ['IW', field(2, 'week', 'isoWeek')],
  ['D', field(1, 'weekday', 'gregorian')],
  ['ID', field(1, 'isoDay', 'isoWeek')],
  ['CC', field(2, 'century')],
  ['Q', field(1, 'quarter')],
  ['J', field(1, 'julian')],
  ['TZM', field(2, 'zoneMinutes')],
]);

const NAME_CONVENTIONS: ReadonlyMap<string, Convention> = new Map([
  ['MONTH', 'gregorian'],
  ['MON', 'gregorian'],
  ['RM', 'gregorian'],
  ['Y,YYY', 'gregorian'],
]);

function invalid(message: string, detail: string, hint: string = ''): SqlError {
  return new SqlError('22007', message, { detail, hint });
}

export function scanDateTime(text: string, template: string): ScannedDateTime {
  const nodes = readDateTimeTemplate(template);
  const fields: ScannedFields = {
    numbers: new Map(),
    bc: false,
    pm: false,
    half: false,
    isoWeek: false,
    yearDigits: 4,
    zoneSign: 0,
    precision: null,
  };
  const scan: Scan = { text, at: 0, fixed: false, skipped: 0, convention: 'none', fields };
  for (const [i, node] of nodes.entries()) {
    if (scan.at >= text.length) break;
    const key = node.key.toUpperCase();
    if (!scan.fixed && key !== 'FX' && (node.key !== 'char' || i === 0)) skipBlanks(scan);
    if (node.key === 'char') {
      passLiteral(scan, node);
      continue;
    }
    if (key === 'FX') scan.fixed = true;
    else readField(scan, node, key, nodes[i + 1]);
    if (scan.fixed) continue;
    scan.skipped = 0;
    skipBlanks(scan);
  }
  fields.isoWeek = scan.convention === 'isoWeek';
  return assemble(fields, text);
}

const isSeparator = (c: string): boolean => /[!-/:-@[-`{-~]/.test(c);
const isGap = (c: string): boolean => isSeparator(c) || isBlank(c.charCodeAt(0));

function passLiteral(scan: Scan, node: DateTimeNode): void {
  if (scan.fixed) {
    scan.at += 1;
  } else if (node.quoted !== true && isGap(node.text)) {
    scan.skipped -= 1;
    if (scan.at >= scan.text.length || !isGap(scan.text[scan.at]!)) return;
    scan.at += 1;
    scan.skipped += 1;
  } else if (scan.skipped > 0) scan.skipped -= 1;
  else scan.at += 1;
}

function skipBlanks(scan: Scan): void {
  while (scan.at < scan.text.length && isBlank(scan.text.charCodeAt(scan.at))) {
    scan.at += 1;
    scan.skipped += 1;
  }
}

function readField(
  scan: Scan,
  node: DateTimeNode,
  key: string,
  next: DateTimeNode | undefined,
): void {
  const number = NUMBERS.get(key);
  const convention = number?.convention ?? NAME_CONVENTIONS.get(key) ?? 'none';
  if (convention !== 'none') {
    if (scan.convention !== 'none' && scan.convention !== convention) {
      throw new SqlError('22007', 'invalid combination of date conventions', {
        hint: 'Do not mix Gregorian and ISO week date conventions in a formatting template.',
      });
    }
    scan.convention = convention;
  }
  if (number === undefined) return readName(scan, node, key, next);
  readNumber(scan, node, number, next);
  if (node.suffix !== '') scan.at = Math.min(scan.at + 2, scan.text.length);
  if (key === 'HH' || key === 'HH12') scan.fields.half = true;
  return undefined;
}

/** True when the number may run on: nothing numeric follows at once. */
function runsOn(node: DateTimeNode, next: DateTimeNode | undefined): boolean {
  if (node.fill || node.suffix !== '' || next === undefined) return true;
  if (next.key === 'char') return !/[0-9]/.test(next.text);
  return !NUMBERS.has(next.key.toUpperCase()) && next.key !== 'Y,YYY';
}

const POWERS: readonly number[] = [1, 10, 100, 1000, 10_000, 100_000];
const WIDTH_HINT = 'If your source string is not fixed-width, try using the "FM" modifier.';

/** The digits, as many as there are or as the field has. */
function takeDigits(
  scan: Scan,
  node: DateTimeNode,
  length: number,
  next: DateTimeNode | undefined,
): string {
  const rest = scan.text.slice(scan.at);
  const blanks = /^[ \t\n\v\f\r]*/.exec(rest)![0].length;
  const shown = rest.slice(blanks, blanks + length);
  const short = (message: string, count: string): SqlError =>
    invalid(message, `Field requires ${length} characters, but only ${count}.`, WIDTH_HINT);
  let found: string;
  if (runsOn(node, next)) {
    found = /^[ \t\n\v\f\r]*[+-]?[0-9]+/.exec(rest)?.[0] ?? '';
  } else {
    if (shown.length < length) {
      const message = `source string too short for "${node.text}" formatting field`;
      throw short(message, `${shown.length} remain`);
    }
    const digits = /^[ \t\n\v\f\r]*[+-]?[0-9]+/.exec(shown)?.[0] ?? '';
    if (digits !== '' && digits.length < length) {
      const message = `invalid value "${shown}" for "${node.text}"`;
      throw short(message, `${digits.length} could be parsed`);
    }
    found = digits === '' ? '' : rest.slice(0, blanks) + digits;
  }
  if (found === '') {
    throw invalid(`invalid value "${shown}" for "${node.text}"`, 'Value must be an integer.');
  }
  scan.at += found.length;
  return found;
}

function readNumber(
  scan: Scan,
  node: DateTimeNode,
  { length, name }: NumberField,
  next: DateTimeNode | undefined,
): void {
  const digits = takeDigits(scan, node, length, next);
  let value = Number(digits);
  if (value > 2147483647 || value < -2147483648) {
    throw new SqlError('22008', `value for "${node.text}" in source string is out of range`, {
      detail: 'Value must be in the range -2147483648 to 2147483647.',
    });
  }
  const fraction = /^FF([1-6])$/i.exec(node.key);
  if (fraction !== null) scan.fields.precision = Number(fraction[1]);
  // 25 is a quarter of a second, as 250 is; 025 is a fortieth.
  if (name === 'millis') value *= POWERS[3 - digits.length] ?? 1;
  if (name === 'micros') value *= POWERS[6 - digits.length] ?? 1;
  if (name === 'year') {
    scan.fields.yearDigits = length;
    if (length < 4 && digits.length < 4) value = nearYear(value);
  }
  if (name === 'isoDay') return setNumber(scan, node, 'weekday', value >= 7 ? 1 : value + 1);
  if (name === 'quarter') return undefined;
  if (name === 'zoneMinutes' && scan.fields.zoneSign === 0) scan.fields.zoneSign = 1;
  return setNumber(scan, node, name, value);
}

function setNumber(scan: Scan, node: DateTimeNode, name: string, value: number): void {
  const before = scan.fields.numbers.get(name) ?? 0;
  if (before !== 0 && before !== value) {
    const message = `conflicting values for "${node.text}" field in formatting string`;
    throw invalid(message, 'This value contradicts a previous setting for the same field type.');
  }
  scan.fields.numbers.set(name, value);
}

/** Of years with fewer than four digits: the one nearest to 2020. */
function nearYear(year: number): number {
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

function readName(
  scan: Scan,
  node: DateTimeNode,
  key: string,
  next: DateTimeNode | undefined,
): void {
  const { fields } = scan;
  switch (key) {
    case 'MONTH':
      return setNumber(scan, node, 'month', takeName(scan, node, MONTHS, 0) + 1);
    case 'MON':
      return setNumber(scan, node, 'month', takeName(scan, node, MONTHS, 3) + 1);
    case 'RM':
      return setNumber(scan, node, 'month', takeName(scan, node, ROMAN_MONTHS, 0) + 1);
    case 'DAY':
      return setNumber(scan, node, 'weekday', takeName(scan, node, DAYS, 0) + 1);
    case 'DY':
      return setNumber(scan, node, 'weekday', takeName(scan, node, DAYS, 3) + 1);
    case 'AM':
    case 'PM':
    case 'A.M.':
    case 'P.M.':
      fields.pm = takeName(scan, node, key.length === 2 ? ['am', 'pm'] : ['a.m.', 'p.m.'], 0) === 1;
      fields.half = true;
      return undefined;
    case 'AD':
    case 'BC':
    case 'A.D.':
    case 'B.C.':
      fields.bc = takeName(scan, node, key.length === 2 ? ['ad', 'bc'] : ['a.d.', 'b.c.'], 0) === 1;
      return undefined;
    case 'Y,YYY':
      return readThousands(scan, node);
    case 'TZH':
      return readZoneHours(scan, node, next);
    default: {
      const message = `formatting field "${node.text}" is only supported in to_char`;
      throw new SqlError('0A000', message);
    }
  }
}

function readThousands(scan: Scan, node: DateTimeNode): void {
  const match = /^([+-]?[0-9]+),([0-9]{1,3})/.exec(scan.text.slice(scan.at));
  if (match === null) throw new SqlError('22007', 'invalid input string for "Y,YYY"');
  scan.at += match[0].length;
  setNumber(scan, node, 'year', Number(match[1]) * 1000 + Number(match[2]));
  scan.fields.yearDigits = 4;
  if (node.suffix !== '') scan.at = Math.min(scan.at + 2, scan.text.length);
}

/** A minus that was taken for a separator too many is the sign. */
function readZoneHours(scan: Scan, node: DateTimeNode, next: DateTimeNode | undefined): void {
  const c = scan.text[scan.at] ?? '';
  if (c === '+' || c === '-' || c === ' ') {
    scan.fields.zoneSign = c === '-' ? -1 : 1;
    scan.at += 1;
  } else {
    scan.fields.zoneSign = scan.skipped > 0 && scan.text[scan.at - 1] === '-' ? -1 : 1;
  }
  readNumber(scan, node, field(2, 'zoneHours'), next);
}
