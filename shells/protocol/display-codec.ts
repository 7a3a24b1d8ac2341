/** What the text of values depends on, as a server tells it: time zone and styles. */
import type { ByteReader, ByteWriter } from '../../core/sql/session/bytes.ts';
import {
  BYTES_STYLES,
  DATE_ORDERS,
  DATE_STYLES,
  FLOAT_DIGITS_MAX,
  FLOAT_DIGITS_MIN,
  INTERVAL_STYLES,
} from '../../core/sql/types/style.ts';
import type { Display } from '../../core/sql/types/style.ts';
import { findZone, UTC } from '../../core/sql/types/zone.ts';
import { readChoice, writeChoice } from './fields.ts';

export function writeDisplay(out: ByteWriter, { zone, style }: Display): void {
  out.text(zone.name);
  writeChoice(out, DATE_STYLES, style.dates);
  writeChoice(out, DATE_ORDERS, style.order);
  writeChoice(out, INTERVAL_STYLES, style.intervals);
  writeChoice(out, BYTES_STYLES, style.bytes);
  out.u8(style.floatDigits - FLOAT_DIGITS_MIN);
}

export function readDisplay(from: ByteReader): Display {
  // A name that only a newer server's data has: moments stay what they are, shown in UTC.
  const zone = findZone(from.text()) ?? UTC;
  const dates = readChoice(from, DATE_STYLES);
  const order = readChoice(from, DATE_ORDERS);
  const intervals = readChoice(from, INTERVAL_STYLES);
  const bytes = readChoice(from, BYTES_STYLES);
  const floatDigits = from.u8() + FLOAT_DIGITS_MIN;
  if (floatDigits > FLOAT_DIGITS_MAX) from.fail();
  return { zone, style: { dates, order, intervals, bytes, floatDigits } };
}
