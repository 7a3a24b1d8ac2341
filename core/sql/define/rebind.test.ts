/** Indexes and checks of columns that get another type, whether there are rows or none. */
import { expect, test } from 'vitest';
import { openTwo } from './testing/golden.ts';

/** SQLSTATEs, or rows, of statements in one session. */
function answers(...statements: readonly string[]): readonly unknown[] {
  const { session } = openTwo();
  return statements
    .flatMap((sql) => session.run(sql))
    .map((answer) => ('code' in answer ? answer.code : answer.rows));
}

const TABLE = 'CREATE TABLE t (id int PRIMARY KEY, a int, b int, doc jsonb)';

test('an index or a check that would mean nothing any more stands in the way', () => {
  const index = "CREATE INDEX ON t ((doc ->> 'a')) WHERE a > 5";
  const check = 'ALTER TABLE t ADD CHECK (a < b) NOT VALID';
  const changes = ['doc TYPE text', 'a TYPE text', 'a TYPE jsonb USING to_jsonb(a)'];
  const refused = changes.map((change) => `ALTER TABLE t ALTER ${change}`);
  const insert = "INSERT INTO t VALUES (1, 6, 7, '{}')";
  const wanted = [[], [], [], '42883', '42883', '42883', []];
  expect(answers(TABLE, index, check, ...refused, insert)).toEqual(wanted);
});

test('columns that change together are looked at together', () => {
  const check = 'ALTER TABLE t ADD CHECK (a < b)';
  const alone = 'ALTER TABLE t ALTER a TYPE text';
  const both = 'ALTER TABLE t ALTER a TYPE text, ALTER b TYPE text';
  const insert = "INSERT INTO t VALUES (1, '10', '9')";
  expect(answers(TABLE, check, alone, both, insert)).toEqual([[], [], '42883', [], []]);
});

test('what an index computes has the type that follows from its columns', () => {
  const index = 'CREATE INDEX ON t ((a + 1))';
  const change = 'ALTER TABLE t ALTER a TYPE numeric';
  const insert = 'INSERT INTO t VALUES (1, 7.5), (2, 5000000000)';
  const select = 'SELECT id FROM t WHERE a + 1 >= 8.5 ORDER BY a + 1';
  expect(answers(TABLE, index, change, insert, select).at(-1)).toEqual([[1], [2]]);
});
