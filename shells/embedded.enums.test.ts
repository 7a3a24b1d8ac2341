/** Enums end to end: results, parameters, changes, and what a restart finds. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DatabaseError, open } from './embedded.ts';
import type { Change, Database } from './embedded.ts';
import { tempDirectory } from './testing/temp-directory.ts';

let db: Database;

beforeAll(async () => {
  db = await open({ memory: true });
  await db.execute("CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy')");
  await db.execute('CREATE TABLE person (id int PRIMARY KEY, mood mood, moods mood[])');
});

afterAll(() => db.close());

describe('enums', () => {
  test('are strings in parameters and results, which say the type', async () => {
    const inserted = await db.execute('INSERT INTO person VALUES ($1, $2, $3) RETURNING *', [
      1,
      'happy',
      ['sad', null, 'ok'],
    ]);
    expect(inserted.rows).toEqual([{ id: 1, mood: 'happy', moods: ['sad', null, 'ok'] }]);
    expect(inserted.columns).toEqual([
      { name: 'id', type: 'integer' },
      { name: 'mood', type: 'mood' },
      { name: 'moods', type: 'mood[]' },
    ]);
    await db.execute('INSERT INTO person VALUES (2, $1), (3, NULL)', ['sad']);
    expect(
      await db.query('SELECT id FROM person WHERE mood = $1 OR mood < $1 ORDER BY mood', ['happy']),
    ).toEqual([{ id: 2 }, { id: 1 }]);
    expect(await db.query('SELECT id FROM person WHERE mood = ANY ($1)', [['sad']])).toEqual([
      { id: 2 },
    ]);
    expect(await db.query('SELECT p AS r FROM person p WHERE id = 1')).toEqual([
      { r: '(1,happy,"{sad,NULL,ok}")' },
    ]);
    const text = await db.execute('SELECT mood, moods FROM person WHERE id = 1', [], {
      rows: 'text',
    });
    expect(text.rows).toEqual([['happy', '{sad,NULL,ok}']]);
  });

  test('many rows at once, merged, and in the tables of a query', async () => {
    await db.execute('CREATE TABLE many (id int, mood mood DEFAULT $$ok$$)');
    const rows = [1, 'sad', 2, 'happy', 3, null];
    await db.execute('INSERT INTO many VALUES ($1, $2), ($3, $4), ($5, $6)', rows);
    await db.execute('INSERT INTO many VALUES ($1, $2), ($3, DEFAULT)', [4, 'happy', 5]);
    await db.execute(
      `MERGE INTO many USING (VALUES (1, $1::mood)) AS n(id, mood) ON many.id = n.id
        WHEN MATCHED THEN UPDATE SET mood = n.mood`,
      ['happy'],
    );
    expect(
      await db.query(
        'SELECT mood, array_agg(id ORDER BY id) AS ids FROM many GROUP BY 1 ORDER BY 1',
      ),
    ).toEqual([
      { mood: 'ok', ids: [5] },
      { mood: 'happy', ids: [1, 2, 4] },
      { mood: null, ids: [3] },
    ]);
    const query = 'SELECT $1::mood IN (SELECT mood FROM many) AS there, coalesce($1, $2) AS one';
    expect(await db.query(query, ['sad', 'ok'])).toEqual([{ there: null, one: 'sad' }]);
    const values = 'SELECT * FROM (VALUES ($1::mood), ($2)) AS v(m) ORDER BY m DESC';
    expect(await db.query(values, ['sad', 'happy'])).toEqual([{ m: 'happy' }, { m: 'sad' }]);
  });

  test('a label that is none, and a value that is no text, are refused', async () => {
    const refused = async (value: string | number): Promise<string> => {
      const error: unknown = await db
        .execute('UPDATE person SET mood = $1', [value])
        .then(null, (reason: unknown) => reason);
      return error instanceof DatabaseError ? `${error.code} ${error.message}` : 'accepted';
    };
    expect(await refused('angry')).toBe('22P02 invalid input value for enum mood: "angry"');
    expect(await refused(1)).toMatch(/^22P02/);
  });

  test('a transaction may not use what it adds; a fork knows what it made', async () => {
    await db.transaction(async (work) => {
      await work.execute("CREATE TYPE own AS ENUM ('x', 'y')");
      expect(await work.query("SELECT 'y'::own > 'x' AS more")).toEqual([{ more: true }]);
    });
    await expect(
      db.transaction(async (work) => {
        await work.execute("ALTER TYPE own ADD VALUE 'z'");
        await work.query('SELECT $1::own', ['z']);
      }),
    ).rejects.toMatchObject({ code: '55P04' });
    expect(await db.query('SELECT enum_last(NULL::own) AS last')).toEqual([{ last: 'y' }]);
  });

  test('CREATE TABLE AS EXECUTE takes its parameters along', async () => {
    const session = db.session();
    try {
      await session.execute('PREPARE q (mood) AS SELECT $1 AS a, ARRAY[$1] AS b');
      await session.execute("CREATE TABLE made AS EXECUTE q ('ok')");
      expect(await session.query('SELECT a, b FROM made')).toEqual([{ a: 'ok', b: ['ok'] }]);
    } finally {
      await session.close();
    }
    const { columns } = await db.execute('SELECT * FROM made');
    expect(columns.map(({ type }) => type)).toEqual(['mood', 'mood[]']);
  });
});

test('a restart finds types, labels, keys and definitions, of now and of then', async () => {
  const directory = tempDirectory();
  let own = await open({ directory });
  await own.execute("CREATE TYPE level AS ENUM ('low', 'high')");
  await own.execute(
    `CREATE TABLE t (l level PRIMARY KEY, note level[] DEFAULT '{low}',
      up boolean GENERATED ALWAYS AS (l > 'low') STORED, CHECK (l <> 'high' OR note IS NOT NULL))`,
  );
  const { position } = await own.execute("INSERT INTO t VALUES ('high'), ('low')");
  await own.execute("ALTER TYPE level ADD VALUE 'mid' AFTER 'low'");
  await own.execute("ALTER TYPE level RENAME VALUE 'high' TO 'top'");
  await own.execute("INSERT INTO t VALUES ('mid')");
  await own.execute('CREATE VIEW v AS SELECT l FROM t WHERE l >= $$mid$$');
  await own.close();
  own = await open({ directory });
  expect(await own.query('SELECT * FROM t ORDER BY l')).toEqual([
    { l: 'low', note: ['low'], up: false },
    { l: 'mid', note: ['low'], up: true },
    { l: 'top', note: ['low'], up: true },
  ]);
  expect(await own.query(`SELECT l FROM t AS OF POSITION ${position} ORDER BY l`)).toEqual([
    { l: 'low' },
    { l: 'high' },
  ]);
  expect(await own.query("SELECT l FROM t WHERE l = 'top'")).toEqual([{ l: 'top' }]);
  expect(await own.query('SELECT l FROM v ORDER BY l DESC')).toEqual([{ l: 'top' }, { l: 'mid' }]);
  await expect(own.execute("INSERT INTO t VALUES ('mid')")).rejects.toMatchObject({
    code: '23505',
    detail: 'Key (l)=(mid) already exists.',
  });
  await expect(own.execute("INSERT INTO t VALUES ('top', NULL)")).rejects.toMatchObject({
    code: '23514',
  });
  await own.close();
});

test('changes show labels, those of their time', async () => {
  const own = await open({ memory: true });
  await own.execute("CREATE TYPE level AS ENUM ('low', 'high')");
  await own.execute('CREATE TABLE t (l level PRIMARY KEY, ls level[])');
  await own.execute("INSERT INTO t VALUES ('low', '{low,high}')");
  await own.execute("ALTER TYPE level RENAME VALUE 'low' TO 'down'");
  await own.execute("UPDATE t SET ls = '{down}'");
  const seen: Change[] = [];
  for await (const change of own.subscribe({ after: 0 })) {
    seen.push(change);
    if (seen.length === 2) break;
  }
  expect(seen).toMatchObject([
    { operation: 'insert', key: { l: 'low' }, after: { l: 'low', ls: ['low', 'high'] } },
    {
      operation: 'update',
      key: { l: 'down' },
      before: { l: 'down', ls: ['down', 'high'] },
      after: { l: 'down', ls: ['down'] },
    },
  ]);
  const { position } = await own.transaction(async (work) => {
    await work.execute('ALTER TABLE t DROP COLUMN ls, ALTER COLUMN l TYPE text');
    await work.execute('DROP TYPE level');
    return work.execute('SELECT 1');
  });
  const rewritten: Change[] = [];
  for await (const change of own.subscribe({ after: position })) {
    rewritten.push(change);
    if (rewritten.length === 2) break;
  }
  // The first is of a type that is no more.
  expect(rewritten).toMatchObject([
    { operation: 'delete', key: { l: 'down' }, before: { l: 'down', ls: ['down'] }, after: null },
    { operation: 'insert', key: { l: 'down' }, before: null, after: { l: 'down' } },
  ]);
  for await (const change of own.subscribe({ snapshot: true })) {
    expect(change).toMatchObject({ operation: 'snapshot', after: { l: 'down' } });
    break;
  }
  await own.close();
});
