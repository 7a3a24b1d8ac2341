/** The embedded database, as its users meet it: in memory, on a directory, many at once. */
import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, describe, expect, test } from 'vitest';
import { EMBEDDED } from '../core/limits.ts';
import { PAGE_LEAF } from '../core/store/page.ts';
import { DatabaseError, Timestamp, open } from './embedded.ts';
import type { Change, Database, Place, Result } from './embedded.ts';
import { tempDirectory } from './testing/temp-directory.ts';

const opened: Database[] = [];

async function database(place: Place = { memory: true }): Promise<Database> {
  const db = await open(place);
  opened.push(db);
  return db;
}

afterEach(async () => {
  for (const db of opened.splice(0)) await db.close();
});

async function codeOf(promise: Promise<unknown>): Promise<string> {
  const error: unknown = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (error instanceof DatabaseError) return error.code;
  throw error ?? new Error('it worked');
}

async function people(db: Database): Promise<void> {
  await db.execute('CREATE TABLE person (id int PRIMARY KEY, name text NOT NULL, age int)');
  await db.execute("INSERT INTO person VALUES (1, 'Ann', 30), (2, 'Bob', 40)");
}

describe('statements', () => {
  test('create, insert, update, delete, and read back', async () => {
    const db = await database();
    await people(db);
    const update = await db.execute('UPDATE person SET age = age + 1 WHERE id = 1 RETURNING age');
    expect(update).toMatchObject({ command: 'UPDATE 1', count: 1, rows: [{ age: 31 }] });
    expect(await db.execute('DELETE FROM person WHERE id = 2')).toMatchObject({ count: 1 });
    expect(await db.query('SELECT * FROM person')).toEqual([{ id: 1, name: 'Ann', age: 31 }]);
    expect((await db.execute('')).command).toBe('');
  });

  test('parameters take what is exact and refuse the rest', async () => {
    const db = await database();
    const sql = `SELECT $1::int AS i, $2::bigint AS b, $3::numeric AS n, $4::text AS t, $5::bool AS o,
      $6::bytea AS y, $7::timestamptz AS z, $8::float8 AS f, $9::date AS d, $10::jsonb AS j`;
    const date = new Date('2026-01-15T10:30:00.123Z');
    const parameters = [7, 2n ** 60n, '1.50', 'ü', true, Uint8Array.of(1, 2), date, 0.1];
    const [row] = await db.query(sql, [...parameters, '2026-02-01', { a: [1, 'x'] }]);
    const z = row!['z'] as Timestamp;
    expect(z).toBeInstanceOf(Timestamp);
    expect(String(z)).toBe('2026-01-15 10:30:00.123+00');
    expect(z.toDate()).toEqual(date);
    expect(row).toEqual({
      i: 7,
      b: 2n ** 60n,
      n: '1.50',
      t: 'ü',
      o: true,
      y: Uint8Array.of(1, 2),
      z,
      f: 0.1,
      d: '2026-02-01',
      j: { a: [1, 'x'] },
    });
    for (const [type, value] of [
      ['int', 1.5],
      ['int', 'x'],
      ['numeric', 0.1],
      ['text', 5],
      ['date', date],
      ['bigint', 2 ** 53],
      ['bool', {}],
      ['float4', 0.1],
    ] as const) {
      expect(await codeOf(db.query(`SELECT $1::${type}`, [value]))).toBe('22P02');
    }
    expect(await codeOf(db.query('SELECT $1::int', [2 ** 31]))).toBe('22003');
    expect(await codeOf(db.query('SELECT $1::text', ['a\0']))).toBe('22021');
    expect(await codeOf(db.query('SELECT $1::int', []))).toBe('08P01');
    expect(await codeOf(db.query('SELECT 1', [1]))).toBe('08P01');
  });

  test('json that numbers cannot hold stays text', async () => {
    const db = await database();
    const [row] = await db.query(
      `SELECT '{"a": 12345678901234567890}'::jsonb AS big, '[1.0, 2e2, "9007199254740993"]'::json AS ok`,
    );
    expect(row).toEqual({
      big: '{"a": 12345678901234567890}',
      ok: [1, 200, '9007199254740993'],
    });
  });

  test('rows come as objects, arrays or text', async () => {
    const db = await database();
    const sql = 'SELECT 1 AS a, NULL::text AS b, true AS c';
    const as = async (rows: 'object' | 'array' | 'text'): Promise<Result> =>
      db.execute(sql, [], { rows });
    expect((await as('object')).rows).toEqual([{ a: 1, b: null, c: true }]);
    expect((await as('array')).rows).toEqual([[1, null, true]]);
    expect((await as('text')).rows).toEqual([['1', null, 't']]);
    expect((await as('text')).columns).toEqual([
      { name: 'a', type: 'integer' },
      { name: 'b', type: 'text' },
      { name: 'c', type: 'boolean' },
    ]);
  });

  test('errors say what PostgreSQL says, and where', async () => {
    const db = await database();
    await people(db);
    await expect(db.query('SELECT nme FROM person')).rejects.toMatchObject({
      code: '42703',
      position: 8,
    });
    await expect(db.execute('SELECT é FROMM x')).rejects.toMatchObject({ code: '42601' });
    await expect(db.execute("INSERT INTO person VALUES (1, 'Cid', 1)")).rejects.toMatchObject({
      code: '23505',
      constraint: 'person_pkey',
      table: 'person',
    });
    expect(await db.query('SELECT count(*)::int AS n FROM person')).toEqual([{ n: 2 }]);
  });

  test('a script runs statement by statement, up to the first error', async () => {
    const db = await database();
    const script = 'CREATE TABLE a (x int); INSERT INTO a VALUES (1); SELECT * FROM a';
    const results = await db.script(script);
    expect(results.map((one) => one.command)).toEqual(['CREATE TABLE', 'INSERT 0 1', 'SELECT 1']);
    expect(await codeOf(db.script('INSERT INTO a VALUES (2); SELECT 1/0; SELECT 2'))).toBe('22012');
    expect(await db.query('SELECT count(*)::int AS n FROM a')).toEqual([{ n: 2 }]);
    expect(await codeOf(db.execute('SELECT 1; SELECT $1', [1]))).toBe('42601');
  });
});

describe('temporary tables', () => {
  test('belong to one session, hide others of their name, and end with it', async () => {
    const db = await database();
    await people(db);
    const [a, b] = [db.session(), db.session()];
    await a.execute('CREATE TEMP TABLE person (x int); INSERT INTO person VALUES (7)');
    expect(await a.query('SELECT * FROM person')).toEqual([{ x: 7 }]);
    expect(await b.query('SELECT id FROM person ORDER BY id')).toEqual([{ id: 1 }, { id: 2 }]);
    await b.execute('CREATE TEMP TABLE person (y int)');
    expect(await b.query('SELECT * FROM person')).toEqual([]);
    await a.close();
    expect(await b.query('SELECT * FROM public.person WHERE id = 1')).toHaveLength(1);
    await b.close();
    await db.execute('INSERT INTO person VALUES (3, $1, 1)', ['Cid']);
    const schemas = `SELECT schema_name AS s FROM information_schema.schemata
      WHERE schema_name LIKE 'pg_temp%'`;
    expect(await db.query(schemas)).toEqual([]);
  });
});

describe('transactions', () => {
  test('commit keeps everything, an error nothing', async () => {
    const db = await database();
    await people(db);
    const answer = await db.transaction(async (tx) => {
      await tx.execute("INSERT INTO person VALUES (3, 'Cid', 5)");
      return tx.query('SELECT count(*)::int AS n FROM person');
    });
    expect(answer).toEqual([{ n: 3 }]);
    const failing = db.transaction(async (tx) => {
      await tx.execute('DELETE FROM person');
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(await db.query('SELECT count(*)::int AS n FROM person')).toEqual([{ n: 3 }]);
  });

  test('of two that read what the other writes, one fails and may retry', async () => {
    const db = await database();
    await db.execute('CREATE TABLE doctor (id int PRIMARY KEY, on_call bool)');
    await db.execute('INSERT INTO doctor VALUES (1, true), (2, true)');
    const [a, b] = [db.session(), db.session()];
    const count = 'SELECT count(*)::int AS n FROM doctor WHERE on_call';
    for (const one of [a, b]) {
      await one.execute('BEGIN');
      expect(await one.query(count)).toEqual([{ n: 2 }]);
    }
    await a.execute('UPDATE doctor SET on_call = false WHERE id = 1');
    await b.execute('UPDATE doctor SET on_call = false WHERE id = 2');
    await a.execute('COMMIT');
    expect(await codeOf(b.execute('COMMIT'))).toBe('40001');
    expect(b.status).toBe('idle');
    expect(await db.query(count)).toEqual([{ n: 1 }]);
  });

  test('concurrent increments with retries lose none', async () => {
    const db = await database();
    await db.execute('CREATE TABLE counter (id int PRIMARY KEY, n int)');
    await db.execute('INSERT INTO counter VALUES (1, 0)');
    const increment = (): Promise<unknown> =>
      db.transaction(
        async (tx) => {
          const [row] = await tx.query<{ n: number }>('SELECT n FROM counter');
          await tx.execute('UPDATE counter SET n = $1', [row!.n + 1]);
        },
        { retries: 100 },
      );
    await Promise.all(Array.from({ length: 8 }, increment));
    expect(await db.query('SELECT n FROM counter')).toEqual([{ n: 8 }]);
  });

  test('a failed statement fails the transaction until its end, or the savepoint', async () => {
    const db = await database();
    await people(db);
    const s = db.session();
    await s.execute('BEGIN; SAVEPOINT a');
    expect(await codeOf(s.execute('SELECT 1/0'))).toBe('22012');
    expect(s.status).toBe('failed');
    expect(await codeOf(s.execute('SELECT 1'))).toBe('25P02');
    await s.execute('ROLLBACK TO a');
    await s.execute("INSERT INTO person VALUES (3, 'Cid', 1)");
    expect(await codeOf(s.execute('SELEC 1'))).toBe('42601');
    expect((await s.execute('COMMIT')).command).toBe('ROLLBACK');
    expect(await db.query('SELECT count(*)::int AS n FROM person')).toEqual([{ n: 2 }]);
  });

  test('settings of a rolled back transaction are as before; SET LOCAL ends with it', async () => {
    const db = await database();
    const s = db.session();
    const zone = async (): Promise<unknown> => (await s.execute('SHOW timezone')).rows[0];
    await s.execute("BEGIN; SET timezone TO '+01'; ROLLBACK");
    expect(await zone()).toEqual({ TimeZone: 'UTC' });
    await s.execute("BEGIN; SET LOCAL timezone TO '+02'; COMMIT");
    expect(await zone()).toEqual({ TimeZone: 'UTC' });
    await s.execute("BEGIN; SET timezone TO '+03'; COMMIT");
    expect(await zone()).toEqual({ TimeZone: '<+03>-03' });
    expect(await codeOf(s.execute('BEGIN READ ONLY; CREATE TABLE x (a int)'))).toBe('25006');
  });

  test('a zone with changes shows each instant with the offset of then', async () => {
    const db = await database();
    const s = db.session();
    await s.execute("SET timezone TO 'europe/berlin'");
    const instants = [
      '2024-07-01 12:00:00.5+00',
      '2024-01-01 12:00:00+00',
      '1850-01-01 12:00:00+00',
    ];
    const { rows } = await s.execute(
      'SELECT $1::timestamptz AS a, $2::timestamptz AS b, $3::timestamptz AS c',
      instants,
    );
    const [row] = rows as Record<string, Timestamp>[];
    const shown = Object.values(row!);
    expect(shown.map(String)).toEqual([
      '2024-07-01 14:00:00.5+02',
      '2024-01-01 13:00:00+01',
      '1850-01-01 12:53:28+00:53:28',
    ]);
    expect(shown.map((one) => one.toDate())).toEqual(instants.map((text) => new Date(text)));
  });

  test('a script that leaves a transaction open is rolled back, and told', async () => {
    const db = await database();
    await people(db);
    expect(await codeOf(db.execute('BEGIN; DELETE FROM person'))).toBe('25001');
    expect(await db.query('SELECT count(*)::int AS n FROM person')).toEqual([{ n: 2 }]);
  });
});

describe('time travel', () => {
  test('by position, by timestamp, and as a view of the whole database', async () => {
    const db = await database();
    await people(db);
    const { position } = await db.execute('UPDATE person SET age = 0');
    const before = position - 1;
    const sql = 'SELECT age FROM person ORDER BY id';
    expect(await db.query(`SELECT age FROM person AS OF POSITION ${before} ORDER BY id`)).toEqual([
      { age: 30 },
      { age: 40 },
    ]);
    expect(await db.asOf(before).query(sql)).toEqual([{ age: 30 }, { age: 40 }]);
    expect(await db.asOf(position).query(sql)).toEqual([{ age: 0 }, { age: 0 }]);
    const [at] = await db.query<{ t: Timestamp }>(
      'SELECT _created_at AS t FROM person AS OF POSITION $1 LIMIT 1',
      [before],
    );
    expect(await db.asOf(String(at!.t)).query(sql)).toEqual([{ age: 30 }, { age: 40 }]);
    expect(await codeOf(db.asOf(before).query('DELETE FROM person'))).toBe('25006');
    expect(await codeOf(db.asOf(position + 100).query(sql))).toBe('22023');
  });

  test('a dropped table is there as of then, by a parameter too', async () => {
    const db = await database();
    await people(db);
    const { position } = await db.execute('DROP TABLE person');
    const sql = 'SELECT name FROM person AS OF POSITION $2 WHERE id = $1';
    expect(await db.query(sql, [1, position - 1])).toEqual([{ name: 'Ann' }]);
    expect(await codeOf(db.query(sql, [1, position]))).toBe('42P01');
    expect(await db.query(sql, [2, position - 1])).toEqual([{ name: 'Bob' }]);
    expect(await codeOf(db.query(sql, [1]))).toBe('08P01');
  });

  test('the present as a time commits a floor first, once', async () => {
    const db = await database();
    await people(db);
    const position = async (): Promise<number> => (await db.execute('SELECT 1')).position;
    const before = await position();
    const sql = 'SELECT count(*)::int AS n FROM person AS OF TIMESTAMP (now())';
    expect(await db.query(sql)).toEqual([{ n: 2 }]);
    expect(await position()).toBe(before + 1);
    await db.query("SELECT * FROM person AS OF TIMESTAMP '2020-01-01'").catch(() => undefined);
    expect(await position()).toBe(before + 1);
  });

  test('the log says who, what and when, and verifies', async () => {
    const db = await database();
    await people(db);
    await codeOf(db.execute("INSERT INTO person VALUES (1, 'x', 1)"));
    const log = await db.query(
      'SELECT position, actor, command, sqlstate, tables FROM kimberlite.log ORDER BY position',
    );
    const row = { actor: 'kimberlite', sqlstate: '00000', tables: 'person' };
    expect(log).toEqual([
      { ...row, position: 1n, command: 'CREATE TABLE' },
      { ...row, position: 2n, command: 'INSERT 0 2' },
      { ...row, position: 3n, command: null, sqlstate: '23505', tables: null },
    ]);
    const then = 'SELECT position FROM kimberlite.log AS OF POSITION 2 ORDER BY position';
    expect(await db.query(then)).toEqual([{ position: 1n }, { position: 2n }]);
    expect(await db.asOf(1).query('SELECT count(*) AS n FROM kimberlite.log')).toEqual([{ n: 1n }]);
    const hashes = await db.query<{ previous_hash: Uint8Array; hash: Uint8Array }>(
      'SELECT previous_hash, hash FROM kimberlite.log ORDER BY position',
    );
    expect(hashes[1]!.previous_hash).toEqual(hashes[0]!.hash);
    const head = Buffer.from(hashes[2]!.hash).toString('hex');
    expect(await db.verify()).toEqual({ ok: true, entries: 3, head, problems: [] });
    expect((await db.execute('VERIFY LOG')).rows).toEqual([{ entries: 3n, head }]);
    expect(await codeOf(db.execute('CREATE TABLE l AS SELECT * FROM kimberlite.log'))).toBe(
      '0A000',
    );
  });
});

describe('subscriptions', () => {
  test('a snapshot, then every change, by transaction; folding them gives the table', async () => {
    const db = await database();
    await people(db);
    const events: Change[] = [];
    const reading = (async () => {
      for await (const event of db.subscribe({ snapshot: true, tables: ['person'] })) {
        events.push(event);
        if (event.operation === 'delete') return;
      }
    })();
    await db.execute('CREATE TABLE other (x int)');
    await db.execute('INSERT INTO other VALUES (1)');
    await db.transaction(async (tx) => {
      await tx.execute("INSERT INTO person VALUES (3, 'Cid', 5)");
      await tx.execute('UPDATE person SET age = 31 WHERE id = 1');
    });
    await db.execute('DELETE FROM person WHERE id = 2');
    await reading;
    expect(events.map(({ operation, key, last }) => [operation, key['id'], last])).toEqual([
      ['snapshot', 1, false],
      ['snapshot', 2, true],
      ['update', 1, false],
      ['insert', 3, true],
      ['delete', 2, true],
    ]);
    expect(events[2]).toMatchObject({
      actor: 'kimberlite',
      table: 'person',
      before: { id: 1, name: 'Ann', age: 30 },
      after: { id: 1, name: 'Ann', age: 31 },
    });
    expect(events[3]!.position).toBe(events[2]!.position);
    const table = new Map<unknown, unknown>();
    for (const { key, after } of events) {
      if (after === null) table.delete(key['id']);
      else table.set(key['id'], after);
    }
    expect([...table.values()]).toEqual(await db.query('SELECT * FROM person ORDER BY id'));
  });

  test('it resumes after a position, and ends with its signal', async () => {
    const db = await database();
    await people(db);
    const abort = new AbortController();
    const seen: number[] = [];
    for await (const event of db.subscribe({ after: 0, signal: abort.signal })) {
      seen.push(event.position);
      if (event.last) abort.abort();
    }
    expect(seen).toEqual([2, 2]);
    await expect(db.subscribe({ after: 99 }).next()).rejects.toMatchObject({ code: '22023' });
  });
});

describe('limits of a call', () => {
  const endless =
    'WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT count(*) FROM r';

  test('a timeout ends a read, and the event loop goes on meanwhile', async () => {
    const db = await database();
    let turns = 0;
    const timer = setInterval(() => (turns += 1), 5);
    expect(await codeOf(db.query(endless, [], { timeoutMillis: 200 }))).toBe('57014');
    clearInterval(timer);
    expect(turns).toBeGreaterThan(3);
    expect(await db.query('SELECT 1 AS a')).toEqual([{ a: 1 }]);
  });

  test('a signal ends a read; an aborted one begins none', async () => {
    const db = await database();
    const abort = new AbortController();
    const query = db.query(endless, [], { signal: abort.signal });
    abort.abort();
    expect(await codeOf(query)).toBe('57014');
    expect(await codeOf(db.execute('SELECT 1', [], { signal: abort.signal }))).toBe('57014');
  });

  test('statement_timeout counts for each statement of a session', async () => {
    const db = await database();
    const s = db.session();
    await s.execute("SET statement_timeout TO '100ms'");
    expect(await codeOf(s.query(endless))).toBe('57014');
    expect(await s.query('SELECT 1 AS a')).toEqual([{ a: 1 }]);
  });
});

describe('a directory', () => {
  test('has everything when it is opened again', async () => {
    const directory = tempDirectory();
    const first = await database({ directory });
    await people(first);
    const { position } = await first.execute('UPDATE person SET age = 1');
    const head = (await first.verify()).head;
    await first.close();
    expect(await codeOf(first.query('SELECT 1'))).toBe('57P01');
    const second = await database({ directory });
    expect(await second.query('SELECT age FROM person ORDER BY id')).toEqual([
      { age: 1 },
      { age: 1 },
    ]);
    const old = `SELECT age FROM person AS OF POSITION ${position - 1} ORDER BY id`;
    expect(await second.query(old)).toEqual([{ age: 30 }, { age: 40 }]);
    expect(await second.verify()).toMatchObject({ ok: true, head });
  });

  test('belongs to one process at a time, and to us', async () => {
    const directory = tempDirectory();
    await database({ directory });
    await expect(open({ directory })).rejects.toMatchObject({
      code: '55006',
      message: expect.stringMatching(/^cannot open .*: process \d+ has it open/) as string,
    });
    const foreign = tempDirectory();
    writeFileSync(join(foreign, 'notes.txt'), 'mine');
    expect(await codeOf(open({ directory: foreign }))).toBe('58P01');
    expect(readdirSync(foreign)).toEqual(['notes.txt']);
  });

  test('rebuilds lost stores from the logs, to the same answers', async () => {
    const directory = tempDirectory();
    const first = await database({ directory });
    await people(first);
    const insert = first.prepare('INSERT INTO person VALUES ($1, $2, $3)');
    for (let i = 10; i < 300; i += 1) await insert.execute([i, `p${i}`, i]);
    const sql = 'SELECT count(*)::int AS n, sum(age)::int AS s FROM person';
    const before = await first.query(sql);
    await first.close();
    for (const tenant of [0, 1]) rmSync(join(directory, 'tenants', String(tenant), 'store'));
    const second = await database({ directory });
    expect(await second.query(sql)).toEqual(before);
    expect(await second.verify()).toMatchObject({ ok: true });
  });

  test('says so when a page is damaged, and is whole again when the stores are rebuilt', async () => {
    const directory = tempDirectory();
    const first = await database({ directory });
    await people(first);
    const insert = first.prepare('INSERT INTO person VALUES ($1, $2, $3)');
    await Promise.all(Array.from({ length: 900 }, (_, i) => insert.execute([i + 10, `p${i}`, i])));
    const sql = 'SELECT count(*)::int AS n, sum(age)::int AS s FROM person';
    const before = await first.query(sql);
    await first.close();
    const store = join(directory, 'tenants', '1', 'store');
    const bytes = readFileSync(store);
    // All leaves: opening looks at the roots, and would rebuild what is lost there.
    for (let at = 0; at < bytes.length; at += EMBEDDED.pageBytes) {
      if (bytes[at + 5] === PAGE_LEAF) bytes[at + 200]! ^= 0xff;
    }
    writeFileSync(store, bytes);
    const second = await database({ directory });
    // Opening may have met the damage already, and rebuilt the store.
    const answer = await second.query(sql).catch((error: DatabaseError) => error.code);
    expect([JSON.stringify(before), '"XX001"']).toContain(JSON.stringify(answer));
    await second.close();
    opened.push(await open({ directory }, { rebuild: true }));
    const third = opened.at(-1)!;
    expect(await third.query(sql)).toEqual(before);
    expect(await third.verify()).toMatchObject({ ok: true });
  });

  test('takes many writers at once, in few syncs', async () => {
    const db = await database({ directory: tempDirectory() });
    await db.execute('CREATE TABLE t (a int PRIMARY KEY)');
    const insert = db.prepare('INSERT INTO t VALUES ($1)');
    await Promise.all(Array.from({ length: 300 }, (_, i) => insert.execute([i])));
    expect(await db.query('SELECT count(*)::int AS n FROM t')).toEqual([{ n: 300 }]);
  });

  test('runs each call of a prepared statement in a session of its own', async () => {
    const db = await database({ memory: true });
    const begin = db.prepare('BEGIN');
    expect(await codeOf(begin.execute())).toBe('25001');
    expect(await codeOf(begin.execute())).toBe('25001');
    await db.execute('CREATE SEQUENCE s');
    expect(await db.prepare("SELECT nextval('s')").query()).toEqual([{ nextval: 1n }]);
    const last = db.prepare('SELECT lastval()');
    expect(await codeOf(last.query())).toBe('55000');
    await db.prepare('CREATE TEMP TABLE passing (a int)').execute();
    expect(await codeOf(db.query('TABLE passing'))).toBe('42P01');
    // Its end was handed to the log before this was.
    await db.execute('CREATE TABLE after_it (a int)');
    const left =
      "SELECT count(*)::int AS n FROM information_schema.tables WHERE table_name = 'passing'";
    expect(await db.query(left)).toEqual([{ n: 0 }]);
  });

  test('keeps nothing of subscriptions that were ended while nothing is written', async () => {
    const db = await database({ memory: true });
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const ended = async (): Promise<WeakRef<AbortSignal>> => {
      const controller = new AbortController();
      const { signal } = controller;
      const next = db.subscribe({ signal }).next();
      controller.abort();
      expect((await next).done).toBe(true);
      return new WeakRef(signal);
    };
    // What opening still had under way is done: nothing wakes them but their signals.
    for (let i = 0; i < 20; i += 1) await new Promise((resolve) => setImmediate(resolve));
    const signals: WeakRef<AbortSignal>[] = [];
    for (let i = 0; i < 20; i += 1) signals.push(await ended());
    // References are kept alive until the turn that made them is over.
    await new Promise((resolve) => setImmediate(resolve));
    collect();
    expect(signals.filter((signal) => signal.deref() !== undefined).length).toBeLessThan(3);
  });
});
