/** Sorts against JavaScript's own, with the types' comparisons: order, nulls, stability. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareFor } from '../types/compare.ts';
import { FLOAT8, INT4, INT8, NUMERIC, TEXT } from '../types/type.ts';
import type { TypeId, Value } from '../types/type.ts';
import { makeColumn, put, shapeOf } from './column.ts';
import { makeSorter } from './sorter.ts';

const NULLABLE = { freq: 10 };
const decimals = fc
  .tuple(fc.integer(), fc.nat(9))
  .map(([coefficient, scale]): Value => ({ kind: 'decimal', coefficient, scale, special: 0 }));

const COLUMNS: readonly [string, TypeId, fc.Arbitrary<Value>][] = [
  ['few integers', INT4, fc.nat(20)],
  ['integers', INT4, fc.integer()],
  [
    '64 bits',
    INT8,
    fc.oneof(fc.maxSafeInteger(), fc.bigInt({ min: 1n << 53n, max: (1n << 63n) - 1n })),
  ],
  ['safe 64 bits', INT8, fc.maxSafeInteger()],
  ['floats', FLOAT8, fc.oneof(fc.double(), fc.constantFrom(0, -0, NaN, Infinity, -Infinity))],
  ['short text', TEXT, fc.string({ maxLength: 3 })],
  ['text with a beginning', TEXT, fc.string({ maxLength: 9 }).map((text) => `name ${text}`)],
  ['any text', TEXT, fc.string({ unit: 'binary', maxLength: 6 }).filter((t) => !t.includes('\0'))],
  ['numeric', NUMERIC, decimals],
];

test.each(COLUMNS)('%s', (_name, id, value) => {
  const rows = fc.array(fc.tuple(fc.option(value, NULLABLE), fc.nat(3)), {
    minLength: 2500,
    maxLength: 3000,
  });
  fc.assert(
    fc.property(rows, fc.boolean(), fc.boolean(), fc.boolean(), (given, descending, first, two) => {
      const column = makeColumn(shapeOf(id), given.length);
      const second = makeColumn(shapeOf(INT4), given.length);
      for (const [row, [one, other]] of given.entries()) {
        put(column, shapeOf(id), row, one);
        put(second, shapeOf(INT4), row, other);
      }
      const columns = two ? [column, second] : [column];
      const sorter = makeSorter(
        given.length,
        columns,
        [
          { type: id, descending, nullsFirst: first },
          { type: INT4, descending: true, nullsFirst: false },
        ].slice(0, columns.length),
      );
      while (!sorter.step());
      const compare = compareFor(id);
      const order = ([a]: readonly [Value, number], [b]: readonly [Value, number]): number => {
        if (a === null || b === null) return a === b ? 0 : (a === null) === first ? -1 : 1;
        return descending ? compare(b, a) : compare(a, b);
      };
      const expected = given
        .map((row, i) => ({ row, i }))
        .toSorted((a, b) => order(a.row, b.row) || (two ? b.row[1] - a.row[1] : 0));
      expect(Array.from(sorter.rows)).toEqual(expected.map(({ i }) => i));
    }),
    { numRuns: 12 },
  );
});
