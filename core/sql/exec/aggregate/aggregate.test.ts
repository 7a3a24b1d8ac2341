/** Aggregation: groups, grouping sets, and what an aggregate is fed with. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { BoundAggregate } from '../../plan/expression.ts';
import type { AggregatePlan, Plan } from '../../plan/plan.ts';
import { formatDecimal } from '../../types/decimal-text.ts';
import { FLOAT8, INT4, INT8, TEXT } from '../../types/type.ts';
import type { Decimal, Value } from '../../types/type.ts';
import { executeAll } from '../execute.ts';
import {
  aggregate,
  by,
  column,
  constant,
  contextOf,
  operator,
  type,
  values,
} from '../testing/plans.ts';

const ROWS: Value[][] = [
  [1, 'a', 10],
  [2, 'b', null],
  [1, 'c', 30],
  [null, 'a', 5],
  [1, 'a', 10],
  [null, null, 7],
];
const INPUT = values([INT4, TEXT, INT4], ROWS);
const KEY = column(0, INT4);
const NAME = column(1, TEXT);
const AMOUNT = column(2, INT4);

function grouped(
  keys: AggregatePlan['keys'],
  aggregates: readonly BoundAggregate[],
  more: Partial<AggregatePlan> = {},
  input: Plan = INPUT,
): AggregatePlan {
  const grouping = more.grouping === true ? [type(INT4)] : [];
  const types = [...keys.map((key) => key.type), ...aggregates.map((a) => a.type), ...grouping];
  return {
    kind: 'aggregate',
    input,
    keys,
    sets: null,
    grouping: false,
    aggregates,
    types,
    ...more,
  };
}

const run = (plan: Plan): Value[][] => executeAll(plan, contextOf());
const shown = (value: Value): Value =>
  typeof value === 'object' && value !== null ? formatDecimal(value as Decimal) : value;

describe('aggregate', () => {
  test('groups in the order of first rows, nulls in one group', () => {
    const plan = grouped(
      [KEY],
      [
        aggregate('count', []),
        aggregate('count', [AMOUNT]),
        aggregate('sum', [AMOUNT]),
        aggregate('avg', [AMOUNT]),
        aggregate('min', [AMOUNT]),
        aggregate('max', [NAME]),
      ],
    );
    expect(run(plan).map((row) => row.map(shown))).toEqual([
      [1, 3, 3, 50, '16.6666666666666667', 10, 'c'],
      [2, 1, 0, null, null, null, 'b'],
      [null, 2, 2, 12, '6.0000000000000000', 5, 'a'],
    ]);
  });

  test('without keys there is one group, also of no rows', () => {
    const none = values([INT4, TEXT, INT4], []);
    const plan = grouped([], [aggregate('count', []), aggregate('sum', [AMOUNT])], {}, none);
    expect(run(plan)).toEqual([[0, null]]);
    expect(run(grouped([KEY], [aggregate('count', [])], {}, none))).toEqual([]);
  });

  test('DISTINCT, FILTER and ORDER BY', () => {
    const filter = operator('=', KEY, constant(1));
    const plan = grouped(
      [],
      [
        aggregate('count', [NAME], { distinct: true }),
        aggregate('sum', [AMOUNT], { distinct: true }),
        aggregate('sum', [AMOUNT], { filter }),
        aggregate('string_agg', [NAME, constant(',')], { orderBy: [by(NAME, true)] }),
        aggregate('string_agg', [NAME, constant(',')], { distinct: true, orderBy: [by(NAME)] }),
      ],
    );
    expect(run(plan)).toEqual([[3, 52, 50, 'c,b,a,a,a', 'a,b,c']]);
  });

  test('grouping sets follow one another, with their masks', () => {
    const sets = [[0, 1], [0], []];
    const plan = grouped([KEY, NAME], [aggregate('count', [])], { sets, grouping: true });
    expect(run(plan)).toEqual([
      [1, 'a', 2, 0],
      [2, 'b', 1, 0],
      [1, 'c', 1, 0],
      [null, 'a', 1, 0],
      [null, null, 1, 0],
      [1, null, 3, 2],
      [2, null, 1, 2],
      [null, null, 2, 2],
      [null, null, 6, 3],
    ]);
  });

  test('sums and extremes stay exact beyond the safe integers', () => {
    const big = 9_223_372_036_854_775_807n;
    const rows: Value[][] = [[9_007_199_254_740_991], [big], [-5], [9_007_199_254_740_991], [big]];
    const value = column(0, INT8);
    const plan = grouped(
      [],
      ['sum', 'max', 'min'].map((name) => aggregate(name, [value])),
      {},
      values([INT8], rows),
    );
    const sum = 2n * big + 2n * 9_007_199_254_740_991n - 5n;
    expect(run(plan).map((row) => row.map(shown))).toEqual([[String(sum), big, -5]]);
  });

  test('NaN is the largest number', () => {
    const rows = values([FLOAT8], [[1], [NaN], [-2]]);
    const value = column(0, FLOAT8);
    const plan = grouped([], [aggregate('max', [value]), aggregate('min', [value])], {}, rows);
    expect(run(plan)).toEqual([[NaN, -2]]);
  });

  test('any keys and numbers: as counted one by one', () => {
    const key = fc.oneof(fc.constant(null), fc.integer({ min: -3, max: 3 }), fc.integer());
    const cell = fc.tuple(key, fc.constantFrom('x', 'y', null), key);
    fc.assert(
      fc.property(fc.array(cell, { maxLength: 3000 }), (cells) => {
        const expected = new Map<string, Value[]>();
        for (const [a, b, c] of cells) {
          const id = JSON.stringify([a, b]);
          const row = expected.get(id) ?? [a, b, 0, null];
          row[2] = (row[2] as number) + 1;
          if (c !== null) row[3] = ((row[3] as number | null) ?? 0) + c;
          expected.set(id, row);
        }
        const input = values([INT4, TEXT, INT4], cells);
        const aggregates = [aggregate('count', []), aggregate('sum', [AMOUNT])];
        expect(run(grouped([KEY, NAME], aggregates, {}, input))).toEqual([...expected.values()]);
      }),
      { numRuns: 30 },
    );
  });
});
