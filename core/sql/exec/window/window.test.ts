/** Window functions and frames, against frames found by looking at every row of the partition. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findFunction } from '../../functions/resolve.ts';
import type { Bound } from '../../plan/expression.ts';
import type { BoundFrame, BoundFrameBound, BoundWindowCall, Plan } from '../../plan/plan.ts';
import { INT4, INT8 } from '../../types/type.ts';
import type { Value } from '../../types/type.ts';
import { executeAll } from '../execute.ts';
import { aggregate, by, column, constant, contextOf, values } from '../testing/plans.ts';

const KEY = column(0, INT4);
const ORDER = column(1, INT4);

const WHOLE: BoundFrame = {
  unit: 'range',
  start: { kind: 'unboundedPreceding' },
  end: { kind: 'unboundedFollowing' },
  exclude: 'none',
};
const USUAL: BoundFrame = { ...WHOLE, end: { kind: 'currentRow' } };

function call(name: string, ...parts: Bound[]): BoundWindowCall {
  const found = findFunction(
    name,
    parts.map((part) => part.type),
    -1,
  );
  if (found.kind === 'cast' || found.function.kind !== 'window') throw new Error(name);
  return {
    call: { kind: 'window', function: found.function, arguments: parts },
    type: found.result,
  };
}

function over(name: string, ...parts: Bound[]): BoundWindowCall {
  const bound = aggregate(name, parts);
  return { call: { kind: 'aggregate', aggregate: bound }, type: bound.type };
}

function run(rows: readonly (readonly Value[])[], frame: BoundFrame, calls: BoundWindowCall[]) {
  const input = values([INT4, INT4], rows);
  const plan: Plan = {
    kind: 'window',
    input,
    partitionBy: [KEY],
    orderBy: [by(ORDER)],
    frame,
    calls,
    types: [...input.types, ...calls.map(({ type }) => type)],
  };
  return executeAll(plan, contextOf());
}

const ROWS = [
  [1, 10],
  [2, 7],
  [1, 20],
  [1, 10],
  [2, null],
  [1, 30],
];

describe('window', () => {
  test('ranks', () => {
    const names = ['row_number', 'rank', 'dense_rank', 'percent_rank', 'cume_dist'];
    const rows = run(ROWS, USUAL, [...names.map((name) => call(name)), call('ntile', constant(3))]);
    expect(rows).toEqual([
      [1, 10, 1, 1, 1, 0, 0.5, 1],
      [1, 10, 2, 1, 1, 0, 0.5, 1],
      [1, 20, 3, 3, 2, 2 / 3, 0.75, 2],
      [1, 30, 4, 4, 3, 1, 1, 3],
      [2, 7, 1, 1, 1, 0, 0.5, 1],
      [2, null, 2, 2, 2, 1, 1, 2],
    ]);
  });

  test('values of other rows', () => {
    const rows = run(ROWS, USUAL, [
      call('lag', ORDER),
      call('lead', ORDER, constant(2), constant(-1)),
      call('first_value', ORDER),
      call('last_value', ORDER),
      call('nth_value', ORDER, constant(3)),
    ]);
    expect(rows).toEqual([
      [1, 10, null, 20, 10, 10, null],
      [1, 10, 10, 30, 10, 10, null],
      [1, 20, 10, -1, 10, 20, 20],
      [1, 30, 20, -1, 10, 30, 20],
      [2, 7, null, -1, 7, 7, null],
      [2, null, 7, -1, 7, null, null],
    ]);
  });

  test('the usual frame ends with the last peer, the whole one with the partition', () => {
    const calls = [over('sum', ORDER), over('count', ORDER)];
    expect(run(ROWS, USUAL, calls).map((row) => row.slice(2))).toEqual([
      [20, 2],
      [20, 2],
      [40, 3],
      [70, 4],
      [7, 1],
      [7, 1],
    ]);
    expect(run(ROWS, WHOLE, calls).map((row) => row[2])).toEqual([70, 70, 70, 70, 7, 7]);
  });
});

/** The frame of row `at` by definition, as indexes into its sorted partition. */
function frameOf(sorted: readonly (number | null)[], at: number, frame: BoundFrame): number[] {
  const groups = sorted.map((_, i) => new Set(sorted.slice(0, i + 1)).size);
  const edge = (bound: BoundFrameBound, i: number, isEnd: boolean): boolean => {
    if (bound.kind === 'unboundedPreceding') return !isEnd;
    if (bound.kind === 'unboundedFollowing') return isEnd;
    const offset = 'offset' in bound ? ((bound.offset as { value: number }).value ?? 0) : 0;
    const by_ = bound.kind === 'preceding' ? -offset : offset;
    let difference: number;
    if (frame.unit === 'rows') difference = i - at - by_;
    else if (frame.unit === 'groups') difference = (groups[i] ?? 0) - (groups[at] ?? 0) - by_;
    else if (sorted[at] === null) difference = sorted[i] === null ? 0 : -1;
    else difference = (sorted[i] ?? Infinity) - (sorted[at] ?? 0) - by_;
    return isEnd ? difference <= 0 : difference >= 0;
  };
  const isPeer = (i: number): boolean => sorted[i] === sorted[at];
  return sorted.flatMap((_, i) => {
    if (!edge(frame.start, i, false) || !edge(frame.end, i, true)) return [];
    if (frame.exclude === 'current' && i === at) return [];
    if (frame.exclude === 'group' && isPeer(i)) return [];
    if (frame.exclude === 'ties' && isPeer(i) && i !== at) return [];
    return [i];
  });
}

function bounds(unit: BoundFrame['unit']): fc.Arbitrary<BoundFrameBound> {
  const offset = fc
    .tuple(fc.constantFrom('preceding', 'following'), fc.nat(4))
    .map(([kind, n]): BoundFrameBound => ({
      kind: kind as 'preceding',
      offset: constant(n, unit === 'range' ? INT4 : INT8),
    }));
  const plain = fc.constantFrom<BoundFrameBound>(
    { kind: 'unboundedPreceding' },
    { kind: 'currentRow' },
    { kind: 'unboundedFollowing' },
  );
  return fc.oneof(offset, plain);
}

describe('frames', () => {
  test('any frame: as found by looking at every row', () => {
    const frame = fc.constantFrom<BoundFrame['unit']>('rows', 'range', 'groups').chain((unit) =>
      fc.record<BoundFrame>({
        unit: fc.constant(unit),
        start: bounds(unit),
        end: bounds(unit),
        exclude: fc.constantFrom('none', 'current', 'group', 'ties'),
      }),
    );
    const order = fc.oneof(
      { weight: 8, arbitrary: fc.nat(9) },
      { weight: 1, arbitrary: fc.constant(null) },
    );
    fc.assert(
      fc.property(fc.array(order, { maxLength: 30 }), frame, (orders, given) => {
        const sorted = orders.toSorted((a, b) => (a ?? Infinity) - (b ?? Infinity) || 0);
        const calls = [
          over('sum', ORDER),
          over('max', ORDER),
          call('last_value', ORDER),
          over('count'),
        ];
        const rows = run(
          orders.map((value) => [1, value]),
          given,
          calls,
        );
        const expected = sorted.map((value, at) => {
          const cells = frameOf(sorted, at, given).map((i) => sorted[i] ?? null);
          const present = cells.filter((cell) => cell !== null);
          const sum = present.length === 0 ? null : present.reduce((a, b) => a + b, 0);
          const max = present.length === 0 ? null : Math.max(...present);
          return [1, value, sum, max, cells.at(-1) ?? null, cells.length];
        });
        expect(rows).toEqual(expected);
      }),
      { numRuns: 2000 },
    );
  });
});
