/**
 * Hypothetical-set aggregates: `rank(x) WITHIN GROUP (ORDER BY y)` is the rank that a row with `x`
 * for `y` would have among the rows of the group. As many direct arguments as sort keys.
 */
import type { Accumulator, AggregateFunction } from './function.ts';
import { compareFor } from '../types/compare.ts';
import { FLOAT8, INT8 } from '../types/type.ts';
import type { TypeId, Value } from '../types/type.ts';

/** How one key sorts. */
export interface KeyOrder {
  readonly type: TypeId;
  readonly descending: boolean;
  readonly nullsFirst: boolean;
}

/** What has been counted: rows before the hypothetical one, its peers, and groups before it. */
interface Counts {
  readonly before: number;
  readonly peers: number;
  readonly groups: number;
  readonly all: number;
}

type Finish = (counts: Counts) => number;

const FINISH: ReadonlyMap<string, { readonly result: TypeId; readonly finish: Finish }> = new Map<
  string,
  { readonly result: TypeId; readonly finish: Finish }
>([
  ['rank', { result: INT8, finish: ({ before }) => before + 1 }],
  ['dense_rank', { result: INT8, finish: ({ groups }) => groups + 1 }],
  ['percent_rank', { result: FLOAT8, finish: ({ before, all }) => (all === 0 ? 0 : before / all) }],
  [
    'cume_dist',
    { result: FLOAT8, finish: ({ before, peers, all }) => (before + peers + 1) / (all + 1) },
  ],
]);

export function isHypothetical(name: string): boolean {
  return FINISH.has(name);
}

type CompareRows = (left: readonly Value[], right: readonly Value[]) => number;

function rowComparison(keys: readonly KeyOrder[]): CompareRows {
  const compare = keys.map(({ type, descending, nullsFirst }) => {
    const plain = compareFor(type);
    return (left: Value, right: Value): number => {
      if (left === null || right === null) {
        if (left === right) return 0;
        return (left === null) === nullsFirst ? -1 : 1;
      }
      return descending ? plain(right, left) : plain(left, right);
    };
  });
  return (left, right) => {
    for (const [i, one] of compare.entries()) {
      const order = one(left[i] ?? null, right[i] ?? null);
      if (order !== 0) return order;
    }
    return 0;
  };
}

/** Rows come in order, each after the hypothetical one's values. */
class Hypothetical implements Accumulator {
  readonly #compare: CompareRows;
  readonly #width: number;
  readonly #finish: Finish;
  #before = 0;
  #peers = 0;
  #groups = 0;
  #all = 0;
  #last: readonly Value[] | null = null;

  constructor(compare: CompareRows, width: number, finish: Finish) {
    this.#compare = compare;
    this.#width = width;
    this.#finish = finish;
  }

  add(_: unknown, ...values: Value[]): void {
    this.#all += 1;
    const row = values.slice(this.#width);
    const order = this.#compare(row, values.slice(0, this.#width));
    if (order === 0) this.#peers += 1;
    if (order >= 0) return;
    this.#before += 1;
    if (this.#last === null || this.#compare(this.#last, row) !== 0) this.#groups += 1;
    this.#last = row;
  }

  result(): Value {
    return this.#finish({
      before: this.#before,
      peers: this.#peers,
      groups: this.#groups,
      all: this.#all,
    });
  }
}

/** Functions that have been made, so that equal calls have the same one. */
const made = new Map<string, AggregateFunction>();
const MADE_MAX = 1000;

/** `name` is hypothetical. */
export function hypotheticalAggregate(name: string, keys: readonly KeyOrder[]): AggregateFunction {
  const signature = JSON.stringify([name, keys.map((k) => [k.type, k.descending, k.nullsFirst])]);
  const known = made.get(signature);
  if (known !== undefined) return known;
  const { result, finish } = FINISH.get(name)!;
  const compare = rowComparison(keys);
  const types = keys.map(({ type }) => type);
  const aggregate: AggregateFunction = {
    kind: 'aggregate',
    name,
    arguments: [...types, ...types],
    variadic: false,
    result,
    strict: false,
    directArguments: keys.length,
    orderedSet: true,
    create: () => new Hypothetical(compare, keys.length, finish),
  };
  if (made.size < MADE_MAX) made.set(signature, aggregate);
  return aggregate;
}
