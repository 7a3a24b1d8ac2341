/** OR over what alternatives have in common, and over several relations: the same rows. */
import fc from 'fast-check';
import { beforeAll, expect, it } from 'vitest';
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
  run('create table t (id int primary key, a int, b int)');
  run('create table u (id int primary key, a int, b int)');
  run(`insert into t select g, nullif(g % 5, 3), nullif(g % 4, 2) from generate_series(1, 30) g`);
  run(`insert into u select g, nullif(g % 6, 4), nullif(g % 3, 1) from generate_series(1, 30) g`);
});

const ATOMS = [
  't.a = u.a',
  't.id = u.b',
  't.a = 1',
  't.b > 1',
  'u.a < 3',
  'u.b = 2',
  't.a is null',
  'u.b <> 0',
  'not t.b = 3',
  'u.a in (1, 2)',
];

it('finds the rows for which it is true, whatever is unknown', () => {
  const way = fc.uniqueArray(fc.constantFrom(...ATOMS), { minLength: 1, maxLength: 3 });
  const ways = fc.array(way, { minLength: 2, maxLength: 3 });
  fc.assert(
    fc.property(ways, fc.option(fc.constantFrom(...ATOMS)), (list, common) => {
      const each = list.map((one) => (common === null ? one : [...one, common]).join(' and '));
      const condition = `(${each.join(' or ')})`;
      const found = run(`select t.id, u.id from t, u where ${condition} order by 1, 2`);
      const asked = run(`select x, y from (select t.id as x, u.id as y, ${condition} as z
        from t, u offset 0) q where z order by 1, 2`);
      expect(found).toEqual(asked);
    }),
    { numRuns: 150 },
  );
});

it('asks once for what all alternatives ask for', () => {
  const same = 't.id = u.id and t.a > 0 or u.b < 9 and t.id = u.id';
  expect(run(`explain select * from t, u where ${same}`).join('\n')).toContain('Hash Cond');
  // What is enough in one alternative is enough.
  const enough = run('explain select * from t where a = 1 or a = 1 and b = 2').join('\n');
  expect(enough).toContain('Filter: (#2 = 1)');
});

it('asks of each relation what the alternatives say of it, where that cannot fail', () => {
  const sql = (b: string): string => `explain select * from t join u on t.id = u.id
    where t.a = 1 and ${b} or t.a = 2 and u.a = 4`;
  const plan = run(sql('u.a = 3')).join('\n');
  expect(plan).toContain('Filter: (#2 IN (1, 2))');
  expect(plan).toContain('Filter: (#2 IN (3, 4))');
  expect(run(sql('1 / u.a = 3')).join('\n')).not.toContain('Filter: (#2 IN (3');
});
