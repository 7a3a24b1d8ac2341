/** What PostgreSQL stores by is checked as there, and said to have no effect; the rest is done. */
import { describe, expect, it } from 'vitest';
import { loadParser } from '../../../shells/parser.ts';
import { MemoryDatabase } from '../memory.ts';
import type { MemorySession } from '../memory.ts';

const parser = await loadParser();

function fresh(): MemorySession {
  const session = new MemoryDatabase(parser).session();
  session.run(`CREATE TABLE t (a int, b text); CREATE INDEX t_b ON t (b);
    CREATE VIEW v AS SELECT a FROM t; CREATE SEQUENCE s`);
  return session;
}

/** Tag and notices, or code and message. */
function answer(session: MemorySession, sql: string): readonly string[] {
  const answers = session.run(sql);
  const last = answers[answers.length - 1]!;
  if ('code' in last)
    return [last.code, last.message, ...(last.detail === '' ? [] : [last.detail])];
  return [last.tag, ...last.notices];
}

const UNLOGGED = 'UNLOGGED has no effect here: every change of the table is in the log, and kept';
const HASH = 'USING hash has no effect here: the index is a btree, which finds equal values, too';
const INCLUDE = 'INCLUDE has no effect here: an index has the columns of its key alone';
const OWNER = 'objects have no owners here: OWNER TO has no effect';

describe('definitions with parts without effect', () => {
  it.each([
    ['CREATE TABLE u (a int) WITH (fillfactor = 70)', 'CREATE TABLE', 'fillfactor'],
    [
      "CREATE TABLE u (a int) WITH (fillfactor='70', toast.vacuum_truncate)",
      'CREATE TABLE',
      'fillfactor',
      'toast.vacuum_truncate',
    ],
    ['CREATE TABLE u (a int PRIMARY KEY WITH (fillfactor = 60))', 'CREATE TABLE', 'fillfactor'],
    ['CREATE TABLE u WITH (parallel_workers = 2) AS SELECT 1 AS x', 'SELECT 1', 'parallel_workers'],
    ['CREATE INDEX u ON t (a) WITH (deduplicate_items = off)', 'CREATE INDEX', 'deduplicate_items'],
    ['ALTER TABLE t SET (autovacuum_enabled = false)', 'ALTER TABLE', 'autovacuum_enabled'],
    ['ALTER TABLE t RESET (fillfactor)', 'ALTER TABLE', 'fillfactor'],
    ['ALTER INDEX t_b SET (fillfactor = 50)', 'ALTER INDEX', 'fillfactor'],
    ['ALTER TABLE t ALTER a SET (n_distinct = -0.5)', 'ALTER TABLE', 'n_distinct'],
  ])('%s', (sql, tag, ...parameters) => {
    const notices = parameters.map((one) => `storage parameter ${one} has no effect here`);
    expect(answer(fresh(), sql)).toEqual([tag, ...notices]);
  });

  it.each([
    ['ALTER TABLE t OWNER TO somebody', 'ALTER TABLE', OWNER],
    ['ALTER TABLE ONLY v OWNER TO CURRENT_USER', 'ALTER TABLE', OWNER],
    ['ALTER TABLE s OWNER TO x', 'ALTER TABLE', OWNER],
    ['ALTER VIEW v OWNER TO x', 'ALTER VIEW', OWNER],
    ['ALTER SEQUENCE s OWNER TO x', 'ALTER SEQUENCE', OWNER],
    ['ALTER SCHEMA public OWNER TO x', 'ALTER SCHEMA', OWNER],
    ["CREATE TYPE e AS ENUM ('a'); ALTER TYPE public.e OWNER TO x", 'ALTER TYPE', OWNER],
    ['ALTER TABLE t ALTER b SET STORAGE external', 'ALTER TABLE', 'SET STORAGE has no effect here'],
    ['ALTER TABLE t CLUSTER ON t_b', 'ALTER TABLE', 'CLUSTER ON has no effect here'],
    [
      'ALTER TABLE t REPLICA IDENTITY USING INDEX t_b',
      'ALTER TABLE',
      'REPLICA IDENTITY has no effect here',
    ],
    ['ALTER TABLE t SET UNLOGGED', 'ALTER TABLE', UNLOGGED],
    ['CREATE UNLOGGED TABLE u (a int)', 'CREATE TABLE', UNLOGGED],
    ['CREATE UNLOGGED TABLE u AS SELECT 1 AS x', 'SELECT 1', UNLOGGED],
    ['CREATE INDEX u ON t USING hash (a)', 'CREATE INDEX', HASH],
    ['CREATE UNIQUE INDEX ON t (a) INCLUDE (b)', 'CREATE INDEX', INCLUDE],
    ['ALTER TABLE t SET WITHOUT OIDS', 'ALTER TABLE'],
    ['CREATE TABLE u (a int) WITH (oids = false)', 'CREATE TABLE'],
    [
      'ALTER TABLE IF EXISTS nope OWNER TO x',
      'ALTER TABLE',
      'relation "nope" does not exist, skipping',
    ],
    [
      'ALTER TABLE IF EXISTS nope OWNER TO x, ADD c int',
      'ALTER TABLE',
      'relation "nope" does not exist, skipping',
    ],
  ])('%s', (sql, ...expected) => {
    expect(answer(fresh(), sql)).toEqual(expected);
  });

  it('the other actions are done', () => {
    const session = fresh();
    const sql = 'ALTER TABLE t ADD c int DEFAULT 1, ALTER c SET STATISTICS 100, OWNER TO x';
    expect(answer(session, sql)).toEqual([
      'ALTER TABLE',
      'SET STATISTICS has no effect here',
      OWNER,
    ]);
    expect(answer(session, 'INSERT INTO t VALUES (1, $$x$$, 2)')).toEqual(['INSERT 0 1']);
  });

  // As recorded from PostgreSQL 15.
  it.each([
    ['CREATE TABLE u (a int) WITH (foo = 1)', '22023', 'unrecognized parameter "foo"'],
    [
      'CREATE TABLE u (a int) WITH (fillfactor = 5)',
      '22023',
      'value 5 out of bounds for option "fillfactor"',
      'Valid values are between "10" and "100".',
    ],
    [
      'CREATE TABLE u (a int) WITH (fillfactor = x)',
      '22023',
      'invalid value for integer option "fillfactor": x',
    ],
    [
      'CREATE TABLE u (a int) WITH (fillfactor)',
      '22023',
      'invalid value for integer option "fillfactor": true',
    ],
    [
      'CREATE TABLE u (a int) WITH (autovacuum_enabled = x)',
      '22023',
      'invalid value for boolean option "autovacuum_enabled": x',
    ],
    [
      'CREATE TABLE u (a int) WITH (vacuum_index_cleanup = foo)',
      '22023',
      'invalid value for enum option "vacuum_index_cleanup": foo',
      'Valid values are "on", "off", and "auto".',
    ],
    [
      'CREATE TABLE u (a int) WITH (fillfactor = 20, fillfactor = 30)',
      '22023',
      'parameter "fillfactor" specified more than once',
    ],
    [
      'CREATE TABLE u (a int) WITH (x.fillfactor = 20)',
      '22023',
      'unrecognized parameter namespace "x"',
    ],
    [
      'CREATE TABLE u (a int) WITH (toast.fillfactor = 20)',
      '22023',
      'unrecognized parameter "fillfactor"',
    ],
    [
      'CREATE TABLE u (a int) WITH (oids = true)',
      '0A000',
      'tables declared WITH OIDS is not supported',
    ],
    [
      'CREATE INDEX i ON t (a) WITH (autovacuum_enabled)',
      '22023',
      'unrecognized parameter "autovacuum_enabled"',
    ],
    [
      'ALTER TABLE t ALTER nope SET STATISTICS 1',
      '42703',
      'column "nope" of relation "t" does not exist',
    ],
    ['ALTER TABLE t ALTER b SET STORAGE foo', '22023', 'invalid storage type "foo"'],
    ['ALTER TABLE t CLUSTER ON nope', '42704', 'index "nope" for table "t" does not exist'],
    ['ALTER TABLE nope OWNER TO x', '42P01', 'relation "nope" does not exist'],
    ['ALTER SCHEMA nope OWNER TO x', '3F000', 'schema "nope" does not exist'],
    ['ALTER TYPE nope OWNER TO x', '42704', 'type "nope" does not exist'],
    ['ALTER VIEW t OWNER TO x', '42809', '"t" is not a view'],
    ['ALTER SEQUENCE t OWNER TO x', '42809', '"t" is not a sequence'],
    ['CREATE UNLOGGED SEQUENCE u', '0A000', 'UNLOGGED of a sequence is not supported'],
    [
      'CREATE INDEX u ON t USING hash (a, b)',
      '0A000',
      'access method "hash" does not support multicolumn indexes',
    ],
    [
      'CREATE UNIQUE INDEX u ON t USING hash (a)',
      '0A000',
      'access method "hash" does not support unique indexes',
    ],
    [
      'CREATE INDEX u ON t USING hash (a DESC)',
      '0A000',
      'access method "hash" does not support ASC/DESC options',
    ],
    ['CREATE INDEX u ON t (a) INCLUDE (x)', '42703', 'column "x" does not exist'],
    [
      'CREATE INDEX u ON t (a) INCLUDE ((a + 1))',
      '0A000',
      'expressions are not supported in included columns',
    ],
    [
      'CREATE INDEX u ON t (a) INCLUDE (b DESC)',
      '42P17',
      'including column does not support ASC/DESC options',
    ],
    [
      'PREPARE p AS SELECT 1; CREATE TABLE u WITH (fillfactor = 10) AS EXECUTE p',
      '0A000',
      'storage parameters is not supported',
    ],
  ])('%s is refused', (sql, ...expected) => {
    expect(answer(fresh(), sql)).toEqual(expected);
  });

  it('an identity may say what its sequence is called', () => {
    const session = fresh();
    const add = 'ALTER TABLE t ADD id int NOT NULL; ALTER TABLE t ALTER id ADD GENERATED ALWAYS';
    expect(answer(session, `${add} AS IDENTITY (SEQUENCE NAME public.mine START 5)`)).toEqual([
      'ALTER TABLE',
    ]);
    expect(answer(session, 'SELECT last_value FROM mine')).toEqual(['SELECT 1']);
    expect(answer(session, 'ALTER TABLE t ADD z int NOT NULL')[0]).toBe('ALTER TABLE');
    const again = 'ALTER TABLE t ALTER z ADD GENERATED BY DEFAULT AS IDENTITY (SEQUENCE NAME s)';
    expect(answer(session, again)).toEqual(['42P07', 'relation "s" already exists']);
  });
});
