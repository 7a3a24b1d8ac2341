/** While a large entry becomes state, others get their turns, and see all of it or nothing. */
import { expect, test } from 'vitest';
import { open } from '../embedded.ts';
import { nextTurn } from './turns.ts';

const ROWS = 30_000;

test('queries beside a large write see the state before it or after it', async () => {
  const db = await open({ memory: true });
  await db.execute('CREATE TABLE t (id int PRIMARY KEY, v int)');
  await db.execute('INSERT INTO t SELECT i, 0 FROM generate_series(1, $1::int) i', [ROWS]);
  let writing = true;
  const write = db.execute('UPDATE t SET v = v + 1').finally(() => (writing = false));
  const shows = new Set<string>();
  let turns = 0;
  for (; writing; turns += 1) {
    const [row] = await db.query('SELECT min(v) AS low, max(v) AS high, count(*) AS n FROM t');
    shows.add(`${String(row!['low'])} ${String(row!['high'])} ${String(row!['n'])}`);
    await nextTurn();
  }
  await write;
  for (const one of shows) expect([`0 0 ${ROWS}`, `1 1 ${ROWS}`]).toContain(one);
  expect(turns).toBeGreaterThan(ROWS / 4096);
  await db.close();
});

test('a database that is closed in the midst of a large write keeps nobody waiting', async () => {
  const db = await open({ memory: true });
  await db.execute('CREATE TABLE t (id int PRIMARY KEY)');
  const text = 'INSERT INTO t SELECT i FROM generate_series(1, $1::int) i';
  let writing = true;
  const write = db
    .execute(text, [ROWS])
    .catch((error: unknown) => error)
    .finally(() => (writing = false));
  // This is answered within a turn, unless it meets the entry half installed.
  for (let met = false; !met && writing;) {
    const asked = db.query('SELECT 1').then(
      () => (met = false),
      (error: unknown) => error,
    );
    met = true;
    await nextTurn();
    if (!met) continue;
    await db.close();
    expect(await asked).toMatchObject({ code: '57P01' });
  }
  expect(await write).toMatchObject({ code: '08007' });
});
