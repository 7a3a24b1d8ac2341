/** Time travel as the binder sees it: which schema, which moment, which tables. */
import { beforeEach, describe, expect, it } from 'vitest';
import { loadParser } from '../../../shells/parser.ts';
import { MemoryDatabase } from '../memory.ts';
import type { MemorySession } from '../memory.ts';
import { isError } from '../session/result.ts';
import type { Value } from '../types/type.ts';

const parser = await loadParser();
let database: MemoryDatabase;
let session: MemorySession;
/** Positions after the insert and after the update. */
let inserted: number;
let updated: number;

function run(sql: string): readonly (readonly Value[])[] | string {
  const answer = session.run(sql).at(-1);
  if (answer === undefined) return [];
  return isError(answer) ? answer.code : answer.rows;
}

beforeEach(() => {
  database = new MemoryDatabase(parser);
  session = database.session();
  run('create table t (id int primary key, a int)');
  run('create view v as select a, count(*)::int as n from t group by a');
  run('insert into t values (1, 10), (2, 20)');
  inserted = database.position;
  run('update t set a = 11 where id = 1');
  updated = database.position;
  run('alter table t rename column a to b');
  run('drop view v');
});

describe('AS OF', () => {
  it('reads rows and names of then, beside those of now', () => {
    expect(run(`select a from t as of position ${inserted} order by id`)).toEqual([[10], [20]]);
    const both = `select o.a, n.b from t n join t as of position ${inserted} o using (id)`;
    expect(run(`${both} order by id`)).toEqual([
      [10, 11],
      [20, 20],
    ]);
    expect(run('select a from t')).toBe('42703');
    expect(run(`select b from t as of position ${inserted}`)).toBe('42703');
  });

  it('a view uses its definition and tables of then, also when it is gone', () => {
    expect(run(`select * from v as of position ${updated} order by a`)).toEqual([
      [11, 1],
      [20, 1],
    ]);
    expect(run('select * from v')).toBe('42P01');
  });

  it('a period has versions, with their hidden columns', () => {
    const versions = 'select b, _created_position from t for system_time all where id = 1';
    expect(run(`${versions} order by 2`)).toEqual([
      [10, inserted],
      [11, updated],
    ]);
    expect(run('select * from t')).toEqual([
      [1, 11],
      [2, 20],
    ]);
  });

  it('shows the catalogue and the log of then, through views, too', () => {
    const columns = 'select column_name::text from information_schema.columns';
    const now = `${columns} where table_name = 't'`;
    const then = `${columns} as of position ${inserted} where table_name = 't'`;
    expect([run(now), run(then)]).toEqual([
      [['id'], ['b']],
      [['id'], ['a']],
    ]);
    run('create view known as select table_name::text from information_schema.tables');
    const seen = database.position;
    run('create view later as select 1');
    const names = "where table_name in ('later', 'known') order by 1";
    expect(run(`select * from known ${names}`)).toEqual([['known'], ['later']]);
    expect(run(`select * from known as of position ${seen} ${names}`)).toEqual([['known']]);
    run(`set kimberlite.as_of = '${seen}'`);
    expect(run(`select * from known ${names}`)).toEqual([['known']]);
  });

  it('calls a type in the catalogue of then as it was called', () => {
    run("create type mood as enum ('ok')");
    run('create table m (m mood)');
    const made = database.position;
    run('alter type mood rename to feeling');
    const type = (when: string): unknown =>
      run(`select udt_name::text from information_schema.columns ${when} where table_name = 'm'`);
    expect([type(''), type(`as of position ${made}`)]).toEqual([[['feeling']], [['mood']]]);
    expect(run('select null::feeling')).toEqual([[null]]);
  });

  it('is refused where it has no meaning', () => {
    expect(run('select * from information_schema.tables for system_time all')).toBe('0A000');
    expect(run('select * from t as of position 1000')).toBe('22023');
    expect(run('with c as (select 1) select * from c as of position 3')).toBe('0A000');
    expect(run('select * from t as of position (select 3)')).toBe('0A000');
    expect(run('select * from t as of position (null)')).toBe('22004');
  });
});
