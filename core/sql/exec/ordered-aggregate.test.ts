/** The first groups in the order of a key are those of all groups. */
import { beforeAll, describe, expect, it } from 'vitest';
import { loadParser } from '../../../shells/parser.ts';
import { MemoryDatabase } from '../memory.ts';
import type { MemorySession } from '../memory.ts';
import { isError } from '../session/result.ts';

const parser = await loadParser();
let session: MemorySession;

function run(sql: string): readonly (readonly unknown[])[] {
  const answer = session.run(sql).at(-1)!;
  if (isError(answer)) throw new Error(`${answer.code} ${answer.message}: ${sql}`);
  return answer.rows;
}

beforeAll(() => {
  session = new MemoryDatabase(parser).session();
  run('create table parent (id int primary key, placed timestamp, name text)');
  run('create table child (parent int, n int, amount int, primary key (parent, n))');
  run('create index on parent (placed)');
  run(`insert into parent select g, case when g % 4 > 0 then
    timestamp '2024-01-01' + g % 500 * interval '1 day' end, 'name ' || g % 9
    from generate_series(1, 3000) g`);
  run(`insert into child select g % 2500, g, g % 13 from generate_series(1, 9000) g`);
});

const JOINED = 'parent p left join child c on c.parent = p.id';
const QUERIES = [
  `select p.id, count(c.n), sum(c.amount) from ${JOINED} group by p.id order by p.id desc`,
  `select p.placed, p.id, count(*) from ${JOINED} group by p.id, p.placed
    order by p.placed desc, p.id`,
  `select p.placed, max(p.id), string_agg(p.name, ',' order by p.id) from parent p
    group by p.placed order by p.placed nulls first`,
  `select p.id, p.name, count(distinct c.amount) from ${JOINED} group by p.id
    having count(*) > 2 order by p.id`,
];

describe('the first groups', () => {
  it.each(QUERIES)('%s', (sql) => {
    const all = run(sql);
    expect(all.length).toBeGreaterThan(300);
    for (const [limit, offset] of [
      [1, 0],
      [25, 10],
      [400, 0],
      [5000, 3],
    ] as const) {
      expect(run(`${sql} limit ${limit} offset ${offset}`)).toEqual(
        all.slice(offset, offset + limit),
      );
    }
  });

  it('are handed over before all is read', () => {
    expect(run(`explain ${QUERIES[0]} limit 20`).join('\n')).toContain('GroupAggregate');
    // Where nothing says that few rows have a key, all are grouped at once.
    const byName = 'select name, count(*) from parent group by name order by name limit 3';
    expect(run(`explain ${byName}`).join('\n')).toContain('HashAggregate');
  });

  it('are found among more rows of one key than are kept', () => {
    run('create table gone (id int primary key, at timestamp)');
    run('create index on gone (at)');
    run(`insert into gone select g, case when g > 19990 then timestamp '2024-01-01' end
      from generate_series(1, 20000) g`);
    const sql = 'select at, id, count(*) from gone group by at, id order by at desc, id';
    expect(run(`explain ${sql} limit 1`).join('\n')).toContain('GroupAggregate');
    expect(run(`${sql} limit 1`)).toEqual([[null, 1, 1]]);
    expect(run(`${sql} limit 19995`).slice(19_989)).toEqual(run(sql).slice(19_989, 19_995));
    const summed = 'select at, count(*), sum(id) from gone group by at order by at desc';
    expect(run(`${summed} limit 2`)).toEqual(run(summed));
  });
});
