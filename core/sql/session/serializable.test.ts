/**
 * Serializable, by trying: small transactions over one store, their statements interleaved at
 * random. Whatever commits must have read and left what some serial order of the same transactions
 * reads and leaves; whoever stands in the way ends with 40001.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { loadParser } from '../../../shells/parser.ts';
import { MemoryDatabase } from '../memory.ts';
import type { MemorySession } from '../memory.ts';
import { isError } from './result.ts';

const parser = await loadParser();

const SETUP = `
  CREATE TABLE t (id int PRIMARY KEY, k int NOT NULL, v int NOT NULL);
  CREATE INDEX t_k ON t (k);
  INSERT INTO t VALUES (1, 1, 10), (2, 1, 20), (3, 2, 30)`;

const id = fc.integer({ min: 1, max: 5 });
const key = fc.integer({ min: 1, max: 3 });
const statement: fc.Arbitrary<string> = fc.oneof(
  id.map((i) => `SELECT v FROM t WHERE id = ${i}`),
  key.map((k) => `SELECT count(*), sum(v) FROM t WHERE k = ${k}`),
  fc.constant('SELECT max(id), sum(v) FROM t'),
  id.map((i) => `UPDATE t SET v = v + 1 WHERE id = ${i}`),
  fc.tuple(key, key).map(([k, to]) => `UPDATE t SET k = ${to} WHERE k = ${k}`),
  fc.tuple(id, key).map(([i, k]) => {
    return `INSERT INTO t SELECT ${i}, ${k}, count(*) FROM t WHERE k = ${k} ON CONFLICT DO NOTHING`;
  }),
  id.map((i) => `UPDATE t SET v = (SELECT sum(v) FROM t WHERE k = 1) WHERE id = ${i}`),
  id.map((i) => `DELETE FROM t WHERE id = ${i}`),
);
const transactions = fc.array(fc.array(statement, { minLength: 1, maxLength: 3 }), {
  minLength: 2,
  maxLength: 4,
});
/** Whose turn it is, taken modulo those who are not done. */
const turns = fc.array(fc.nat(11), { minLength: 20, maxLength: 20 });

/** What one statement answered, as text: rows or a count, or the error. */
function run(session: MemorySession, text: string): string {
  return session
    .run(text)
    .map((answer) => {
      if (isError(answer)) return answer.code;
      return `${answer.count} ${answer.rows.map((row) => row.join()).join(';')}`;
    })
    .join('|');
}

function begun(): MemoryDatabase {
  const database = new MemoryDatabase(parser);
  for (const answer of database.session().run(SETUP)) expect(isError(answer)).toBe(false);
  return database;
}

const FINAL = 'SELECT * FROM t ORDER BY id';

/** What the transactions answer one after the other, by their numbers, and what is left. */
function serially(work: readonly (readonly string[])[], order: readonly number[]): string {
  const database = begun();
  const answers: string[] = [];
  for (const i of order) {
    const session = database.session();
    run(session, 'BEGIN');
    answers[i] = work[i]!.map((text) => run(session, text)).join(' / ');
    run(session, 'COMMIT');
  }
  return `${order.length}: ${answers.join(' // ')} => ${run(database.session(), FINAL)}`;
}

function orders(items: readonly number[]): number[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((first) =>
    orders(items.filter((other) => other !== first)).map((rest) => [first, ...rest]),
  );
}

test('transactions: what commits has a serial order', () => {
  let committedAll = 0;
  let refusedAll = 0;
  fc.assert(
    fc.property(transactions, turns, (work, schedule) => {
      const database = begun();
      const sessions = work.map(() => database.session());
      const scripts = work.map((texts) => ['BEGIN', ...texts, 'COMMIT']);
      const at = work.map(() => 0);
      const answers: string[][] = work.map(() => []);
      const last: string[] = [];
      for (let turn = 0; ; turn += 1) {
        const waiting = at.flatMap((place, i) => (place < scripts[i]!.length ? [i] : []));
        if (waiting.length === 0) break;
        const i = waiting[(schedule[turn] ?? 0) % waiting.length]!;
        const text = scripts[i]![at[i]!]!;
        last[i] = run(sessions[i]!, text);
        if (text !== 'BEGIN' && text !== 'COMMIT') answers[i]!.push(last[i]);
        at[i]! += 1;
      }
      const isRefused = (i: number): boolean => last[i] === '40001';
      const committed = work.flatMap((_, i) => (isRefused(i) ? [] : [i]));
      committedAll += committed.length;
      refusedAll += work.length - committed.length;
      const told: string[] = [];
      for (const i of committed) told[i] = answers[i]!.join(' / ');
      const left = run(database.session(), FINAL);
      const seen = `${committed.length}: ${told.join(' // ')} => ${left}`;
      const explained = orders(committed).some((order) => serially(work, order) === seen);
      expect(explained, seen).toBe(true);
    }),
    { numRuns: 300 },
  );
  // Neither may everything be let through nor everything be refused.
  expect(committedAll).toBeGreaterThan(refusedAll);
  expect(refusedAll).toBeGreaterThan(0);
});
