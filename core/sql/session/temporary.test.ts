/** What is temporary: where it is made, where it is found, and that it stays there. */
import { beforeEach, describe, expect, it } from 'vitest';
import { loadParser } from '../../../shells/parser.ts';
import { MemoryDatabase } from '../memory.ts';
import type { MemorySession } from '../memory.ts';
import { isError } from './result.ts';

const parser = await loadParser();
let session: MemorySession;

/** The rows of the last statement, or its SQLSTATE. */
function run(...statements: readonly string[]): unknown {
  const answers = statements.flatMap((sql) => session.run(sql));
  const last = answers.at(-1)!;
  return isError(last) ? last.code : last.rows;
}

beforeEach(() => {
  session = new MemoryDatabase(parser).session();
  run(
    'create schema w',
    'set search_path to w',
    'create table t (a int)',
    'insert into t values (1)',
  );
});

describe('a temporary table', () => {
  it('comes before others of its name, unless the search path says otherwise', () => {
    run('create temp table t (b text)');
    expect([run('table t'), run('table pg_temp.t'), run('table w.t')]).toEqual([[], [], [[1]]]);
    run('set search_path to w, pg_temp');
    expect(run('table t')).toEqual([[1]]);
  });

  it('is made by a search path that begins with its schema', () => {
    run('set search_path to pg_temp, w', 'create table t (b int)', 'insert into t values (2)');
    run('create view v as select 3', "create type mood as enum ('ok')", 'create sequence s');
    expect([run('table pg_temp.t'), run('table pg_temp.v')]).toEqual([[[2]], [[3]]]);
    expect(run("select 'ok'::pg_temp.mood", "select nextval('pg_temp.s')")).toEqual([[1]]);
    expect(run('table w.t')).toEqual([[1]]);
    expect(run("select current_schema()::text like 'pg_temp%'")).toEqual([[true]]);
  });

  it('stays what it is, and so does what is not', () => {
    run('create temp table own (a int)', "create type pg_temp.mood as enum ('ok')");
    expect(run('alter table own set schema w')).toBe('0A000');
    expect(run('alter table t set schema pg_temp')).toBe('0A000');
    expect(run('alter type pg_temp.mood set schema w')).toBe('0A000');
    expect([run('table pg_temp.own'), run('table w.t')]).toEqual([[], [[1]]]);
  });
});

describe('the current schema', () => {
  it('is the first of the search path that there is', () => {
    expect(run('select current_schema()::text')).toEqual([['w']]);
    run('create temp table own (a int)', 'set search_path to nowhere, w');
    expect(run('select current_schema()::text, current_schema::text')).toEqual([['w', 'w']]);
    expect(run('set search_path to nowhere', 'select current_schema()')).toEqual([[null]]);
    expect(run('create table u (a int)')).toBe('3F000');
  });
});
