/** The engine from text to rows: what a first user does in the first five minutes. */
import { expect, test } from 'vitest';
import { loadParser } from '../../shells/parser.ts';
import { MemoryDatabase } from './memory.ts';
import { isError } from './session/result.ts';
import type { Value } from './types/type.ts';

const parser = await loadParser();

function open(): (sql: string) => readonly (readonly Value[])[] | string {
  const session = new MemoryDatabase(parser).session();
  return (sql) => {
    const answer = session.run(sql).at(-1)!;
    return isError(answer) ? answer.code : answer.rows;
  };
}

test('a table is made, filled, changed, and read as it is and as it was', () => {
  const run = open();
  expect(run('CREATE TABLE patient (id int PRIMARY KEY, ward text NOT NULL)')).toEqual([]);
  expect(run("INSERT INTO patient VALUES (1, 'north'), (2, 'south')")).toEqual([]);
  expect(run("UPDATE patient SET ward = 'east' WHERE id = 1")).toEqual([]);
  const all = 'ORDER BY id';
  expect(run(`SELECT * FROM patient ${all}`)).toEqual([
    [1, 'east'],
    [2, 'south'],
  ]);
  expect(run(`SELECT * FROM patient AS OF POSITION 2 ${all}`)).toEqual([
    [1, 'north'],
    [2, 'south'],
  ]);
  expect(run('SELECT * FROM patient AS OF POSITION 1')).toEqual([]);
  expect(run('SELECT * FROM patient AS OF POSITION 99')).toBe('22023');
});

test('a refused statement changes nothing', () => {
  const run = open();
  run('CREATE TABLE t (a int PRIMARY KEY, b int CHECK (b > 0))');
  expect(run('INSERT INTO t VALUES (1, 1), (2, 0)')).toBe('23514');
  expect(run('INSERT INTO t VALUES (1, 1), (1, 2)')).toBe('23505');
  expect(run('SELECT count(*) FROM t')).toEqual([[0]]);
  expect(run('SELEC 1')).toBe('42601');
  expect(run('SELECT * FROM nobody')).toBe('42P01');
});

test('what is not supported says so', () => {
  const run = open();
  expect(run('SELECT ARRAY[1, 2]')).toBe('0A000');
  expect(run('CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$')).toBe('0A000');
});
