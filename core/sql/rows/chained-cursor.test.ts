/**
 * History outlives definitions: random DDL and DML on one table, against what a SELECT answered at
 * each position.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadParser } from '../../../shells/parser.ts';
import { MemoryDatabase } from '../memory.ts';
import type { MemorySession } from '../memory.ts';
import type { Value } from '../types/type.ts';

const parser = await loadParser();

/** Added ones are called after their step: no name is given twice, so that it says which it is. */
const COLUMNS = ['a', 'b', 'c1', 'c2', 'c3', 'c4'] as const;
const column = fc.constantFrom(...COLUMNS);
const digit = fc.integer({ min: 0, max: 5 });

const manipulation = fc.oneof(
  fc
    .tuple(fc.integer({ min: 1, max: 9 }), digit, digit)
    .map(([id, a, b]) => `INSERT INTO t (id, a, b) VALUES (${id}, ${a}, ${b})`),
  fc.tuple(column, digit, digit).map(([of, to, a]) => `UPDATE t SET ${of} = ${to} WHERE a >= ${a}`),
  fc.integer({ min: 1, max: 9 }).map((by) => `UPDATE t SET id = id + ${by}`),
  fc.tuple(column, digit).map(([of, value]) => `DELETE FROM t WHERE ${of} = ${value}`),
);

const CREATE = 'CREATE TABLE t (id int PRIMARY KEY, a int, b int)';
const REPLACE = `DROP TABLE t; ${CREATE}`;

const definition = fc.oneof(
  fc.constantFrom(
    'ALTER TABLE t DROP CONSTRAINT t_pkey',
    'ALTER TABLE t ADD PRIMARY KEY (id)',
    'ALTER TABLE t DROP CONSTRAINT IF EXISTS t_pkey, ADD PRIMARY KEY (id, a)',
    'ALTER TABLE t ALTER id TYPE bigint',
    'ALTER TABLE t ALTER id TYPE bigint, ADD c# int GENERATED ALWAYS AS (a + 1) STORED',
    'ALTER TABLE t ALTER a TYPE double precision',
    'ALTER TABLE t ADD c# int DEFAULT 3',
    'ALTER TABLE t ADD c# bigint',
    'ALTER TABLE t ADD c# serial',
    'ALTER TABLE t ALTER c1 TYPE bigint, ADD c# int DEFAULT 1',
    'ALTER TABLE t RENAME b TO r',
    'TRUNCATE t',
    'DROP INDEX IF EXISTS t_a_idx',
    REPLACE,
  ),
  column.map((of) => `ALTER TABLE t DROP ${of}`),
  column.map((of) => `CREATE INDEX ON t (${of})`),
  fc.constant('CREATE UNIQUE INDEX ON t (b DESC, id) WHERE b > 1'),
);

const statement = fc.oneof({ weight: 2, arbitrary: manipulation }, definition);
const step = fc.oneof(
  { weight: 4, arbitrary: statement },
  fc
    .array(statement, { minLength: 2, maxLength: 4 })
    .map((all) => ['BEGIN', ...all, 'COMMIT'].join('; ')),
);

interface Answer {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Value[])[];
}

function run(session: MemorySession, sql: string): Answer | null {
  const answers = session.run(sql);
  const last = answers[answers.length - 1];
  if (last === undefined || 'code' in last) return null;
  return { columns: (last.columns ?? []).map(({ name }) => name), rows: last.rows };
}

function shown(rows: readonly (readonly Value[])[]): readonly string[] {
  return rows.map((row) => row.map(String).join('|')).toSorted();
}

interface State {
  readonly position: number;
  /** How often it was dropped and created again. */
  readonly table: number;
  readonly answer: Answer;
}

/** What a SELECT answered at each position. */
function play(database: MemoryDatabase, session: MemorySession, steps: readonly string[]): State[] {
  run(session, CREATE);
  const states: State[] = [];
  let table = 0;
  for (const [i, sql] of ['', ...steps].entries()) {
    const done = run(session, sql.replaceAll('#', String(i)));
    if (done === null) session.run('ROLLBACK');
    else if (sql.includes(REPLACE)) table += 1;
    states.push({ position: database.position, table, answer: run(session, 'SELECT * FROM t')! });
  }
  return states;
}

/** By conditions and orders that indexes serve. */
function checkIndexes(session: MemorySession, then: string, { columns, rows }: Answer): void {
  for (const [i, name] of columns.entries()) {
    for (let value = 0; value <= 5; value += 1) {
      const found = run(session, `SELECT * FROM ${then} WHERE ${name} = ${value}`)!;
      expect(shown(found.rows)).toEqual(
        shown(rows.filter((row) => row[i] !== null && Number(row[i]) === value)),
      );
    }
    const { rows: ordered } = run(session, `SELECT * FROM ${then} ORDER BY ${name} DESC`)!;
    expect(shown(ordered)).toEqual(shown(rows));
  }
}

/** Those that were alive at the position are what was there, in the columns that are left. */
function checkVersions(all: Answer, { position, answer }: State): void {
  const began = all.columns.indexOf('_created_position');
  const ended = all.columns.indexOf('_deleted_position');
  const alive = all.rows.filter((row) => {
    return Number(row[began]) <= position && (row[ended] === null || Number(row[ended]) > position);
  });
  const now = (name: string): string => {
    return name === 'b' && !all.columns.includes('b') ? 'r' : name;
  };
  const left = answer.columns.filter((name) => all.columns.includes(now(name)));
  const places = (from: Answer, names: readonly string[]): readonly (readonly Value[])[] =>
    from.rows.map((row) => names.map((name) => row[from.columns.indexOf(name)]!));
  expect(shown(places({ ...all, rows: alive }, left.map(now)))).toEqual(
    shown(places(answer, left)),
  );
}

describe('time travel over definitions', () => {
  it('AS OF p answers what SELECT did at p, by every index; ALL has every version', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 12 }), (steps) => {
        const database = new MemoryDatabase(parser);
        const session = database.session();
        const states = play(database, session, steps);
        const last = states[states.length - 1]!;
        const hidden = '_created_position, _deleted_position';
        const all = run(session, `SELECT *, ${hidden} FROM t FOR SYSTEM_TIME ALL`);
        expect(all).not.toBeNull();
        for (const state of states) {
          const { position, answer } = state;
          const then = `t AS OF POSITION ${position}`;
          const again = run(session, `SELECT * FROM ${then}`)!;
          expect(again.columns).toEqual(answer.columns);
          expect(shown(again.rows)).toEqual(shown(answer.rows));
          checkIndexes(session, then, state.answer);
          if (state.table === last.table) checkVersions(all!, state);
        }
      }),
      { numRuns: 25 },
    );
  });

  it('a period has versions from before the key changed, in any order that is asked for', () => {
    const database = new MemoryDatabase(parser);
    const session = database.session();
    session.run('CREATE TABLE t (id int PRIMARY KEY, a int)');
    session.run('INSERT INTO t VALUES (1, 1), (2, 2); UPDATE t SET a = 9 WHERE id = 2');
    session.run('ALTER TABLE t DROP CONSTRAINT t_pkey; DELETE FROM t WHERE id = 1');
    session.run('ALTER TABLE t ADD PRIMARY KEY (a); UPDATE t SET id = 7');
    const query = (sql: string): unknown => run(session, sql)?.rows;
    expect(query('SELECT id, a FROM t FOR SYSTEM_TIME BETWEEN 2 AND 3 ORDER BY a, id')).toEqual([
      [1, 1],
      [2, 2],
      [2, 9],
    ]);
    expect(query('SELECT id FROM t FOR SYSTEM_TIME FROM 5 TO 7 WHERE a = 1')).toEqual([]);
    const ids = 'SELECT DISTINCT a, id FROM t FOR SYSTEM_TIME';
    expect(query(`${ids} FROM 4 TO 99 ORDER BY a, id`)).toBe(undefined);
    expect(query(`${ids} FROM 4 TO 6 ORDER BY a DESC, id`)).toEqual([
      [9, 2],
      [1, 1],
    ]);
    expect(query(`${ids} ALL WHERE a = 9 ORDER BY id`)).toEqual([
      [9, 2],
      [9, 7],
    ]);
  });

  it('what was of another type is shown only where it means the same', () => {
    const database = new MemoryDatabase(parser);
    const session = database.session();
    session.run('CREATE TABLE t (id int PRIMARY KEY, v varchar(9), at timestamp, n int)');
    session.run(`INSERT INTO t VALUES (1, 'x', '2020-01-01', 4); UPDATE t SET n = 5`);
    session.run('ALTER TABLE t ADD since int DEFAULT 3; UPDATE t SET n = 6');
    session.run(`ALTER TABLE t ALTER v TYPE text USING v || '!', ALTER n TYPE bigint,
      ALTER at TYPE timestamptz, ALTER since DROP DEFAULT, ALTER since TYPE date USING NULL`);
    const code = (column: string): string => {
      const [answer] = session.run(`SELECT ${column} FROM t FOR SYSTEM_TIME ALL`);
      return 'code' in answer! ? answer.code : '';
    };
    expect(['v', 'n', 'at', 'since', '*'].map(code)).toEqual(['', '', '0A000', '0A000', '0A000']);
    const values = run(session, 'SELECT v, n FROM t FOR SYSTEM_TIME ALL ORDER BY n, v');
    expect(values!.rows).toEqual([
      ['x', 4],
      ['x', 5],
      ['x', 6],
      ['x!', 6],
    ]);
    const then = run(session, 'SELECT at::text, since FROM t AS OF POSITION 4');
    expect(then!.rows).toEqual([['2020-01-01 00:00:00', 3]]);
  });

  it('a transaction sees all versions as of its snapshot, and commits if none came', () => {
    const database = new MemoryDatabase(parser);
    const session = database.session();
    const other = database.session();
    session.run('CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1), (2)');
    session.run('CREATE TABLE seen (n int); BEGIN');
    const all = 'SELECT id, _deleted_position FROM t FOR SYSTEM_TIME ALL';
    const before = run(session, all)!.rows;
    other.run('DELETE FROM t WHERE id = 1; INSERT INTO t VALUES (3)');
    expect(run(session, all)!.rows).toEqual(before);
    expect(run(session, 'SELECT _deleted_position FROM t AS OF POSITION 2')!.rows).toEqual([
      [null],
      [null],
    ]);
    session.run('INSERT INTO seen VALUES (2)');
    const [answer] = session.run('COMMIT');
    expect(answer).toMatchObject({ code: '40001' });
  });
});
