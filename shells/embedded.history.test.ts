/** What a table was is found after its definition changed, and after a restart. */
import { afterEach, expect, test } from 'vitest';
import { open } from './embedded.ts';
import type { Database } from './embedded.ts';
import { tempDirectory } from './testing/temp-directory.ts';

const opened: Database[] = [];

async function database(directory: string): Promise<Database> {
  const db = await open({ directory });
  opened.push(db);
  return db;
}

afterEach(async () => {
  for (const db of opened.splice(0)) await db.close();
});

async function rows(db: Database, sql: string): Promise<string> {
  return (await db.query(sql)).map((row) => Object.values(row).map(String).join(' ')).join(', ');
}

test('history outlives keys, types, columns, TRUNCATE, DROP TABLE and the process', async () => {
  const path = tempDirectory();
  const db = await database(path);
  const positions: number[] = [];
  for (const sql of [
    'CREATE TABLE t (id int PRIMARY KEY, a int)',
    'CREATE INDEX t_a ON t (a)',
    'INSERT INTO t VALUES (1, 10), (2, 20)',
    'UPDATE t SET a = 11 WHERE id = 1',
    'ALTER TABLE t ALTER id TYPE bigint',
    'ALTER TABLE t DROP CONSTRAINT t_pkey',
    'UPDATE t SET a = 12 WHERE id = 1',
    'ALTER TABLE t ADD c int DEFAULT 5',
    'ALTER TABLE t DROP COLUMN id',
    'TRUNCATE t',
    'INSERT INTO t VALUES (13, 6)',
    'DROP TABLE t',
    'CREATE TABLE t (id int PRIMARY KEY, z text)',
  ]) {
    positions.push((await db.execute(sql)).position);
  }
  const at = (step: number): string => `t AS OF POSITION ${positions[step]!}`;
  const check = async (again: Database): Promise<void> => {
    expect(await rows(again, `SELECT id FROM ${at(2)} WHERE a = 10`)).toBe('1');
    expect(await rows(again, `SELECT id FROM ${at(3)} WHERE a IN (10, 11)`)).toBe('1');
    expect(await rows(again, `SELECT * FROM ${at(6)} WHERE a > 0 ORDER BY a`)).toBe('1 12, 2 20');
    expect(await rows(again, `SELECT * FROM ${at(8)} WHERE a = 20`)).toBe('20 5');
    expect(await rows(again, `SELECT * FROM ${at(9)}`)).toBe('');
    expect(await rows(again, `SELECT * FROM ${at(10)}`)).toBe('13 6');
    expect(await rows(again, 'SELECT * FROM t FOR SYSTEM_TIME ALL')).toBe('');
    const all = `SELECT a FROM t FOR SYSTEM_TIME BETWEEN 0 AND ${positions[10]!}`;
    const found = (await rows(again, `${all} GROUP BY a ORDER BY a`)).split(', ');
    expect(found).toEqual(['10', '11', '12', '13', '20']);
  };
  await check(db);
  await db.close();
  await check(await database(path));
});

test('changes tell of rows that move to another key or type; folding them gives the table', async () => {
  const db = await database(tempDirectory());
  for (const sql of [
    'CREATE TABLE t (id int PRIMARY KEY, a text)',
    "INSERT INTO t VALUES (1, '2'), (2, '1'), (3, '5')",
    'ALTER TABLE t ALTER a TYPE int USING a::int',
    'ALTER TABLE t ADD c double precision DEFAULT random()',
    'ALTER TABLE t DROP CONSTRAINT t_pkey, ADD PRIMARY KEY (a)',
    'ALTER TABLE t ALTER a TYPE bigint',
    'DELETE FROM t WHERE id = 3',
    'ALTER TABLE t DROP COLUMN a',
  ]) {
    await db.execute(sql);
  }
  const last = (await db.execute('CREATE TABLE done ()')).position;
  await db.execute('INSERT INTO done DEFAULT VALUES');
  const rows = new Map<string, unknown>();
  const operations: string[] = [];
  for await (const { key, before, after, operation, position } of db.subscribe({ after: 0 })) {
    if (position > last) break;
    operations.push(operation[0]!);
    const name = Object.values(key).map(String).join(' ');
    // What ends was there as the last change said it.
    if (operation === 'delete') expect(rows.get(name)).toEqual(before);
    if (operation === 'insert') expect(rows.has(name)).toBe(false);
    if (after === null) rows.delete(name);
    else rows.set(name, after);
  }
  expect(operations.join('')).toBe('iiidddiiiuuudddiiidddiiidddii');
  const sorted = (values: Iterable<unknown>): string[] => [...values].map(String).toSorted();
  const shown = (row: unknown): string => Object.values(row as object).join(' ');
  const table = await db.query('SELECT * FROM t');
  expect(sorted([...rows.values()].map(shown))).toEqual(sorted(table.map(shown)));
});
