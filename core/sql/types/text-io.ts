/**
 * Every type's input from and output to text: PostgreSQL's `typinput` and `typoutput`.
 *
 * `parseValue` reads a literal, `formatValue` writes what a client sees, `fitValue` brings a value
 * to a modifier (`varchar(3)`, `numeric(5,2)`, `timestamp(0)`).
 */
import { SqlError, unsupported } from '../error.ts';
import { mapArray } from './array.ts';
import { formatArray, parseArray } from './array-text.ts';
import { elementOf } from './array-type.ts';
import { formatBytea, parseBytea } from './bytea.ts';
import type { Clock } from './datetime-text.ts';
import {
  formatDate,
  formatTime,
  formatTimestamp,
  formatTimestampTz,
  parseDate,
  parseTime,
  parseTimestamp,
  parseTimestampTz,
} from './datetime-text.ts';
import { roundMicros } from './datetime.ts';
import { applyNumericModifier } from './decimal.ts';
import { formatDecimal, parseDecimal, trimBlanks } from './decimal-text.ts';
import { typeName } from './describe.ts';
import { formatFloat4, formatFloat8, parseFloat4, parseFloat8 } from './float.ts';
import { INT64_MAX, INT64_MIN, narrow, parseInteger } from './int64.ts';
import { trimToFields } from './interval-fields.ts';
import { parseInterval } from './interval-parse.ts';
import { formatInterval } from './interval-text.ts';
import { canonicalPath } from '../jsonpath/value.ts';
import { canonicalJson, checkJson } from './jsonb.ts';
import type { Display } from './style.ts';
import { fitCharacter, fitName, fitVarchar, lowerAscii } from './text.ts';
import {
  BOOL,
  BPCHAR,
  BYTEA,
  DATE,
  FLOAT4,
  FLOAT8,
  INT2,
  INT4,
  INT8,
  INTERVAL,
  JSON,
  JSONB,
  JSONPATH,
  NAME,
  NUMERIC,
  OID,
  RECORD,
  TEXT,
  TIME,
  TIMESTAMP,
  TIMESTAMPTZ,
  UNKNOWN,
  UUID,
  VARCHAR,
  VOID,
} from './type.ts';
import type { ArrayValue, Decimal, Int64, Interval, RecordValue, TypeId, Value } from './type.ts';
import { formatLabel, isEnum, parseLabel } from './user-type.ts';
import { parseUuid } from './uuid.ts';

/** Throws `22P02`, `22003`, `22007`, … with PostgreSQL's text. Length is not applied yet. */
export function parseValue(type: TypeId, text: string, clock: Clock, modifier: number = -1): Value {
  switch (type) {
    case BOOL:
      return parseBoolean(text);
    case INT2:
      return Number(parseRanged(text, 'smallint', -32768n, 32767n));
    case INT4:
      return Number(parseRanged(text, 'integer', -2147483648n, 2147483647n));
    case INT8:
      return parseRanged(text, 'bigint', INT64_MIN, INT64_MAX);
    case OID:
      return parseOid(text);
    case FLOAT4:
      return parseFloat4(text);
    case FLOAT8:
      return parseFloat8(text);
    case NUMERIC:
      return parseDecimal(text);
    case TEXT:
    case VARCHAR:
    case BPCHAR:
    case UNKNOWN:
      return text;
    case NAME:
      return fitName(text);
    case BYTEA:
      return parseBytea(text);
    case UUID:
      return parseUuid(text);
    case JSON:
      return checkJson(text);
    case JSONB:
      return canonicalJson(text);
    case JSONPATH:
      return canonicalPath(text);
    case DATE:
      return parseDate(text, clock);
    case TIME:
      return parseTime(text, clock);
    case TIMESTAMP:
      return parseTimestamp(text, clock);
    case TIMESTAMPTZ:
      return parseTimestampTz(text, clock);
    case INTERVAL:
      return parseInterval(text, modifier, clock.setting?.('intervalstyle') === 'sql_standard');
    default:
      return parseOther(type, text, clock, modifier);
  }
}

function parseOther(type: TypeId, text: string, clock: Clock, modifier: number): Value {
  if (isEnum(type)) return parseLabel(type, text);
  const element = elementOf(type);
  if (element === null) throw unsupported(`input of type ${typeName(type)}`, -1);
  return parseArray(text, (part) => parseValue(element, part, clock, modifier));
}

/** As `parseValue`, brought to the type's modifier: a literal in its context. */
export function parseFitted(
  type: TypeId,
  text: string,
  clock: Clock,
  modifier: number,
  explicit: boolean,
): Value {
  return fitValue(type, parseValue(type, text, clock, modifier), modifier, explicit);
}

function syntaxError(text: string, type: string): SqlError {
  return new SqlError('22P02', `invalid input syntax for type ${type}: "${text}"`);
}

const TRUE_WORDS = ['true', 'yes'];
const FALSE_WORDS = ['false', 'no'];

/** Any unambiguous beginning of true, false, yes, no, on, off; 1 and 0. */
export function parseBoolean(text: string): boolean {
  const word = lowerAscii(trimBlanks(text));
  if (word === '1' || word === 'on') return true;
  if (word === '0' || word === 'off' || word === 'of') return false;
  if (word !== '' && TRUE_WORDS.some((known) => known.startsWith(word))) return true;
  if (word !== '' && FALSE_WORDS.some((known) => known.startsWith(word))) return false;
  throw syntaxError(text, 'boolean');
}

/** Of at most nine digits and a minus; NaN: look closer. */
function parseShort(text: string): number {
  const { length } = text;
  const negative = text.charCodeAt(0) === 45;
  if (length > 10 || (length === 10 && !negative)) return NaN;
  let value = 0;
  for (let at = negative ? 1 : 0; at < length; at += 1) {
    const digit = text.charCodeAt(at) - 48;
    if (!(digit >= 0 && digit <= 9)) return NaN;
    value = value * 10 + digit;
  }
  if (length === (negative ? 1 : 0)) return NaN;
  return negative ? 0 - value : value;
}

function parseRanged(text: string, type: string, low: bigint, high: bigint): Int64 {
  const short = parseShort(text);
  if (short >= low && short <= high) return short;
  const value = parseInteger(trimBlanks(text));
  if (value === null) throw syntaxError(text, type);
  if (value < low || value > high) {
    throw new SqlError('22003', `value "${text}" is out of range for type ${type}`);
  }
  return narrow(value);
}

/** Unsigned, though the negative spelling of the same 32 bits is read too. */
function parseOid(text: string): number {
  const value = Number(parseRanged(text, 'oid', -2147483648n, 4294967295n));
  return value < 0 ? value + 4294967296 : value;
}

/** As a client sees it. */
export function formatValue(type: TypeId, value: Value, display: Display): string {
  switch (type) {
    case BOOL:
      return value === true ? 't' : 'f';
    case FLOAT4:
      return formatFloat4(value as number, display.style.floatDigits);
    case FLOAT8:
      return formatFloat8(value as number, display.style.floatDigits);
    case NUMERIC:
      return formatDecimal(value as Decimal);
    case BYTEA:
      return formatBytea(value as Uint8Array, display.style.bytes);
    case DATE:
      return formatDate(value as number, display.style);
    case TIME:
      return formatTime(Number(value));
    case TIMESTAMP:
      return formatTimestamp(value as Int64, display.style);
    case TIMESTAMPTZ:
      return formatTimestampTz(value as Int64, display.zone, display.style);
    case INTERVAL:
      return formatInterval(value as Interval, display.style.intervals);
    case RECORD:
      return formatRecord(value as RecordValue, display);
    case VOID:
      return '';
    default:
      if (typeof value === 'object') return formatElements(type, value as ArrayValue, display);
      if (isEnum(type)) return formatLabel(type, value as string);
      return String(value);
  }
}

function formatElements(type: TypeId, array: ArrayValue, display: Display): string {
  const element = elementOf(type) ?? UNKNOWN;
  return formatArray(array, (value) => formatValue(element, value, display));
}

/** `(1,"a b",)`: nulls are nothing, quotes where the text needs them. */
function formatRecord(record: RecordValue, display: Display): string {
  const fields = record.fields.map((field, i) => {
    if (field === null) return '';
    const text = formatValue(record.types[i]?.id ?? UNKNOWN, field, display);
    if (text !== '' && !/[\s"\\(),]/.test(text)) return text;
    return `"${text.replace(/["\\]/g, (c) => c + c)}"`;
  });
  return `(${fields.join(',')})`;
}

/** Text into a string type of this length. */
export function fitText(type: TypeId, text: string, modifier: number, explicit: boolean): string {
  if (type === VARCHAR) return fitVarchar(text, modifier, explicit);
  if (type === BPCHAR) return fitCharacter(text, modifier, explicit);
  return type === NAME ? fitName(text) : text;
}

/** `explicit`: an over-long string is cut; otherwise it is `22001`. */
export function fitValue(type: TypeId, value: Value, modifier: number, explicit: boolean): Value {
  if (modifier < 0 || value === null) return value;
  switch (type) {
    case VARCHAR:
      return fitVarchar(value as string, modifier, explicit);
    case BPCHAR:
      return fitCharacter(value as string, modifier, explicit);
    case NUMERIC:
      return applyNumericModifier(value as Decimal, modifier);
    case TIME:
    case TIMESTAMP:
    case TIMESTAMPTZ:
      return roundMicros(value as Int64, modifier);
    case INTERVAL:
      return trimToFields(value as Interval, modifier);
    default: {
      const element = elementOf(type);
      if (element === null) return value;
      return mapArray(value as ArrayValue, (one) => fitValue(element, one, modifier, explicit));
    }
  }
}
