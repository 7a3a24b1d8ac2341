/** Rows of an embedded database one at a time: at the taker's pace, and all of one state. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DatabaseError, open } from './embedded.ts';
import type { Database } from './embedded.ts';

const ROWS = 40_000;
const ALL = 'SELECT id, s FROM t ORDER BY id';
/** All of it would take minutes. */
const ENDLESS = 'SELECT a FROM generate_series(1, 2000000000) AS a';

let db: Database;
beforeAll(async () => {
  db = await open({ memory: true });
  await db.execute('CREATE TABLE t (id int PRIMARY KEY, s text)');
  await db.execute(
    `INSERT INTO t SELECT g, repeat('x', 100) FROM generate_series(1, ${ROWS}) AS g`,
  );
});
afterAll(() => db.close());

async function failure(rows: AsyncIterable<unknown>): Promise<string> {
  try {
    for await (const row of rows) expect(row).toBeDefined();
  } catch (error) {
    if (error instanceof DatabaseError) return error.code;
    throw error;
  }
  return 'none';
}

describe('stream', () => {
  test('all rows come, in their order and shape', async () => {
    let last = 0;
    for await (const row of db.stream<[number, string]>(ALL, [], { rows: 'array' })) {
      expect(row[0]).toBe(last + 1);
      [last] = row;
    }
    expect(last).toBe(ROWS);
    const one = [];
    for await (const row of db.stream('SELECT $1::int AS n', [7])) one.push(row);
    expect(one).toEqual([{ n: 7 }]);
    for await (const row of db.stream('SELECT id FROM t WHERE id < 0')) expect(row).toBe(null);
  });

  test('they are of one state, whatever is committed meanwhile', async () => {
    await db.execute('CREATE TABLE u AS SELECT * FROM t');
    let seen = 0;
    for await (const row of db.stream('SELECT s FROM u')) {
      expect(row).toBeDefined();
      seen += 1;
      if (seen === 1) await db.execute('DELETE FROM u');
      if (seen === 2) await db.execute('DROP TABLE u');
    }
    expect(seen).toBe(ROWS);
  });

  test('what is not taken is not read', async () => {
    const taken = [];
    for await (const row of db.stream<{ a: number }>(ENDLESS)) {
      taken.push(row.a);
      if (taken.length === 3) break;
    }
    expect(taken).toEqual([1, 2, 3]);
  });

  test('an error comes where it happens, after the rows before it', async () => {
    const sql = `SELECT 1 / (${ROWS} - id) AS q, s FROM t ORDER BY id`;
    let seen = 0;
    const rows = db.stream(sql);
    const counted = (async function* (): AsyncGenerator<unknown> {
      for await (const row of rows) {
        seen += 1;
        yield row;
      }
    })();
    expect(await failure(counted)).toBe('22012');
    expect(seen).toBeGreaterThan(1000);
    expect(await failure(db.stream('SELEC 1'))).toBe('42601');
    expect(await failure(db.stream('SELECT 1; SELECT 2'))).toBe('42601');
  });

  test('its signal and its timeout end it', async () => {
    const controller = new AbortController();
    const rows = db.stream(ALL, [], { signal: controller.signal });
    await rows.next();
    controller.abort();
    expect(await failure(rows)).toBe('57014');
    expect(await failure(db.stream(ENDLESS, [], { timeoutMillis: 20 }))).toBe('57014');
  });

  test('in a transaction it sees what that wrote; left early, it fails it', async () => {
    const session = db.session();
    await session.execute('BEGIN');
    await session.execute("INSERT INTO t VALUES (0, 'mine')");
    for await (const row of session.stream<{ s: string }>(ALL)) {
      expect(row.s).toBe('mine');
      break;
    }
    expect(session.status).toBe('failed');
    await session.execute('ROLLBACK');
    await session.close();
  });

  test('ends with the database', async () => {
    const other = await open({ memory: true });
    await other.execute('CREATE TABLE v AS SELECT g FROM generate_series(1, 200000) AS g');
    const rows = other.stream("SELECT g, repeat('y', 50) AS y FROM v");
    await rows.next();
    await other.close();
    expect(await failure(rows)).toBe('57P01');
  });
});
