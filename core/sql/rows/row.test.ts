/** Rows and keys: what is written is read, and keys compare as values do. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Column, Table } from '../catalog/model.ts';
import { ALL_ROWS, makeBatch, makeColumns, put, shapeOf, valueAt } from '../exec/column.ts';
import { compareFor } from '../types/compare.ts';
import { VALUES } from '../types/testing/arbitrary.ts';
import { FLOAT4, INT4, JSON, TEXT } from '../types/type.ts';
import type { TypeId, Value } from '../types/type.ts';
import { RowEncoder } from './encode.ts';
import { KeyWriter } from './key-writer.ts';
import { compareBytes } from './keyspaces.ts';
import { Runs } from './runs.ts';
import { tableShapes } from './shape.ts';

const CLOCK = { position: 1, snapshot: 1, timestampAt: (position: number): number => position };

function column(id: number, type: TypeId): Column {
  const base = { id, name: `c${id}`, type: { id: type, modifier: -1 }, notNull: false };
  const rest = { fallback: null, generated: false, sequence: 0, comment: null };
  return { ...base, ...rest, identity: 'none' };
}

function tableOf(types: readonly TypeId[]): Table {
  const columns = types.map((type, i) => column(i + 1, type));
  const base = { kind: 'table', id: 1, schema: 'public', name: 't', columns } as const;
  return { ...base, indexes: [], constraints: [], version: 1, comment: null };
}

/** Writes rows one by one and reads them as one batch. */
function roundTrip(types: readonly TypeId[], rows: readonly (readonly Value[])[]): Value[][] {
  const table = tableOf(types);
  const plain = types.map((id) => ({ id }));
  const batch = makeBatch(makeColumns(plain, rows.length), rows.length);
  for (const [r, row] of rows.entries()) {
    for (const [i, value] of row.entries()) {
      put(batch.columns[i]!, shapeOf(types[i]!), r, value);
    }
  }
  const encoder = new RowEncoder();
  const runs = new Runs(
    table,
    types.map((_, i) => i),
    CLOCK,
  );
  runs.reset(rows.length);
  for (let r = 0; r < rows.length; r += 1) {
    encoder.encode(tableShapes(table).current, batch.columns, 0, r, 7);
    runs.push(encoder.bytes.slice(0, encoder.end), 0, 0);
  }
  const output = makeBatch(makeColumns(plain, rows.length), rows.length);
  output.selection = ALL_ROWS;
  runs.fill(output, null);
  return rows.map((_, r) => types.map((type, i) => valueAt(output.columns[i]!, shapeOf(type), r)));
}

const TYPES = [...VALUES.keys()];

const rowsOfTypes = fc
  .array(fc.constantFrom(...TYPES), { minLength: 1, maxLength: 12 })
  .chain((types) => {
    const row = fc.tuple(...types.map((type) => fc.option(VALUES.get(type)!, { nil: null })));
    return fc.tuple(fc.constant(types), fc.array(row, { minLength: 1, maxLength: 8 }));
  });

describe('row codec', () => {
  it('reads what it wrote, of every type, nulls among them', () => {
    fc.assert(
      fc.property(rowsOfTypes, ([types, rows]) => {
        // A float4 value is one already: nothing is rounded.
        expect(roundTrip(types, rows)).toEqual(rows);
      }),
      { numRuns: 300 },
    );
  });

  it('keeps a row whose texts need wide ends', () => {
    const long = 'ä'.repeat(70_000);
    const rows = [['a', long, null, 'z', 5]];
    expect(roundTrip([TEXT, TEXT, TEXT, TEXT, INT4], rows)).toEqual(rows);
  });

  it('gives rows of an older version what their column was given, and leaves out what is gone', () => {
    const old = tableOf([INT4, TEXT]);
    const added = column(3, INT4);
    const columns = [old.columns[0]!, added];
    const layouts = [
      { version: 1, columns: old.columns },
      { version: 2, columns },
    ];
    const missing = [{ column: 3, value: 42 }];
    const table: Table = { ...old, columns, version: 2, storage: { layouts, missing } };
    const encoder = new RowEncoder();
    const batch = makeBatch(makeColumns([{ id: INT4 }, { id: TEXT }], 1), 1);
    put(batch.columns[0]!, shapeOf(INT4), 0, 1);
    put(batch.columns[1]!, shapeOf(TEXT), 0, 'gone');
    encoder.encode(tableShapes(table).byVersion.get(1)!, batch.columns, 0, 0, 7);
    const runs = new Runs(table, [0, 1], CLOCK);
    runs.reset(2);
    runs.push(encoder.bytes, 0, 0);
    const output = makeBatch(makeColumns([{ id: INT4 }, { id: INT4 }], 2), 2);
    runs.fill(output, null);
    expect(output.columns.map(({ numbers }) => numbers[0])).toEqual([1, 42]);
  });
});

describe('keys', () => {
  const ordered = TYPES.filter((type) => type !== JSON);

  it('compare as their values do, ascending and descending, nulls where they belong', () => {
    const writer = new KeyWriter();
    const keyOf = (type: TypeId, value: Value, descending: boolean, nullsFirst: boolean) => {
      writer.end = 0;
      writer.add({ type: { id: type }, descending, nullsFirst }, value);
      return writer.copy();
    };
    const pairs = fc.constantFrom(...ordered).chain((type) => {
      const value = fc.option(VALUES.get(type)!, { nil: null });
      return fc.tuple(fc.constant(type), value, value, fc.boolean(), fc.boolean());
    });
    fc.assert(
      fc.property(pairs, ([type, a, b, descending, nullsFirst]) => {
        const x = keyOf(type, a, descending, nullsFirst);
        const y = keyOf(type, b, descending, nullsFirst);
        const order = Math.sign(compareBytes(x, 0, x.length, y, 0, y.length));
        let expected: number;
        if (a === null || b === null) {
          const rank = (value: Value) => (value === null ? (nullsFirst ? -1 : 1) : 0);
          expected = Math.sign(rank(a) - rank(b));
        } else expected = Math.sign(compareFor(type)(a, b)) * (descending ? -1 : 1);
        expect(order === 0 ? 0 : order).toBe(expected === 0 ? 0 : expected);
        const prefix = x.length < y.length && compareBytes(x, 0, x.length, y, 0, x.length) === 0;
        expect(prefix).toBe(false);
      }),
      { numRuns: 3000 },
    );
  });

  it('floats of both sizes have one zero', () => {
    const writer = new KeyWriter();
    const element = { type: { id: FLOAT4 }, descending: false, nullsFirst: false };
    writer.end = 0;
    writer.add(element, 0);
    const zero = writer.copy();
    writer.end = 0;
    writer.add(element, -0);
    expect(writer.copy()).toEqual(zero);
  });
});
