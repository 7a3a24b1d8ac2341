/** Which differences a plan explains, and that it explains no others. */
import { expect, test } from 'vitest';
// @ts-expect-error A script, without types.
import { explain } from './explain.mjs';

type Plan = Record<string, unknown>;
type Explain = (
  theirs: object,
  sql: string,
  mine: object,
  verdict: string,
  millis?: number,
) => Promise<string>;
const judge = explain as Explain;

/** A session that answers EXPLAIN with this plan, and notes what it was asked. */
function planning(plan: Plan): { asked: string[]; run: (sql: string) => Promise<object> } {
  const asked: string[] = [];
  return {
    asked,
    run: (sql) => {
      asked.push(sql);
      return Promise.resolve({ code: '', rows: [[JSON.stringify([{ Plan: plan }])]] });
    },
  };
}

const NO_MEMORY = { code: '53200', rows: [] };
const ANSWERED = { code: '', rows: [] };

test('no memory is explained where more rows pass through PostgreSQL than we can hold', async () => {
  const sort = (rows: number, loops: number): Plan => ({
    Plans: [{ 'Actual Rows': 1 }, { 'Actual Rows': rows, 'Actual Loops': loops }],
  });
  expect(await judge(planning(sort(600_000, 1)), 'SELECT', NO_MEMORY, 'different')).toBe('limit');
  expect(await judge(planning(sort(600, 1000)), 'SELECT', NO_MEMORY, 'different')).toBe('limit');
  expect(await judge(planning(sort(600, 10)), 'SELECT', NO_MEMORY, 'different')).toBe('different');
});

test('a key that became a constant explains a difference of grouping sets, and of nothing else', async () => {
  const grouped = (key: string): Plan => ({
    Plans: [{ 'Grouping Sets': [{ 'Group Keys': [['t.a', key]] }, { 'Group Keys': [[]] }] }],
  });
  const sets = 'SELECT count(*) FROM t GROUP BY GROUPING SETS ((a), ())';
  for (const key of ["'b c'::text", '5', 'NULL::integer', "('it''s'::character varying(9))"]) {
    expect(await judge(planning(grouped(key)), sets, ANSWERED, 'different')).toBe('constantKey');
  }
  for (const key of ['t.b', "(t.c || 'x'::text)", '(5 + t.a)']) {
    expect(await judge(planning(grouped(key)), sets, ANSWERED, 'different')).toBe('different');
  }
  const plain = planning(grouped('5'));
  expect(await judge(plain, 'SELECT 1', ANSWERED, 'different')).toBe('different');
  expect(plain.asked).toEqual([]);
});

test('what takes both long is too large, and what takes only us long is not', async () => {
  const theirs = planning({});
  const slow = { code: '57014', rows: [] };
  expect(await judge(theirs, 'SELECT', slow, 'different', 25_000)).toBe('limit');
  expect(await judge(theirs, 'SELECT', slow, 'different', 5)).toBe('different');
  expect(theirs.asked).toEqual([]);
});

test('what is no difference is not looked into', async () => {
  const theirs = planning({});
  expect(await judge(theirs, 'SELECT 1', ANSWERED, 'same')).toBe('same');
  expect(theirs.asked).toEqual([]);
});
