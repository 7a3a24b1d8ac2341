/** Which plan a query gets: read them as PostgreSQL's EXPLAIN. Columns are places in rows. */
import { beforeAll, describe, expect, it } from 'vitest';
import { loadParser } from '../../../shells/parser.ts';
import { World } from '../bind/testing/world.ts';

const ROWS = 3000;
let world: World;

beforeAll(async () => {
  world = new World(await loadParser());
  world.run(`
    create table t (id int primary key, a int, b int, s text, big bigint not null);
    create table u (id int primary key, tid int, x int, unique (x, tid));
    create index t_a on t (a);
    create index t_positive on t (s) where b > 0;
    create index t_order on t (b, id desc);
    create index u_tid on u (tid);
  `);
  const t: string[] = [];
  const u: string[] = [];
  for (let i = 1; i <= ROWS; i++) {
    t.push(`(${i},${i % 50},${i % 7},'n${i}',${i})`);
    u.push(`(${i},${(i * 7) % ROWS},${i})`);
  }
  for (let i = 0; i < ROWS; i += 1000) {
    world.run(`insert into t values ${t.slice(i, i + 1000).join()}`);
    world.run(`insert into u values ${u.slice(i, i + 1000).join()}`);
  }
});

/** The operators, outermost first, without their details. */
function operators(sql: string): string[] {
  return world
    .explain(sql)
    .split('\n')
    .filter((line) => /^\s*->|^\S/.test(line))
    .map((line) => line.replace(/^\s*->\s+/, ''));
}

describe('access: which index', () => {
  it('a key is looked up, whatever the parameter', () => {
    expect(world.explain('select * from t where id = $1')).toBe(
      ['Index Scan using t_pkey on t', '  Index Cond: id = $1'].join('\n'),
    );
  });

  it('what is volatile is asked for each row, by no index', () => {
    for (const key of ['= (random() * 9)::int', 'in ((random() * 9)::int, 3)']) {
      expect(operators(`select id from t where id ${key}`)).toEqual(['Seq Scan on t']);
      expect(world.explain(`select id from t where id ${key}`)).not.toContain('Index Cond');
    }
  });

  it('a range of the key, the rest filtered', () => {
    const plan = world.explain('select id from t where id between 10 and 20 and a > 1');
    expect(plan).toContain('Index Cond: id >= 10 AND id <= 20');
    expect(plan).toContain('Filter: (#2 > 1)');
  });

  it('IN becomes look-ups of distinct values, and so does OR', () => {
    for (const condition of ['id in (1, 2, 2)', 'id = 1 or id = 2']) {
      expect(operators(`select s from t where ${condition}`)).toEqual([
        'Project',
        'Nested Loop',
        'Values Scan (2 rows)',
        'Index Scan using t_pkey on t',
      ]);
    }
  });

  it('OR of what different indexes answer: each alternative by its own, a row once', () => {
    expect(operators('select * from t where a = 5 or id = 7')).toEqual([
      'Union All',
      'Index Scan using t_a on t',
      'Index Scan using t_pkey on t',
    ]);
    expect(world.explain('select s from t where a = 5 or id = 7')).toContain('= 5) IS NOT TRUE');
    const ids = world.run('select id from t where a = 5 or id = 5 or id in (55, 56) order by id');
    expect(ids).toHaveLength(ROWS / 50 + 1);
    expect(operators("select s from t where a = 5 or s = 'n7'")).toContain('Seq Scan on t');
    const first = operators('select id from t where a = 5 or id > 7 order by id limit 3');
    expect(first.slice(1)).toEqual(['Limit', 'Seq Scan on t']);
  });

  it('a comparison of rows bounds its first column', () => {
    const next = world.explain('select s from t where (id, a) > ($1, 2) order by id limit 5');
    expect(next).toContain('Index Cond: id >= $1');
    const back = world.explain('select s from t where (b, id) <= (3, 9) and b = 3');
    expect(back).toContain('Index Cond: b = 3');
    expect(world.explain('select s from t where id > 5 or id > 6')).not.toContain('Index Cond');
  });

  it('a partial index only where its condition holds', () => {
    const like = "select b from t where s like 'n12%'";
    expect(world.explain(`${like} and b > 0`)).toContain("s >= 'n12' AND s < 'n13'");
    expect(world.explain(like)).toContain('Seq Scan on t');
  });
});

describe('conditions on no row', () => {
  it('are asked for once, before anything is read', () => {
    const sql = 'select t.s from t full join u on u.x = t.b where $1::int = 1';
    expect(operators(sql).slice(0, 3)).toEqual(['Project', 'Result', 'Hash Full Join']);
    expect(world.explain(sql)).toContain('One-Time Filter: ($1 = 1)');
    expect(world.explain('select s from t where a = 1 and now() > $1')).toContain('One-Time');
    expect(world.explain('select s from t where a = 1 and random() > $1')).not.toContain(
      'One-Time',
    );
    expect(operators('select t.s from t cross join u where true')).not.toContain('Result');
  });

  it('over a left join and over a semi-join, whose other side is not read either', () => {
    for (const from of ['t left join u on u.x = t.b', 't']) {
      const also = from === 't' ? 'exists (select from u where u.x = t.b) and ' : '';
      const plan = operators(`select t.s from ${from} where ${also} $1::int = 1`);
      expect(plan.indexOf('Result')).toBeGreaterThanOrEqual(0);
      expect(plan.indexOf('Result')).toBeLessThan(plan.findIndex((one) => one.includes('Join')));
    }
  });

  it('are no such where they are volatile: those are asked for each row of their own input', () => {
    for (const join of ['join', 'left join']) {
      const inner = 'select id, b from t where random() < 0.5';
      const sql = `select 1 from (${inner}) q ${join} u on u.x = q.b join t v on v.id = q.id`;
      const plan = world.explain(sql).split('\n');
      const filter = plan.findIndex((line) => line.includes('random'));
      expect(plan[filter - 1]).toContain('Seq Scan on t');
    }
  });

  it('where they do not hold, the rows below are not even tried', () => {
    expect(world.run('select 1 / (a - a) from t where (select min(x) from u) > 1')).toEqual([]);
    expect(world.run('select count(*) from t where exists (select from u where x = 1)')).toEqual([
      [String(ROWS)],
    ]);
  });
});

describe('order: sorts that an index saves', () => {
  it('the key backward', () => {
    expect(operators('select id from t order by id desc')).toEqual([
      'Index Scan Backward using t_pkey on t',
    ]);
  });

  it('an equality before the order, and a limit that stops early', () => {
    expect(operators('select id from t where b = 3 order by id desc limit 5')).toEqual([
      'Limit',
      'Index Scan using t_order on t',
    ]);
  });

  it('max by the last entry of the index', () => {
    expect(operators('select max(a) from t')).toEqual([
      'Aggregate',
      'Limit',
      'Index Scan Backward using t_a on t',
    ]);
  });

  it('several extremes each from an end of an index', () => {
    const scans = (sql: string): string[] => operators(sql).filter((one) => one.includes('Scan'));
    expect(scans('select max(id), min(a), max(a) from t')).toEqual([
      'Index Scan Backward using t_pkey on t',
      'Index Scan using t_a on t',
      'Index Scan Backward using t_a on t',
    ]);
    const both = 'select min(id), max(id) from t where id between 10 and 20 having max(id) > 15';
    expect(world.run(both)).toEqual([['10', '20']]);
    expect(world.run('select min(id), max(a) + 1 from t where id < 0')).toEqual([[null, null]]);
    expect(scans('select min(a), max(s) from t')).toEqual(['Seq Scan on t']);
    const drawn = 'select min(a), max(a) from t where a > (random() * 9)::int';
    expect(scans(drawn)).toEqual(['Seq Scan on t']);
  });

  it('all rows by a secondary index would cost a look-up each: sorted instead', () => {
    expect(operators('select * from t order by a')).toEqual(['Sort', 'Seq Scan on t']);
  });
});

describe('joins', () => {
  it('equality is hashed; EXISTS is a semi-join, NOT EXISTS an anti-join', () => {
    expect(operators('select t.s from t join u on u.x = t.b')[1]).toBe('Hash Join');
    const exists = 'exists (select 1 from u where u.tid = t.a)';
    expect(operators(`select s from t where ${exists}`)[1]).toBe('Hash Semi Join');
    expect(operators(`select s from t where not ${exists}`)[1]).toBe('Hash Anti Join');
  });

  it('a condition above makes an outer join an inner one', () => {
    const plan = operators('select t.id from t left join u on u.x = t.b where u.id > 5');
    expect(plan.join()).not.toContain('Left');
  });

  it('and so does a condition of another join, however deep the outer one is', () => {
    const plan = operators(`select 1 from (t left join u on u.x = t.b) join t v on v.big = u.tid`);
    expect(plan.join()).not.toContain('Left');
    const full = operators('select 1 from t full join u on u.x = t.b join t v on v.big = t.big');
    expect(full.filter((one) => one.includes('Join'))).toEqual(['Hash Left Join', 'Hash Join']);
    const kept = operators(`select 1 from t left join u on u.x = t.b join t v on v.big = t.big
      where u.id is null`);
    expect(kept.join()).toContain('Hash Left Join');
  });

  it('a left join waits for the inner ones that make it smaller', () => {
    const sql = `select t.s, u.x from t left join u on u.id = t.b join t v on v.id = t.a
      where v.id = 7`;
    expect(operators(sql)).toEqual([
      'Project',
      'Nested Loop Left Join',
      'Hash Join',
      'Index Scan using t_a on t',
      'Index Scan using t_pkey on t',
      'Index Scan using u_pkey on u',
    ]);
    // What is computed over it may name what is computed below it.
    const rows = world.run(`select q.z, v.id from (select y * 2 as z, d.id
        from (select id, a + 1 as y from t) d left join u on u.id = d.y) q
      join t v on v.id = q.id where v.id in (7, 8) order by 1`);
    expect(rows).toEqual([
      ['16', '7'],
      ['18', '8'],
    ]);
    // What the left join adds is asked for by the other join.
    const needed = sql.replace('v.id = t.a', 'v.id = coalesce(u.tid, 0)');
    expect(operators(needed)[1]).not.toContain('Left');
  });

  it('few values of IN and EXISTS are looked up; other rows are not read', () => {
    const lookedUp = [
      'Project',
      'Nested Loop',
      'Unique',
      'Index Scan using u_tid on u',
      'Index Scan using t_pkey on t',
    ];
    const inner = 'select x from u where tid = 5';
    expect(operators(`select s from t where id in (${inner})`)).toEqual(lookedUp);
    expect(operators(`select s from t where exists (${inner} and x = t.id)`)).toEqual(lookedUp);
    const many = operators('select s from t where id in (select x from u)');
    expect(many).toContain('Hash Semi Join');
  });

  it('EXISTS forgets its select list, its order and its limit', () => {
    const semi = operators('select s from t where exists (select from u where u.tid = t.a)');
    for (const inner of [
      'select t.b from u where u.tid = t.a',
      'select distinct u.x from u where u.tid = t.a order by 1',
      'select 1 / (u.x - u.x) from u where u.tid = t.a limit 1',
      'select 1 from u where u.tid = t.a group by u.x',
    ]) {
      expect(operators(`select s from t where exists (${inner})`)).toEqual(semi);
    }
    for (const inner of [
      'select 1 from u where u.tid = t.a offset 1',
      'select 1 from u where u.tid = t.a limit 0',
      'select 1 from u where u.tid = t.a limit $1',
      'select count(*) from u where u.tid = t.a',
    ]) {
      expect(operators(`select s from t where exists (${inner})`)).not.toEqual(semi);
    }
  });

  it('a query in a condition is asked where there are fewest rows', () => {
    const asks = "t.b <> all (select v.b from t v where v.s = 'x')";
    const late = operators(`select 1 from t join u on u.tid = t.id where u.id = 3 and ${asks}`);
    expect(late.indexOf('Filter')).toBeLessThan(late.indexOf('Nested Loop'));
    const early = operators(`select 1 from t cross join u where ${asks}`);
    expect(early[1]).toBe('Nested Loop');
  });

  it('one of several equalities finds partners by hashing', () => {
    const cost = (on: string): string | undefined => {
      return /Hash Cond.*/.exec(world.explain(`select 1 from t join u on ${on}`))?.[0];
    };
    expect(cost('u.x = t.b or u.tid = t.big')).toMatch(/\(#\d = #\d\) OR \(#\d = .*bigint\)/);
    expect(cost('(u.x = t.b or u.tid = t.b and u.x > 3) and t.b > u.x')).toContain(' OR ');
    // One side is no equality, or a key of a row that nobody asked for could fail.
    expect(cost('u.x = t.b or u.tid > t.b')).toBeUndefined();
    expect(cost('u.x = t.b or u.tid = 1 / t.b')).toBeUndefined();
  });

  it('a constant goes through equality to the other table', () => {
    const plan = world.explain('select t.s from t, u where t.id = u.id and u.id = 7');
    expect(plan.match(/id = 7/g)).toHaveLength(2);
  });

  it('conditions go into derived tables, groups and unions', () => {
    for (const query of [
      'select * from (select id, count(*) from t group by id) q where id = 5',
      'select * from (select id from t union all select id from u) q where id = 5',
      'with c as (select id from t) select * from c where id = 5',
    ]) {
      expect(world.explain(query)).toContain('id = 5');
    }
  });

  it('a correlated subquery without an index is looked up in a hash', () => {
    const plan = operators('select (select count(*) from t where t.big = u.x) from u');
    expect(plan).toContain('Hash Join');
  });

  it('sixty tables in a chain are ordered without a cross product', () => {
    const tables = Array.from({ length: 60 }, (_, i) => `u u${i}`);
    const links = Array.from({ length: 59 }, (_, i) => `u${i}.tid = u${i + 1}.id`);
    const sql = `select count(*) from ${tables.join()} where ${links.join(' and ')} and u30.id = 3`;
    expect(world.run(sql)).toHaveLength(1);
  });
});
