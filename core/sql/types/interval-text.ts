/** Text of intervals in PostgreSQL's four output styles. Input is in `interval-parse.ts`. */
import { formatFraction } from './datetime-text.ts';
import type { OutputStyle } from './style.ts';
import type { Int64, Interval } from './type.ts';

/** Years to seconds, each with its sign; those of the time have one. */
interface Parts {
  readonly years: number;
  readonly months: number;
  readonly days: number;
  readonly hours: number;
  readonly minutes: number;
  /** Without sign: `6.7`, `0`. */
  readonly seconds: string;
  readonly negativeTime: boolean;
}

export function formatInterval(
  value: Interval,
  style: OutputStyle['intervals'] = 'postgres',
): string {
  switch (style) {
    case 'postgres':
      return formatPlain(value);
    case 'postgres_verbose':
      return formatVerbose(partsOf(value));
    case 'sql_standard':
      return formatStandard(value);
    case 'iso_8601':
      return formatIso(partsOf(value));
  }
}

/** `1 year 2 mons -3 days +04:05:06.7`. */
function formatPlain(value: Interval): string {
  const years = Math.trunc(value.months / 12);
  let text = '';
  let negativeBefore = false;
  const parts: readonly (readonly [number, string])[] = [
    [years, 'year'],
    [value.months - years * 12, 'mon'],
    [value.days, 'day'],
  ];
  for (const [count, name] of parts) {
    if (count === 0) continue;
    const plus = negativeBefore && count > 0 ? '+' : '';
    text += `${text === '' ? '' : ' '}${plus}${count} ${name}${count === 1 ? '' : 's'}`;
    negativeBefore = count < 0;
  }
  if (text !== '' && value.micros === 0) return text;
  const sign = value.micros < 0 ? '-' : negativeBefore ? '+' : '';
  return `${text === '' ? '' : `${text} `}${sign}${formatSpan(value.micros, 2)}`;
}

/** Hours may have more digits; the sign is the caller's. */
function formatSpan(micros: Int64, hourDigits: number): string {
  const magnitude = micros < 0 ? -BigInt(micros) : BigInt(micros);
  const seconds = Number(magnitude / 1_000_000n);
  const fraction = formatFraction(Number(magnitude % 1_000_000n));
  const two = (value: number): string => value.toString().padStart(2, '0');
  const hours = Math.floor(seconds / 3600)
    .toString()
    .padStart(hourDigits, '0');
  return `${hours}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}${fraction}`;
}

function partsOf({ months, days, micros }: Interval): Parts {
  const years = Math.trunc(months / 12);
  const negativeTime = micros < 0;
  const magnitude = negativeTime ? -BigInt(micros) : BigInt(micros);
  const seconds = Number(magnitude / 1_000_000n);
  const sign = negativeTime ? -1 : 1;
  return {
    years,
    months: months - years * 12,
    days,
    hours: sign * Math.floor(seconds / 3600),
    minutes: sign * (Math.floor(seconds / 60) % 60),
    seconds: `${seconds % 60}${formatFraction(Number(magnitude % 1_000_000n))}`,
    negativeTime,
  };
}

/** `@ 1 year 2 mons -3 days 4 hours`; what begins below zero is told the other way round. */
function formatVerbose(parts: Parts): string {
  let text = '@';
  let ago: boolean | null = null;
  const counts: readonly (readonly [number, string])[] = [
    [parts.years, 'year'],
    [parts.months, 'mon'],
    [parts.days, 'day'],
    [parts.hours, 'hour'],
    [parts.minutes, 'min'],
  ];
  for (const [count, name] of counts) {
    if (count === 0) continue;
    ago ??= count < 0;
    const shown = ago ? 0 - count : count;
    text += ` ${shown} ${name}${shown === 1 ? '' : 's'}`;
  }
  if (parts.seconds !== '0') {
    const first = ago === null;
    ago ??= parts.negativeTime;
    const minus = !first && ago !== parts.negativeTime ? '-' : '';
    text += ` ${minus}${parts.seconds} sec${parts.seconds === '1' ? '' : 's'}`;
  }
  if (ago === null) return '@ 0';
  return ago ? `${text} ago` : text;
}

/** SQL's year-month or day-time literal; with signs of its own for each where it is neither. */
function formatStandard({ months, days, micros }: Interval): string {
  if (months === 0 && days === 0 && micros === 0) return '0';
  const negative = months < 0 || days < 0 || micros < 0;
  const positive = months > 0 || days > 0 || micros > 0;
  const yearMonth = `${Math.trunc(Math.abs(months) / 12)}-${Math.abs(months) % 12}`;
  const time = formatSpan(micros, 1);
  const day = Math.abs(days);
  if ((negative && positive) || (months !== 0 && (days !== 0 || micros !== 0))) {
    const sign = (value: Int64): string => (value < 0 ? '-' : '+');
    return `${sign(months)}${yearMonth} ${sign(days)}${day} ${sign(micros)}${time}`;
  }
  const text = months !== 0 ? yearMonth : days !== 0 ? `${day} ${time}` : time;
  return negative ? `-${text}` : text;
}

/** `P1Y2M-3DT4H5M6.7S`. */
function formatIso(parts: Parts): string {
  const join = (counts: readonly (readonly [number, string])[]): string =>
    counts.map(([count, letter]) => (count === 0 ? '' : `${count}${letter}`)).join('');
  const date = join([
    [parts.years, 'Y'],
    [parts.months, 'M'],
    [parts.days, 'D'],
  ]);
  let time = join([
    [parts.hours, 'H'],
    [parts.minutes, 'M'],
  ]);
  if (parts.seconds !== '0') time += `${parts.negativeTime ? '-' : ''}${parts.seconds}S`;
  if (date === '' && time === '') return 'PT0S';
  return `P${date}${time === '' ? '' : `T${time}`}`;
}
