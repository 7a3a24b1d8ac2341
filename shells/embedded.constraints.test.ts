/** What is declared of constraints outlives the process, and stands in the past as it was then. */
import { afterEach, expect, test } from 'vitest';
import { DatabaseError, open } from './embedded.ts';
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

/** The SQLSTATE of each statement, '' for success. */
async function codes(db: Database, ...statements: readonly string[]): Promise<readonly string[]> {
  const found: string[] = [];
  for (const sql of statements) {
    try {
      await db.execute(sql);
      found.push('');
    } catch (error) {
      if (!(error instanceof DatabaseError)) throw error;
      found.push(error.code);
    }
  }
  return found;
}

/** Of a transaction's last statement, its COMMIT included. */
async function committed(db: Database, ...statements: readonly string[]): Promise<string> {
  try {
    await db.transaction(async (transaction) => {
      for (const sql of statements) await transaction.execute(sql);
    });
    return '';
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error;
    return error.code;
  }
}

test('NOT VALID survives a restart, and so does its validation', async () => {
  const directory = tempDirectory();
  const first = await database(directory);
  const made = await codes(
    first,
    'CREATE TABLE p (id int PRIMARY KEY)',
    'CREATE TABLE c (id int PRIMARY KEY, a int)',
    'INSERT INTO c VALUES (1, 5)',
    'ALTER TABLE c ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES p NOT VALID',
    'ALTER TABLE c ADD CONSTRAINT k CHECK (id > 1) NOT VALID',
  );
  expect(made).toEqual(['', '', '', '', '']);
  await first.close();

  const second = await database(directory);
  const refused = await codes(
    second,
    'INSERT INTO c VALUES (2, 5)',
    'INSERT INTO c VALUES (0, NULL)',
    'ALTER TABLE c VALIDATE CONSTRAINT f',
    'ALTER TABLE c VALIDATE CONSTRAINT k',
    'INSERT INTO p VALUES (5)',
    'ALTER TABLE c VALIDATE CONSTRAINT f',
    'UPDATE c SET id = 9',
    'ALTER TABLE c VALIDATE CONSTRAINT k',
  );
  expect(refused).toEqual(['23503', '23514', '23503', '23514', '', '', '', '']);
  await second.close();

  const third = await database(directory);
  // A rewrite proves what is valid, and there is nothing left to prove.
  expect(await codes(third, 'ALTER TABLE c ALTER id TYPE bigint')).toEqual(['']);
  expect(await third.verify()).toMatchObject({ ok: true });
});

test('a deferrable key survives a restart, and the past has the schema of then', async () => {
  const directory = tempDirectory();
  const first = await database(directory);
  await first.execute('CREATE TABLE t (k int PRIMARY KEY DEFERRABLE, pos int, note text)');
  const { position } = await first.execute("INSERT INTO t VALUES (1, 1, 'a'), (2, 2, 'b')");
  await first.execute('ALTER TABLE t ADD UNIQUE (pos) DEFERRABLE INITIALLY DEFERRED');
  await first.close();

  const second = await database(directory);
  const swap = ['UPDATE t SET pos = 2 WHERE k = 1', 'UPDATE t SET pos = 1 WHERE k = 2'];
  expect(await committed(second, swap[0]!)).toBe('23505');
  expect(await committed(second, ...swap)).toBe('');
  const back = ['UPDATE t SET pos = 1 WHERE k = 1', 'UPDATE t SET pos = 2 WHERE k = 2'];
  expect(await committed(second, 'SET CONSTRAINTS ALL IMMEDIATE', ...back)).toBe('23505');
  expect(await codes(second, 'UPDATE t SET pos = 1 WHERE k = 1')).toEqual(['23505']);
  const keys = ['SET CONSTRAINTS t_pkey DEFERRED', 'UPDATE t SET k = 2 WHERE k = 1'];
  expect(await committed(second, ...keys)).toBe('23505');
  expect(await committed(second, ...keys, 'UPDATE t SET k = 3 WHERE pos = 1')).toBe('');
  const now = [
    { k: 2, pos: 2, note: 'a' },
    { k: 3, pos: 1, note: 'b' },
  ];
  expect(await second.query('SELECT * FROM t ORDER BY k')).toEqual(now);
  const versions = await second.query('SELECT k FROM t FOR SYSTEM_TIME ALL WHERE pos = 2');
  expect(versions).toHaveLength(3);
  await second.execute('ALTER TABLE t DROP CONSTRAINT t_pos_key');
  await second.execute('ALTER TABLE t DROP CONSTRAINT t_pkey');
  await second.execute('ALTER TABLE t ADD PRIMARY KEY (note)');
  await second.execute("INSERT INTO t VALUES (2, 2, 'c')");
  await second.close();

  const third = await database(directory);
  const then = `SELECT * FROM t AS OF POSITION ${position}`;
  expect(await third.query(`${then} WHERE k = 1`)).toEqual([{ k: 1, pos: 1, note: 'a' }]);
  expect(await third.query(`${then} ORDER BY k DESC`)).toHaveLength(2);
  expect(await third.query('SELECT k FROM t WHERE k = 2')).toEqual([{ k: 2 }, { k: 2 }]);
  expect(await third.verify()).toMatchObject({ ok: true });
});
