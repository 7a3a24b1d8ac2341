/** Results that are longer than memory: their rows leave while they are read, of one state. */
import { afterEach, expect, test } from 'vitest';
import type { ClientDatabase } from '../client/connect.ts';
import { tempDirectory } from '../testing/temp-directory.ts';
import { TestServers } from './testing/servers.ts';

let servers: TestServers | null = null;

afterEach(async () => {
  await servers?.end();
  servers = null;
});

async function connected(): Promise<ClientDatabase> {
  servers = await TestServers.start({ directory: tempDirectory() });
  return servers.connect();
}

test('a result of more than the 256 MiB that one may hold arrives whole', async () => {
  const db = await connected();
  const count = 1_700_000;
  const sql = `SELECT g, repeat('x', 100) FROM generate_series(1, ${count}) g`;
  let seen = 0;
  for await (const { g } of db.stream<{ g: number }>(sql)) {
    seen += 1;
    if (g !== seen) expect.fail(`row ${seen} is out of order`);
  }
  expect(seen).toBe(count);
});

test('all rows are those of the beginning, whatever happens meanwhile', async () => {
  const db = await connected();
  await db.execute('CREATE TABLE t (id INT PRIMARY KEY, s TEXT)');
  const count = 60_000;
  for (let id = 1; id < count; id += 3000) {
    const ids = `generate_series(${id}, ${id + 2999})`;
    await db.execute(`INSERT INTO t SELECT g, repeat('a', 100) FROM ${ids} g`);
  }
  let seen = 0;
  const sql = 'SELECT id, s FROM t ORDER BY id';
  for await (const { id, s } of db.stream<{ id: number; s: string }>(sql)) {
    if (seen === 0) {
      await db.execute("UPDATE t SET s = 'b' WHERE id BETWEEN 50000 AND 52000");
      await db.execute('DELETE FROM t WHERE id BETWEEN 54000 AND 56000');
      await db.execute('DROP TABLE t');
    }
    seen += 1;
    if (id !== seen || s !== 'a'.repeat(100)) expect.fail(`row ${seen}: ${id}, ${s.slice(0, 5)}`);
  }
  expect(seen).toBe(count);
});

test('rows that left are followed by the error that came after them', async () => {
  const db = await connected();
  const sql = 'SELECT 1 / (100000 - g) FROM generate_series(1, 110000) g';
  let seen = 0;
  const reading = (async () => {
    for await (const _ of db.stream(sql)) seen += 1;
  })();
  await expect(reading).rejects.toMatchObject({ code: '22012' });
  expect(seen).toBeGreaterThan(10_000);
  expect(seen).toBeLessThan(100_000);
  // The connection is as good as before.
  expect(await db.query('SELECT 7 AS n')).toEqual([{ n: 7 }]);
  await expect(db.query(sql)).rejects.toMatchObject({ code: '22012' });
});

test('the rest is not read when nobody wants it', async () => {
  const db = await connected();
  const endless =
    'SELECT a FROM generate_series(1, 1000000) a, generate_series(1, 1000000) b LIMIT 900000000000';
  for await (const _ of db.stream(endless)) break;
  expect(await db.query('SELECT 7 AS n')).toEqual([{ n: 7 }]);
});
