/** MERGE, through the whole engine in memory. Answers are PostgreSQL 15's. */
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { loadParser } from '../../../shells/parser.ts';
import { MemoryDatabase } from '../memory.ts';
import type { MemorySession } from '../memory.ts';
import { isError } from '../session/result.ts';
import type { Value } from '../types/type.ts';

const parser = await loadParser();
let session: MemorySession;

/** Rows of the last statement, or the SQLSTATE of its error. */
function run(sql: string): readonly (readonly Value[])[] | string {
  const answer = session.run(sql).at(-1);
  if (answer === undefined) return [];
  return isError(answer) ? answer.code : answer.rows;
}

function tag(sql: string): string {
  const answer = session.run(sql).at(-1)!;
  return isError(answer) ? `${answer.code} ${answer.message}` : answer.tag;
}

beforeEach(() => {
  session = new MemoryDatabase(parser).session();
  run('create table stock (item int primary key, amount int not null, note text)');
  run("insert into stock values (1, 10, 'a'), (2, 20, 'b'), (3, 30, 'c')");
  run('create table delivery (item int, amount int)');
  run('insert into delivery values (2, 5), (3, -30), (4, 7), (5, 0)');
});

const stock = (): unknown => run('select item, amount, note from stock order by item');

describe('what becomes of a row', () => {
  it('the first action that fits', () => {
    const merged = tag(`merge into stock s using delivery d on s.item = d.item
      when matched and s.amount + d.amount = 0 then delete
      when matched then update set amount = s.amount + d.amount, note = default
      when not matched and d.amount = 0 then do nothing
      when not matched then insert (amount, item) values (d.amount, d.item)`);
    expect(merged).toBe('MERGE 3');
    expect(stock()).toEqual([
      [1, 10, 'a'],
      [2, 25, null],
      [4, 7, null],
    ]);
  });

  it('nothing, where none does', () => {
    const before = stock();
    expect(
      tag(
        'merge into stock s using delivery d on s.item = d.item when matched and false then delete',
      ),
    ).toBe('MERGE 0');
    expect(stock()).toEqual(before);
  });

  it('what other actions would compute is not', () => {
    const merged = tag(`merge into stock s using delivery d on s.item = d.item
      when matched then update set amount = 1 / (case when d.item > 3 then 0 else 1 end)
      when not matched and 1 / (d.item - 3) > 0 then insert values (d.item, 1 / (d.item - 3))`);
    expect(merged).toBe('MERGE 3');
  });

  it('several columns at once, from a row or a query', () => {
    run(`merge into stock using delivery d on stock.item = d.item when matched
      then update set (amount, note) = (select d.amount, 'n' || d.item)`);
    expect(stock()).toEqual([
      [1, 10, 'a'],
      [2, 5, 'n2'],
      [3, -30, 'n3'],
    ]);
  });

  it('defaults are drawn once, generated columns see them', () => {
    run(`create table g (id int generated always as identity, a int default 5,
      c int generated always as (a * 100 + id) stored)`);
    const insert =
      'merge into g using generate_series(1, 2) n on g.id = n when not matched then insert';
    expect(tag(`${insert} default values`)).toBe('MERGE 2');
    expect(run('select * from g order by id')).toEqual([
      [1, 5, 501],
      [2, 5, 502],
    ]);
    expect(
      tag('merge into g using g h on g.id = h.id when matched and g.id = 1 then update set a = 6'),
    ).toBe('MERGE 1');
    expect(run('select c from g order by id')).toEqual([[601], [502]]);
    const third = 'merge into g using (values (9)) v(n) on g.id = n when not matched then insert';
    expect(run(`${third} (id) values (n)`)).toBe('428C9');
    expect(run(`${third} (c) overriding system value values (n)`)).toBe('428C9');
    expect(tag(`${third} (id) overriding system value values (n)`)).toBe('MERGE 1');
    expect(run('select id from g order by id')).toEqual([[1], [2], [9]]);
  });
});

describe('rows that meet', () => {
  it('a row is changed once, or the statement fails', () => {
    const twice =
      'merge into stock s using (values (1), (1)) d(item) on s.item = d.item when matched';
    expect(run(`${twice} then update set amount = 0`)).toBe('21000');
    expect(run(`${twice} then delete`)).toBe('21000');
    // What comes first decides.
    run('alter table stock add check (amount <> 7)');
    expect(run(`${twice} then update set amount = 7`)).toBe('23514');
    expect(tag(`${twice} then do nothing`)).toBe('MERGE 0');
    expect(run('select amount from stock where item = 1')).toEqual([[10]]);
  });

  it('a new row must find its place free', () => {
    const both =
      'merge into stock s using (values (7), (7)) d(item) on s.item = d.item when not matched';
    expect(run(`${both} then insert values (d.item, 0)`)).toBe('23505');
    expect(
      run(`merge into stock s using delivery d on s.item = d.item + 100
      when not matched then insert values (d.item, 0)`),
    ).toBe('23505');
    expect(stock()).toHaveLength(3);
  });

  it('another row of the source may make it free, before or after', () => {
    run('create table shelf (item int primary key, code int unique, part int references stock)');
    const fill = 'delete from shelf; insert into shelf values (1, 11, 1), (2, 12, 2)';
    const merge = (source: string, insert: string): string =>
      `merge into shelf s using (values ${source}) d(item) on s.item = d.item
        when matched and d.item = 1 then delete
        when matched then update set code = 22, item = 20
        when not matched then insert values (${insert})`;
    for (const source of ['(7), (1), (2)', '(1), (7), (2)', '(2), (1), (7)']) {
      for (const [insert, row] of [
        ['d.item, 11, 3', [7, 11, 3]],
        ['d.item, 12, 3', [7, 12, 3]],
        ['1, 12, 3', [1, 12, 3]],
        ['2, 11, 3', [2, 11, 3]],
      ] as const) {
        run(fill);
        expect(tag(merge(source, insert))).toBe('MERGE 3');
        const expected = [row, [20, 22, 2]].sort(([a], [b]) => a! - b!);
        expect(run('select * from shelf order by item')).toEqual(expected);
        expect(run('select item from shelf order by code')).toEqual(
          expected.toSorted((a, b) => a[1]! - b[1]!).map(([item]) => [item]),
        );
      }
      run(fill);
      expect(run(merge(source, 'd.item, 22, 3'))).toBe('23505');
      expect(run(merge(source, '20, 11, 3'))).toBe('23505');
      expect(run(merge(source, '1, 11, 99'))).toBe('23503');
      expect(run('select count(*) from shelf')).toEqual([[2]]);
    }
  });

  it('checks, null and foreign keys hold', () => {
    run('alter table stock add check (amount >= 0)');
    run('create table part (item int references stock)');
    run('insert into part values (3)');
    const merge = 'merge into stock s using delivery d on s.item = d.item when matched then';
    expect(run(`${merge} update set amount = d.amount`)).toBe('23514');
    expect(run(`${merge} update set amount = null`)).toBe('23502');
    expect(run(`${merge} delete`)).toBe('23503');
    const part = 'merge into part p using delivery d on p.item = d.item when not matched then';
    expect(run(`${part} insert values (d.item)`)).toBe('23503');
  });
});

describe('what may be said', () => {
  const ways: readonly (readonly [string, string])[] = [
    ['using delivery d on true when matched then delete when matched then do nothing', '42601'],
    ['using delivery s on true when matched then delete', '42712'],
    [
      'using delivery d on s.item = d.item when not matched then insert values (s.item, 1)',
      '42P01',
    ],
    [
      'using delivery d on s.item = d.item when not matched and s.item = 1 then do nothing',
      '42P01',
    ],
    ['using delivery d on s.item = d.item when matched and count(*) > 1 then delete', '42803'],
    ['using delivery d on s.item = d.item when matched then update set nope = 1', '42703'],
    [
      'using delivery d on s.item = d.item when not matched then insert (item, item) values (1, 2)',
      '42701',
    ],
    [
      'using delivery d on s.item = d.item when not matched then insert (item) values (1, 2)',
      '42601',
    ],
    ['using delivery d on s.item = d.item when matched then delete returning *', '0A000'],
    ['using lateral (select s.item) d on true when matched then delete', '42P10'],
  ];
  it.each(ways)('%s: %s', (rest, code) => {
    expect(run(`merge into stock s ${rest}`)).toBe(code);
  });

  it('tables are merged into, not views, nor in WITH', () => {
    run('create view v as select * from stock');
    expect(run('merge into v using delivery d on v.item = d.item when matched then delete')).toBe(
      '0A000',
    );
    expect(
      run(`with m as (merge into stock s using delivery d on s.item = d.item
      when matched then delete) select 1`),
    ).toBe('0A000');
    expect(run('merge into nope using delivery d on true when matched then delete')).toBe('42P01');
  });

  it('after WITH, prepared, explained, in a transaction', () => {
    expect(
      tag(`with d(item) as (select 2) merge into stock s using d on s.item = d.item
      when matched then delete`),
    ).toBe('MERGE 1');
    run(`prepare p(int) as merge into stock s using (select $1 as item) d on s.item = d.item
      when not matched then insert values (d.item, 0)`);
    expect(tag('execute p(8)')).toBe('MERGE 1');
    expect(
      run(`explain merge into stock s using delivery d on s.item = d.item
      when matched then delete`),
    ).toEqual(expect.arrayContaining([['Merge on stock']]));
    run('begin');
    run('merge into stock s using delivery d on s.item = d.item when matched then delete');
    run('rollback');
    expect(run('select item from stock order by item')).toEqual([[1], [3], [8]]);
  });
});

it('agrees with a map', () => {
  const cell = fc.integer({ min: 0, max: 9 });
  const rows = fc.uniqueArray(fc.tuple(cell, cell), { selector: ([key]) => key });
  fc.assert(
    fc.property(rows, rows, cell, cell, (target, source, low, high) => {
      run('delete from stock; delete from delivery');
      const write = (table: string, list: readonly (readonly number[])[]): void => {
        for (const [key, value] of list) run(`insert into ${table} values (${key}, ${value})`);
      };
      write('stock', target);
      write('delivery', source);
      const expected = new Map(target as [number, number][]);
      for (const [key, value] of source as [number, number][]) {
        const old = expected.get(key);
        if (old === undefined) {
          if (value < high) expected.set(key, value);
        } else if (old < low) expected.delete(key);
        else expected.set(key, old + value);
      }
      run(`merge into stock s using delivery d on s.item = d.item
        when matched and s.amount < ${low} then delete
        when matched then update set amount = s.amount + d.amount
        when not matched and d.amount < ${high} then insert values (d.item, d.amount)`);
      const ordered = [...expected].toSorted(([a], [b]) => a - b);
      expect(run('select item, amount from stock order by item')).toEqual(ordered);
    }),
    { numRuns: 60 },
  );
});
