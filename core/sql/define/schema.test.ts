/** Schemas renamed, and relations moved between them: whatever names them goes on. */
import { beforeEach, expect, it, test } from 'vitest';
import { loadParser } from '../../../shells/parser.ts';
import { MemoryDatabase } from '../memory.ts';
import type { MemorySession } from '../memory.ts';
import { isError } from '../session/result.ts';

const parser = await loadParser();
let database: MemoryDatabase;
let session: MemorySession;

/** The rows of the last statement, or its SQLSTATE. */
function run(...statements: readonly string[]): unknown {
  const last = statements.flatMap((sql) => session.run(sql)).at(-1)!;
  return isError(last) ? last.code : last.rows;
}

beforeEach(() => {
  database = new MemoryDatabase(parser);
  session = database.session();
  run(
    'create schema x',
    "create type x.mood as enum ('ok')",
    "create table x.t (id serial primary key, m x.mood default 'ok', up int references x.t)",
    "create table u (n int default nextval('x.t_id_seq'), t int references x.t, m x.mood)",
    'create view v as select id, m, last_value from x.t, x.t_id_seq',
    "create view x.inner as select 'ok'::x.mood as m, count(*)::int as n from x.t",
    'insert into x.t default values',
  );
});

it('a schema is renamed, with all that is in it', () => {
  const before = database.position;
  expect(run('alter schema x rename to y')).toEqual([]);
  expect(run('insert into y.t (up) values (1)', 'table y.t')).toEqual([
    [1, 'ok', null],
    [2, 'ok', 1],
  ]);
  expect(run('select id, m, last_value from v order by id')).toEqual([
    [1, 'ok', 2],
    [2, 'ok', 2],
  ]);
  expect(run('table y.inner')).toEqual([['ok', 2]]);
  expect(run("insert into u (t, m) values (2, 'ok')", 'table u')).toEqual([[3, 2, 'ok']]);
  expect(run('insert into u (t) values (9)')).toBe('23503');
  expect([run('table x.t'), run("select 'ok'::x.mood")]).toEqual(['42P01', '42704']);
  expect(run(`select id, m from x.t as of position ${before}`)).toEqual([[1, 'ok']]);
  expect(run('create schema x', 'create table x.t (a int)', 'table x.t')).toEqual([]);
});

it('in a transaction that is rolled back nothing of it stays', () => {
  run('begin', 'alter schema x rename to y', 'insert into y.t default values', 'rollback');
  expect([run('select id from x.t'), run('table y.t')]).toEqual([[[1]], '42P01']);
});

test.each([
  ['alter schema nowhere rename to y', '3F000'],
  ['alter schema x rename to public', '42P06'],
  ['alter schema x rename to information_schema', '42P06'],
  ['alter schema x rename to pg_own', '42939'],
  ['alter schema information_schema rename to y', '42501'],
  ['alter schema pg_temp_1 rename to y', '42501'],
])('%s: %s', (sql, code) => {
  expect(run(sql)).toBe(code);
  expect(run('select id from x.t')).toEqual([[1]]);
});

it('a table that moves takes its sequences along, for those that read them, too', () => {
  run('create schema z', 'alter table x.t set schema z', 'insert into z.t default values');
  expect(run('select id, last_value from v order by id')).toEqual([
    [1, 2],
    [2, 2],
  ]);
  expect(run('insert into u (t) values (2)', 'select n from u')).toEqual([[3]]);
});

test.each([
  'drop table nowhere.t',
  'drop view nowhere.v',
  'drop index nowhere.i',
  'drop type nowhere.m',
  'alter table nowhere.t add a int',
  'alter table nowhere.t rename to u',
  'alter table nowhere.t set schema x',
  'alter sequence nowhere.s restart',
  'alter type nowhere.m rename to n',
  'comment on table nowhere.t is null',
  'create index on nowhere.t (a)',
  'create table y (like nowhere.t)',
  'create table y (a int references nowhere.t)',
  "create table y (a int default nextval('nowhere.s'))",
  "select nextval('nowhere.s')",
  'truncate nowhere.t',
])('%s: the schema is what there is not', (sql) => {
  expect(run(sql)).toBe('3F000');
});

test.each([
  ['select * from nowhere.t', '42P01'],
  ['insert into nowhere.t values (1)', '42P01'],
  ['drop table if exists nowhere.t', undefined],
  ['alter table if exists nowhere.t rename to u', undefined],
  ['drop table x.nothing', '42P01'],
  ['drop table pg_temp.nothing', '42P01'],
])('%s: %s', (sql, code) => {
  expect(run(sql)).toEqual(code ?? []);
});
