/**
 * A query read in small steps while others commit between them: it shows what stood when it began,
 * each row once, however its cursor must find its place again.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { loadParser } from '../../../shells/parser.ts';
import { MemoryDatabase } from '../memory.ts';
import type { MemorySession } from '../memory.ts';
import { isError } from '../session/result.ts';
import { NO_TYPES, statementOf } from '../session/statement.ts';
import { assert } from '../../types/assert.ts';

const parser = await loadParser();

/** Statements that others commit, and how much of the query is read before each. */
interface Meanwhile {
  readonly sql: string;
  readonly steps: number;
}

const id = fc.integer({ min: 1, max: 80 });
const sql: fc.Arbitrary<string> = fc.oneof(
  id.map(
    (from) => `INSERT INTO t SELECT g, g % 5 FROM generate_series(${from}, 80) g
    ON CONFLICT (id) DO UPDATE SET a = t.a + 1`,
  ),
  id.map((to) => `UPDATE t SET a = a + 1 WHERE id <= ${to}`),
  id.map((from) => `DELETE FROM t WHERE id >= ${from}`),
);
const meanwhile: fc.Arbitrary<Meanwhile> = fc.record({
  sql,
  steps: fc.integer({ min: 0, max: 4 }),
});

const QUERIES = [
  'SELECT id, a FROM t',
  'SELECT id, a FROM t ORDER BY id DESC',
  'SELECT id, a FROM t WHERE id = 7',
  'SELECT id, a FROM t WHERE id >= 20 AND a > 1',
  'SELECT id, a FROM t WHERE a = 2',
  'SELECT id, a FROM t WHERE a BETWEEN 1 AND 3 ORDER BY a DESC, id DESC',
  'SELECT id, a FROM t ORDER BY a, id',
  'SELECT id, a, _created_position FROM t FOR SYSTEM_TIME ALL ORDER BY id, 3',
  'SELECT id, a, _deleted_position FROM t FOR SYSTEM_TIME ALL WHERE a = 2 ORDER BY 1, 2, 3',
  'SELECT id, a FROM t AS OF POSITION $1',
  'SELECT id, a FROM t AS OF POSITION $1 ORDER BY id DESC',
  'SELECT id, a FROM t AS OF POSITION $1 WHERE id = 7',
  'SELECT id, a FROM t AS OF POSITION $1 WHERE a = 2',
];

function rowsOf(session: MemorySession, query: string): string[] {
  const [answer] = session.run(query);
  assert(answer !== undefined && !isError(answer), 'the query is right');
  return answer.rows.map((row) => row.join('|'));
}

/** As `rowsOf`, a batch at a time, with others' commits between them. */
function rowsInSteps(
  database: MemoryDatabase,
  session: MemorySession,
  query: string,
  others: readonly Meanwhile[],
): string[] {
  const other = database.session();
  const [parsed] = parser.parse(query);
  const task = session.session.execute(statementOf(parsed!), NO_TYPES, null);
  assert(task.kind === 'run', 'a query is run in steps');
  for (const { sql: change, steps } of others) {
    for (let i = 0; i < steps; i += 1) {
      if (task.run.step(1) !== null) break;
    }
    expect(isError(other.run(change)[0]!)).toBe(false);
  }
  for (;;) {
    const answer = task.run.step(1);
    if (answer === null) continue;
    task.done(answer);
    assert(!isError(answer), 'the query is right');
    return answer.rows.map((row) => row.join('|'));
  }
}

it('shows what stood at its beginning, whatever is committed between its steps', () => {
  fc.assert(
    fc.property(
      fc.array(sql, { maxLength: 4 }),
      fc.array(meanwhile, { minLength: 1, maxLength: 8 }),
      fc.constantFrom(...QUERIES),
      fc.boolean(),
      fc.boolean(),
      (before, others, text, indexed, inside) => {
        const database = new MemoryDatabase(parser);
        const session = database.session();
        session.run('CREATE TABLE t (id int PRIMARY KEY, a int)');
        if (indexed) session.run('CREATE INDEX ON t (a)');
        session.run('INSERT INTO t SELECT g, g % 5 FROM generate_series(1, 60) g');
        const { position } = database;
        // In a transaction these changes are its own.
        if (inside) session.run('BEGIN');
        for (const one of before) session.run(one);
        const query = text.replace('$1', `${position}`);
        const expected = rowsOf(session, query);
        expect(rowsInSteps(database, session, query, others)).toEqual(expected);
      },
    ),
    { numRuns: 400 },
  );
});
