/** What definitions do to each other, as PostgreSQL has it: found by `npm run differential`. */
import { beforeAll, describe, expect, test } from 'vitest';
import { loadParser } from '../../../shells/parser.ts';
import { SqlError } from '../error.ts';
import { MemoryDatabase } from '../memory.ts';
import type { MemorySession } from '../memory.ts';
import type { Parser } from '../parser/parser.ts';

let parser: Parser;

beforeAll(async () => {
  parser = await loadParser();
});

function started(...statements: readonly string[]): MemorySession {
  const session = new MemoryDatabase(parser).session();
  for (const one of statements) expect(said(session, one)).toBe('');
  return session;
}

/** The SQLSTATE of the last statement; '' when it was taken. */
function said(session: MemorySession, text: string): string {
  const last = session.run(text).at(-1)!;
  return last instanceof SqlError ? last.code : '';
}

/** Rows as text. */
function rows(session: MemorySession, text: string): string {
  const last = session.run(text).at(-1)!;
  if (last instanceof SqlError) return last.code;
  return last.rows.map((row) => row.map((one) => String(one)).join(' ')).join('\n');
}

const COLUMNS = `SELECT column_name FROM information_schema.columns WHERE table_name = 't'
  ORDER BY ordinal_position`;
const KEYS = `SELECT constraint_name, constraint_type FROM information_schema.table_constraints
  WHERE table_name = 't' AND constraint_type <> 'CHECK' ORDER BY 1`;

describe('actions of one ALTER TABLE', () => {
  test('go in passes, whatever their order: what goes, types, columns, keys, defaults', () => {
    const session = started('CREATE TABLE t (a int DEFAULT 1, b int)');
    expect(said(session, 'ALTER TABLE t ADD b text, DROP b')).toBe('');
    expect(said(session, 'ALTER TABLE t ALTER a SET DEFAULT 2, ALTER a DROP DEFAULT')).toBe('');
    session.run("INSERT INTO t (b) VALUES ('x')");
    expect(rows(session, 'SELECT a, b FROM t')).toBe('2 x');
    const keyed = 'ALTER TABLE t ADD FOREIGN KEY (c) REFERENCES t (d), ADD c int, ADD d int UNIQUE';
    expect(said(session, keyed)).toBe('');
    expect(said(session, 'ALTER TABLE t DROP a, ADD a int, DROP a')).toBe('42703');
  });

  test('a key is added again when it is asked for again, and merged within a definition', () => {
    const session = started('CREATE TABLE t (a int PRIMARY KEY, CONSTRAINT k UNIQUE (a))');
    expect(rows(session, KEYS)).toBe('k PRIMARY KEY');
    expect(said(session, 'ALTER TABLE t ADD UNIQUE (a), ADD UNIQUE (a)')).toBe('');
    expect(rows(session, KEYS)).toBe('k PRIMARY KEY\nt_a_key UNIQUE\nt_a_key1 UNIQUE');
    expect(said(session, 'CREATE TABLE u (a int PRIMARY KEY, PRIMARY KEY (a))')).toBe('42P16');
    session.run('INSERT INTO t VALUES (1)');
    expect(said(session, 'ALTER TABLE t ADD b int UNIQUE PRIMARY KEY')).toBe('42P16');
  });
});

describe('types', () => {
  test('a key must still be comparable with the one it refers to', () => {
    const session = started(
      'CREATE TABLE p (id int PRIMARY KEY)',
      'CREATE TABLE t (p int REFERENCES p, self int UNIQUE REFERENCES t (self))',
    );
    expect(said(session, 'ALTER TABLE t ALTER p TYPE bigint')).toBe('');
    expect(said(session, 'ALTER TABLE t ALTER p TYPE numeric')).toBe('42804');
    expect(said(session, 'ALTER TABLE p ALTER id TYPE text')).toBe('42804');
  });

  test('of a column that a view reads they stay, of another one they may change', () => {
    const session = started(
      'CREATE TABLE t (a text, b varchar(4), c int, PRIMARY KEY (c))',
      'CREATE INDEX ON t (b)',
      "CREATE VIEW v AS SELECT a, c + 1 AS n FROM t WHERE a <> ''",
      'CREATE VIEW w AS SELECT n FROM v',
    );
    expect(said(session, 'ALTER TABLE t ALTER a TYPE text')).toBe('0A000');
    expect(said(session, 'ALTER TABLE t ALTER c TYPE bigint')).toBe('0A000');
    expect(said(session, 'ALTER TABLE t ALTER b TYPE varchar(9)')).toBe('');
    session.run("INSERT INTO t VALUES ('x', 'as long', 1)");
    expect(rows(session, 'SELECT a, n FROM v')).toBe('x 2');
  });

  test('a serial becomes nothing that its sequence does not fit', () => {
    const session = started('CREATE TABLE t (a serial, b int)');
    expect(said(session, 'ALTER TABLE t ALTER a TYPE boolean USING true')).toBe('42804');
    expect(said(session, 'ALTER TABLE t ALTER a TYPE bigint')).toBe('');
  });
});

describe('what goes', () => {
  test('a column takes along the keys of its own, though they refer to it', () => {
    const session = started('CREATE TABLE t (a int UNIQUE REFERENCES t (a), b int)');
    expect(said(session, 'ALTER TABLE t DROP a')).toBe('');
    session.run('ALTER TABLE t ADD a int UNIQUE, ADD FOREIGN KEY (b) REFERENCES t (a)');
    expect(said(session, 'ALTER TABLE t DROP a')).toBe('2BP01');
  });

  test('of two keys over the same columns the first is the one that others refer to', () => {
    const session = started(
      'CREATE TABLE p (id int PRIMARY KEY)',
      'CREATE TABLE t (p int REFERENCES p)',
      'ALTER TABLE p ADD UNIQUE (id)',
      'CREATE UNIQUE INDEX i ON p (id)',
    );
    expect(said(session, 'DROP INDEX i')).toBe('');
    expect(said(session, 'ALTER TABLE p DROP CONSTRAINT p_id_key')).toBe('');
    expect(said(session, 'ALTER TABLE p DROP CONSTRAINT p_pkey')).toBe('2BP01');
  });

  test('a type takes along the columns that are of it, and views that need those', () => {
    const session = started(
      "CREATE TYPE mood AS ENUM ('ok')",
      'CREATE TABLE t (a int, m mood)',
      'CREATE TABLE u (b int)',
      'CREATE VIEW v AS SELECT l.a, r.* FROM t l JOIN u r ON true',
      "CREATE VIEW w AS SELECT a FROM t WHERE m = 'ok'",
    );
    expect(said(session, 'DROP TYPE mood CASCADE')).toBe('');
    expect(rows(session, COLUMNS)).toBe('a');
    expect(said(session, 'SELECT a, b FROM v')).toBe('');
    expect(said(session, 'SELECT a FROM w')).toBe('42P01');
  });

  test('a column takes along the sequences that it owns', () => {
    const session = started(
      'CREATE SEQUENCE s',
      "CREATE TABLE t (a int, b int DEFAULT nextval('s'))",
      'ALTER SEQUENCE s OWNED BY t.a',
    );
    expect(said(session, 'ALTER TABLE t DROP a')).toBe('2BP01');
    expect(said(session, 'ALTER TABLE t DROP a CASCADE')).toBe('');
    expect(said(session, "SELECT nextval('s')")).toBe('42P01');
    expect(rows(session, 'INSERT INTO t DEFAULT VALUES RETURNING b')).toBe('null');
  });

  test('a schema takes along identities and serials', () => {
    const session = started(
      'CREATE SCHEMA x',
      'CREATE TABLE x.t (a int GENERATED ALWAYS AS IDENTITY, b serial)',
    );
    expect(said(session, 'DROP SCHEMA x')).toBe('2BP01');
    expect(said(session, 'DROP SCHEMA x CASCADE')).toBe('');
    expect(said(session, 'CREATE SCHEMA x')).toBe('');
  });
});

describe('names', () => {
  test('columns of LIKE stand where it stands; of a view there are names and types', () => {
    const session = started(
      'CREATE TABLE p (x int NOT NULL, y int)',
      'CREATE VIEW v AS SELECT x AS z FROM p',
      'CREATE TABLE t (a int, LIKE p, b int, LIKE v INCLUDING ALL)',
    );
    expect(rows(session, COLUMNS).split('\n')).toEqual(['a', 'x', 'y', 'b', 'z']);
  });

  test('a reference finds its table on the search path, not the one of its name elsewhere', () => {
    const session = started(
      'CREATE TABLE t (a int)',
      'CREATE TABLE p (id int PRIMARY KEY)',
      'CREATE SCHEMA x',
    );
    expect(said(session, 'CREATE TABLE x.t (a int PRIMARY KEY REFERENCES t (a))')).toBe('42830');
    expect(said(session, 'CREATE TABLE x.p (id int PRIMARY KEY, up int REFERENCES p)')).toBe('');
    expect(said(session, 'INSERT INTO x.p VALUES (1, 1)')).toBe('23503');
  });

  test('ALTER TABLE moves views and sequences, too', () => {
    const session = started(
      'CREATE SCHEMA x',
      'CREATE VIEW v AS SELECT 1 AS a',
      'CREATE SEQUENCE s',
    );
    expect(said(session, 'ALTER TABLE v SET SCHEMA x; ALTER TABLE s SET SCHEMA x')).toBe('');
    expect(rows(session, "SELECT a, nextval('x.s') FROM x.v")).toBe('1 1');
  });

  test('a view cannot come to read itself', () => {
    const session = started('CREATE VIEW v AS SELECT 1 AS a', 'CREATE VIEW w AS SELECT a FROM v');
    expect(said(session, 'CREATE OR REPLACE VIEW v AS SELECT a FROM v')).toBe('42P17');
    expect(said(session, 'CREATE OR REPLACE VIEW v AS SELECT a FROM w')).toBe('42P17');
    expect(rows(session, 'SELECT a FROM w')).toBe('1');
  });
});
