/**
 * How values look as text where the session chooses: `DateStyle`, `IntervalStyle`,
 * `extra_float_digits` and `bytea_output`.
 */
import type { Environment } from '../environment.ts';
import type { DateOrder } from './datetime-parse.ts';
import { UTC } from './zone.ts';

export const DATE_STYLES = ['ISO', 'SQL', 'Postgres', 'German'] as const;
export const DATE_ORDERS: readonly DateOrder[] = ['mdy', 'dmy', 'ymd'];
export const INTERVAL_STYLES = [
  'postgres',
  'postgres_verbose',
  'sql_standard',
  'iso_8601',
] as const;

export const BYTES_STYLES = ['hex', 'escape'] as const;

/** Limits of `extra_float_digits`. */
export const FLOAT_DIGITS_MIN = -15;
export const FLOAT_DIGITS_MAX = 3;

export interface OutputStyle {
  readonly dates: (typeof DATE_STYLES)[number];
  readonly order: DateOrder;
  readonly intervals: (typeof INTERVAL_STYLES)[number];
  readonly bytes: (typeof BYTES_STYLES)[number];
  /** Above 0: as few digits as say the value exactly. Otherwise 6 or 15 digits and these. */
  readonly floatDigits: number;
}

/** What the text of a value depends on besides the value. */
export type Display = Pick<Environment, 'zone' | 'style'>;

export const DEFAULT_STYLE: OutputStyle = {
  dates: 'ISO',
  order: 'mdy',
  intervals: 'postgres',
  bytes: 'hex',
  floatDigits: 1,
};

/** For text that nobody's settings change. */
export const DEFAULT_DISPLAY: Display = { zone: UTC, style: DEFAULT_STYLE };

/** Of the settings as shown: `SQL, DMY`, `iso_8601`, `hex`, `1`. */
export function outputStyle(
  dateStyle: string,
  intervals: string,
  bytes: string,
  digits: string,
): OutputStyle {
  const [dates, order = ''] = dateStyle.split(', ');
  return {
    dates: DATE_STYLES.find((one) => one === dates) ?? DEFAULT_STYLE.dates,
    order: DATE_ORDERS.find((one) => one === order.toLowerCase()) ?? DEFAULT_STYLE.order,
    intervals: INTERVAL_STYLES.find((one) => one === intervals) ?? DEFAULT_STYLE.intervals,
    bytes: BYTES_STYLES.find((one) => one === bytes) ?? DEFAULT_STYLE.bytes,
    floatDigits: Number(digits),
  };
}

const WORDS: ReadonlyMap<string, { readonly style?: string; readonly order?: string }> = new Map([
  ['iso', { style: 'ISO' }],
  ['sql', { style: 'SQL' }],
  ['german', { style: 'German' }],
  ['mdy', { order: 'MDY' }],
  ['us', { order: 'MDY' }],
  ['dmy', { order: 'DMY' }],
  ['ymd', { order: 'YMD' }],
]);

function styleWord(word: string): { readonly style?: string; readonly order?: string } | null {
  if (word.startsWith('postgres')) return { style: 'Postgres' };
  if (word.startsWith('euro')) return { order: 'DMY' };
  if (word.startsWith('noneuro')) return { order: 'MDY' };
  return WORDS.get(word) ?? null;
}

/** What `DateStyle` becomes: what the words do not say stays. Null: no such style. */
export function dateStyleOf(value: string, current: string): string | null {
  if (value.trim() === '') return current;
  let [style, order] = current.split(', ') as [string, string];
  let givenStyle: string | null = null;
  let givenOrder: string | null = null;
  for (const part of value.split(',')) {
    const word = part.trim().toLowerCase();
    if (word === 'default') {
      style = givenStyle ?? DEFAULT_STYLE.dates;
      order = givenOrder ?? DEFAULT_STYLE.order.toUpperCase();
      continue;
    }
    const meant = styleWord(word);
    if (meant === null) return null;
    if (meant.style !== undefined) {
      if (givenStyle !== null && givenStyle !== meant.style) return null;
      style = givenStyle = meant.style;
      // Germans put the day first, unless another order is asked for.
      if (style === 'German') order = givenOrder ?? 'DMY';
    }
    if (meant.order !== undefined) {
      if (givenOrder !== null && givenOrder !== meant.order) return null;
      order = givenOrder = meant.order;
    }
  }
  return `${style}, ${order}`;
}
