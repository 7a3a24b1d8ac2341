/** Sessions on the engine, without disk or log: what holds between statements. */
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { loadParser } from '../../shells/parser.ts';
import { MemoryDatabase } from './memory.ts';
import type { MemorySession } from './memory.ts';
import type { Parser } from './parser/parser.ts';
import { roundCount } from './plan-cache.ts';
import { isError } from './session/result.ts';
import { DEFAULT_DISPLAY } from './types/style.ts';
import { formatValue } from './types/text-io.ts';

let parser: Parser;
let db: MemoryDatabase;
let s: MemorySession;

beforeAll(async () => {
  parser = await loadParser();
});

beforeEach(() => {
  db = new MemoryDatabase(parser);
  s = db.session();
});

/** Of the last statement: its rows as text (columns between |), its tag, or its SQLSTATE. */
function run(sql: string, session: MemorySession = s): string {
  const answer = session.run(sql).at(-1)!;
  if (isError(answer)) return answer.code;
  if (answer.columns === null) return answer.tag;
  const { columns, rows } = answer;
  const text = rows.map((row) =>
    row
      .map((v, i) => (v === null ? '-' : formatValue(columns[i]!.type.id, v, DEFAULT_DISPLAY)))
      .join('|'),
  );
  return text.join(' ');
}

describe('prepared statements', () => {
  test('take values of the types found, and are told apart by name', () => {
    expect(run('PREPARE add AS SELECT $1::int + $2')).toBe('PREPARE');
    expect(run("EXECUTE add(1, '2')")).toBe('3');
    expect(run('EXECUTE add(1 + 1, 2 * 3)')).toBe('8');
    expect(run('EXECUTE add(1)')).toBe('42601');
    expect(run("EXECUTE add(1, 'x')")).toBe('22P02');
    expect(run('PREPARE add AS SELECT 1')).toBe('42P05');
    expect(run('DEALLOCATE add')).toBe('DEALLOCATE');
    expect(run('EXECUTE add(1, 2)')).toBe('26000');
    expect(run('PREPARE bad AS SELECT nothing')).toBe('42703');
    expect(run('DEALLOCATE ALL')).toBe('DEALLOCATE ALL');
  });

  test('notice that a table has changed', () => {
    run('CREATE TABLE t (a int); INSERT INTO t VALUES (1)');
    run('PREPARE q AS SELECT * FROM t; PREPARE w(int) AS INSERT INTO t VALUES ($1)');
    expect(run('EXECUTE q')).toBe('1');
    run("ALTER TABLE t ADD COLUMN b text DEFAULT 'x'");
    expect(run('EXECUTE q')).toBe('1|x');
    expect(run('EXECUTE w(2)')).toBe('INSERT 0 1');
    expect(run('DROP TABLE t; EXECUTE q')).toBe('42P01');
  });

  test('go on being right while a table grows', () => {
    run('CREATE TABLE t (a int PRIMARY KEY, b int); CREATE INDEX ON t (b)');
    run('PREPARE q AS SELECT count(*), sum(a) FROM t WHERE b = 3');
    for (let n = 1; n <= 1024; n *= 4) {
      run(`INSERT INTO t SELECT i, i % 5 FROM generate_series(${n}, ${4 * n - 1}) AS g(i)`);
      const last = 4 * n - 1;
      const hits = Array.from({ length: last }, (_, i) => i + 1).filter((i) => i % 5 === 3);
      const sum = hits.reduce((a, b) => a + b, 0);
      expect(run('EXECUTE q')).toBe(`${hits.length}|${sum === 0 ? '-' : sum}`);
    }
  });
});

test('the planner sees row counts rounded, so that plans are a function of the state', () => {
  expect([-1, 0, 1, 3, 4, 15, 16, 1_000_000].map(roundCount)).toEqual([
    -1, 0, 1, 1, 4, 4, 16, 262_144,
  ]);
});

describe('transactions', () => {
  test('chain, and say when they cannot', () => {
    run('CREATE TABLE t (a int)');
    expect(run('COMMIT AND CHAIN')).toBe('25P01');
    run('BEGIN READ ONLY');
    expect(run('COMMIT AND CHAIN; SHOW transaction_read_only')).toBe('on');
    expect(run('INSERT INTO t VALUES (1)')).toBe('25006');
    expect(run('ROLLBACK AND CHAIN; SHOW transaction_read_only')).toBe('on');
    expect(run('COMMIT; INSERT INTO t VALUES (1)')).toBe('INSERT 0 1');
  });

  test('see definitions of their own, and leave none behind when they are rolled back', () => {
    run('BEGIN; CREATE TABLE t (a serial PRIMARY KEY, b text)');
    expect(run("INSERT INTO t (b) VALUES ('x'), ('y') RETURNING a")).toBe('1 2');
    expect(run('SELECT count(*) FROM t', db.session())).toBe('42P01');
    expect(run('ROLLBACK; SELECT * FROM t')).toBe('42P01');
    run("BEGIN; CREATE TABLE t (a serial PRIMARY KEY, b text); INSERT INTO t (b) VALUES ('z')");
    expect(run('COMMIT')).toBe('COMMIT');
    expect(run('SELECT a, b, _created_position FROM t', db.session())).toBe('1|z|1');
  });

  test('two that define at once: one of them fails', () => {
    const other = db.session();
    run('BEGIN; CREATE TABLE a (x int)');
    run('BEGIN; CREATE TABLE a (y int)', other);
    expect(run('COMMIT')).toBe('COMMIT');
    expect(run('COMMIT', other)).toBe('40001');
    expect(run('SELECT x FROM a', other)).toBe('');
  });

  test('savepoints nest, and one of a name hides another', () => {
    run('CREATE TABLE t (a int); BEGIN; INSERT INTO t VALUES (1); SAVEPOINT s');
    run('INSERT INTO t VALUES (2); SAVEPOINT s; INSERT INTO t VALUES (3)');
    expect(run('ROLLBACK TO s; SELECT string_agg(a::text, $$,$$ ORDER BY a) FROM t')).toBe('1,2');
    run('RELEASE s');
    expect(run('ROLLBACK TO s; SELECT string_agg(a::text, $$,$$ ORDER BY a) FROM t')).toBe('1');
    expect(run('COMMIT; SELECT count(*) FROM t')).toBe('1');
    expect(run('SAVEPOINT x')).toBe('25P01');
  });
});

describe('sequences', () => {
  test('what a session has drawn is its own', () => {
    const other = db.session();
    run('CREATE SEQUENCE q START 5; CREATE TABLE t (id serial, x int)');
    expect(run("SELECT currval('q')")).toBe('55000');
    expect(run('SELECT lastval()')).toBe('55000');
    expect(run("SELECT nextval('q')")).toBe('5');
    expect(run("SELECT nextval('q')", other)).toBe('6');
    expect(run("SELECT currval('q'), lastval()")).toBe('5|5');
    run('INSERT INTO t (x) VALUES (1), (2)');
    expect(run("SELECT lastval(), currval('q')")).toBe('2|5');
    expect(run('SELECT lastval()', other)).toBe('6');
    expect(run("SELECT setval('q', 40); SELECT nextval('q')")).toBe('41');
  });
});

test('what a statement draws by chance is the same for the same log', () => {
  const draw = (): string => {
    const again = new MemoryDatabase(parser).session();
    run('CREATE TABLE t (a text)', again);
    run('INSERT INTO t SELECT gen_random_uuid()::text FROM generate_series(1, 3)', again);
    return run('SELECT a FROM t ORDER BY a', again);
  };
  const drawn = draw();
  expect(new Set(drawn.split(' ')).size).toBe(3);
  expect(draw()).toBe(drawn);
});

test('temporary objects end with their session', () => {
  run('CREATE TEMP TABLE t (a int); INSERT INTO t VALUES (1)');
  expect(run('SELECT * FROM t')).toBe('1');
  expect(run('SELECT * FROM t', db.session())).toBe('42P01');
  s.close();
  const count = "SELECT count(*) FROM information_schema.tables WHERE table_name = 't'";
  expect(run(count, db.session())).toBe('0');
});

test('EXPLAIN shows the plan; with ANALYZE it runs', () => {
  run('CREATE TABLE t (a int)');
  expect(run('EXPLAIN INSERT INTO t VALUES (1)')).toContain('Insert');
  expect(run('SELECT count(*) FROM t')).toBe('0');
  expect(run('EXPLAIN ANALYZE INSERT INTO t VALUES (1)')).toContain('Rows: 1');
  expect(run('SELECT count(*) FROM t')).toBe('1');
});

test('a definition that a transaction relied on must not have changed when it commits', () => {
  const other = db.session();
  run('CREATE TABLE t (a int); CREATE TABLE p (id int PRIMARY KEY); INSERT INTO p VALUES (1)');
  run('CREATE TABLE c (id int REFERENCES p)');
  for (const [inside, outside] of [
    ['INSERT INTO t VALUES (NULL)', 'ALTER TABLE t ALTER a SET NOT NULL'],
    ['INSERT INTO t VALUES (-1)', 'ALTER TABLE t ADD CHECK (a > 0)'],
    ['INSERT INTO t VALUES (7)', 'CREATE UNIQUE INDEX ON t (a)'],
    ['INSERT INTO c VALUES (1)', 'DELETE FROM p'],
    ['INSERT INTO t VALUES (8)', 'DROP TABLE t'],
  ] as const) {
    run(`BEGIN; ${inside}`);
    expect(run(outside, other)).not.toMatch(/^\w{5}$/);
    expect(run('COMMIT')).toBe('40001');
  }
});

describe('sets and groups', () => {
  test('one row of VALUES may hold a set, several may not', () => {
    run('CREATE TABLE t (a int PRIMARY KEY, b int, c int)');
    expect(run('INSERT INTO t VALUES (generate_series(1, 2), 3, 4)')).toBe('INSERT 0 2');
    expect(run('INSERT INTO t VALUES (generate_series(3, 4), 3, 4), (5, 6, 7)')).toBe('0A000');
    expect(run('SELECT a, b FROM t ORDER BY a')).toBe('1|3 2|3');
  });

  test('columns depend on a key that is in every grouping set', () => {
    run('CREATE TABLE t (a int PRIMARY KEY, b int, c int, d int)');
    run('INSERT INTO t VALUES (1, 1, 1, 7), (2, 2, 2, 8)');
    const sql = 'SELECT a, d, grouping(a, b, c) FROM t GROUP BY GROUPING SETS';
    expect(run(`${sql} ((a, b), (a, c)) ORDER BY 1, 3`)).toBe('1|7|1 1|7|2 2|8|1 2|8|2');
    expect(run(`${sql} ((a, b), (b, c))`)).toBe('42803');
  });
});
