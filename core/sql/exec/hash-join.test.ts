/** A hash join that starts over: its table is kept only while nothing in it has changed. */
import { expect, test } from 'vitest';
import { loadParser } from '../../../shells/parser.ts';
import { MemoryDatabase } from '../memory.ts';
import { isError } from '../session/result.ts';

const parser = await loadParser();

test.each([
  ['a.x = b.x + o.k', [50n, 40n, 30n, 0n]],
  ['a.x + o.k = b.x', [50n, 40n, 30n, 0n]],
  ['a.x = b.x + (SELECT min(i.k) FROM o i WHERE i.k >= o.k)', [50n, 40n, 30n, 0n]],
  ['a.x = b.x AND a.x <= o.k', [0n, 10n, 20n, 50n]],
])('keys with values of the row around the subquery: %s', (on, counts) => {
  const session = new MemoryDatabase(parser).session();
  session.run(`CREATE TABLE a (x int); CREATE TABLE b (x int); CREATE TABLE o (k int);
    INSERT INTO a SELECT generate_series(1, 50); INSERT INTO b SELECT generate_series(1, 50);
    INSERT INTO o VALUES (0), (10), (20), (100)`);
  const [answer] = session.run(`
    SELECT (SELECT count(*) FROM a JOIN b ON ${on}) FROM o ORDER BY k`);
  if (answer === undefined || isError(answer)) throw new Error(answer?.message);
  expect(answer.rows.map(([count]) => BigInt(count as number | bigint))).toEqual(counts);
});
