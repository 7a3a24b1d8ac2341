/** Definitions and writes answer as PostgreSQL does, to the word. */
import { describe, expect, it } from 'vitest';
import { openTwo, readExchanges, replay } from './testing/golden.ts';

const SCRIPTS = [
  './golden/tables.txt',
  './golden/others.txt',
  './golden/temporary.txt',
  './golden/enums.txt',
  '../write/golden/constraints.txt',
  '../write/golden/references.txt',
  '../write/golden/not-valid.txt',
  '../write/golden/deferral.txt',
  '../write/golden/reference-types.txt',
  '../session/golden/zones.txt',
  '../write/golden/views.txt',
  '../write/golden/view-options.txt',
  '../write/golden/conflict-targets.txt',
  '../write/golden/parts.txt',
];

describe('golden scripts', () => {
  it.each(SCRIPTS)('%s', (path) => {
    const exchanges = readExchanges(new URL(path, import.meta.url));
    expect(exchanges.length).toBeGreaterThan(50);
    expect(replay(exchanges)).toEqual(exchanges);
  });
});

describe('time zones in definitions', () => {
  const codes = (...statements: readonly string[]): readonly string[] => {
    const { session } = openTwo();
    const answers = statements.flatMap((sql) => session.run(sql));
    return answers.map((answer) => ('code' in answer ? answer.code : ''));
  };
  const table = 'CREATE TABLE t (id int PRIMARY KEY, at timestamptz, zone text)';

  it('no index is made of what the next release may compute otherwise', () => {
    const over = (value: string): string => `CREATE INDEX ON t ((at AT TIME ZONE ${value}))`;
    const made = [over("'UTC'"), over("'EST'"), over("'<+03>-3'"), over("interval '2 hours'")];
    const refused = [over("'Europe/Berlin'"), over("'MSK'"), over('zone')];
    const predicate = "CREATE INDEX ON t (id) WHERE (at AT TIME ZONE 'Asia/Tokyo') > '2020-01-01'";
    expect(codes(table, ...made)).toEqual(['', '', '', '', '']);
    expect(codes(table, ...refused)).toEqual(['', '0A000', '0A000', '0A000']);
    expect(codes(table, predicate)).toEqual(['', '0A000']);
    expect(codes(table, over("'Nowhere'"))).toEqual(['', '22023']);
  });

  it('a partial index is the same for every session', () => {
    const { session, other } = openTwo();
    other.run("SET timezone TO 'Asia/Tokyo'");
    session.run(table);
    session.run("CREATE INDEX late ON t (at) WHERE at > '2020-01-01'");
    other.run("INSERT INTO t VALUES (1, '2019-12-31 22:00+00'), (2, '2020-01-01 22:00+00')");
    session.run('DELETE FROM t WHERE id = 1');
    const [answer] = session.run("SELECT id FROM t WHERE at > '2020-01-01' ORDER BY at");
    expect(answer).toMatchObject({ rows: [[2]] });
  });
});

describe('concurrent transactions', () => {
  const outcome = (setUp: readonly string[], first: readonly string[], second: string): string => {
    const { session, other } = openTwo();
    for (const sql of setUp) session.run(sql);
    for (const sql of ['BEGIN', ...first]) session.run(sql);
    other.run(second);
    const [answer] = session.run('COMMIT');
    return answer !== undefined && 'code' in answer ? answer.code : 'committed';
  };
  const parent = 'CREATE TABLE p (id int PRIMARY KEY)';
  const child = 'CREATE TABLE c (p int REFERENCES p)';

  it('a reference to a row that is being deleted: one of the two fails', () => {
    const setUp = [parent, child, 'INSERT INTO p VALUES (1), (2)'];
    const deletion = ['DELETE FROM p WHERE id = 1'];
    expect(outcome(setUp, deletion, 'INSERT INTO c VALUES (1)')).toBe('40001');
    const insertion = ['INSERT INTO c VALUES (1)'];
    expect(outcome(setUp, insertion, 'DELETE FROM p WHERE id = 1')).toBe('40001');
    expect(outcome(setUp, insertion, 'DELETE FROM p WHERE id = 2')).toBe('committed');
  });

  it('a key that both insert: one of the two fails', () => {
    const insertion = ['INSERT INTO p VALUES (1)'];
    expect(outcome([parent], insertion, 'INSERT INTO p VALUES (1)')).toBe('40001');
    expect(outcome([parent], insertion, 'INSERT INTO p VALUES (2)')).toBe('committed');
  });

  it('a constraint over a table that gets a row meanwhile: one of the two fails', () => {
    const added = ['ALTER TABLE p ADD CHECK (id > 0)'];
    expect(outcome([parent], added, 'INSERT INTO p VALUES (-1)')).toBe('40001');
    const insertion = ['INSERT INTO p VALUES (-1)'];
    expect(outcome([parent], insertion, 'ALTER TABLE p ADD CHECK (id > 0)')).toBe('40001');
  });

  it('rows without a primary key are inserted side by side', () => {
    const heap = ['CREATE TABLE h (a int)'];
    expect(outcome(heap, ['INSERT INTO h VALUES (1)'], 'INSERT INTO h VALUES (2)')).toBe(
      'committed',
    );
  });
});
