/** EXPLAIN (FORMAT JSON): one value of type json, with all that the text says. */
import { beforeAll, expect, it } from 'vitest';
import { loadParser } from '../../../shells/parser.ts';
import { MemoryDatabase } from '../memory.ts';
import type { MemorySession } from '../memory.ts';
import { isError } from '../session/result.ts';
import { JSON as JSON_TYPE } from '../types/type.ts';

const parser = await loadParser();
let session: MemorySession;

interface Shown {
  readonly 'Node Type': string;
  readonly Plans?: readonly Shown[];
}

function plan(sql: string, options: string = ''): Shown {
  const answer = session.run(`explain (format json${options}) ${sql}`).at(-1)!;
  if (isError(answer)) throw new Error(`${answer.code} ${answer.message}: ${sql}`);
  expect(answer.columns!.map(({ name, type }) => [name, type.id])).toEqual([
    ['QUERY PLAN', JSON_TYPE],
  ]);
  expect(answer.rows).toHaveLength(1);
  const [shown] = JSON.parse(String(answer.rows[0]![0])) as readonly { readonly Plan: Shown }[];
  return shown!.Plan;
}

beforeAll(() => {
  session = new MemoryDatabase(parser).session();
  session.run('create table t (id int primary key, a int)');
  session.run('create index on t (a)');
  session.run('insert into t select g, g % 7 from generate_series(1, 2000) g');
});

it('has an object for each operator', () => {
  expect(plan('select a, count(*) from t where id > 5 group by a order by a desc')).toMatchObject({
    'Node Type': 'Sort',
    'Sort Key': expect.stringContaining('DESC'),
    Plans: [
      {
        'Node Type': 'HashAggregate',
        Plans: [
          {
            'Node Type': 'Index Scan',
            'Scan Direction': 'Forward',
            'Index Name': 't_pkey',
            'Relation Name': 't',
            'Index Cond': 'id > 5',
          },
        ],
      },
    ],
  });
});

it('names kinds of joins, scans and subplans', () => {
  const joined = plan('select * from t x left join t y on x.a = y.id + 1');
  expect(joined).toMatchObject({ 'Node Type': 'Hash Join', 'Join Type': 'Left' });
  expect(joined.Plans!.map((one) => one['Node Type'])).toEqual(['Seq Scan', 'Seq Scan']);
  const asked = plan('select (select max(y.a) from t y where y.a < x.id) from t x');
  expect(asked.Plans![0]).toMatchObject({ 'Subplan Name': 'SubPlan 1' });
  const backward = plan('select id from t order by a desc limit 1');
  expect(JSON.stringify(backward)).toContain('"Scan Direction":"Backward"');
});

it('says how many rows there were, once it has run', () => {
  expect(plan('select * from t where a = 3')).not.toHaveProperty('Actual Rows');
  const counted = { 'Actual Rows': 286 };
  expect(plan('select * from t where a = 3', ', analyze')).toMatchObject(counted);
});
