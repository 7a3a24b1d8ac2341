/** `to_char`, `to_number`, `to_date`, `to_timestamp`. */
import { stable } from './define.ts';
import type { ScalarFunction } from './function.ts';
import { scanDateTime } from './datetime-scan.ts';
import {
  momentOf,
  momentOfInterval,
  readDateTimeTemplate,
  writeDateTime,
} from './datetime-template.ts';
import { formatNumber, formatSpecial, parseNumber } from './number-template.ts';
import {
  checkTimestamp,
  dateOutOfRange,
  instantToLocal,
  isDate,
  isInfiniteTimestamp,
  joinTimestamp,
  roundMicros,
} from '../types/datetime.ts';
import { exactDecimal } from '../types/float-math.ts';
import { subtract64 } from '../types/int64.ts';
import { decimal, digitCount, round } from '../types/decimal.ts';
import { decimalFromInteger, formatDecimal, parseDecimal } from '../types/decimal-text.ts';
import {
  DATE,
  FLOAT4,
  FLOAT8,
  INT4,
  INT8,
  INTERVAL,
  NUMERIC,
  TEXT,
  TIMESTAMP,
  TIMESTAMPTZ,
} from '../types/type.ts';
import type { Decimal, Int64, Interval } from '../types/type.ts';

/**
 * As `%.*e`. PostgreSQL's own numbers, not those of the machine, keep the exponent that they had
 * before they were rounded: 99.9 with no digit behind the point is `10e+01` (`carries` is false).
 */
function scientific(value: Decimal, digits: number, carries: boolean): string {
  if (value.coefficient === 0) return `${formatDecimal(decimal(0, digits))}e+00`;
  const negative = value.coefficient < 0;
  let exponent = digitCount(value.coefficient) - 1 - value.scale;
  let rounded = round(value, digits - exponent);
  const grown = digitCount(rounded.coefficient) - 1 - rounded.scale > exponent;
  if (grown && carries) {
    exponent += 1;
    rounded = round(value, digits - exponent);
  }
  const all = (negative ? -BigInt(rounded.coefficient) : BigInt(rounded.coefficient)).toString();
  const whole = grown && !carries ? 2 : 1;
  const shown = all.slice(0, digits + whole).padEnd(digits + whole, '0');
  const mantissa = digits > 0 ? `${shown.slice(0, whole)}.${shown.slice(whole)}` : shown;
  const size = Math.abs(exponent).toString().padStart(2, '0');
  return `${negative ? '-' : ''}${mantissa}e${exponent < 0 ? '-' : '+'}${size}`;
}

function decimalToChar(value: Decimal, template: string, carries: boolean = false): string {
  if (value.special !== 0) {
    const text = value.special === 1 ? 'NaN' : value.special === 2 ? 'Infinity' : '-Infinity';
    return formatSpecial(template, text);
  }
  return formatNumber(
    template,
    null,
    (digits) => round(value, digits),
    (digits) => scientific(value, digits, carries),
  );
}

/** A float shows only the 15 (6) digits that it surely has; the rest are left out. */
function floatToChar(value: number, template: string, significant: number): string {
  if (!Number.isFinite(value)) return decimalToChar(parseDecimal(String(value)), template);
  const exact = exactDecimal(value);
  const before = Math.max(digitCount(round(exact, 0).coefficient), 1);
  return formatNumber(
    template,
    value < 0 || Object.is(value, -0),
    (digits) => round(exact, Math.max(Math.min(digits, significant - before), 0)),
    (digits) => scientific(exact, digits, true),
  );
}

const numbers: readonly ScalarFunction[] = [
  stable('to_char', [INT4, TEXT], TEXT, (_, value: number, template: string) =>
    decimalToChar(decimalFromInteger(value), template, true),
  ),
  stable('to_char', [INT8, TEXT], TEXT, (_, value: Int64, template: string) =>
    decimalToChar(decimalFromInteger(value), template),
  ),
  stable('to_char', [NUMERIC, TEXT], TEXT, (_, value: Decimal, template: string) =>
    decimalToChar(value, template),
  ),
  stable('to_char', [FLOAT8, TEXT], TEXT, (_, value: number, template: string) =>
    floatToChar(value, template, 15),
  ),
  stable('to_char', [FLOAT4, TEXT], TEXT, (_, value: number, template: string) =>
    floatToChar(value, template, 6),
  ),
  stable('to_number', [TEXT, TEXT], NUMERIC, (_, text: string, template: string) =>
    template === '' ? null : parseNumber(text, template),
  ),
];

const moments: readonly ScalarFunction[] = [
  stable('to_char', [TIMESTAMP, TEXT], TEXT, (_, at: Int64, template: string) => {
    if (isInfiniteTimestamp(at) || template === '') return null;
    return writeDateTime(momentOf(at, null, ''), readDateTimeTemplate(template));
  }),
  stable('to_char', [TIMESTAMPTZ, TEXT], TEXT, ({ zone }, at: Int64, template: string) => {
    if (isInfiniteTimestamp(at) || template === '') return null;
    const name = zone.abbreviationAt(at);
    const moment = momentOf(instantToLocal(at, zone), zone.offsetAt(at), name);
    return writeDateTime(moment, readDateTimeTemplate(template));
  }),
  stable('to_char', [INTERVAL, TEXT], TEXT, (_, span: Interval, template: string) =>
    template === '' ? null : writeDateTime(momentOfInterval(span), readDateTimeTemplate(template)),
  ),
  stable('to_date', [TEXT, TEXT], DATE, (_, text: string, template: string) => {
    const { days } = scanDateTime(text, template);
    if (!isDate(days)) throw dateOutOfRange();
    return days;
  }),
  stable('to_timestamp', [TEXT, TEXT], TIMESTAMPTZ, ({ zone }, text: string, t: string) => {
    const scanned = scanDateTime(text, t);
    const local = joinTimestamp(scanned.days, scanned.micros);
    const at = subtract64(local, scanned.zoneMicros ?? zone.offsetOfLocal(local));
    const { precision } = scanned;
    return checkTimestamp(precision === null ? at : roundMicros(at, precision));
  }),
];

export const templateFunctions: readonly ScalarFunction[] = [...numbers, ...moments];
