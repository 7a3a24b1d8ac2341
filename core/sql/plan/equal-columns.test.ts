/** Equalities that follow from others: what they are for, and that they change no result. */
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadParser } from '../../../shells/parser.ts';
import { World } from '../bind/testing/world.ts';

let world: World;

beforeAll(async () => {
  world = new World(await loadParser());
});

describe('the order', () => {
  beforeAll(() => {
    const ids = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);
    world.run(`
      create table country (id int primary key, name text);
      create table maker (id int primary key, country int);
      create table buyer (id int primary key, country int);
      create table sale (id int primary key, maker int, buyer int);
      create index buyer_country on buyer (country);
      create index sale_buyer on sale (buyer);
      insert into country values ${ids(20)
        .map((i) => `(${i},'n${i}')`)
        .join()};
      insert into maker values ${ids(900)
        .map((i) => `(${i},${(i * 7) % 20})`)
        .join()};
      insert into buyer values ${ids(100)
        .map((i) => `(${i},${(i * 3) % 20})`)
        .join()};
    `);
    for (let from = 0; from < 4000; from += 1000) {
      const rows = ids(1000).map((i) => `(${from + i},${(i * 31) % 901},${(from + i * 13) % 101})`);
      world.run(`insert into sale values ${rows.join()}`);
    }
  });

  it('does not wait for the relation in the middle of a chain', () => {
    const plan = world.explain(`
      select count(*) from buyer, sale, maker, country
      where buyer.id = sale.buyer and sale.maker = maker.id
        and buyer.country = maker.country and maker.country = country.id and country.name = 'n7'`);
    // The deeper a relation stands, the earlier it is joined.
    const scans = [...plan.matchAll(/^( *)->.* on (\w+)/gm)];
    const order = scans.toSorted((a, b) => b[1]!.length - a[1]!.length).map(([, , name]) => name);
    // Countries with their buyers, though nothing says that these are joined.
    expect(new Set(order.slice(0, 2))).toEqual(new Set(['buyer', 'country']));
  });

  it('asks one equality of a class for each column, not all that follow', () => {
    const plan = world.explain(`
      select 1 from buyer b, maker m, country c
      where b.country = m.country and m.country = c.id and b.country = c.id`);
    expect(plan.match(/Hash Cond|Index Cond|Join Filter|Filter/g) ?? []).toHaveLength(2);
  });
});

describe('the result', () => {
  type Row = readonly (number | null)[];
  const value = fc.oneof(fc.integer({ min: 0, max: 3 }), fc.constant(null));
  const table = fc.array(fc.tuple(value, value), { minLength: 1, maxLength: 6 });
  const column = fc.integer({ min: 0, max: 7 });
  const names = ['p.a', 'p.b', 'q.a', 'q.b', 'r.a', 'r.b', 's.a', 's.b'];
  const letters = ['p', 'q', 'r', 's'];

  function count(
    tables: readonly (readonly Row[])[],
    pairs: readonly (readonly number[])[],
  ): number {
    let found = 0;
    const walk = (depth: number, row: Row): void => {
      if (depth < tables.length) {
        for (const one of tables[depth]!) walk(depth + 1, [...row, ...one]);
        return;
      }
      const all = pairs.every(([i, j]) => row[i!] !== null && row[i!] === row[j!]);
      if (all) found += 1;
    };
    walk(0, []);
    return found;
  }

  it('is what the equalities say, however they hang together', () => {
    const tables = fc.tuple(table, table, table, table);
    const pairs = fc.array(fc.tuple(column, column), { minLength: 2, maxLength: 6 });
    fc.assert(
      fc.property(tables, pairs, (rows, equal) => {
        const from = letters.map((letter, i) => {
          const values = rows[i]!.map(([a, b]) => `(${a}::int,${b}::int)`).join();
          return `(values ${values}) ${letter}(a, b)`;
        });
        const where = equal.map(([i, j]) => `${names[i]} = ${names[j]}`).join(' and ');
        const [row] = world.run(`select count(*) from ${from.join()} where ${where}`);
        expect(Number(row![0])).toBe(count(rows, equal));
      }),
      { numRuns: 300 },
    );
  });
});
