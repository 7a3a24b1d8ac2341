/** Defaults that draw from a sequence know it for good, whatever it is called later. */
import { beforeAll, expect, test } from 'vitest';
import { loadParser } from '../../../shells/parser.ts';
import { SqlError } from '../error.ts';
import { MemoryDatabase } from '../memory.ts';
import type { MemorySession } from '../memory.ts';
import type { Parser } from '../parser/parser.ts';

let parser: Parser;

beforeAll(async () => {
  parser = await loadParser();
});

function session(): MemorySession {
  return new MemoryDatabase(parser).session();
}

/** The first value of the last statement's first row, or its SQLSTATE. */
function answer(on: MemorySession, text: string): string {
  const last = on.run(text).at(-1)!;
  return last instanceof SqlError ? last.code : String(last.rows[0]?.[0]);
}

const SETUP = `CREATE SEQUENCE s;
  CREATE TABLE t (
    id int,
    n text DEFAULT 'no. ' || nextval('s'),
    m int DEFAULT nextval('s'::regclass)
  );
  CREATE VIEW v AS SELECT id, m FROM t; ALTER VIEW v ALTER m SET DEFAULT nextval('s')`;

test('one that is not there is told when the default is made', () => {
  const on = session();
  expect(answer(on, "CREATE TABLE t (a int DEFAULT nextval('s'))")).toBe('42P01');
  expect(answer(on, "CREATE TABLE t (a int DEFAULT nextval('s'::text))")).toBe('undefined');
  expect(answer(on, "ALTER TABLE t ALTER a SET DEFAULT 1 + nextval('x.s')")).toBe('3F000');
  expect(answer(on, 'INSERT INTO t DEFAULT VALUES RETURNING a')).toBe('42P01');
});

test.each([
  ['ALTER SEQUENCE s RENAME TO "Other one"'],
  ['CREATE SCHEMA x; ALTER SEQUENCE s SET SCHEMA x'],
  ['CREATE SCHEMA x; ALTER SEQUENCE s SET SCHEMA x; SET search_path TO x, public'],
  ['ALTER SEQUENCE s OWNED BY t.id; CREATE SCHEMA x; ALTER TABLE t SET SCHEMA x'],
])('%s: defaults follow', (move) => {
  const on = session();
  on.run(SETUP);
  on.run(move);
  const table = move.includes('ALTER TABLE') ? 'x.t' : 't';
  expect(answer(on, `INSERT INTO ${table} DEFAULT VALUES RETURNING n`)).toBe('no. 1');
  expect(answer(on, `INSERT INTO ${table} DEFAULT VALUES RETURNING m`)).toBe('4');
  expect(answer(on, 'INSERT INTO v (id) VALUES (7) RETURNING m')).toBe('6');
});

test('another one of the name, found first now, is not drawn from', () => {
  const on = session();
  on.run(SETUP);
  on.run('CREATE SCHEMA x; CREATE SEQUENCE x.s START 100; SET search_path TO x, public');
  expect(answer(on, 'INSERT INTO t DEFAULT VALUES RETURNING n')).toBe('no. 1');
});

test('a temporary one hides another of its name, and is not confused with it', () => {
  const on = session();
  on.run('CREATE SEQUENCE s START 100; CREATE TEMP SEQUENCE s');
  on.run("CREATE TEMP TABLE t (a int DEFAULT nextval('s'), b int DEFAULT nextval('public.s'))");
  on.run('ALTER SEQUENCE public.s RENAME TO r');
  expect(answer(on, 'INSERT INTO t DEFAULT VALUES RETURNING a')).toBe('1');
  on.run('ALTER SEQUENCE s RENAME TO q');
  expect(answer(on, 'INSERT INTO t DEFAULT VALUES RETURNING a')).toBe('2');
  expect(answer(on, 'INSERT INTO t DEFAULT VALUES RETURNING b')).toBe('102');
});

test('what draws from it is in the way of its end, and goes by CASCADE', () => {
  const on = session();
  on.run(SETUP);
  on.run('ALTER SEQUENCE s RENAME TO r');
  expect(answer(on, 'DROP SEQUENCE r')).toBe('2BP01');
  on.run('DROP SEQUENCE r CASCADE');
  expect(answer(on, 'INSERT INTO t DEFAULT VALUES RETURNING coalesce(n, $$none$$)')).toBe('none');
});

test('it is owned by a table of its schema', () => {
  const on = session();
  on.run('CREATE SCHEMA x; CREATE TABLE x.t (a int); CREATE SEQUENCE s');
  expect(answer(on, 'ALTER SEQUENCE s OWNED BY x.t.a')).toBe('55000');
  expect(answer(on, 'CREATE SEQUENCE r OWNED BY x.t.a')).toBe('55000');
  expect(answer(on, 'CREATE SEQUENCE x.r OWNED BY x.t.a')).toBe('undefined');
});
