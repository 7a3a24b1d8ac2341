/**
 * The common aggregates: count, sum, avg, min, max, bool_and, bit_and, string_agg and their like.
 *
 * Sums of integers stay numbers while they are safe; sums of numeric keep one coefficient and
 * scale, so that no Decimal is made for each row; sums of floats are exact (`exact-sum.ts`).
 */
import { aggregate } from './define.ts';
import { ExactSum } from './exact-sum.ts';
import { overflow } from './floats.ts';
import { ANY, ANYELEMENT, ANYENUM } from './function.ts';
import type { Accumulator, AggregateFunction } from './function.ts';
import { compareFor } from '../types/compare.ts';
import { add, decimal, divide, ZERO } from '../types/decimal.ts';
import { int64, narrow } from '../types/int64.ts';
import { addIntervals } from '../types/interval.ts';
import { divideInterval } from '../types/interval-math.ts';
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
  NUMERIC,
  OID,
  TEXT,
  TIME,
  TIMESTAMP,
  TIMESTAMPTZ,
} from '../types/type.ts';
import type { Decimal, Int64, Interval, TypeId, Value } from '../types/type.ts';

class Count implements Accumulator {
  #count = 0;

  add(): void {
    this.#count += 1;
  }

  result(): Value {
    return this.#count;
  }
}

/** What becomes of a total and how many values it has; never asked for none. */
type Finish<T> = (total: T, count: number) => Value;

class IntegerSum implements Accumulator {
  #sum: Int64 = 0;
  #count = 0;
  readonly #finish: Finish<Int64>;

  constructor(finish: Finish<Int64>) {
    this.#finish = finish;
  }

  add(_: unknown, value: Value): void {
    this.#count += 1;
    const sum = this.#sum;
    if (typeof sum === 'number' && typeof value === 'number') {
      const next = sum + value;
      if (Number.isSafeInteger(next)) {
        this.#sum = next;
        return;
      }
    }
    this.#sum = narrow(BigInt(sum) + BigInt(value as Int64));
  }

  result(): Value {
    return this.#count === 0 ? null : this.#finish(this.#sum, this.#count);
  }
}

/** Adds at the largest scale met. */
export class DecimalSum implements Accumulator {
  #sum: Decimal = ZERO;
  /** Of the finite values since `#sum` was last brought up to date, at `#scale`. */
  #pending = 0;
  #scale = 0;
  #count = 0;
  readonly #finish: Finish<Decimal>;

  constructor(finish: Finish<Decimal>) {
    this.#finish = finish;
  }

  add(_: unknown, value: Value): void {
    this.#count += 1;
    const { coefficient, scale, special } = value as Decimal;
    if (special === 0 && typeof coefficient === 'number') {
      if (scale !== this.#scale) this.#flush(scale);
      const next = this.#pending + coefficient;
      if (Number.isSafeInteger(next)) {
        this.#pending = next;
        return;
      }
    }
    this.#sum = add(this.#sum, value as Decimal);
  }

  #flush(scale: number): void {
    this.#sum = add(this.#sum, decimal(this.#pending, this.#scale));
    this.#pending = 0;
    this.#scale = scale;
  }

  result(): Value {
    if (this.#count === 0) return null;
    this.#flush(this.#scale);
    return this.#finish(this.#sum, this.#count);
  }
}

class FloatSum implements Accumulator {
  readonly #sum = new ExactSum();
  #count = 0;
  readonly #finish: Finish<number>;

  constructor(finish: Finish<number>) {
    this.#finish = finish;
  }

  add(_: unknown, value: Value): void {
    this.#count += 1;
    this.#sum.add(value as number);
  }

  result(): Value {
    if (this.#count === 0) return null;
    const sum = this.#sum.result();
    if (sum === null) throw overflow();
    return this.#finish(sum, this.#count);
  }
}

/** Any fold that starts with its first value. */
class Fold<T extends Value> implements Accumulator {
  #folded: T | null = null;
  #count = 0;
  readonly #join: (a: T, b: T) => T;
  readonly #finish: Finish<T>;

  constructor(join: (a: T, b: T) => T, finish: Finish<T> = (value) => value) {
    this.#join = join;
    this.#finish = finish;
  }

  add(_: unknown, value: Value): void {
    this.#count += 1;
    this.#folded = this.#folded === null ? (value as T) : this.#join(this.#folded, value as T);
  }

  result(): Value {
    return this.#folded === null ? null : this.#finish(this.#folded, this.#count);
  }
}

function toSingle(sum: number): number {
  const rounded = Math.fround(sum);
  if (Number.isFinite(sum) && !Number.isFinite(rounded)) throw overflow();
  return rounded;
}

const integerSum = (sum: Int64): Value => (typeof sum === 'number' ? sum : int64(sum));
const toDecimal = (sum: Int64): Decimal => decimal(sum, 0);
const average = (sum: Int64, count: number): Value => divide(toDecimal(sum), decimal(count, 0));

const sums: readonly AggregateFunction[] = [
  aggregate('sum', [INT2], INT8, () => new IntegerSum(integerSum)),
  aggregate('sum', [INT4], INT8, () => new IntegerSum(integerSum)),
  aggregate('sum', [INT8], NUMERIC, () => new IntegerSum(toDecimal)),
  aggregate('sum', [NUMERIC], NUMERIC, () => new DecimalSum((sum) => sum)),
  aggregate('sum', [FLOAT4], FLOAT4, () => new FloatSum(toSingle)),
  aggregate('sum', [FLOAT8], FLOAT8, () => new FloatSum((sum) => sum)),
  aggregate('sum', [INTERVAL], INTERVAL, () => new Fold<Interval>(addIntervals)),
  ...[INT2, INT4, INT8].map((type) =>
    aggregate('avg', [type], NUMERIC, () => new IntegerSum(average)),
  ),
  aggregate('avg', [NUMERIC], NUMERIC, () => new DecimalSum((s, n) => divide(s, decimal(n, 0)))),
  ...[FLOAT4, FLOAT8].map((type) =>
    aggregate('avg', [type], FLOAT8, () => new FloatSum((sum, count) => sum / count)),
  ),
  aggregate('avg', [INTERVAL], INTERVAL, () => new Fold<Interval>(addIntervals, divideInterval)),
];

/** Types with `min` and `max`; varchar goes as text, uuid and boolean have none. */
const ORDERED: readonly TypeId[] = [
  INT2,
  INT4,
  INT8,
  OID,
  FLOAT4,
  FLOAT8,
  NUMERIC,
  TEXT,
  BPCHAR,
  DATE,
  TIME,
  TIMESTAMP,
  TIMESTAMPTZ,
  INTERVAL,
  ANYENUM,
];

function extremes(type: TypeId): readonly AggregateFunction[] {
  const compare = compareFor(type === ANYENUM ? TEXT : type);
  const largest = (a: Value, b: Value): Value => (compare(a, b) >= 0 ? a : b);
  const smallest = (a: Value, b: Value): Value => (compare(a, b) <= 0 ? a : b);
  return [
    aggregate('max', [type], type, () => new Fold<Value>(largest)),
    aggregate('min', [type], type, () => new Fold<Value>(smallest)),
  ];
}

const logic: readonly AggregateFunction[] = [
  ...['bool_and', 'every'].map((name) =>
    aggregate(name, [BOOL], BOOL, () => new Fold<boolean>((a, b) => a && b)),
  ),
  aggregate('bool_or', [BOOL], BOOL, () => new Fold<boolean>((a, b) => a || b)),
];

/** On bigint two's complement of any width agrees with 64 bits. */
function bits(
  name: string,
  small: (a: number, b: number) => number,
  large: (a: bigint, b: bigint) => bigint,
): readonly AggregateFunction[] {
  return [
    ...[INT2, INT4].map((type) => aggregate(name, [type], type, () => new Fold<number>(small))),
    aggregate(
      name,
      [INT8],
      INT8,
      () => new Fold<Int64>((a, b) => narrow(large(BigInt(a), BigInt(b)))),
    ),
  ];
}

class TextJoin implements Accumulator {
  #text: string | null = null;

  add(_: unknown, value: Value, separator: Value): void {
    if (value === null) return;
    const between = separator === null ? '' : (separator as string);
    this.#text = this.#text === null ? (value as string) : this.#text + between + (value as string);
  }

  result(): Value {
    return this.#text;
  }
}

class BytesJoin implements Accumulator {
  readonly #parts: Uint8Array[] = [];
  #bytes = 0;

  add(_: unknown, value: Value, separator: Value): void {
    if (value === null) return;
    if (this.#parts.length > 0 && separator !== null) this.#push(separator as Uint8Array);
    this.#push(value as Uint8Array);
  }

  #push(part: Uint8Array): void {
    this.#parts.push(part);
    this.#bytes += part.length;
  }

  result(): Value {
    if (this.#parts.length === 0) return null;
    const joined = new Uint8Array(this.#bytes);
    let at = 0;
    for (const part of this.#parts) {
      joined.set(part, at);
      at += part.length;
    }
    return joined;
  }
}

class First implements Accumulator {
  #value: Value = null;

  add(_: unknown, value: Value): void {
    this.#value ??= value;
  }

  result(): Value {
    return this.#value;
  }
}

/** Nulls come to these too: a null separator is none. */
const joins: readonly AggregateFunction[] = [
  aggregate('string_agg', [TEXT, TEXT], TEXT, () => new TextJoin()),
  aggregate('string_agg', [BYTEA, BYTEA], BYTEA, () => new BytesJoin()),
].map((join) => ({ ...join, strict: false, gathers: true }));

export const commonAggregates: readonly AggregateFunction[] = [
  aggregate('count', [], INT8, () => new Count()),
  aggregate('count', [ANY], INT8, () => new Count()),
  ...sums,
  ...ORDERED.flatMap(extremes),
  ...logic,
  ...bits(
    'bit_and',
    (a, b) => a & b,
    (a, b) => a & b,
  ),
  ...bits(
    'bit_or',
    (a, b) => a | b,
    (a, b) => a | b,
  ),
  ...bits(
    'bit_xor',
    (a, b) => a ^ b,
    (a, b) => a ^ b,
  ),
  ...joins,
  aggregate('any_value', [ANYELEMENT], ANYELEMENT, () => new First()),
];
