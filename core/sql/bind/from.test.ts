/** The column that USING and NATURAL make of two: its type, and what grouping sees behind it. */
import { expect, it } from 'vitest';
import { loadParser } from '../../../shells/parser.ts';
import { MemoryDatabase } from '../memory.ts';

const parser = await loadParser();

const TABLES = `CREATE TABLE a (c varchar(12), s varchar(8), n numeric(8,2), i int);
  CREATE TABLE b (c varchar(20), s varchar(8), n numeric(8,2), i bigint);
  INSERT INTO a VALUES ('one', 'x', 1.5, 1);
  INSERT INTO b VALUES ('one', 'x', 1.5, 1)`;

function tables() {
  const session = new MemoryDatabase(parser).session();
  session.run(TABLES);
  return session;
}

it.each(['JOIN', 'LEFT JOIN', 'RIGHT JOIN', 'FULL JOIN', 'NATURAL JOIN'])(
  '%s gives its shared columns the type that both sides have in common',
  (join) => {
    const session = tables();
    const shared = join.startsWith('NATURAL') ? '' : 'USING (c, s, n, i)';
    session.run(`CREATE TABLE made AS SELECT * FROM a ${join} b ${shared}`);
    const [answer] = session.run(`SELECT column_name, data_type, character_maximum_length::text,
        numeric_scale::text
      FROM information_schema.columns WHERE table_name = 'made' ORDER BY ordinal_position`);
    // As PostgreSQL 15 makes them.
    expect(answer).toMatchObject({
      rows: [
        ['c', 'character varying', null, null],
        ['s', 'character varying', '8', null],
        ['n', 'numeric', null, '2'],
        ['i', 'bigint', null, '0'],
      ],
    });
    const [put] = session.run("INSERT INTO made (c) VALUES ('longer than twelve characters')");
    expect(put).toMatchObject({ tag: 'INSERT 0 1' });
  },
);

it.each([
  ['c', 'c', null],
  ['a.c', 'c', null],
  ['c', 'a.c', '42803'],
  ['s', 'a.s', null],
])('grouped by %s, %s can be shown, or not (%s)', (key, shown, code) => {
  const [answer] = tables().run(`SELECT ${shown} FROM a JOIN b USING (c, s) GROUP BY ${key}`);
  expect('code' in answer! ? answer.code : null).toBe(code);
});
