/**
 * Ordered-set aggregates: percentile_cont, percentile_disc, mode. Values come in the order of
 * `WITHIN GROUP`, after the direct argument, which is the same in every row.
 */
import { SqlError } from '../error.ts';
import { aggregate } from './define.ts';
import { ANYELEMENT } from './function.ts';
import type { Accumulator, AggregateFunction } from './function.ts';
import { compareFor } from '../types/compare.ts';
import { addIntervals, subtractIntervals } from '../types/interval.ts';
import { multiplyInterval } from '../types/interval-math.ts';
import { FLOAT8, INTERVAL } from '../types/type.ts';
import type { Interval, SqlType, TypeId, Value } from '../types/type.ts';

/** Keeps the values and the fraction; `choose` takes its pick. */
class Percentile implements Accumulator {
  readonly #values: Value[] = [];
  #fraction: Value = null;
  readonly #choose: (values: readonly Value[], fraction: number) => Value;

  constructor(choose: (values: readonly Value[], fraction: number) => Value) {
    this.#choose = choose;
  }

  add(_: unknown, fraction: Value, value: Value): void {
    this.#fraction = fraction;
    if (value !== null) this.#values.push(value);
  }

  result(): Value {
    const fraction = this.#fraction as number | null;
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
function continuous<T extends Value>(
  join: (low: T, high: T, share: number) => Value,
): (values: readonly Value[], fraction: number) => Value {
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
): AggregateFunction {
  return {
    ...aggregate(name, [...direct, ordered], ordered, create),
    strict: false,
    directArguments: direct.length,
    orderedSet: true,
  };
}

function modeOf(type: TypeId): AggregateFunction {
  return orderedSet('mode', [], type, () => new Mode(type));
}

export const orderedSetAggregates: readonly AggregateFunction[] = [
  orderedSet('percentile_cont', [FLOAT8], FLOAT8, () => new Percentile(betweenFloats)),
  orderedSet('percentile_cont', [FLOAT8], INTERVAL, () => new Percentile(betweenIntervals)),
  orderedSet('percentile_disc', [FLOAT8], ANYELEMENT, () => new Percentile(discrete)),
  {
    ...modeOf(FLOAT8),
    arguments: [ANYELEMENT],
    result: ANYELEMENT,
    specialize: ([type]: readonly SqlType[]) => modeOf(type?.id ?? FLOAT8),
  },
];
