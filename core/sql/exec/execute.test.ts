/** Plans by hand, run to their end: what each operator makes of its rows. */
import { describe, expect, test } from 'vitest';
import { BOOL, INT4, INT8, TEXT } from '../types/type.ts';
import type { Plan } from '../plan/plan.ts';
import type { Value } from '../types/type.ts';
import { executeAll } from './execute.ts';
import { SqlError } from '../error.ts';
import {
  argument,
  by,
  column,
  constant,
  contextOf,
  indexOn,
  operator,
  project,
  scan,
  type,
  values,
} from './testing/plans.ts';

const NUMBERS = new Map<string, Value[][]>([
  ['n', Array.from({ length: 5000 }, (_, i) => [i, i % 7 === 0 ? null : `t${i % 10}`, i % 100])],
  [
    'small',
    [
      [1, 'a'],
      [2, null],
      [3, 'c'],
      [3, 'd'],
      [null, 'e'],
    ],
  ],
]);
const N = [INT4, TEXT, INT4];

const run = (plan: Plan): Value[][] => executeAll(plan, contextOf(NUMBERS));

function codeOf(plan: Plan): string {
  try {
    run(plan);
    return '';
  } catch (error) {
    return error instanceof SqlError ? error.code : String(error);
  }
}

describe('scan, filter and project', () => {
  test('a scan yields all rows, over many batches', () => {
    expect(run(scan('n', N))).toEqual(NUMBERS.get('n'));
  });

  test('a scan filters, and loads late columns for what is left', () => {
    const filter = operator('<', column(0, INT4), constant(3));
    expect(run(scan('n', N, filter))).toEqual([
      [0, null, 0],
      [1, 't1', 1],
      [2, 't2', 2],
    ]);
  });

  test('a projection computes over what a filter has left', () => {
    const filter = operator('=', column(1, TEXT), constant('t3'));
    const sum = operator('+', column(0, INT4), column(2, INT4));
    const rows = run(project(scan('n', N, filter), sum, column(1, TEXT)));
    expect(rows.slice(0, 2)).toEqual([
      [6, 't3'],
      [26, 't3'],
    ]);
    expect(rows.length).toBe(429);
  });

  test('rows before a failing one are handed over when nobody asks for more', () => {
    const input = values([INT4], [[2], [1], [0]]);
    const fraction = project(input, operator('/', constant(2), column(0, INT4)));
    const limited: Plan = {
      kind: 'limit',
      input: fraction,
      count: constant(2, INT8),
      offset: null,
      tieKeys: null,
      types: fraction.types,
    };
    expect(run(limited)).toEqual([[1], [2]]);
    expect(codeOf(fraction)).toBe('22012');
  });
});

const SMALL = [INT4, TEXT];

function joined(plan: Partial<Plan> & { kind: 'hashJoin'; type: string }): Plan {
  const side = scan('small', SMALL);
  const narrow = plan.type === 'semi' || plan.type === 'anti';
  return {
    left: side,
    right: side,
    leftKeys: [column(0, INT4)],
    rightKeys: [column(0, INT4)],
    condition: null,
    types: [...side.types, ...(narrow ? [] : side.types)],
    ...plan,
  } as Plan;
}

describe('joins', () => {
  const pairs = [
    [1, 'a', 1, 'a'],
    [2, null, 2, null],
    [3, 'c', 3, 'c'],
    [3, 'c', 3, 'd'],
    [3, 'd', 3, 'c'],
    [3, 'd', 3, 'd'],
  ];

  test('a hash join pairs equal keys; null equals nothing', () => {
    expect(run(joined({ kind: 'hashJoin', type: 'inner' }))).toEqual(pairs);
  });

  test('outer joins keep rows without partner', () => {
    const condition = operator('<>', column(1, TEXT), column(3, TEXT));
    const inner = [
      [3, 'c', 3, 'd'],
      [3, 'd', 3, 'c'],
    ];
    const lonelyRight = [
      [null, null, 1, 'a'],
      [null, null, 2, null],
      [null, null, null, 'e'],
    ];
    const inLeftOrder = [
      [1, 'a', null, null],
      [2, null, null, null],
      ...inner,
      [null, 'e', null, null],
    ];
    expect(run(joined({ kind: 'hashJoin', type: 'left', condition }))).toEqual(inLeftOrder);
    expect(run(joined({ kind: 'hashJoin', type: 'right', condition }))).toEqual([
      ...inner,
      ...lonelyRight,
    ]);
    expect(run(joined({ kind: 'hashJoin', type: 'full', condition }))).toEqual([
      ...inLeftOrder,
      ...lonelyRight,
    ]);
    expect(run(joined({ kind: 'hashJoin', type: 'semi', condition }))).toEqual([
      [3, 'c'],
      [3, 'd'],
    ]);
    expect(run(joined({ kind: 'hashJoin', type: 'anti' }))).toEqual([[null, 'e']]);
  });

  test('a unique right side is looked up without pairing', () => {
    const right = values(
      [INT4, BOOL],
      [
        [1, true],
        [3, false],
      ],
    );
    const left = scan('small', SMALL);
    const types = [...left.types, ...right.types];
    const plan = (kind: string): Plan =>
      joined({ kind: 'hashJoin', type: kind, right, types } as never);
    expect(run(plan('inner'))).toEqual([
      [1, 'a', 1, true],
      [3, 'c', 3, false],
      [3, 'd', 3, false],
    ]);
    expect(run(plan('left'))).toEqual([
      [1, 'a', 1, true],
      [2, null, null, null],
      [3, 'c', 3, false],
      [3, 'd', 3, false],
      [null, 'e', null, null],
    ]);
  });

  test('a loop join starts its right plan for each left row', () => {
    const left = scan('small', SMALL);
    const inner = scan('small', SMALL);
    const lookUp: Plan = {
      ...inner,
      index: indexOn(0),
      range: { equal: [argument(0, INT4)], low: null, high: null },
    };
    const right = { plan: lookUp, arguments: [column(0, INT4)] };
    const types = [...left.types, ...inner.types];
    const plan: Plan = { kind: 'loopJoin', type: 'inner', left, right, condition: null, types };
    expect(run(plan)).toEqual(pairs);
    expect(run({ ...plan, type: 'semi', types: left.types })).toEqual(
      NUMBERS.get('small')?.slice(0, 4),
    );
    const anti = run({ ...plan, type: 'anti', types: left.types });
    expect(anti).toEqual([[null, 'e']]);
    expect(run({ ...plan, type: 'left' })).toEqual([...pairs, [null, 'e', null, null]]);
  });

  test('a loop join without arguments is a cross product', () => {
    const left = scan('n', N);
    const right = scan('small', SMALL);
    const plan: Plan = {
      kind: 'loopJoin',
      type: 'full',
      left,
      right: { plan: right, arguments: [] },
      condition: operator('=', column(0, INT4), column(3, INT4)),
      types: [...left.types, ...right.types],
    };
    const rows = run(plan);
    expect(rows.length).toBe(5002);
    expect(rows.filter((row) => row[3] !== null && row[0] !== null).length).toBe(4);
    expect(rows.at(-1)).toEqual([null, null, null, null, 'e']);
  });
});

describe('sort, limit, distinct and set operations', () => {
  const sorted = (count: number | null): Plan => ({
    kind: 'sort',
    input: scan('n', N),
    keys: [by(column(2, INT4), true), by(column(1, TEXT)), by(column(0, INT4))],
    count: count === null ? null : constant(count, INT8),
    types: N.map(type),
  });

  test('sorts by several keys, and by the first ones only when few are wanted', () => {
    const all = run(sorted(null));
    expect(all.length).toBe(5000);
    expect(all.slice(0, 3)).toEqual([
      [99, 't9', 99],
      [199, 't9', 99],
      [299, 't9', 99],
    ]);
    expect(run(sorted(10)).slice(0, 10)).toEqual(all.slice(0, 10));
  });

  test('distinct keeps first rows; ties belong to a limit', () => {
    const input = scan('n', N);
    const distinct: Plan = { kind: 'distinct', input, keys: [column(2, INT4)], types: input.types };
    expect(run(distinct)).toEqual(NUMBERS.get('n')?.slice(0, 100));
    const limit: Plan = {
      kind: 'limit',
      input: values([INT4], [[1], [2], [2], [2], [3]]),
      count: constant(2, INT8),
      offset: null,
      tieKeys: [by(column(0, INT4))],
      types: [type(INT4)],
    };
    expect(run(limit)).toEqual([[1], [2], [2], [2]]);
  });

  test('set operations count rows', () => {
    const left = values([INT4], [[1], [1], [2], [null], [null], [3]]);
    const right = values([INT4], [[1], [null], [3], [3]]);
    const set = (operation: 'union' | 'intersect' | 'except', all: boolean): Value[] =>
      run({ kind: 'set', operator: operation, all, left, right, types: left.types }).flat();
    expect(set('union', true).length).toBe(10);
    expect(set('union', false)).toEqual([1, 2, null, 3]);
    expect(set('intersect', false)).toEqual([1, null, 3]);
    expect(set('intersect', true)).toEqual([1, null, 3]);
    expect(set('except', false)).toEqual([2]);
    expect(set('except', true)).toEqual([1, 2, null]);
  });

  test('without a row on the left, INTERSECT and EXCEPT do not read the right side', () => {
    const failing = project(
      values([INT4], [[1]]),
      operator('/', constant(1), operator('-', column(0, INT4), constant(1))),
    );
    for (const operation of ['intersect', 'except'] as const) {
      for (const all of [false, true]) {
        const of = (rows: Value[][]): Plan => ({
          kind: 'set',
          operator: operation,
          all,
          left: values([INT4], rows),
          right: failing,
          types: [type(INT4)],
        });
        expect(run(of([]))).toEqual([]);
        expect(codeOf(of([[1]]))).toBe('22012');
      }
    }
  });

  test('a recursion goes on until a round is empty', () => {
    const types = [type(INT4)];
    const below = operator('<', column(0, INT4), constant(5));
    const rows: Plan = { kind: 'commonScan', id: 1, types };
    const step = project(
      { kind: 'filter', input: rows, condition: below, types },
      operator('+', column(0, INT4), constant(1)),
    );
    const table: Plan = {
      kind: 'recursive',
      id: 1,
      base: values([INT4], [[1], [1]]),
      step,
      all: false,
      types,
    };
    const plan: Plan = { kind: 'with', tables: [{ id: 1, plan: table }], body: rows, types };
    expect(run(plan)).toEqual([[1], [2], [3], [4], [5]]);
  });
});
