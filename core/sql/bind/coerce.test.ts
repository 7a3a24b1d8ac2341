/** What type a cast leaves behind, where it changes nothing of the value. */
import { expect, it } from 'vitest';
import { loadParser } from '../../../shells/parser.ts';
import { MemoryDatabase } from '../memory.ts';

const parser = await loadParser();

// As PostgreSQL 15 makes these columns.
it.each([
  ['c', 'character varying', '12'],
  ['c::text', 'text', null],
  ['c::varchar', 'character varying', null],
  ['c::varchar(3)', 'character varying', '3'],
  ['c::varchar(3)::varchar', 'character varying', null],
  ['c::varchar(3)::text', 'text', null],
  ['c::text::varchar(4)', 'character varying', '4'],
  ['k', 'character', '5'],
  ['k::bpchar', 'character', null],
  ['k::text', 'text', null],
])('a column made of %s is of type %s, %s long', (value, type, length) => {
  const session = new MemoryDatabase(parser).session();
  session.run(`CREATE TABLE t (id int PRIMARY KEY, c varchar(12), k char(5));
    INSERT INTO t VALUES (1, 'four', 'ab');
    CREATE TABLE made AS SELECT ${value} AS x FROM t;
    CREATE VIEW seen AS SELECT ${value} AS x FROM t`);
  const [answer] = session.run(`SELECT table_name, data_type, character_maximum_length::text
    FROM information_schema.columns WHERE column_name = 'x' ORDER BY 1`);
  expect(answer).toMatchObject({
    rows: [
      ['made', type, length],
      ['seen', type, length],
    ],
  });
  // What fits the type goes in.
  const [put] = session.run("INSERT INTO made VALUES ('longer than twelve characters')");
  expect('code' in put! ? put.code : null).toBe(length === null ? null : '22001');
});
