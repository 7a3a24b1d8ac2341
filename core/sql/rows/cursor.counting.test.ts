/** Rows of an index are counted without being looked up: the same number as of those that are. */
import { beforeEach, describe, expect, it } from 'vitest';
import { loadParser } from '../../../shells/parser.ts';
import { MemoryDatabase } from '../memory.ts';
import type { MemorySession } from '../memory.ts';
import { isError } from '../session/result.ts';

const parser = await loadParser();
let database: MemoryDatabase;
let session: MemorySession;

function run(sql: string): readonly (readonly unknown[])[] {
  const answer = session.run(sql).at(-1)!;
  if (isError(answer)) throw new Error(`${answer.code} ${answer.message}: ${sql}`);
  return answer.rows;
}

/** By the index alone, by the rows, and without it. */
function counts(when: string = ''): unknown[] {
  const of = `from t ${when} where k between 3 and 40`;
  const counted = [`count(*)`, 'count(v)', 'sum(1)'].map((what) =>
    run(`select ${what}::int ${of}`),
  );
  const all = run(`select count(*)::int from t ${when} where k + 0 between 3 and 40`);
  const partners = run(`select count(*)::int from generate_series(1, 60) g
    where exists (select from t ${when} where t.k = g) and g between 3 and 40`);
  expect(partners[0]![0]).toBe(run(`select count(distinct k)::int ${of}`)[0]![0]);
  return [...counted, all].map(([row]) => row![0]);
}

beforeEach(() => {
  database = new MemoryDatabase(parser);
  session = database.session();
  run('create table t (id int primary key, k int, v int not null default 0)');
  run('create index on t (k)');
  run('insert into t select g, g % 50 from generate_series(1, 3000) g');
});

describe('a count by an index', () => {
  it('is that of the rows', () => {
    const plan = run('explain select count(*) from t where k between 3 and 40').join('\n');
    expect(plan).toContain('Index Scan using t_k_idx');
    expect(counts()).toEqual([2280, 2280, 2280, 2280]);
  });

  it('is that of a time when there were others', () => {
    const before = database.position;
    run('delete from t where id % 3 = 0');
    run('update t set k = k + 1 where id % 5 = 0');
    const after = database.position;
    run('update t set v = 1 where id % 2 = 0');
    run('delete from t where k = 7');
    const now = counts();
    expect(new Set(now).size).toBe(1);
    expect(counts(`as of position ${before}`)).toEqual([2280, 2280, 2280, 2280]);
    expect(new Set(counts(`as of position ${after}`)).size).toBe(1);
    expect(counts(`as of position ${after}`)[0]).toBeGreaterThan(Number(now[0]));
  });

  it('has what its transaction has done', () => {
    run('begin');
    run('delete from t where id <= 100');
    run('insert into t select g, 5 from generate_series(5001, 5007) g');
    run('update t set k = 99 where id between 200 and 220');
    const [first, ...others] = counts();
    expect(others).toEqual([first, first, first]);
    expect(first).not.toBe(2280);
    run('rollback');
    expect(counts()).toEqual([2280, 2280, 2280, 2280]);
  });

  it('is read for a transaction: who adds to it meanwhile is found out', () => {
    const other = database.session();
    run('begin');
    run('select count(*) from t where k = 5');
    other.run('insert into t values (9001, 5)');
    run('insert into t values (9002, 60)');
    const answer = session.run('commit').at(-1)!;
    expect(isError(answer) && answer.code).toBe('40001');
  });
});
