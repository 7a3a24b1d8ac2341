/** `INTERVAL DAY TO SECOND(3)`: which fields of an interval its modifier keeps. */
import { roundMicros } from './datetime.ts';
import { INTERVAL_FIELDS, INTERVAL_FULL_PRECISION } from './describe.ts';
import { narrow } from './int64.ts';
import { HOUR_MICROS, interval, MINUTE_MICROS } from './interval.ts';
import type { Int64, Interval } from './type.ts';

/** `day to second`, or null for all. */
export function intervalFields(modifier: number): string | null {
  if (modifier < 0) return null;
  const mask = (modifier >> 16) & 0x7fff;
  return INTERVAL_FIELDS.find(([, bits]) => bits === mask)?.[0] ?? null;
}

function cut(micros: Int64, unit: number): Int64 {
  if (typeof micros === 'number') return micros - (micros % unit);
  return narrow(micros - (micros % BigInt(unit)));
}

/** Drops what is finer than the last field; coarser fields stay, as in PostgreSQL. */
export function trimToFields(value: Interval, modifier: number): Interval {
  if (modifier < 0) return value;
  const [last = ''] = (intervalFields(modifier) ?? '').split(' ').slice(-1);
  let { months, days, micros } = value;
  if (last === 'year') months -= months % 12;
  if (last === 'year' || last === 'month') days = 0;
  if (last === 'year' || last === 'month' || last === 'day') micros = 0;
  if (last === 'hour') micros = cut(micros, HOUR_MICROS);
  if (last === 'minute') micros = cut(micros, MINUTE_MICROS);
  const precision = modifier & 0xffff;
  if (precision !== INTERVAL_FULL_PRECISION) micros = roundMicros(micros, precision);
  return interval(months + 0, days, micros);
}
