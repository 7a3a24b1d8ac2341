/**
 * ISO 8601's durations: `P1Y2M3DT4H5M6.5S`, and the alternative forms `P0001-02-03T04:05:06` and
 * `P00010203T040506`.
 */
import { HOUR_MICROS, MINUTE_MICROS, SECOND_MICROS } from './interval.ts';
import type { IntervalSum, Unit } from './interval-sum.ts';

type Scale = Pick<Unit, 'kind' | 'scale'>;

const YEARS: Scale = { kind: 'years', scale: 1 };
const MONTHS: Scale = { kind: 'months', scale: 1 };
const DAYS: Scale = { kind: 'days', scale: 1 };
const HOURS: Scale = { kind: 'micros', scale: HOUR_MICROS };
const MINUTES: Scale = { kind: 'micros', scale: MINUTE_MICROS };
const SECONDS: Scale = { kind: 'micros', scale: SECOND_MICROS };
const DATE_LETTERS: ReadonlyMap<string, Scale> = new Map([
  ['Y', YEARS],
  ['M', MONTHS],
  ['W', { kind: 'days', scale: 7 }],
  ['D', DAYS],
]);
const TIME_LETTERS: ReadonlyMap<string, Scale> = new Map([
  ['H', HOURS],
  ['M', MINUTES],
  ['S', SECONDS],
]);

/** Of the digits of a basic form, packed two and two. */
const MICROSECOND: Scale = { kind: 'micros', scale: 1 };
const VALUE_MAX = 1e15;
const NUMBER = /-?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?/y;

interface Count {
  readonly whole: bigint;
  readonly part: number;
  /** Digits before the point. */
  readonly width: number;
}

class Reader {
  readonly #text: string;
  readonly #sum: IntervalSum;
  #at = 1;

  constructor(text: string, sum: IntervalSum) {
    this.#text = text;
    this.#sum = sum;
  }

  get ended(): boolean {
    return this.#at >= this.#text.length;
  }

  /** Takes this character if it is next. */
  take(expected: string): boolean {
    if (this.#text[this.#at] !== expected) return false;
    this.#at += 1;
    return true;
  }

  /** What follows a number; '' at the end. */
  letter(): string {
    const letter = this.#text[this.#at] ?? '';
    this.#at += 1;
    return letter;
  }

  number(): Count | null {
    NUMBER.lastIndex = this.#at;
    const [text] = NUMBER.exec(this.#text) ?? [];
    if (text === undefined) return null;
    const value = Number(text);
    if (Math.abs(value) > VALUE_MAX) throw this.#sum.overflow();
    this.#at += text.length;
    const whole = Math.trunc(value);
    const width = /^-?([0-9]*)/.exec(text)?.[1]?.length ?? 0;
    return { whole: BigInt(whole), part: value - whole, width };
  }
}

/** False: no duration. */
export function readIso(text: string, sum: IntervalSum): boolean {
  if (text.length < 2 || !text.startsWith('P')) return false;
  const from = new Reader(text, sum);
  let inDate = true;
  let any = false;
  while (!from.ended) {
    if (from.take('T')) {
      inDate = false;
      any = false;
      continue;
    }
    const count = from.number();
    if (count === null) return false;
    const letter = from.letter();
    const scale = (inDate ? DATE_LETTERS : TIME_LETTERS).get(letter);
    if (scale === undefined) {
      const read = inDate ? readDate : readTime;
      const end = read(from, sum, count, letter, any);
      if (end !== 'time') return end === 'end';
      inDate = false;
      any = false;
      continue;
    }
    sum.add(scale, count.whole, count.part);
    any = true;
  }
  return true;
}

type End = 'end' | 'time' | 'wrong';

/** `YYYYMMDD` or `Y-M-D`, of which the end may be left out, after its first number. */
function readDate(from: Reader, sum: IntervalSum, count: Count, letter: string, any: boolean): End {
  if (letter !== '' && letter !== 'T' && letter !== '-') return 'wrong';
  const { whole, part } = count;
  if (letter !== '-' && count.width === 8 && !any) {
    sum.add(YEARS, whole / 10000n, 0);
    sum.add(MONTHS, (whole / 100n) % 100n, 0);
    sum.add(DAYS, whole % 100n, part);
    return letter === '' ? 'end' : 'time';
  }
  if (any) return 'wrong';
  sum.add(YEARS, whole, part);
  if (letter !== '-') return letter === '' ? 'end' : 'time';
  const months = from.number();
  if (months === null) return 'wrong';
  sum.add(MONTHS, months.whole, months.part);
  if (from.ended) return 'end';
  if (from.take('T')) return 'time';
  const days = from.take('-') ? from.number() : null;
  if (days === null) return 'wrong';
  sum.add(DAYS, days.whole, days.part);
  if (from.ended) return 'end';
  return from.take('T') ? 'time' : 'wrong';
}

/** `HHMMSS` or `H:M:S`, likewise. */
function readTime(from: Reader, sum: IntervalSum, count: Count, letter: string, any: boolean): End {
  if (letter !== '' && letter !== ':') return 'wrong';
  const { whole, part } = count;
  if (letter === '' && count.width === 6 && !any) {
    sum.add(HOURS, whole / 10000n, 0);
    sum.add(MINUTES, (whole / 100n) % 100n, 0);
    sum.add(SECONDS, whole % 100n, 0);
    sum.add(MICROSECOND, 0n, part);
    return 'end';
  }
  if (any) return 'wrong';
  sum.add(HOURS, whole, part);
  if (letter === '') return 'end';
  const minutes = from.number();
  if (minutes === null) return 'wrong';
  sum.add(MINUTES, minutes.whole, minutes.part);
  if (from.ended) return 'end';
  const seconds = from.take(':') ? from.number() : null;
  if (seconds === null) return 'wrong';
  sum.add(SECONDS, seconds.whole, seconds.part);
  return from.ended ? 'end' : 'wrong';
}
