/** Groups against a map of their keys, however the keys lie. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { identityFor } from '../types/compare.ts';
import { FLOAT8, INT4, INT8, NUMERIC, TEXT } from '../types/type.ts';
import type { TypeId, Value } from '../types/type.ts';
import { BATCH_ROWS } from './batch.ts';
import { ALL_ROWS, makeColumn, put, shapeOf } from './column.ts';
import { GroupTable, NO_GROUP } from './group-table.ts';
import type { Run } from './operator.ts';
import { contextOf, environment, type } from './testing/plans.ts';

function newRun(): Run {
  const { source } = contextOf();
  const memoryBytesMax = 1 << 30;
  return { environment, source, fuel: 1, memoryBytes: 0, memoryBytesMax, write: null };
}

const decimal = (coefficient: number, scale: number): Value => ({
  kind: 'decimal',
  coefficient,
  scale,
  special: 0,
});

/** Keys that repeat, lie close together, far apart, and a few far ones among close ones. */
const KEYS: readonly [string, TypeId, fc.Arbitrary<Value>][] = [
  ['few integers', INT4, fc.integer({ min: -3, max: 3 })],
  ['close integers', INT4, fc.integer({ min: 1000, max: 4000 })],
  ['integers far apart', INT4, fc.integer()],
  [
    'close integers, then far ones',
    INT4,
    fc.oneof({ weight: 999, arbitrary: fc.nat(900) }, { weight: 1, arbitrary: fc.integer() }),
  ],
  [
    'integers of 64 bits',
    INT8,
    fc.oneof(
      fc.nat(20),
      fc.maxSafeInteger(),
      fc.bigInt({ min: 9_007_199_254_740_992n, max: 9_007_199_254_740_999n }),
    ),
  ],
  ['floats', FLOAT8, fc.oneof(fc.constantFrom(0, -0, NaN, Infinity), fc.double(), fc.nat(5))],
  ['text', TEXT, fc.oneof(fc.constantFrom('', 'a', 'b'), fc.string({ maxLength: 2 }))],
  ['numeric', NUMERIC, fc.tuple(fc.nat(30), fc.nat(2)).map(([c, s]) => decimal(c * 10, s))],
];

function find(table: GroupTable, ids: TypeId[], rows: Value[][], insert: boolean): number[] {
  const found: number[] = [];
  for (let at = 0; at < rows.length; at += BATCH_ROWS) {
    const part = rows.slice(at, at + BATCH_ROWS);
    const columns = ids.map((id, i) => {
      const column = makeColumn(shapeOf(id), part.length);
      for (const [row, values] of part.entries()) put(column, shapeOf(id), row, values[i] ?? null);
      return column;
    });
    const groups = new Int32Array(part.length);
    table.find(columns, ALL_ROWS, part.length, insert, groups);
    found.push(...groups);
  }
  return found;
}

function keyOf(ids: TypeId[], values: Value[]): string {
  return values
    .map((value, i) => {
      if (value === null) return 'null';
      const key = identityFor(ids[i] ?? TEXT)(value);
      return `${typeof key} ${Object.is(key, -0) ? 0 : String(key)}`;
    })
    .join('|');
}

function check(ids: TypeId[], rows: Value[][], others: Value[][]): void {
  const run = newRun();
  const table = new GroupTable(ids.map(type), run);
  const expected = new Map<string, number>();
  const groups = rows.map((values) => {
    const key = keyOf(ids, values);
    if (!expected.has(key)) expected.set(key, expected.size);
    return expected.get(key);
  });
  expect(find(table, ids, rows, true)).toEqual(groups);
  expect(table.size).toBe(expected.size);
  const known = others.map((values) => expected.get(keyOf(ids, values)) ?? NO_GROUP);
  expect(find(table, ids, others, false)).toEqual(known);
  table.clear();
  expect(run.memoryBytes).toBe(0);
  expect(find(table, ids, rows, true)).toEqual(groups);
}

const nullable = (key: fc.Arbitrary<Value>): fc.Arbitrary<Value> => fc.option(key, { freq: 20 });

test.each(KEYS)('one key: %s', (_name, id, key) => {
  const rows = (maxLength: number) => fc.array(fc.tuple(nullable(key)), { maxLength, size: 'max' });
  fc.assert(
    fc.property(rows(5000), rows(50), (given, others) => check([id], given, others)),
    { numRuns: 20 },
  );
});

test('several keys', () => {
  const rows = (maxLength: number) =>
    fc.array(fc.tuple(...KEYS.slice(0, 6).map(([, , key]) => nullable(key))), { maxLength });
  const ids = KEYS.slice(0, 6).map(([, id]) => id);
  fc.assert(
    fc.property(rows(300), rows(20), (given, others) =>
      check(ids, [...given, ...given], [...given, ...others]),
    ),
    { numRuns: 50 },
  );
});
