/** ORDER BY over what has been ordered already, in the same way or another. */
import { beforeAll, describe, expect, it } from 'vitest';
import { loadParser } from '../../../shells/parser.ts';
import { MemoryDatabase } from '../memory.ts';
import type { MemorySession } from '../memory.ts';
import { isError } from '../session/result.ts';

const parser = await loadParser();
let session: MemorySession;

function run(sql: string): unknown[][] {
  const answer = session.run(sql).at(-1)!;
  if (isError(answer)) throw new Error(`${answer.code} ${answer.message}: ${sql}`);
  return answer.rows.map((row) => [...row]);
}

function sorts(sql: string): number {
  return run(`explain ${sql}`).filter(([line]) =>
    /^ *(?:-> *)?(?:Top-N )?Sort\b(?! Key)/.test(String(line)),
  ).length;
}

beforeAll(() => {
  session = new MemoryDatabase(parser).session();
  run('create table t (a int primary key, b int not null)');
  run('insert into t values (1, 3), (2, 2), (3, 1), (4, 0)');
  run('create view latest as select a, b from t order by a desc limit 3');
});

describe('ORDER BY over the first rows in another order', () => {
  it.each([
    ['select a, b from (select a, b from t order by a limit 3) q order by b', '1 2 3'],
    ['select a, b from (select a, b from t order by a limit 3) q order by a desc', '1 2 3'],
    ['select b, a from latest order by a', '2 1 0'],
    ['with q as (select * from t order by a limit 2) select b, a from q order by b', '2 3'],
    ['select b from (select * from t order by b offset 1) q order by a desc limit 2', '1 2'],
    ['select b from (select * from t order by a fetch first 2 rows with ties) q order by b', '2 3'],
  ])('%s', (sql, expected) => {
    const wanted = expected.split(' ').map(Number);
    const column = sql.startsWith('select a, b') ? 1 : 0;
    const got = run(sql).map((row) => row[column]);
    expect(got).toEqual(wanted);
  });

  it('sorts once more only where the order is another one', () => {
    expect(sorts('select * from (select * from t order by b limit 3) q order by b')).toBe(1);
    expect(sorts('select * from (select * from t order by b, a limit 3) q order by b')).toBe(1);
    expect(sorts('select * from (select * from t order by b limit 3) q order by b, a')).toBe(2);
    expect(sorts('select * from (select * from t order by b limit 3) q order by b desc')).toBe(2);
    expect(sorts('select * from latest order by b')).toBe(1);
    expect(sorts('select * from latest order by a desc')).toBe(0);
  });
});

describe('the first rows where the first key has an index', () => {
  beforeAll(() => {
    run('create table event (id int primary key, at timestamp, kind int)');
    run(`insert into event select g, case when g % 50 > 0 then
      timestamp '2024-01-01' + g * 37 % 900 * interval '1 hour' end, g % 7
      from generate_series(1, 4000) g`);
    run('create index on event (at)');
  });

  it.each([
    'select id from event order by at desc, id desc',
    'select id from event order by at, id desc',
    'select id from event order by at desc nulls last, kind, id',
    'select id from event where kind = 3 order by at nulls first, id',
    'select e.id, f.id from event e join event f on f.id = e.kind order by e.id, f.at, f.id',
  ])('%s', (sql) => {
    const all = run(sql);
    for (const [limit, offset] of [
      [0, 0],
      [1, 0],
      [20, 0],
      [20, 300],
      [1500, 7],
    ] as const) {
      const some = run(`${sql} limit ${limit} offset ${offset}`);
      expect(some).toEqual(all.slice(offset, offset + limit));
    }
  });

  it('come from it without sorting all', () => {
    const plan = (sql: string): string => run(`explain ${sql}`).join('\n');
    const paged = plan('select id from event order by at desc, id desc limit 20');
    expect(paged).toMatch(/Presorted Key: .*\n.*Index Scan Backward using event_at_idx/);
    // Of a kind there may be any number.
    run('create index on event (kind)');
    expect(plan('select id from event order by kind, id limit 20')).not.toContain('Presorted');
    expect(plan('select id from event order by at, id')).not.toContain('Presorted');
  });
});
