/** What a view of `*` shows is fixed when it is created, whatever else it names. */
import { expect, it } from 'vitest';
import { loadParser } from '../../../shells/parser.ts';
import { MemoryDatabase } from '../memory.ts';

const parser = await loadParser();

/** Columns of a view before and after its tables grew; or the code of what creating it answers. */
function columnsOf(query: string): readonly string[] | string {
  const session = new MemoryDatabase(parser).session();
  session.run(`CREATE TABLE t (a int, b int); CREATE TABLE u (b int, c int);
    CREATE TABLE n (z int); INSERT INTO t VALUES (1, 2); INSERT INTO u VALUES (2, 3);
    INSERT INTO n VALUES (4)`);
  const made = session.run(`CREATE VIEW v AS ${query}`)[0]!;
  if ('code' in made) return made.code;
  const shown = (): readonly string[] => {
    const [answer] = session.run('SELECT * FROM v');
    if ('code' in answer!) return [answer.code, answer.message];
    rows.push(answer!.rows);
    return answer!.columns!.map(({ name }) => name);
  };
  const rows: unknown[] = [];
  const before = shown();
  session.run('ALTER TABLE t ADD c int DEFAULT 3, ADD x int; ALTER TABLE n ADD a int DEFAULT 7');
  session.run('ALTER TABLE u ADD a int DEFAULT 8');
  expect(shown()).toEqual(before);
  expect(rows[1]).toEqual(rows[0]);
  return before;
}

const P = '_created_position AS p';

// Names as PostgreSQL 15 gives them, with its xmin for _created_position.
it.each([
  [`SELECT *, ${P} FROM t`, 'a b p'],
  [`SELECT t.*, ${P} FROM t`, 'a b p'],
  ['SELECT *, public.t.a AS q FROM t', 'a b q'],
  ['SELECT public.t.* FROM t WHERE public.t.a = 1', 'a b'],
  [`SELECT x.*, x.${P} FROM t AS x (y)`, 'y b p'],
  [`SELECT n.*, t.*, t.${P} FROM t, n`, 'z a b p'],
  [`SELECT *, t.${P} FROM t JOIN u USING (b)`, 'b a c p'],
  [`SELECT *, t.${P} FROM t NATURAL JOIN u`, 'b a c p'],
  [`SELECT *, t.${P} FROM n NATURAL JOIN t`, 'z a b p'],
  [`SELECT *, t.${P} FROM n NATURAL LEFT JOIN t`, 'z a b p'],
  [`SELECT t.a, t.${P} FROM t NATURAL FULL JOIN u`, 'a p'],
  [`SELECT *, t.${P} FROM t, (SELECT * FROM n) AS q`, 'a b z p'],
  [`WITH w AS (SELECT *, ${P} FROM t) SELECT * FROM w`, 'a b p'],
  [`SELECT z FROM n WHERE EXISTS (SELECT *, ${P} FROM t)`, 'z'],
  [`SELECT *, t.${P} FROM t, generate_series(1, 1) AS g`, 'a b g p'],
  [`SELECT *, t.${P} FROM t, LATERAL (SELECT t.*) AS q (d, e)`, 'a b d e p'],
])('%s', (query, names) => {
  expect(columnsOf(query)).toEqual(names.split(' '));
});

it('where it cannot be told what they are, it is refused', () => {
  const query = `SELECT t.${P} FROM t NATURAL JOIN (SELECT 2 AS b) AS q`;
  expect(columnsOf(query)).toBe('0A000');
});
