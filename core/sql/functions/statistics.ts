/**
 * Statistical aggregates: variance and standard deviation, regression, correlation.
 *
 * Of numeric and integers they are exact until the last division, as PostgreSQL's; of floats they
 * use the same one-pass updates (Youngs and Cramer, 1971), in the order in which rows come.
 */
import { aggregate } from './define.ts';
import { overflow } from './floats.ts';
import type { Accumulator, AggregateFunction } from './function.ts';
import {
  add,
  decimal,
  divideAtScale,
  multiply,
  NAN,
  quotientScale,
  signOf,
  subtract,
  ZERO,
} from '../types/decimal.ts';
import { squareRootAtScale } from '../types/decimal-math.ts';
import { FLOAT4, FLOAT8, INT2, INT4, INT8, NUMERIC } from '../types/type.ts';
import type { Decimal, Int64, TypeId, Value } from '../types/type.ts';

interface Kind {
  readonly sample: boolean;
  readonly root: boolean;
}

class ExactVariance implements Accumulator {
  #count = 0;
  #sum: Decimal = ZERO;
  #squares: Decimal = ZERO;
  readonly #kind: Kind;
  readonly #read: (value: Value) => Decimal;

  constructor(kind: Kind, read: (value: Value) => Decimal) {
    this.#kind = kind;
    this.#read = read;
  }

  add(_: unknown, value: Value): void {
    const number = this.#read(value);
    this.#count += 1;
    this.#sum = add(this.#sum, number);
    this.#squares = add(this.#squares, multiply(number, number));
  }

  /** (N Σx² - (Σx)²) / (N (N - 1)), or over N² of a whole population. */
  result(): Value {
    const count = this.#count;
    const { sample, root } = this.#kind;
    if (count === 0 || (sample && count === 1)) return null;
    if (this.#sum.special !== 0) return NAN;
    const scaled = multiply(decimal(count, 0), this.#squares);
    const numerator = subtract(scaled, multiply(this.#sum, this.#sum));
    if (signOf(numerator) <= 0) return ZERO;
    const pairs = multiply(decimal(count, 0), decimal(sample ? count - 1 : count, 0));
    const scale = quotientScale(numerator, pairs);
    const variance = divideAtScale(numerator, pairs, scale);
    return root ? squareRootAtScale(variance, scale) : variance;
  }
}

/** Count, sum and sum of squared deviations of floats. */
class FloatVariance implements Accumulator {
  #count = 0;
  #sum = 0;
  #deviations = 0;
  #infinite = false;
  readonly #kind: Kind;

  constructor(kind: Kind) {
    this.#kind = kind;
  }

  add(_: unknown, value: Value): void {
    const x = value as number;
    const before = this.#count;
    this.#count += 1;
    this.#sum += x;
    if (!Number.isFinite(x)) this.#infinite = true;
    if (before > 0) {
      const distance = x * this.#count - this.#sum;
      this.#deviations += (distance * distance) / (this.#count * before);
    }
    if (Number.isFinite(this.#sum) && Number.isFinite(this.#deviations)) return;
    if (!this.#infinite) throw overflow();
    this.#deviations = NaN;
  }

  result(): Value {
    const { sample, root } = this.#kind;
    const count = this.#count;
    if (count === 0 || (sample && count === 1)) return null;
    const variance = this.#deviations / (sample ? count - 1 : count);
    return root ? Math.sqrt(variance) : variance;
  }
}

const KINDS: readonly (readonly [string, Kind])[] = [
  ['variance', { sample: true, root: false }],
  ['var_samp', { sample: true, root: false }],
  ['var_pop', { sample: false, root: false }],
  ['stddev', { sample: true, root: true }],
  ['stddev_samp', { sample: true, root: true }],
  ['stddev_pop', { sample: false, root: true }],
];

const fromInteger = (value: Value): Decimal => decimal(value as Int64, 0);
const fromDecimal = (value: Value): Decimal => value as Decimal;

function variances(name: string, kind: Kind): readonly AggregateFunction[] {
  const exact = (type: TypeId, read: (value: Value) => Decimal): AggregateFunction =>
    aggregate(name, [type], NUMERIC, () => new ExactVariance(kind, read));
  return [
    ...[INT2, INT4, INT8].map((type) => exact(type, fromInteger)),
    exact(NUMERIC, fromDecimal),
    ...[FLOAT4, FLOAT8].map((type) =>
      aggregate(name, [type], FLOAT8, () => new FloatVariance(kind)),
    ),
  ];
}

/** What the regression functions are computed from. */
interface Moments {
  readonly count: number;
  readonly sumX: number;
  readonly sumY: number;
  readonly xx: number;
  readonly yy: number;
  readonly xy: number;
}

class Regression implements Accumulator {
  #count = 0;
  #sumX = 0;
  #sumY = 0;
  #xx = 0;
  #yy = 0;
  #xy = 0;
  #infinite = false;
  readonly #finish: (moments: Moments) => number | null;

  constructor(finish: (moments: Moments) => number | null) {
    this.#finish = finish;
  }

  /** The dependent variable comes first, as in SQL. */
  add(_: unknown, dependent: Value, independent: Value): void {
    const x = independent as number;
    const y = dependent as number;
    const before = this.#count;
    this.#count += 1;
    this.#sumX += x;
    this.#sumY += y;
    if (!Number.isFinite(x) || !Number.isFinite(y)) this.#infinite = true;
    if (before > 0) {
      const dx = x * this.#count - this.#sumX;
      const dy = y * this.#count - this.#sumY;
      const scale = 1 / (this.#count * before);
      this.#xx += dx * dx * scale;
      this.#yy += dy * dy * scale;
      this.#xy += dx * dy * scale;
    }
    const total = this.#sumX + this.#sumY + this.#xx + this.#yy + this.#xy;
    if (!Number.isFinite(total)) this.#spoil();
  }

  #spoil(): void {
    const parts = [this.#sumX, this.#sumY, this.#xx, this.#yy, this.#xy];
    if (parts.every((part) => Number.isFinite(part))) return;
    if (!this.#infinite) throw overflow();
    this.#xx = NaN;
    this.#yy = NaN;
    this.#xy = NaN;
  }

  result(): Value {
    return this.#finish({
      count: this.#count,
      sumX: this.#sumX,
      sumY: this.#sumY,
      xx: this.#xx,
      yy: this.#yy,
      xy: this.#xy,
    });
  }
}

function regression(
  name: string,
  least: number,
  finish: (moments: Moments) => number | null,
): AggregateFunction {
  return aggregate(
    name,
    [FLOAT8, FLOAT8],
    FLOAT8,
    () => new Regression((moments) => (moments.count < least ? null : finish(moments))),
  );
}

const regressions: readonly AggregateFunction[] = [
  {
    ...aggregate('regr_count', [FLOAT8, FLOAT8], INT8, () => new Regression((m) => m.count)),
  },
  regression('regr_sxx', 1, (m) => m.xx),
  regression('regr_syy', 1, (m) => m.yy),
  regression('regr_sxy', 1, (m) => m.xy),
  regression('regr_avgx', 1, (m) => m.sumX / m.count),
  regression('regr_avgy', 1, (m) => m.sumY / m.count),
  regression('covar_pop', 1, (m) => m.xy / m.count),
  regression('covar_samp', 2, (m) => m.xy / (m.count - 1)),
  regression('corr', 1, (m) => (m.xx === 0 || m.yy === 0 ? null : m.xy / Math.sqrt(m.xx * m.yy))),
  regression('regr_r2', 1, (m) => {
    if (m.xx === 0) return null;
    return m.yy === 0 ? 1 : (m.xy * m.xy) / (m.xx * m.yy);
  }),
  regression('regr_slope', 1, (m) => (m.xx === 0 ? null : m.xy / m.xx)),
  regression('regr_intercept', 1, (m) =>
    m.xx === 0 ? null : (m.sumY - (m.sumX * m.xy) / m.xx) / m.count,
  ),
];

export const statisticalAggregates: readonly AggregateFunction[] = [
  ...KINDS.flatMap(([name, kind]) => variances(name, kind)),
  ...regressions,
];
