/** Foreign keys of a table to itself, where looking up a reference and writing a row meet. */
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
