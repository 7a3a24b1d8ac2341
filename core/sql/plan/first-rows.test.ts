/** The first rows of joins are those of all rows, and are found without reading all. */
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

function explained(sql: string): string {
  return run(`explain ${sql}`).map(String).join('\n');
}

beforeAll(() => {
  session = new MemoryDatabase(parser).session();
  run('create table parent (id int primary key, placed int not null, tag text)');
  run('create table child (id int primary key, parent int, n int)');
  run('create table note (id int primary key, child int, body text)');
  run('create index on parent (placed)');
  run('create index on child (parent)');
  run('create index on note (child)');
  run(`insert into parent select g, g * 7 % 1000, case when g % 3 = 0 then 'x' end
    from generate_series(1, 3000) g`);
  run(`insert into child select g, nullif(g * 22 % 4000, 6), g % 10
    from generate_series(1, 6000) g`);
  run(`insert into note select g, g * 3, 'note ' || g from generate_series(1, 5000) g`);
});

const CHILDREN = 'parent p join child c on c.parent = p.id';
const QUERIES = {
  inner: `select p.id, c.id from ${CHILDREN} order by p.placed desc, p.id, c.id`,
  'inner, the other side first': `select p.id, c.id from ${CHILDREN} order by c.id`,
  left: `select p.id, c.id from parent p left join child c on c.parent = p.id and c.n > 5
    order by p.placed, p.id, c.id`,
  semi: `select id from parent p where exists (select from child c where c.parent = p.id
    and c.n = 3) order by id`,
  anti: `select id from parent p where not exists (select from child c where c.parent = p.id)
    order by id desc`,
  'with another condition': `select p.id, c.id from parent p join child c on c.parent = p.id
    and c.n < p.placed % 10 order by c.id`,
  'of three': `select p.id, c.id, o.id from ${CHILDREN} join note o on o.child = c.id
    order by c.id`,
  'of three, one outer': `select p.id, c.id, o.id from ${CHILDREN}
    left join note o on o.child = c.id order by c.id, o.id`,
  'with a filter': `select p.id, c.id from ${CHILDREN} where p.tag = 'x' order by c.id`,
  'of a table in the past': `select p.id, c.id from parent as of position 7 p
    join child c on c.parent = p.id order by c.id`,
  'of a derived table': `select q.placed, q.n from (select p.placed, c.n, c.id from ${CHILDREN}) q
    order by q.id desc`,
} as const;

describe('are those of all rows', () => {
  it.each(Object.entries(QUERIES))('%s', (_, sql) => {
    const all = run(sql);
    expect(all.length).toBeGreaterThan(100);
    for (const [limit, offset] of [
      [1, 0],
      [7, 3],
      [40, 0],
      [300, 100],
      [100_000, 0],
    ] as const) {
      const some = run(`${sql} limit ${limit} offset ${offset}`);
      expect(some).toEqual(all.slice(offset, offset + limit));
    }
  });

  it('goes over to hashing when many come', () => {
    // Of a thousand parents none has such a child.
    const sql = `select id from parent p where exists (select from child c where c.parent = p.id
      and c.n > 2 * p.id) order by id`;
    expect(explained(`${sql} limit 20`)).toContain('Rows Looked Up');
    expect(run(`${sql} limit 20`)).toEqual(run(sql));
  });
});

describe('are looked up', () => {
  const single = ['inner, the other side first', 'anti', 'of three', 'with a filter'] as const;
  it.each(single)('%s', (name) => {
    const plan = explained(`${QUERIES[name]} limit 5`);
    expect(plan).toContain('Nested Loop');
    expect(plan).not.toContain('Sort');
  });

  it('without an order, too', () => {
    const plan = explained(`select p.id, c.id from ${CHILDREN} limit 5`);
    expect(plan).toMatch(/Limit\n.*Nested Loop/);
    expect(run(`select p.id from ${CHILDREN} where c.parent = p.id limit 5`)).toHaveLength(5);
  });

  it('not where most of the rows are wanted, or a side has few', () => {
    expect(explained(`${QUERIES.inner} limit 5000`)).toContain('Hash');
    run('create table few (id int primary key, n int unique)');
    run('insert into few values (1, 1), (2, 2)');
    expect(
      explained('select * from few f join parent p on p.id = f.n order by f.id limit 1'),
    ).not.toContain('Rows Looked Up');
  });
});

describe('what goes with new rows of a recursive query', () => {
  beforeAll(() => {
    run('create table tree (id int primary key, parent int, weight int)');
    run('insert into tree select g, g / 4, g % 5 from generate_series(1, 5000) g');
    run('create index on tree (parent)');
  });

  it('is looked up while there are few', () => {
    const up = `with recursive r as (select id, parent, 0 as up from tree where id = 4999
      union all select t.id, t.parent, up + 1 from tree t join r on t.id = r.parent)
      select id, up from r order by up`;
    expect(explained(up)).toMatch(/Nested Loop[^]*Rows Looked Up: \d+, then Hash Join/);
    expect(run(up)).toEqual([4999, 1249, 312, 78, 19, 4, 1].map((id, i) => [id, i]));
  });

  it('and hashed once there are many, in whatever round', () => {
    const down = (where: string): string => `with recursive r as (
      select id, 1 as depth from tree where ${where}
      union all select t.id, depth + 1 from r join tree t on t.parent = r.id)
      select depth, count(*)::int, min(id), max(id) from r group by depth order by depth`;
    expect(explained(down('id = 1'))).toContain('Rows Looked Up');
    expect(run(down('id = 1'))).toEqual([
      [1, 1, 1, 1],
      [2, 4, 4, 7],
      [3, 16, 16, 31],
      [4, 64, 64, 127],
      [5, 256, 256, 511],
      [6, 1024, 1024, 2047],
      [7, 905, 4096, 5000],
    ]);
    expect(run(down('parent = 0')).map(([, count]) => count)).toEqual([
      3, 12, 48, 192, 768, 3072, 905,
    ]);
  });

  it('in a query that is run again for each row, too', () => {
    const sql = `select s.id, (with recursive r as (select s.id union all
      select t.id from r join tree t on t.parent = r.id and t.weight > 0)
      select count(*)::int from r) from tree s where s.id < 60 order by s.id`;
    const counted = run(sql);
    const one = run(`with recursive r as (select 3 as id union all
      select t.id from r join tree t on t.parent = r.id and t.weight > 0)
      select count(*)::int from r`);
    expect(counted[2]).toEqual([3, one[0]![0]]);
    expect(counted).toHaveLength(59);
  });
});
