/** Queries inside expressions: their answers, however small the slices are they run in. */
import { describe, expect, test } from 'vitest';
import { SqlError } from '../../error.ts';
import { findOperator } from '../../functions/resolve.ts';
import type { Bound, SubPlan } from '../../plan/expression.ts';
import type { Plan } from '../../plan/plan.ts';
import { BOOL, INT4 } from '../../types/type.ts';
import type { Value } from '../../types/type.ts';
import { execute } from '../execute.ts';
import { BATCH, DONE } from '../operator.ts';
import { rowsOf } from '../rows.ts';
import {
  aggregate,
  and,
  argument,
  column,
  constant,
  contextOf,
  operator,
  project,
  scan,
  type,
  values,
} from '../testing/plans.ts';

const A = column(0, INT4);
const B = column(1, INT4);
const OUTER = argument(0, INT4);
const BOOLEAN = type(BOOL);

const TABLES = new Map<string, Value[][]>([
  ['t', Array.from({ length: 3000 }, (_, i) => [i % 50 === 0 ? null : i % 7, i])],
]);
const T = scan('t', [INT4, INT4]);

/** With slices of this many steps. */
function run(plan: Plan, budget: number): Value[][] {
  const execution = execute(plan, contextOf(TABLES));
  const rows: Value[][] = [];
  for (let steps = 0; steps < 100_000; steps++) {
    const step = execution.step(budget);
    if (step === DONE) return rows;
    if (step === BATCH) rows.push(...rowsOf(execution.output, execution.types));
  }
  throw new Error('no end in sight');
}

/** The same in slices of any size. */
function always(plan: Plan): Value[][] {
  const rows = run(plan, 100_000);
  for (const budget of [1, 2, 7]) expect(run(plan, budget)).toEqual(rows);
  return rows;
}

const filtered = (condition: Bound, input: Plan = T): Plan => ({
  kind: 'filter',
  input,
  condition,
  types: input.types,
});
const correlated = (plan: Plan): SubPlan => ({ plan, arguments: [A] });
const alone = (plan: Plan): SubPlan => ({ plan, arguments: [] });

function counted(input: Plan): Plan {
  const one = aggregate('count', []);
  return {
    kind: 'aggregate',
    input,
    keys: [],
    sets: null,
    grouping: false,
    aggregates: [one],
    types: [one.type],
  };
}

function scalar(query: SubPlan): Bound {
  return { kind: 'scalarQuery', type: query.plan.types[0] ?? BOOLEAN, query };
}

function exists(query: SubPlan, negated = false): Bound {
  return { kind: 'existsQuery', type: BOOLEAN, query, negated };
}

function any(tests: Bound[], compare: Bound, query: SubPlan, hashed: boolean, all = false): Bound {
  const equal = hashed
    ? tests.map((one) => findOperator('=', one.type, one.type, -1).function)
    : null;
  return { kind: 'anyQuery', type: BOOLEAN, all, tests, compare, equal, query, negated: false };
}

const SMALL = values(
  [INT4, INT4],
  [
    [1, 10],
    [5, 50],
    [null, 0],
    [99, 1],
  ],
);

describe('queries in expressions', () => {
  test('a correlated scalar query is answered for each row', () => {
    const query = correlated(counted(filtered(operator('=', A, OUTER))));
    const rows = always(project(SMALL, A, scalar(query)));
    const count = (a: number): number => TABLES.get('t')?.filter((row) => row[0] === a).length ?? 0;
    expect(rows).toEqual([
      [1, count(1)],
      [5, count(5)],
      [null, 0],
      [99, 0],
    ]);
  });

  test('an uncorrelated query runs once; one in another, too', () => {
    const total = scalar(alone(counted(T)));
    const inner = scalar(alone(counted(filtered(operator('<', B, total)))));
    expect(always(project(SMALL, total, inner))).toEqual(
      SMALL.kind === 'values' ? SMALL.rows.map(() => [3000, 3000]) : [],
    );
  });

  test('more than one row is an error, none is null', () => {
    const one = scalar(correlated(project(filtered(operator('=', B, OUTER)), B)));
    expect(always(project(SMALL, one))).toEqual([[1], [5], [null], [99]]);
    const many = scalar(correlated(project(filtered(operator('=', A, OUTER)), B)));
    expect(() => run(project(SMALL, many), 3)).toThrow(SqlError);
  });

  test('EXISTS, negated, and under conditions that need it for some rows only', () => {
    const query = correlated(filtered(operator('=', A, OUTER)));
    expect(always(project(SMALL, exists(query), exists(query, true)))).toEqual([
      [true, false],
      [true, false],
      [false, true],
      [false, true],
    ]);
    const some = and(operator('>', A, constant(1)), exists(query));
    expect(always(project(SMALL, some))).toEqual([[false], [true], [false], [false]]);
  });

  test.each([true, false])('IN keeps its nulls (hashed: %s)', (hashed) => {
    const equal = operator('=', column(0, INT4), column(1, INT4));
    const members = (rows: Value[][]): SubPlan => alone(values([INT4], rows));
    const find = (rows: Value[][]): Value[] =>
      always(project(SMALL, any([A], equal, members(rows), hashed))).flat();
    expect(find([[1], [5]])).toEqual([true, true, null, false]);
    expect(find([[1], [null]])).toEqual([true, null, null, null]);
    expect(find([])).toEqual([false, false, false, false]);
  });

  test.each([true, false])('IN of several columns (hashed: %s)', (hashed) => {
    const equal = and(
      operator('=', column(0, INT4), column(2, INT4)),
      operator('=', column(1, INT4), column(3, INT4)),
    );
    const members = alone(
      values(
        [INT4, INT4],
        [
          [1, 10],
          [5, null],
          [null, 7],
        ],
      ),
    );
    const found = any([A, B], equal, members, hashed);
    expect(always(project(SMALL, found)).flat()).toEqual([true, null, null, false]);
  });

  test('ALL, over more rows than a batch', () => {
    const greater = operator('>', column(0, INT4), column(1, INT4));
    const others = correlated(project(filtered(operator('=', A, OUTER)), B));
    const found = any([operator('*', B, constant(1000))], greater, others, false, true);
    expect(always(project(SMALL, found)).flat()).toEqual([true, true, true, true]);
  });

  test('a loop join and a sort in small slices', () => {
    const right = correlated(filtered(operator('=', A, OUTER)));
    const types = [...SMALL.types, ...T.types];
    const join: Plan = {
      kind: 'loopJoin',
      type: 'left',
      left: SMALL,
      right,
      condition: null,
      types,
    };
    const keys = [{ value: column(3, INT4), descending: true, nullsFirst: false }];
    const rows = always({ kind: 'sort', input: join, keys, count: null, types });
    expect(rows[0]).toEqual([1, 10, 1, 2997]);
    expect(rows.at(-1)).toEqual([99, 1, null, null]);
  });
});
