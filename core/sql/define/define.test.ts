/** Definitions and writes answer as PostgreSQL does, to the word. */
import { describe, expect, it } from 'vitest';
import { openTwo, readExchanges, replay } from './testing/golden.ts';

const SCRIPTS = [
  './golden/tables.txt',
  './golden/others.txt',
  '../write/golden/constraints.txt',
  '../write/golden/references.txt',
  '../write/golden/views.txt',
  '../write/golden/view-options.txt',
  '../write/golden/conflict-targets.txt',
];

describe('golden scripts', () => {
  it.each(SCRIPTS)('%s', (path) => {
    const exchanges = readExchanges(new URL(path, import.meta.url));
    expect(exchanges.length).toBeGreaterThan(50);
    expect(replay(exchanges)).toEqual(exchanges);
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
