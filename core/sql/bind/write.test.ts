/** What INSERT, UPDATE and DELETE come to, through the whole engine in memory. */
import { beforeEach, describe, expect, it } from 'vitest';
import { loadParser } from '../../../shells/parser.ts';
import { MemoryDatabase } from '../memory.ts';
import type { MemorySession } from '../memory.ts';
import { isError } from '../session/result.ts';
import type { Value } from '../types/type.ts';

const parser = await loadParser();
let session: MemorySession;

/** Rows of the last statement, or the SQLSTATE of its error. */
function run(sql: string): readonly (readonly Value[])[] | string {
  const answer = session.run(sql).at(-1);
  if (answer === undefined) return [];
  return isError(answer) ? answer.code : answer.rows;
}

beforeEach(() => {
  session = new MemoryDatabase(parser).session();
  run(`create table p (
    id int generated always as identity primary key,
    a int default 5,
    c int generated always as (a * 2) stored,
    u int unique
  )`);
  run('create table k (x int primary key, y int)');
  run('insert into k values (1, 2), (3, null)');
});

describe('where values come from', () => {
  it('defaults, identity and generated columns', () => {
    expect(run('insert into p default values returning *')).toEqual([[1, 5, 10, null]]);
    expect(run('insert into p (a) values (7), (default) returning id, c')).toEqual([
      [2, 14],
      [3, 10],
    ]);
  });

  it('an identity is given only when it is overridden', () => {
    expect(run('insert into p (id) values (9)')).toBe('428C9');
    expect(run('insert into p (id) overriding system value values (9) returning id')).toEqual([
      [9],
    ]);
    expect(run('insert into p (id) overriding user value values (77) returning id')).toEqual([[1]]);
    expect(run('insert into p (c) values (1)')).toBe('428C9');
    expect(run('update p set c = 1')).toBe('428C9');
  });

  it('a column list that fits', () => {
    expect(run('insert into k (x, x) values (1, 2)')).toBe('42701');
    expect(run('insert into k (z) values (1)')).toBe('42703');
    expect(run('insert into k (x) values (1, 2)')).toBe('42601');
    expect(run('update k set x = 1, x = 2')).toBe('42601');
  });

  it('several columns from one row or one query', () => {
    expect(run('update k set (x, y) = (5, 6) where x = 1 returning *')).toEqual([[5, 6]]);
    expect(run('update k set (y, x) = (select 8, 9) where x = 3 returning *')).toEqual([[9, 8]]);
  });
});

describe('ON CONFLICT', () => {
  it('finds the index by its columns, and sees both rows', () => {
    const upsert =
      'insert into k values (1, 40) on conflict (x) do update set y = k.y + excluded.y';
    expect(run(`${upsert} returning *`)).toEqual([[1, 42]]);
    expect(run('insert into k values (1, 0) on conflict (y) do nothing')).toBe('42P10');
    expect(run('insert into k values (1, 0) on conflict do update set y = 1')).toBe('42601');
  });
});

describe('WITH around a write', () => {
  it('rows of one write feed another', () => {
    const moved = 'with d as (delete from k where x = 1 returning x, y) insert into p (a, u)';
    expect(run(`${moved} select x, y from d returning a, u`)).toEqual([[1, 2]]);
  });

  it('may be read in RETURNING and ON CONFLICT too, however often', () => {
    const c = 'with c as materialized (select 5 as v)';
    expect(run(`${c} insert into k select v, v from c returning (select v + 1 from c)`)).toEqual([
      [6],
    ]);
    const upsert = 'on conflict (x) do update set y = (select v from c) + (select v from c)';
    expect(run(`${c} insert into k values (5, 1) ${upsert} returning y`)).toEqual([[10]]);
  });

  it('says that rows of a write cannot be read there', () => {
    const w = 'with w as (insert into k values (9, 9) returning x)';
    expect(run(`${w} insert into k values (10, 1) returning (select x from w)`)).toBe('0A000');
  });
});

describe('a view of one table', () => {
  beforeEach(() => {
    run('create view v as select y as name, x, x * 2 as twice from k where x > 1');
  });

  it('is written through to its table', () => {
    expect(run('insert into v (x, name) values (9, 4) returning *')).toEqual([[4, 9, 18]]);
    expect(run('update v set name = 5 where twice = 6 returning x, name')).toEqual([[3, 5]]);
    expect(run('delete from v returning x')).toEqual([[3], [9]]);
    expect(run('select x from k')).toEqual([[1]]);
  });

  it('has no values for what it computes', () => {
    expect(run('insert into v (twice) values (1)')).toBe('0A000');
    expect(run('update v set twice = 1')).toBe('0A000');
  });

  it('of anything else is not written', () => {
    run('create view groups as select count(*) from k');
    expect(run('delete from groups')).toBe('55000');
  });
});
