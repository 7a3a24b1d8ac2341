/**
 * Ordered-set aggregates: percentile_cont, percentile_disc, mode. Values come in the order of
 * `WITHIN GROUP`, after the direct argument, which is the same in every row.
 */
import { SqlError } from '../error.ts';
import { aggregate } from './define.ts';
import { ANYARRAY, ANYELEMENT } from './function.ts';
import type { Accumulator, AggregateFunction } from './function.ts';
import { FLOAT8_ARRAY, INTERVAL_ARRAY } from '../types/array-type.ts';
import { compareFor } from '../types/compare.ts';
import { addIntervals, subtractIntervals } from '../types/interval.ts';
import { multiplyInterval } from '../types/interval-math.ts';
import { FLOAT8, INTERVAL } from '../types/type.ts';
import type { ArrayValue, Interval, SqlType, TypeId, Value } from '../types/type.ts';

type Choose = (values: readonly Value[], fraction: number) => Value;

/** Keeps the values and the fraction, or an array of them; `choose` takes its pick for each. */
class Percentile implements Accumulator {
  readonly #values: Value[] = [];
  #fraction: Value = null;
  readonly #choose: Choose;

  constructor(choose: Choose) {
    this.#choose = choose;
  }

  add(_: unknown, fraction: Value, value: Value): void {
    this.#fraction = fraction;
    if (value !== null) this.#values.push(value);
  }

  result(): Value {
    const fraction = this.#fraction as number | ArrayValue | null;
    if (fraction === null || this.#values.length === 0) {
      // One fraction is checked all the same.
      if (typeof fraction === 'number') this.#at(fraction);
      return null;
    }
    if (typeof fraction === 'number') return this.#at(fraction);
    return {
      ...fraction,
      elements: fraction.elements.map((one) => this.#at(one as number | null)),
    };
  }

  #at(fraction: number | null): Value {
    if (fraction === null) return null;
    if (!(fraction >= 0 && fraction <= 1)) {
      throw new SqlError('22003', `percentile value ${fraction} is not between 0 and 1`);
    }
    return this.#values.length === 0 ? null : this.#choose(this.#values, fraction);
  }
}

function discrete(values: readonly Value[], fraction: number): Value {
  return values[Math.max(Math.ceil(fraction * values.length), 1) - 1] ?? null;
}

/** Between the two values around the place, by `join`. */
function continuous<T extends Value>(join: (low: T, high: T, share: number) => Value): Choose {
  return (values, fraction) => {
    const place = fraction * (values.length - 1);
    const first = Math.floor(place);
    const low = values[first] as T;
    if (Math.ceil(place) === first) return low;
    return join(low, values[first + 1] as T, place - first);
  };
}

const betweenFloats = continuous<number>((low, high, share) => low + share * (high - low));
const betweenIntervals = continuous<Interval>((low, high, share) =>
  addIntervals(low, multiplyInterval(subtractIntervals(high, low), share)),
);

/** The most frequent value, the first of several. Equal values come together. */
class Mode implements Accumulator {
  #best: Value = null;
  #bestCount = 0;
  #current: Value = null;
  #count = 0;
  readonly #same: (a: Value, b: Value) => boolean;

  constructor(type: TypeId) {
    const compare = compareFor(type);
    this.#same = (a, b) => compare(a, b) === 0;
  }

  add(_: unknown, value: Value): void {
    if (value === null) return;
    if (this.#current !== null && this.#same(this.#current, value)) this.#count += 1;
    else {
      this.#current = value;
      this.#count = 1;
    }
    if (this.#count <= this.#bestCount) return;
    this.#best = this.#current;
    this.#bestCount = this.#count;
  }

  result(): Value {
    return this.#best;
  }
}

function orderedSet(
  name: string,
  direct: readonly TypeId[],
  ordered: TypeId,
  create: () => Accumulator,
  result: TypeId = ordered,
): AggregateFunction {
  return {
    ...aggregate(name, [...direct, ordered], result, create),
    strict: false,
    directArguments: direct.length,
    orderedSet: true,
  };
}

/** At one fraction, and at each of an array of them. */
function percentiles(
  name: string,
  ordered: TypeId,
  results: TypeId,
  choose: Choose,
): readonly AggregateFunction[] {
  const create = (): Accumulator => new Percentile(choose);
  return [
    orderedSet(name, [FLOAT8], ordered, create),
    orderedSet(name, [FLOAT8_ARRAY], ordered, create, results),
  ];
}

function modeOf(type: TypeId): AggregateFunction {
  return orderedSet('mode', [], type, () => new Mode(type));
}

export const orderedSetAggregates: readonly AggregateFunction[] = [
  ...percentiles('percentile_cont', FLOAT8, FLOAT8_ARRAY, betweenFloats),
  ...percentiles('percentile_cont', INTERVAL, INTERVAL_ARRAY, betweenIntervals),
  ...percentiles('percentile_disc', ANYELEMENT, ANYARRAY, discrete),
  {
    ...modeOf(FLOAT8),
    arguments: [ANYELEMENT],
    result: ANYELEMENT,
    specialize: ([type]: readonly SqlType[]) => modeOf(type?.id ?? FLOAT8),
  },
];
