/** Intervals times and by numbers, and the ways between days and months: PostgreSQL's rules. */
import { add64, divisionByZero, floorDivide64, multiply64, narrow, subtract64 } from './int64.ts';
import { check32, DAY_MICROS, interval, intervalOutOfRange } from './interval.ts';
import type { Int64, Interval } from './type.ts';

const DAY_SECONDS = 86_400;

/** C's `rint`. */
function rint(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return rest < 0.5 ? floor : floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}

/** To microseconds. */
function roundSix(value: number): number {
  return rint(value * 1e6) / 1e6;
}

function toInt32(value: number): number {
  if (Number.isNaN(value)) throw intervalOutOfRange();
  return check32(Math.trunc(value));
}

/** Fractions of months become days (30 to a month), fractions of days time. */
function scale(span: Interval, apply: (part: number) => number): Interval {
  const exactMonths = apply(span.months);
  const exactDays = apply(span.days);
  const months = toInt32(exactMonths);
  let days = toInt32(exactDays);
  const monthDays = roundSix((exactMonths - months) * 30);
  let seconds = roundSix((exactDays - days + monthDays - Math.trunc(monthDays)) * DAY_SECONDS);
  if (Math.abs(seconds) >= DAY_SECONDS) {
    const whole = Math.trunc(seconds / DAY_SECONDS);
    days += whole;
    seconds -= whole * DAY_SECONDS;
  }
  days = check32(days + Math.trunc(monthDays));
  const micros = rint(apply(Number(span.micros)) + seconds * 1e6);
  if (!(micros >= -9223372036854775808 && micros < 9223372036854775808)) {
    throw intervalOutOfRange();
  }
  return interval(months, days, Number.isSafeInteger(micros) ? micros + 0 : narrow(BigInt(micros)));
}

export function multiplyInterval(span: Interval, factor: number): Interval {
  return scale(span, (part) => part * factor);
}

export function divideInterval(span: Interval, divisor: number): Interval {
  if (divisor === 0) throw divisionByZero();
  return scale(span, (part) => part / divisor);
}

/** Whole days of time become days, signs alike. */
export function justifyHours(span: Interval): Interval {
  const whole = truncDays(span.micros);
  let days = span.days + whole;
  let micros = subtract64(span.micros, multiply64(whole, DAY_MICROS));
  if (days > 0 && micros < 0) {
    micros = add64(micros, DAY_MICROS);
    days -= 1;
  } else if (days < 0 && micros > 0) {
    micros = subtract64(micros, DAY_MICROS);
    days += 1;
  }
  return interval(span.months, check32(days), micros);
}

function truncDays(micros: Int64): number {
  return micros < 0
    ? 0 - Number(floorDivide64(subtract64(0, micros), DAY_MICROS))
    : Number(floorDivide64(micros, DAY_MICROS));
}

/** Thirty days become a month, signs alike. */
export function justifyDays(span: Interval): Interval {
  const whole = Math.trunc(span.days / 30);
  let months = span.months + whole;
  let days = span.days - whole * 30;
  if (months > 0 && days < 0) {
    days += 30;
    months -= 1;
  } else if (months < 0 && days > 0) {
    days -= 30;
    months += 1;
  }
  return interval(check32(months), days + 0, span.micros);
}

/** Both, with all three signs alike. */
export function justifyInterval(span: Interval): Interval {
  let { months, days, micros } = justifyTime(span);
  if (months > 0 && (days < 0 || (days === 0 && micros < 0))) {
    days += 30;
    months -= 1;
  } else if (months < 0 && (days > 0 || (days === 0 && micros > 0))) {
    days -= 30;
    months += 1;
  }
  if (days > 0 && micros < 0) {
    micros = add64(micros, DAY_MICROS);
    days -= 1;
  } else if (days < 0 && micros > 0) {
    micros = subtract64(micros, DAY_MICROS);
    days += 1;
  }
  return interval(check32(months), check32(days), micros);
}

function justifyTime(span: Interval): Interval {
  const fromTime = truncDays(span.micros);
  const micros = subtract64(span.micros, multiply64(fromTime, DAY_MICROS));
  const days = span.days + fromTime;
  const fromDays = Math.trunc(days / 30);
  return interval(check32(span.months + fromDays), days - fromDays * 30 + 0, micros);
}
