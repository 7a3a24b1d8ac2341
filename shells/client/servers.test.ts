/** The client at real servers: what its users do, and that it means what it means embedded. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TestServers } from '../server/testing/servers.ts';
import { makeTempDirectory, removeDirectory } from '../testing/temp-directory.ts';
import { DatabaseError, Timestamp } from './connect.ts';
import type { Change, ClientDatabase } from './connect.ts';

let servers: TestServers;
let db: ClientDatabase;
const directory = makeTempDirectory();

beforeAll(async () => {
  servers = await TestServers.start({ directory });
  db = await servers.connect();
  await db.execute('CREATE TABLE person (id int PRIMARY KEY, name text NOT NULL, age int)');
  await db.execute("INSERT INTO person VALUES (1, 'Ann', 30), (2, 'Bob', 40)");
});

afterAll(async () => {
  await servers.end();
  removeDirectory(directory);
});

async function failure(promise: Promise<unknown>): Promise<DatabaseError> {
  const error: unknown = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (error instanceof DatabaseError) return error;
  throw error ?? new Error('it worked');
}

describe('statements', () => {
  test('parameters and values are exact both ways', async () => {
    const sql = `SELECT $1::int AS i, $2::bigint AS b, $3::numeric AS n, $4::text AS t, $5::bool AS o,
      $6::bytea AS y, $7::timestamptz AS z, $8::float8 AS f, $9::date AS d, $10::jsonb AS j`;
    const date = new Date('2026-01-15T10:30:00.123Z');
    const parameters = [7, 2n ** 60n, '1.50', 'ü', true, Uint8Array.of(1, 2), date, 0.1];
    const [row] = await db.query(sql, [...parameters, '2026-02-01', { a: [1, 'x'] }]);
    const z = row!['z'] as Timestamp;
    expect(z).toBeInstanceOf(Timestamp);
    expect(z.toDate()).toEqual(date);
    const rest = { f: 0.1, d: '2026-02-01', j: { a: [1, 'x'] } };
    const start = { i: 7, b: 2n ** 60n, n: '1.50', t: 'ü', o: true };
    expect(row).toEqual({ ...start, y: Uint8Array.of(1, 2), z, ...rest });
    for (const [type, value] of [
      ['int', 1.5],
      ['numeric', 0.1],
      ['text', 5],
      ['date', date],
      ['bool', {}],
    ] as const) {
      expect((await failure(db.query(`SELECT $1::${type}`, [value]))).code).toBe('22P02');
    }
  });

  test('arrays are arrays both ways', async () => {
    const date = new Date('2026-01-15T10:30:00.123Z');
    const stamp = new Timestamp('2026-01-15 10:30:00.000001+00');
    const [row] = await db.query(
      'SELECT $1::bigint[] AS b, $2::text[] AS s, $3::timestamptz[] AS z, $4::jsonb AS j, $5::bytea[] AS y',
      [
        [
          [1n, 2],
          [2n ** 60n, null],
        ],
        ['a', undefined, 'b,c'],
        [date, stamp],
        [1, [[[[[[[2]]]]]]], { a: [null] }],
        [Uint8Array.of(1, 2)],
      ],
    );
    const { z, ...rest } = row!;
    expect((z as Timestamp[])[0]!.toDate()).toEqual(date);
    expect(String((z as Timestamp[])[1])).toBe(String(stamp));
    expect(rest).toEqual({
      b: [
        [1n, 2n],
        [2n ** 60n, null],
      ],
      s: ['a', null, 'b,c'],
      j: [1, [[[[[[[2]]]]]]], { a: [null] }],
      y: [Uint8Array.of(1, 2)],
    });
    const found = await db.query('SELECT id FROM person WHERE id = ANY ($1)', [[2, 9]]);
    expect(found).toEqual([{ id: 2 }]);
    expect((await failure(db.query('SELECT $1::int[]', [[0.5]]))).code).toBe('22P02');
  });

  test('several at once, scripts, and what goes wrong where', async () => {
    const results = await db.script("SELECT 1 AS a; SELECT 'x;y' AS b; -- the end\n SELECT 3 AS c");
    expect(results.map(({ rows }) => rows)).toEqual([[{ a: 1 }], [{ b: 'x;y' }], [{ c: 3 }]]);
    expect((await db.execute('SELECT 1; SELECT 2 AS n')).rows).toEqual([{ n: 2 }]);
    expect((await db.execute('')).command).toBe('');
    expect(await failure(db.query('SELECT nme FROM person'))).toMatchObject({
      code: '42703',
      position: 8,
    });
    const duplicate = db.execute("INSERT INTO person VALUES (1, 'Cid', 1)");
    expect(await failure(duplicate)).toMatchObject({ code: '23505', constraint: 'person_pkey' });
    expect((await failure(db.execute('BEGIN'))).code).toBe('25001');
  });

  test('a prepared statement refuses bad text at once', async () => {
    const select = await db.prepare('SELECT name FROM person WHERE id = $1');
    expect(await select.query([2])).toEqual([{ name: 'Bob' }]);
    expect((await failure(db.prepare('SELECT FROM WHERE'))).code).toBe('42601');
  });

  test('many calls beside each other', async () => {
    const calls = Array.from({ length: 300 }, (_, i) => db.query('SELECT $1::int AS i', [i]));
    expect((await Promise.all(calls)).map(([row]) => row!['i'])).toEqual([...calls.keys()]);
  });

  test('a timeout and a signal end a statement; the connection goes on', async () => {
    const long = 'SELECT count(*) FROM generate_series(1, 100000000)';
    expect((await failure(db.query(long, [], { timeoutMillis: 30 }))).code).toBe('57014');
    const abort = new AbortController();
    const call = failure(db.query(long, [], { signal: abort.signal }));
    abort.abort();
    expect((await call).code).toBe('57014');
    expect(await db.query('SELECT 1 AS n')).toEqual([{ n: 1 }]);
  });
});

describe('sessions', () => {
  test('settings and temporary tables are a session’s own', async () => {
    const session = db.session();
    await session.execute("SET timezone = '+02'; CREATE TEMP TABLE mine (x int)");
    const sql = "SELECT timestamptz '2026-01-01 00:00+00' AS t";
    expect(String((await session.query(sql))[0]!['t'])).toBe('2026-01-01 02:00:00+02');
    expect(String((await db.query(sql))[0]!['t'])).toBe('2026-01-01 00:00:00+00');
    expect((await failure(db.query('SELECT * FROM mine'))).code).toBe('42P01');
    await session.close();
    expect((await failure(session.query('SELECT 1'))).code).toBe('57P01');
  });

  test('of two transactions that meet one is run again', async () => {
    await db.execute('CREATE TABLE counter (n int)');
    await db.execute('INSERT INTO counter VALUES (0)');
    const add = (): Promise<unknown> =>
      db.transaction(
        async (session) => {
          const [row] = await session.query<{ n: number }>('SELECT n FROM counter');
          await session.execute('UPDATE counter SET n = $1', [row!.n + 1]);
        },
        { retries: 100 },
      );
    await Promise.all([add(), add(), add(), add()]);
    expect(await db.query('SELECT n FROM counter')).toEqual([{ n: 4 }]);
    const wrong = db.transaction(async (session) => {
      await session.execute('UPDATE counter SET n = 0');
      throw new DatabaseError('P0001', 'no');
    });
    expect((await failure(wrong)).code).toBe('P0001');
    expect(await db.query('SELECT n FROM counter')).toEqual([{ n: 4 }]);
  });
});

describe('time and the log', () => {
  test('reads as of then, and at least as of a position', async () => {
    const { position } = await db.execute('UPDATE person SET age = 31 WHERE id = 1');
    const sql = 'SELECT age FROM person WHERE id = 1';
    expect(await db.asOf(position - 1).query(sql)).toEqual([{ age: 30 }]);
    expect(await db.query(sql)).toEqual([{ age: 31 }]);
    expect(await db.query(sql, [], { read: db.position })).toEqual([{ age: 31 }]);
    expect((await failure(db.asOf(position).query('DELETE FROM person'))).code).toBe('25006');
    expect((await failure(db.query(sql, [], { read: -1 }))).code).toBe('22023');
  });

  test('changes arrive in order, with a snapshot first', async () => {
    const stop = new AbortController();
    const options = { snapshot: true, tables: ['person'], signal: stop.signal };
    const seen: Change[] = [];
    for await (const change of db.subscribe(options)) {
      seen.push(change);
      if (seen.length === 2) await db.execute("INSERT INTO person VALUES (3, 'Cid', 50)");
      if (seen.length === 3) stop.abort();
    }
    expect(seen.map(({ operation, key }) => [operation, key])).toEqual([
      ['snapshot', { id: 1 }],
      ['snapshot', { id: 2 }],
      ['insert', { id: 3 }],
    ]);
    expect(seen[2]).toMatchObject({ after: { id: 3, name: 'Cid', age: 50 }, actor: 'developer' });
    const behind = db.subscribe({ after: seen[2]!.position - 1 });
    expect((await behind.next()).value).toMatchObject({ operation: 'insert', key: { id: 3 } });
    await behind.return();
  });

  test('values to 16 MiB, and statements that change as much, go through the log', async () => {
    await db.execute('CREATE TABLE large (id int PRIMARY KEY, s text)');
    const text = 'ä'.repeat(8 << 20);
    await db.execute('INSERT INTO large VALUES (1, $1)', [text]);
    const [row] = await db.query('SELECT s FROM large');
    expect(row!['s'] === text).toBe(true);
    const rows = "SELECT g, repeat('y', 200) FROM generate_series(2, 60001) g";
    expect((await db.execute(`INSERT INTO large ${rows}`)).count).toBe(60_000);
    // An entry has what was asked beside what came of it.
    const tooMuch = "UPDATE large SET s = repeat('z', 1000) WHERE id > 1";
    expect((await failure(db.execute(tooMuch))).code).toBe('54000');
    await db.execute('DROP TABLE large');
  });

  test('long results stream, as many as are taken', async () => {
    const sql = "SELECT g, repeat('x', 100) AS s FROM generate_series(1, 50000) g";
    let count = 0;
    for await (const { g } of db.stream<{ g: number }>(sql)) expect(g).toBe((count += 1));
    expect(count).toBe(50_000);
    for await (const row of db.stream(sql, [], { rows: 'array' })) {
      expect(row).toEqual([1, 'x'.repeat(100)]);
      break;
    }
    expect((await failure(db.stream('SELECT 1/0').next())).code).toBe('22012');
  });

  test('the log verifies', async () => {
    const { ok, entries, head, problems } = await db.verify();
    expect({ ok, problems }).toEqual({ ok: true, problems: [] });
    expect(entries).toBe(db.position);
    expect(head).toMatch(/^[\da-f]{64}$/);
  });
});
