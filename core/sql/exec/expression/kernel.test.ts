/** Kernels against the functions they stand for: the same values, the same errors. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SqlError } from '../../error.ts';
import type { Bound } from '../../plan/expression.ts';
import { BOOL, DATE, FLOAT4, FLOAT8, INT2, INT4, INT8, TEXT, TIMESTAMP } from '../../types/type.ts';
import type { TypeId, Value } from '../../types/type.ts';
import { ALL_ROWS, makeBatch, makeColumn, put, shapeOf, valueAt } from '../column.ts';
import { build } from '../build.ts';
import type { Scope } from '../operator.ts';
import { column, coerce, contextOf, environment, operator } from '../testing/plans.ts';
import { makeCompiler } from './compile.ts';
import { findKernel } from './kernel.ts';

const scope: Scope = {
  run: {
    environment,
    source: contextOf().source,
    fuel: 1,
    memoryBytes: 0,
    memoryBytesMax: 1 << 20,
    write: null,
  },
  frame: { values: [] },
  commons: new Map(),
  build,
};

const integer = (bits: number): fc.Arbitrary<Value> => {
  const high = 2 ** (bits - 1);
  return fc.oneof(
    fc.integer({ min: -10, max: 10 }),
    fc.constantFrom(-high, high - 1, 0),
    fc.integer({ min: -high, max: high - 1 }),
  );
};

const float = fc.oneof(
  fc.double(),
  fc.constantFrom(0, -0, NaN, Infinity, -Infinity, 1e308, -1e308, 5e-324),
  fc.integer({ min: -3, max: 3 }),
);

const VALUES: ReadonlyMap<TypeId, fc.Arbitrary<Value>> = new Map<TypeId, fc.Arbitrary<Value>>([
  [BOOL, fc.boolean()],
  [INT2, integer(16)],
  [INT4, integer(32)],
  [
    INT8,
    fc.oneof(
      fc.maxSafeInteger(),
      fc.integer({ min: -5, max: 5 }),
      fc.constantFrom<Value>(9_223_372_036_854_775_807n, -9_223_372_036_854_775_808n),
    ),
  ],
  [FLOAT4, fc.float()],
  [FLOAT8, float],
  [DATE, fc.integer({ min: -2_147_483_648, max: 2_147_483_647 })],
  [TIMESTAMP, fc.oneof(fc.maxSafeInteger(), fc.constant<Value>(9_223_372_036_854_775_807n))],
  [TEXT, fc.oneof(fc.constantFrom('', 'a', 'b'), fc.string())],
]);

const COMPARISONS = ['=', '<>', '<', '<=', '>', '>='];
const INTEGERS = [INT2, INT4, INT8];
const CASES: [string, TypeId, TypeId][] = [
  ...INTEGERS.flatMap((left) =>
    INTEGERS.flatMap((right) =>
      ['+', '-', '*', '/', '%', ...COMPARISONS].map((name): [string, TypeId, TypeId] => [
        name,
        left,
        right,
      ]),
    ),
  ),
  ...['+', '-', '*', '/', ...COMPARISONS].map((name): [string, TypeId, TypeId] => [
    name,
    FLOAT8,
    FLOAT8,
  ]),
  ...COMPARISONS.flatMap((name) =>
    [BOOL, DATE, TIMESTAMP, FLOAT4].map((id): [string, TypeId, TypeId] => [name, id, id]),
  ),
  ['=', TEXT, TEXT],
  ['<>', TEXT, TEXT],
];

/** The rows' values, or the code of the error. */
function evaluate(bound: Bound, types: TypeId[], rows: Value[][], kernels: boolean): unknown {
  const columns = types.map((id, i) => {
    const made = makeColumn(shapeOf(id), rows.length);
    for (const [row, values] of rows.entries()) put(made, shapeOf(id), row, values[i] ?? null);
    return made;
  });
  const batch = makeBatch(columns, rows.length);
  const compiled = makeCompiler(scope, kernels).compile(bound);
  try {
    const out = compiled.evaluate(batch, ALL_ROWS, rows.length);
    return rows.map((_, row) => valueAt(out, compiled.shape, row));
  } catch (error) {
    return error instanceof SqlError ? error.code : error;
  }
}

describe('kernels', () => {
  test.each(CASES)('%s of %i and %i', (name, left, right) => {
    const bound = operator(name, column(0, left), column(1, right));
    expect(bound.kind === 'call' ? findKernel(bound) : null).not.toBeNull();
    const cell = (id: TypeId): fc.Arbitrary<Value> =>
      fc.option(VALUES.get(id) ?? fc.constant(null), { freq: 6 });
    const rows = fc.array(fc.tuple(cell(left), cell(right)), { maxLength: 6 });
    fc.assert(
      fc.property(rows, (given) => {
        const types = [left, right];
        const fast = evaluate(bound, types, given, true);
        expect(fast).toEqual(evaluate(bound, types, given, false));
        // A kernel leaves no -0 among integers.
        if (bound.type.id !== FLOAT8 && Array.isArray(fast)) {
          expect(fast.some((value) => Object.is(value, -0))).toBe(false);
        }
      }),
      { numRuns: 50 },
    );
  });

  test.each([
    [INT2, INT4],
    [INT4, INT8],
    [INT4, FLOAT8],
    [INT8, FLOAT8],
    [FLOAT4, FLOAT8],
  ])('a cast from %i to %i', (from, to) => {
    const bound = coerce(column(0, from), to);
    const rows = fc.array(fc.option(VALUES.get(from) ?? fc.constant(null)), { maxLength: 6 });
    fc.assert(
      fc.property(rows, (given) => {
        const cells = given.map((value) => [value]);
        expect(evaluate(bound, [from], cells, true)).toEqual(evaluate(bound, [from], cells, false));
      }),
    );
  });
});
