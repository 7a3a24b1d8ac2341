/** Joins of any type, by hashing and by looping, against the definition; in slices of any size. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Bound } from '../plan/expression.ts';
import type { JoinType, Plan } from '../plan/plan.ts';
import { BOOL, INT4, TEXT } from '../types/type.ts';
import type { SqlType, Value } from '../types/type.ts';
import { execute } from './execute.ts';
import { BATCH, DONE } from './operator.ts';
import { rowsOf } from './rows.ts';
import {
  and,
  argument,
  column,
  contextOf,
  indexOn,
  operator,
  scan,
  type,
} from './testing/plans.ts';

const IDS = [INT4, TEXT, INT4];
const SIDE = IDS.map(type);
const TYPES: readonly JoinType[] = ['inner', 'left', 'right', 'full', 'semi', 'anti'];

type Row = Value[];

const side = (maxLength: number): fc.Arbitrary<Row[]> =>
  fc.array(fc.tuple(fc.option(fc.nat(6)), fc.constantFrom('a', 'b', null), fc.option(fc.nat(20))), {
    maxLength,
  });

/** On the first `keys` columns, and perhaps on the order of the last one. */
interface Shape {
  readonly type: JoinType;
  readonly keys: 1 | 2;
  readonly ordered: boolean;
}

const shape: fc.Arbitrary<Shape> = fc.record({
  type: fc.constantFrom(...TYPES),
  keys: fc.constantFrom<1 | 2>(1, 2),
  ordered: fc.boolean(),
});

function expected(left: Row[], right: Row[], { type: join, keys, ordered }: Shape): Row[] {
  const matches = (a: Row, b: Row): boolean => {
    for (let i = 0; i < keys; i++) if (a[i] === null || a[i] !== b[i]) return false;
    const [x, y] = [a[2] ?? null, b[2] ?? null];
    return !ordered || (x !== null && y !== null && x < y);
  };
  const nulls = [null, null, null];
  if (join === 'semi') return left.filter((a) => right.some((b) => matches(a, b)));
  if (join === 'anti') return left.filter((a) => !right.some((b) => matches(a, b)));
  const rows = left.flatMap((a) =>
    right.filter((b) => matches(a, b)).map((b): Row => [...a, ...b]),
  );
  if (join === 'left' || join === 'full') {
    rows.push(
      ...left.filter((a) => !right.some((b) => matches(a, b))).map((a) => [...a, ...nulls]),
    );
  }
  if (join === 'right' || join === 'full') {
    rows.push(
      ...right.filter((b) => !left.some((a) => matches(a, b))).map((b) => [...nulls, ...b]),
    );
  }
  return rows;
}

/** Left and full joins keep the order of the left side: what the planner builds on. */
function inOrder(left: Row[], right: Row[], given: Shape): Row[] {
  if (given.type !== 'left' && given.type !== 'full') return expected(left, right, given);
  const rows = left.flatMap((a) => expected([a], right, { ...given, type: 'left' }));
  const lonely = expected(left, right, { ...given, type: 'right' });
  if (given.type === 'full')
    rows.push(...lonely.slice(expected(left, right, { ...given, type: 'inner' }).length));
  return rows;
}

function run(plan: Plan, left: Row[], right: Row[], budget: number): Row[] {
  const execution = execute(
    plan,
    contextOf(
      new Map([
        ['l', left],
        ['r', right],
      ]),
    ),
  );
  const rows: Row[] = [];
  for (;;) {
    const step = execution.step(budget);
    if (step === DONE) return rows;
    if (step === BATCH) rows.push(...rowsOf(execution.output, execution.types));
  }
}

function typesOf(join: JoinType): SqlType[] {
  return join === 'semi' || join === 'anti' ? SIDE : [...SIDE, ...SIDE];
}

const ORDERED = operator('<', column(2, INT4), column(5, INT4));

function hashPlan({ type: join, keys, ordered }: Shape): Plan {
  const bounds = [column(0, INT4), column(1, TEXT)].slice(0, keys);
  return {
    kind: 'hashJoin',
    type: join,
    left: scan('l', IDS),
    right: scan('r', IDS),
    leftKeys: bounds,
    rightKeys: bounds,
    condition: ordered ? ORDERED : null,
    types: typesOf(join),
  };
}

function loopPlan({ type: join, keys, ordered }: Shape, byIndex: boolean): Plan {
  const texts = operator('=', column(1, TEXT), column(4, TEXT));
  const conditions: Bound[] = byIndex ? [] : [operator('=', column(0, INT4), column(3, INT4))];
  if (keys === 2) conditions.push(texts);
  if (ordered) conditions.push(ORDERED);
  const [only] = conditions;
  const right = scan('r', IDS);
  const lookUp: Plan = {
    ...right,
    index: indexOn(0),
    range: { equal: [argument(0, INT4)], low: null, high: null },
  };
  return {
    kind: 'loopJoin',
    type: join,
    left: scan('l', IDS),
    right: byIndex
      ? { plan: lookUp, arguments: [column(0, INT4)] }
      : { plan: right, arguments: [] },
    condition: conditions.length > 1 ? and(...conditions) : (only ?? null),
    types: typesOf(join),
  };
}

/** One of two equalities, and perhaps more: by hashing what could be equal, or by all pairs. */
function eitherPlan({ type: join, keys, ordered }: Shape, hashed: boolean): Plan {
  const numbers = operator('=', column(0, INT4), column(3, INT4));
  const texts = operator('=', column(1, TEXT), column(4, TEXT));
  const way = keys === 2 ? and(numbers, operator('=', column(2, INT4), column(5, INT4))) : numbers;
  const either: Bound = { kind: 'or', type: type(BOOL), arguments: [way, texts] };
  const both = [column(0, INT4), column(2, INT4)].slice(0, keys);
  const text = [column(1, TEXT)];
  const alternatives = [
    { left: both, right: both },
    { left: text, right: text },
  ];
  return {
    kind: 'loopJoin',
    type: join,
    left: scan('l', IDS),
    right: { plan: scan('r', IDS), arguments: [] },
    condition: ordered ? and(either, ORDERED) : either,
    ...(hashed ? { alternatives } : {}),
    types: typesOf(join),
  };
}

describe('joins', () => {
  test('by one of two keys, as by all pairs', () => {
    fc.assert(
      fc.property(side(40), side(40), shape, fc.integer({ min: 1, max: 64 }), (l, r, given, n) => {
        const rows = run(eitherPlan(given, false), l, r, 1);
        expect(run(eitherPlan(given, true), l, r, n)).toEqual(rows);
      }),
      { numRuns: 300 },
    );
    const many = Array.from({ length: 1500 }, (_, i): Row => [i % 700, `${i % 900}`, i]);
    for (const join of TYPES) {
      const given: Shape = { type: join, keys: 1, ordered: join === 'full' };
      const rows = run(eitherPlan(given, false), many, many, 1 << 20);
      expect(run(eitherPlan(given, true), many, many, 64)).toEqual(rows);
    }
  });

  test('by hashing', () => {
    fc.assert(
      fc.property(side(40), side(40), shape, (left, right, given) => {
        const rows = inOrder(left, right, given);
        expect(run(hashPlan(given), left, right, 1)).toEqual(rows);
      }),
      { numRuns: 300 },
    );
  });

  test('by looping over all right rows', () => {
    fc.assert(
      fc.property(side(40), side(40), shape, (left, right, given) => {
        const rows = inOrder(left, right, given);
        expect(run(loopPlan(given, false), left, right, 1)).toEqual(rows);
      }),
      { numRuns: 300 },
    );
  });

  test('by looking right rows up', () => {
    fc.assert(
      fc.property(side(40), side(40), shape, (left, right, given) => {
        fc.pre(given.type !== 'right' && given.type !== 'full');
        const rows = inOrder(left, right, given);
        expect(run(loopPlan(given, true), left, right, 1)).toEqual(rows);
      }),
      { numRuns: 300 },
    );
  });

  test('many partners: more pairs than a batch holds', () => {
    const many = Array.from({ length: 300 }, (_, i): Row => [i % 3, 'a', i]);
    for (const join of TYPES) {
      for (const ordered of [true, false]) {
        const given: Shape = { type: join, keys: 1, ordered };
        const rows = inOrder(many, many, given);
        expect(run(hashPlan(given), many, many, 64)).toEqual(rows);
        expect(run(loopPlan(given, false), many, many, 64)).toEqual(rows);
        if (join === 'right' || join === 'full') continue;
        expect(run(loopPlan(given, true), many, many, 64)).toEqual(rows);
      }
    }
  });
});
