/** Text whose meaning depends on the clock is read when a statement runs, not when planned. */
import { beforeAll, expect, test } from 'vitest';
import { loadParser } from '../../../shells/parser.ts';
import { SqlError } from '../error.ts';
import { MemoryDatabase } from '../memory.ts';
import type { Parser } from '../parser/parser.ts';
import { dependsOnClock } from './datetime-text.ts';
import { DATE, TEXT, TIMESTAMPTZ } from './type.ts';

let parser: Parser;

beforeAll(async () => {
  parser = await loadParser();
});

test("'now' and its like depend on the clock, and only in types of time", () => {
  expect(dependsOnClock(TIMESTAMPTZ, 'now')).toBe(true);
  expect(dependsOnClock(DATE, ' Tomorrow ')).toBe(true);
  expect(dependsOnClock(DATE, '2020-01-01')).toBe(false);
  expect(dependsOnClock(TEXT, 'now')).toBe(false);
});

test("a statement with 'now' says another moment when it is run again", () => {
  const session = new MemoryDatabase(parser).session();
  const run = (sql: string): unknown => {
    const [answer] = session.run(sql);
    if (answer === undefined || answer instanceof SqlError) throw answer ?? new Error('no answer');
    return answer.rows[0]?.[0];
  };
  run('create table t (at timestamptz)');
  const insert = "insert into t values ('now') returning at";
  const first = run(insert);
  const second = run(insert);
  expect(second).not.toEqual(first);
  expect(run("select count(*) from t where at <= 'now'")).toBe(2);
});
