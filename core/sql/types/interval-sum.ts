/** What is gathered while an interval is read, each field checked as it grows. */
import { SqlError } from '../error.ts';
import { INT64_MAX, INT64_MIN } from './int64.ts';
import { DAY_MICROS } from './interval.ts';

export interface Unit {
  readonly kind: 'years' | 'months' | 'days' | 'micros';
  /** How many of its kind one of it is. */
  readonly scale: number;
  /** Fields of which an interval may have one each. */
  readonly covers: readonly string[];
}

const DAYS_OF_MONTH = 30;

export class IntervalSum {
  years = 0;
  months = 0;
  days = 0;
  micros = 0n;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  overflow(): SqlError {
    return new SqlError('22015', `interval field value out of range: "${this.#text}"`);
  }

  /** `count + part` units; `part` is a fraction with the sign of `count`. */
  add({ kind, scale }: Pick<Unit, 'kind' | 'scale'>, count: bigint, part: number): void {
    if (kind === 'micros') {
      this.addMicros(count, BigInt(scale));
      return this.#addPart(part, scale);
    }
    if (count > 2147483647n || count < -2147483648n) throw this.overflow();
    const whole = Number(count) * scale;
    if (kind === 'years') {
      this.years = this.#checked(this.years + this.#checked(whole));
      this.months = this.#checked(this.months + roundHalfEven(part * scale * 12));
      return undefined;
    }
    if (kind === 'months') {
      this.months = this.#checked(this.months + whole);
      return this.addDays(part * DAYS_OF_MONTH);
    }
    this.days = this.#checked(this.days + this.#checked(whole));
    // A day's fraction is time; a week's may have days in it.
    return scale === 1 ? this.#addPart(part, DAY_MICROS) : this.addDays(part * scale);
  }

  /** Whole days, and the rest as time. */
  addDays(days: number): void {
    const whole = Math.trunc(days);
    this.days = this.#checked(this.days + whole);
    this.#addPart(days - whole, DAY_MICROS);
  }

  addMicros(count: bigint, scale: bigint): void {
    const product = count * scale;
    const micros = this.micros + product;
    if (product > INT64_MAX || product < INT64_MIN) throw this.overflow();
    if (micros > INT64_MAX || micros < INT64_MIN) throw this.overflow();
    this.micros = micros;
  }

  /** Below one unit of `scale` microseconds; a half is cut off. */
  #addPart(part: number, scale: number): void {
    if (part === 0) return;
    const exact = part * scale;
    const whole = Math.trunc(exact);
    const rest = exact - whole;
    this.addMicros(BigInt(rest > 0.5 ? whole + 1 : rest < -0.5 ? whole - 1 : whole), 1n);
  }

  negate(): void {
    this.years = this.#checked(0 - this.years);
    this.months = this.#checked(0 - this.months);
    this.days = this.#checked(0 - this.days);
    if (this.micros === INT64_MIN) throw this.overflow();
    this.micros = -this.micros;
  }

  #checked(value: number): number {
    if (value > 2147483647 || value < -2147483648) throw this.overflow();
    return value + 0;
  }
}

function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return rest < 0.5 ? floor : floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}
