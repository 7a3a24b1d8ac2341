/**
 * Foreign keys of a table to itself, where looking up a reference and writing a row meet; and those
 * of a transaction whose snapshot is behind the store.
 */
import { expect, test } from 'vitest';
import { SqlError } from '../error.ts';
import { MemoryDatabase } from '../memory.ts';
import { parser } from '../parser/testing/parser.ts';

/** The SQLSTATE of each statement, '' for success. */
function codes(...statements: readonly string[]): readonly string[] {
  const session = new MemoryDatabase(parser).session();
  return statements.map((text) => {
    const answer = session.run(text).at(-1);
    return answer instanceof SqlError ? answer.code : '';
  });
}

test('a reference to the own table is demanded, wherever in the statement the row comes', () => {
  expect(
    codes(
      'CREATE TABLE t (id int PRIMARY KEY, parent int REFERENCES t, other int REFERENCES t)',
      'INSERT INTO t VALUES (1, 1, NULL), (2, 3, 1), (3, 2, 2)',
      'INSERT INTO t VALUES (4, 9, NULL)',
      'INSERT INTO t VALUES (4, 4, 9)',
      'INSERT INTO t VALUES (4, 1, 4)',
      'UPDATE t SET parent = 77 WHERE id = 4',
      'UPDATE t SET id = 5, parent = 5, other = 5 WHERE id = 4',
      'DELETE FROM t WHERE id = 1',
    ),
  ).toEqual(['', '', '23503', '23503', '', '23503', '', '23503']);
});

test("an action finds the rows of its transaction's snapshot, gone meanwhile or not", () => {
  const database = new MemoryDatabase(parser);
  const session = database.session();
  session.run('CREATE TABLE p (id int PRIMARY KEY)');
  session.run('CREATE TABLE c (id int PRIMARY KEY, p int REFERENCES p ON UPDATE CASCADE)');
  session.run('INSERT INTO p VALUES (1); INSERT INTO c VALUES (7, 1)');
  session.run('BEGIN; SELECT 1');
  database.session().run('DELETE FROM c');
  session.run('UPDATE p SET id = 2');
  expect(session.run('SELECT id, p FROM c').at(-1)).toMatchObject({ rows: [[7, 2]] });
  // What it was told is true of its snapshot; it cannot be true of what follows.
  expect(session.run('COMMIT').at(-1)).toMatchObject({ code: '40001' });
});
