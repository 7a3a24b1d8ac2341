/** Maintenance is checked as PostgreSQL checks it, says why it does nothing, and makes no entry. */
import { describe, expect, it } from 'vitest';
import { loadParser } from '../../../shells/parser.ts';
import { MemoryDatabase } from '../memory.ts';
import type { MemorySession } from '../memory.ts';
import type { Rights } from '../rights.ts';
import { ALL_RIGHTS } from '../rights.ts';
import { ReadSet } from '../rows/read-set.ts';
import type { LockTable, Maintain } from '../tree/maintain.ts';
import { lockTables, maintained } from './maintain.ts';
import { isError } from './result.ts';

const parser = await loadParser();

function fresh(): [MemoryDatabase, MemorySession] {
  const database = new MemoryDatabase(parser);
  const session = database.session();
  session.run(`CREATE TABLE t (a int PRIMARY KEY, b text); CREATE INDEX t_b ON t (b);
    CREATE VIEW v AS SELECT a FROM t; CREATE SEQUENCE s; INSERT INTO t VALUES (1, 'x')`);
  return [database, session];
}

/** Tag and notices of the last answer, or code and message. */
function answer(session: MemorySession, sql: string): readonly string[] {
  const answers = session.run(sql);
  const last = answers[answers.length - 1]!;
  if (isError(last)) return [last.code, last.message, ...(last.detail ? [last.detail] : [])];
  return [last.tag, ...last.notices];
}

const VACUUM = 'VACUUM does nothing here: former versions of rows are kept, as history';
const ANALYZE = 'ANALYZE does nothing here: every write keeps the counts that plans are made of';
const REINDEX =
  'REINDEX does nothing here: entries of indexes are written and checked with their rows';
const CLUSTER = 'CLUSTER does nothing here: rows are kept in the order of their primary key';
const CHECKPOINT = 'CHECKPOINT does nothing here: what was committed is in the log';
const UNLISTEN = 'UNLISTEN does nothing here: there is no LISTEN';

describe('maintenance', () => {
  it.each([
    ['VACUUM', 'VACUUM', VACUUM],
    ['VACUUM (FULL, FREEZE false, INDEX_CLEANUP auto, PARALLEL 0) t, t', 'VACUUM', VACUUM],
    ['VACUUM ANALYZE t (a, b), public.t', 'VACUUM', VACUUM],
    ['ANALYZE VERBOSE t (b)', 'ANALYZE', ANALYZE],
    ['BEGIN; ANALYZE', 'ANALYZE', ANALYZE],
    ['REINDEX TABLE CONCURRENTLY t', 'REINDEX', REINDEX],
    ['REINDEX INDEX t_b', 'REINDEX', REINDEX],
    ['REINDEX SCHEMA public', 'REINDEX', REINDEX],
    ['REINDEX DATABASE kimberlite', 'REINDEX', REINDEX],
    ['BEGIN READ ONLY; REINDEX TABLE public.t', 'REINDEX', REINDEX],
    ['CLUSTER t USING t_b', 'CLUSTER', CLUSTER],
    ['CLUSTER', 'CLUSTER', CLUSTER],
    ['CHECKPOINT', 'CHECKPOINT', CHECKPOINT],
    ['UNLISTEN *', 'UNLISTEN', UNLISTEN],
  ])('%s', (sql, ...expected) => {
    const [database, session] = fresh();
    const before = database.position;
    expect(answer(session, sql)).toEqual(expected);
    expect(database.position).toBe(before);
  });

  const nonTable = (command: string): string => {
    return `skipping "v" --- cannot ${command} non-tables or special system tables`;
  };
  it.each([
    ['VACUUM v', 'VACUUM', nonTable('vacuum'), VACUUM],
    ['ANALYZE v, t', 'ANALYZE', nonTable('analyze'), ANALYZE],
    ['VACUUM nope', '42P01', 'relation "nope" does not exist'],
    ['VACUUM no.t', '3F000', 'schema "no" does not exist'],
    ['VACUUM t (a)', '0A000', 'ANALYZE option must be specified when a column list is provided'],
    ['ANALYZE t (x)', '42703', 'column "x" of relation "t" does not exist'],
    ['ANALYZE t (a, a)', '42701', 'column "a" of relation "t" appears more than once'],
    ['VACUUM (foo) t', '42601', 'unrecognized VACUUM option "foo"'],
    ['ANALYZE (full) t', '42601', 'unrecognized ANALYZE option "full"'],
    ['VACUUM (FULL maybe) t', '42601', 'full requires a Boolean value'],
    ['VACUUM (FULL, PARALLEL 2) t', '0A000', 'VACUUM FULL cannot be performed in parallel'],
    ['VACUUM (PARALLEL) t', '42601', 'parallel option requires a value between 0 and 1024'],
    ['BEGIN; VACUUM', '25001', 'VACUUM cannot run inside a transaction block'],
    ['REINDEX TABLE nope', '42P01', 'relation "nope" does not exist'],
    ['REINDEX TABLE v', '42809', '"v" is not a table or materialized view'],
    ['REINDEX TABLE t_b', '42809', '"t_b" is not a table or materialized view'],
    ['REINDEX INDEX t', '42809', '"t" is not an index'],
    ['REINDEX SCHEMA nope', '3F000', 'schema "nope" does not exist'],
    ['REINDEX DATABASE nope', '0A000', 'can only reindex the currently open database'],
    ['BEGIN; REINDEX SCHEMA s', '25001', 'REINDEX SCHEMA cannot run inside a transaction block'],
    [
      'BEGIN; REINDEX TABLE CONCURRENTLY t',
      '25001',
      'REINDEX CONCURRENTLY cannot run inside a transaction block',
    ],
    ['CLUSTER t', '42704', 'there is no previously clustered index for table "t"'],
    ['CLUSTER t USING nope', '42704', 'index "nope" for table "t" does not exist'],
    ['CLUSTER t USING v', '42809', '"v" is not an index'],
    ['CLUSTER v', '42809', '"v" is not a table or materialized view'],
    ['BEGIN; CLUSTER', '25001', 'CLUSTER cannot run inside a transaction block'],
    ['LISTEN x', '0A000', 'LISTEN is not supported'],
    ['NOTIFY x', '0A000', 'NOTIFY is not supported'],
  ])('%s', (sql, ...expected) => {
    expect(answer(fresh()[1], sql)).toEqual(expected);
  });
});

describe('CREATE and DROP INDEX CONCURRENTLY', () => {
  const BUILT = 'CONCURRENTLY has no effect here: an index is built in one entry of the log';
  const DROPPED = 'CONCURRENTLY has no effect here: an index is dropped in one entry of the log';
  const OVER = 'relation "t_b" already exists, skipping';

  it.each([
    ['CREATE INDEX CONCURRENTLY i ON t (b)', 'CREATE INDEX', BUILT],
    ['CREATE INDEX CONCURRENTLY IF NOT EXISTS t_b ON t (b)', 'CREATE INDEX', OVER, BUILT],
    ['DROP INDEX CONCURRENTLY t_b', 'DROP INDEX', DROPPED],
    [
      'BEGIN; CREATE INDEX CONCURRENTLY i ON t (b)',
      '25001',
      'CREATE INDEX CONCURRENTLY cannot run inside a transaction block',
    ],
    [
      'BEGIN; DROP INDEX CONCURRENTLY t_b',
      '25001',
      'DROP INDEX CONCURRENTLY cannot run inside a transaction block',
    ],
    [
      'DROP INDEX CONCURRENTLY t_b, t_c',
      '0A000',
      'DROP INDEX CONCURRENTLY does not support dropping multiple objects',
    ],
    [
      'DROP INDEX CONCURRENTLY t_b CASCADE',
      '0A000',
      'DROP INDEX CONCURRENTLY does not support CASCADE',
    ],
  ])('%s', (sql, ...expected) => {
    expect(answer(fresh()[1], sql)).toEqual(expected);
  });
});

describe('LOCK TABLE', () => {
  const WROTE =
    'LOCK TABLE makes nobody wait here: if another writes to it, a COMMIT of changes fails (40001)';
  const DEFINED =
    'LOCK TABLE does nothing here: if another defines something, a COMMIT of changes fails (40001)';
  const CANNOT = 'This operation is not supported for';

  it.each([
    ['LOCK TABLE t', '25P01', 'LOCK TABLE can only be used in transaction blocks'],
    ['BEGIN; LOCK t', 'LOCK TABLE', WROTE],
    ['BEGIN; LOCK TABLE ONLY t, v IN SHARE MODE NOWAIT', 'LOCK TABLE', WROTE],
    ['BEGIN; LOCK TABLE t IN ROW EXCLUSIVE MODE', 'LOCK TABLE', DEFINED],
    ['BEGIN; LOCK TABLE public.t IN ACCESS SHARE MODE', 'LOCK TABLE', DEFINED],
    ['BEGIN; LOCK TABLE nope', '42P01', 'relation "nope" does not exist'],
    ['BEGIN; LOCK TABLE s', '42809', 'cannot lock relation "s"', `${CANNOT} sequences.`],
    ['BEGIN; LOCK TABLE t_b', '42809', 'cannot lock relation "t_b"', `${CANNOT} indexes.`],
  ])('%s', (sql, ...expected) => {
    expect(answer(fresh()[1], sql)).toEqual(expected);
  });

  it.each([
    ['t', 'SHARE', '40001'],
    ['v', 'ACCESS EXCLUSIVE', '40001'],
    ['t', 'ROW EXCLUSIVE', 'COMMIT'],
  ])('%s in %s mode, which another writes to, ends in %s', (name, mode, expected) => {
    const [database, session] = fresh();
    session.run(`CREATE TABLE u (a int); BEGIN; LOCK TABLE ${name} IN ${mode} MODE;
      INSERT INTO u VALUES (1)`);
    database.session().run(`INSERT INTO t VALUES (2, 'y')`);
    expect(answer(session, 'COMMIT')[0]).toBe(expected);
  });
});

describe('rights', () => {
  const reader: Rights = { ...ALL_RIGHTS, role: 'reader', writes: false };
  const nobody: Rights = { ...reader, rows: false };
  const transaction = { reads: new ReadSet() };
  const catalog = {} as Parameters<typeof maintained>[2];
  const node = (sql: string): unknown => parser.parse(sql)[0]!.statement;

  it.each(['VACUUM', 'ANALYZE', 'REINDEX TABLE t', 'CLUSTER', 'CHECKPOINT'])('%s', (sql) => {
    const run = (): unknown => maintained(node(sql) as Maintain, null, catalog, reader);
    expect(run).toThrow(/^permission denied: \w+: role reader may not write$/);
  });

  it('UNLISTEN is for everybody', () => {
    const statement = node('UNLISTEN a') as Maintain;
    expect(maintained(statement, null, catalog, nobody).tag).toBe('UNLISTEN');
  });

  it.each([
    ['LOCK TABLE t', reader, 'LOCK TABLE: role reader may not write'],
    ['LOCK TABLE t IN ACCESS SHARE MODE', nobody, 'role reader may not read rows of tables'],
  ])('%s', (sql, rights, message) => {
    const run = (): unknown => lockTables(node(sql) as LockTable, transaction, catalog, rights);
    expect(run).toThrow(`permission denied: ${message}`);
  });
});
