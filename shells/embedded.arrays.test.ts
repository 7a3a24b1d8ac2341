/** Arrays as JavaScript has them: results and parameters, embedded. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DatabaseError, open } from './embedded.ts';
import type { Database, Timestamp } from './embedded.ts';

let db: Database;

beforeAll(async () => {
  db = await open({ memory: true });
  await db.execute('CREATE TABLE t (id int PRIMARY KEY, a int[], b bigint[], s text[], j jsonb[])');
});

afterAll(() => db.close());

async function refusal(type: string, value: unknown): Promise<string> {
  const error: unknown = await db.query(`SELECT $1::${type}`, [value as object]).then(
    () => null,
    (reason: unknown) => reason,
  );
  return error instanceof DatabaseError ? error.code : 'accepted';
}

describe('arrays', () => {
  test('results are arrays of what their elements are, nested for more dimensions', async () => {
    const [row] = await db.query(
      `SELECT '{1,NULL,3}'::int[] AS i, '{{1,2},{3,4},{5,6}}'::bigint[] AS b, '{}'::text[] AS e,
        '[5:6]={x,"y z"}'::text[] AS s, '{1.50}'::numeric[] AS n, '{2026-01-02}'::date[] AS d,
        ARRAY['2026-01-02 03:04:05.000006'::timestamp] AS t, ARRAY['\\x01ff'::bytea] AS y,
        ARRAY['{"a": [1]}'::jsonb, '[2]'] AS j, NULL::int[] AS z, '{{{t}}}'::bool[] AS o`,
    );
    const { t, ...rest } = row!;
    expect(String((t as Timestamp[])[0])).toBe('2026-01-02 03:04:05.000006');
    expect(rest).toEqual({
      i: [1, null, 3],
      b: [
        [1n, 2n],
        [3n, 4n],
        [5n, 6n],
      ],
      e: [],
      s: ['x', 'y z'],
      n: ['1.50'],
      d: ['2026-01-02'],
      y: [Uint8Array.of(1, 255)],
      j: [{ a: [1] }, [2]],
      z: null,
      o: [[[true]]],
    });
  });

  test('the column says its type, and text rows are PostgreSQL text', async () => {
    const result = await db.execute('SELECT $1::numeric(5,2)[] AS n', [[1, '2.345', null]], {
      rows: 'text',
    });
    expect(result.columns).toEqual([{ name: 'n', type: 'numeric(5,2)[]' }]);
    expect(result.rows).toEqual([['{1.00,2.35,NULL}']]);
  });

  test('parameters are arrays, or their text', async () => {
    const date = new Date('2026-01-15T10:30:00.123Z');
    const [row] = await db.query(
      `SELECT $1::int[] AS i, $2::text[]::text AS s, $3::bigint[] AS b, $4::timestamptz[] AS t,
        $5::jsonb[] AS j, $6::int[] AS e, $7::int[] AS x, $8::bytea[] AS y, $9::jsonb AS o`,
      [
        [
          [1, 2],
          [3, null],
        ],
        ['a', 'b "c"', null, 'NULL', ''],
        [2n ** 60n, 5],
        [date, null],
        [{ a: 1 }, [1, 2]],
        [],
        '[0:1]={7,8}',
        [Uint8Array.of(1)],
        [1, { a: [null] }],
      ],
    );
    const { t, ...rest } = row!;
    expect((t as Timestamp[])[0]!.toDate()).toEqual(date);
    expect(rest).toEqual({
      i: [
        [1, 2],
        [3, null],
      ],
      s: '{a,"b \\"c\\"",NULL,"NULL",""}',
      b: [2n ** 60n, 5n],
      j: [{ a: 1 }, [1, 2]],
      e: [],
      x: [7, 8],
      y: [Uint8Array.of(1)],
      o: [1, { a: [null] }],
    });
  });

  test('what does not fit is refused', async () => {
    expect(await refusal('int[]', [1.5])).toBe('22P02');
    expect(await refusal('int[]', [[1], [2, 3]])).toBe('22P02');
    expect(await refusal('int[]', [[1], 2])).toBe('22P02');
    expect(await refusal('int[]', [[[[[[[1]]]]]]])).toBe('54000');
    expect(await refusal('int[]', 5)).toBe('22P02');
    expect(await refusal('int', [5])).toBe('22P02');
    expect(await refusal('numeric[]', [0.1])).toBe('22P02');
    expect(await refusal('int[]', '{1')).toBe('22P02');
  });

  test('= ANY ($1) takes an array, uses the index, and rows keep theirs', async () => {
    await db.execute('INSERT INTO t SELECT i, ARRAY[i, i + 1] FROM generate_series(1, 1000) i');
    const found = await db.query('SELECT id FROM t WHERE id = ANY ($1) ORDER BY id', [
      [7, 7, 3, null, 5000],
    ]);
    expect(found).toEqual([{ id: 3 }, { id: 7 }]);
    const plan = await db.query('EXPLAIN SELECT a FROM t WHERE id = ANY ($1)', [[1, 2]]);
    expect(JSON.stringify(plan)).toContain('Index Scan using t_pkey');
    const { position } = await db.execute('UPDATE t SET a = $1, s = $2 WHERE id = 3 RETURNING a', [
      [9],
      ['x', null],
    ]);
    expect(await db.query('SELECT a, s FROM t WHERE id = 3')).toEqual([{ a: [9], s: ['x', null] }]);
    const before = `SELECT a, s FROM t AS OF POSITION ${position - 1} WHERE id = 3`;
    expect(await db.query(before)).toEqual([{ a: [3, 4], s: null }]);
  });
});
