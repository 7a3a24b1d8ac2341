/** What bounds an execution: memory, and what nobody has asked for. */
import { describe, expect, test } from 'vitest';
import type { ScalarFunction } from '../functions/function.ts';
import type { Bound } from '../plan/expression.ts';
import type { Plan } from '../plan/plan.ts';
import { INT4, INT8, TEXT } from '../types/type.ts';
import { listArray } from '../types/array.ts';
import { INT4_ARRAY, TEXT_ARRAY } from '../types/array-type.ts';
import type { Value } from '../types/type.ts';
import { executeAll } from './execute.ts';
import {
  aggregate,
  argument,
  by,
  coerce,
  column,
  constant,
  contextOf,
  operator,
  project,
  scan,
  type,
  values,
} from './testing/plans.ts';

const ROWS = new Map<string, Value[][]>([
  ['t', Array.from({ length: 4000 }, (_, i) => [i % 100, `text number ${i}`])],
]);
const T = scan('t', [INT4, TEXT]);
const A = column(0, INT4);
const NAME = column(1, TEXT);

const sorted = (input: Plan): Plan => ({
  kind: 'sort',
  input,
  keys: [by(NAME)],
  count: null,
  types: input.types,
});

function counted(input: Plan, keys: Bound[] = []): Plan {
  const one = aggregate('count', []);
  const types = [...keys.map((key) => key.type), one.type];
  return { kind: 'aggregate', input, keys, sets: null, grouping: false, aggregates: [one], types };
}

describe('memory', () => {
  const joined: Plan = {
    kind: 'hashJoin',
    type: 'inner',
    left: T,
    right: T,
    leftKeys: [NAME],
    rightKeys: [NAME],
    condition: null,
    types: [...T.types, ...T.types],
  };
  const distinct: Plan = { kind: 'distinct', input: T, keys: null, types: T.types };
  const kept: Plan = {
    kind: 'with',
    tables: [{ id: 1, plan: T }],
    body: { kind: 'commonScan', id: 1, types: T.types },
    types: T.types,
  };

  test.each<[string, Plan]>([
    ['a sort', sorted(T)],
    ['a hash join', joined],
    ['groups', counted(T, [NAME])],
    ['distinct rows', distinct],
    ['a common table', kept],
  ])('%s past the bound is 53200', (_, plan) => {
    expect(executeAll(plan, contextOf(ROWS)).length).toBe(4000);
    expect(() => executeAll(plan, contextOf(ROWS, 100_000))).toThrow(
      expect.objectContaining({ code: '53200' }),
    );
  });

  test('texts put together are held', () => {
    const texts = aggregate('string_agg', [NAME, constant(',')]);
    const plan = { ...counted(T), aggregates: [texts], types: [texts.type] };
    expect(executeAll(plan as Plan, contextOf(ROWS)).length).toBe(1);
    expect(() => executeAll(plan as Plan, contextOf(ROWS, 100_000))).toThrow('out of memory');
  });

  /** An array of a hundred, made for each row. */
  const hundred: ScalarFunction = {
    kind: 'scalar',
    name: 'hundred',
    arguments: [INT4],
    variadic: false,
    result: INT4_ARRAY,
    strict: true,
    volatility: 'immutable',
    evaluate: (_, value) => listArray(Array.from({ length: 100 }, () => value as Value)),
  };
  const made = (f: ScalarFunction): Bound => {
    return { kind: 'call', type: type(INT4_ARRAY), function: f, arguments: [A], at: -1 };
  };
  const many = made(hundred);

  test.each<[string, Plan]>([
    ['projected', project(T, many)],
    ['cast', project(T, coerce(many, TEXT_ARRAY))],
    ['volatile', project(T, made({ ...hundred, volatility: 'volatile' }))],
    ['of the same', project(T, many, many)],
  ])('arrays of one batch, %s, past the bound are 53200', (_, plan) => {
    // A batch of them takes 1,6 MB; what a batch took is free for the next.
    expect(executeAll(plan, contextOf(ROWS, 9_000_000)).length).toBe(4000);
    expect(() => executeAll(plan, contextOf(ROWS, 1_000_000))).toThrow(
      expect.objectContaining({ code: '53200' }),
    );
  });

  test('a condition keeps none of them', () => {
    const plan = { ...T, filter: operator('=', many, many) };
    expect(executeAll(plan, contextOf(ROWS, 100_000)).length).toBe(4000);
  });

  test('one array for all rows takes the room of one', () => {
    const one = listArray([1, 2, 3]);
    const same = made({ ...hundred, evaluate: () => one });
    expect(executeAll(project(T, same), contextOf(ROWS, 1000)).length).toBe(4000);
  });

  test('what a sub-plan held is free when it starts over', () => {
    const part = { ...T, filter: operator('=', A, argument(0, INT4)) };
    const query = { plan: counted(sorted(part)), arguments: [operator('+', A, constant(0))] };
    const plan = project(T, { kind: 'scalarQuery', type: type(INT8), query });
    // Each of the hundred different queries sorts 40 rows: together they would not fit.
    const rows = executeAll(plan, contextOf(ROWS, 20_000));
    expect(rows.every(([count]) => count === 40)).toBe(true);
  });
});

describe('effects', () => {
  test('volatile values are made row by row, and no more of them than are wanted', () => {
    let last = 0;
    const next: ScalarFunction = {
      kind: 'scalar',
      name: 'next',
      arguments: [],
      variadic: false,
      result: INT4,
      strict: true,
      volatility: 'volatile',
      evaluate: () => ++last,
    };
    const drawn: Bound = {
      kind: 'call',
      type: type(INT4),
      function: next,
      arguments: [],
      at: -1,
    };
    const input = project(T, drawn, drawn, A);
    const limited: Plan = {
      kind: 'limit',
      input,
      count: constant(3, INT8),
      offset: null,
      tieKeys: null,
      types: input.types,
    };
    expect(executeAll(limited, contextOf(ROWS))).toEqual([
      [1, 2, 0],
      [3, 4, 1],
      [5, 6, 2],
    ]);
    expect(last).toBe(6);
  });

  test('CASE and COALESCE leave alone what a row does not need', () => {
    const input = values([INT4], [[0], [2], [null]]);
    const fraction = operator('/', constant(10), A);
    const guarded: Bound = {
      kind: 'case',
      type: type(INT4),
      whens: [{ when: operator('=', A, constant(0)), result: constant(0) }],
      otherwise: fraction,
    };
    const fallback: Bound = {
      kind: 'coalesce',
      type: type(INT4),
      arguments: [A, operator('/', constant(1), constant(0))],
    };
    const first: Plan = {
      ...input,
      rows: input.kind === 'values' ? input.rows.slice(0, 2) : [],
    } as Plan;
    expect(executeAll(project(input, guarded), contextOf())).toEqual([[0], [5], [null]]);
    expect(executeAll(project(first, fallback), contextOf())).toEqual([[0], [2]]);
    expect(() => executeAll(project(input, fallback), contextOf())).toThrow('division by zero');
  });
});
