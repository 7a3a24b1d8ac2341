/** A server end to end: real sockets, real files, the client library. */
import { afterEach, expect, test } from 'vitest';
import { tempDirectory } from '../testing/temp-directory.ts';
import { TestServers } from './testing/servers.ts';

let servers: TestServers | null = null;

afterEach(async () => {
  await servers?.end();
  servers = null;
});

test('one server executes statements, and answers them losslessly', async () => {
  servers = await TestServers.start({ directory: tempDirectory() });
  const db = await servers.connect();
  await db.execute('CREATE TABLE patients (id INTEGER PRIMARY KEY, name TEXT, big BIGINT)');
  const inserted = await db.execute('INSERT INTO patients VALUES ($1, $2, $3)', [
    1,
    'Ada',
    2n ** 62n,
  ]);
  expect(inserted.command).toBe('INSERT 0 1');
  expect(await db.query('SELECT * FROM patients')).toEqual([
    { id: 1, name: 'Ada', big: 2n ** 62n },
  ]);
  await expect(db.query('SELECT * FROM nothing')).rejects.toMatchObject({ code: '42P01' });
});

test('labels of enums come as text, and their columns say the type', async () => {
  servers = await TestServers.start({ directory: tempDirectory() });
  const db = await servers.connect();
  await db.execute("CREATE TYPE mood AS ENUM ('sad', 'ok')");
  await db.execute('CREATE TABLE people (id INTEGER PRIMARY KEY, mood mood, moods mood[])');
  await db.execute('INSERT INTO people VALUES (1, $1, $2)', ['ok', ['ok', 'sad']]);
  const result = await db.execute('SELECT mood, moods FROM people WHERE mood > $1', ['sad']);
  expect(result.rows).toEqual([{ mood: 'ok', moods: ['ok', 'sad'] }]);
  expect(result.columns).toEqual([
    { name: 'mood', type: 'mood' },
    { name: 'moods', type: 'mood[]' },
  ]);
  await expect(db.query('SELECT $1::mood', ['glad'])).rejects.toMatchObject({ code: '22P02' });
});
