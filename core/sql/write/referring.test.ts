/** What the actions of foreign keys do to the rows that refer. */
import { expect, test } from 'vitest';
import { loadParser } from '../../../shells/parser.ts';
import { MemoryDatabase } from '../memory.ts';
import { isError } from '../session/result.ts';
import type { Value } from '../types/type.ts';

const parser = await loadParser();

/** Rows of the last statement, or the SQLSTATE of its error. */
function run(sql: string, session = new MemoryDatabase(parser).session()): unknown {
  const answer = session.run(sql).at(-1)!;
  return isError(answer) ? answer.code : answer.rows.map((row: readonly Value[]) => row);
}

const TABLE = `create table g (
  id int primary key,
  p int references g on update cascade on delete set null,
  gp int generated always as (coalesce(p, 0) + 1) stored unique check (gp < 100 and gp > 1)
)`;

test('generated columns follow, and so do their constraints', () => {
  const session = new MemoryDatabase(parser).session();
  run(`${TABLE}; insert into g values (1, 1), (3, 3)`, session);
  run('update g set id = 50 where id = 3', session);
  expect(run('select * from g order by id', session)).toEqual([
    [1, 1, 2],
    [50, 50, 51],
  ]);
  expect(run('update g set id = 150 where id = 50', session)).toBe('23514');
  run('insert into g values (60, 50)', session);
  expect(run('update g set id = 1 where id = 50', session)).toBe('23505');
});

test('SET NULL computes them anew', () => {
  const session = new MemoryDatabase(parser).session();
  run('create table p (id int primary key); insert into p values (7), (8)', session);
  run(
    `create table c (p int references p on delete set null,
       gp int generated always as (coalesce(p, 0) + 1) stored check (gp <> 1 or p is null),
       big boolean generated always as (coalesce(p, 0) > 7) stored check (big is not false))`,
    session,
  );
  expect(run('insert into c values (8) returning gp, big', session)).toEqual([[9, true]]);
  expect(run('delete from p where id = 8', session)).toBe('23514');
  run('alter table c drop constraint c_big_check', session);
  expect(run('delete from p where id = 8', session)).toEqual([]);
  expect(run('select * from c', session)).toEqual([[null, 1, false]]);
});

test('RESTRICT is of its own action', () => {
  const session = new MemoryDatabase(parser).session();
  run('create table p (id int primary key)', session);
  run(
    `create table c (p int references p on update restrict deferrable initially deferred);
     insert into p values (1); insert into c values (1)`,
    session,
  );
  run('begin; delete from p; insert into p values (1)', session);
  expect(run('commit', session)).toEqual([]);
  expect(run('update p set id = 2', session)).toBe('23503');
});
