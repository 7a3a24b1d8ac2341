/** From text to tree: forms, places, time travel, and what is refused in which words. */
import { describe, expect, test } from 'vitest';
import type { Grammar } from './grammar.ts';
import { createParser } from './create-parser.ts';
import { parseOne, parser, refusal } from './testing/parser.ts';

/** The tree with every place taken out. */
function shapeOf(tree: unknown): unknown {
  if (Array.isArray(tree)) return tree.map(shapeOf);
  if (typeof tree !== 'object' || tree === null) return tree;
  const entries = Object.entries(tree).filter(([name]) => name !== 'at');
  return Object.fromEntries(entries.map(([name, value]) => [name, shapeOf(value)]));
}

/** The first table of a query, with its clause. */
function firstTable(text: string): unknown {
  const statement = parseOne(text);
  if (statement.kind !== 'query' || statement.body.kind !== 'select') return null;
  return statement.body.from[0];
}

describe('statements of a text', () => {
  test('each has its own text, offsets count within it, its place in the whole', () => {
    const text = " ;SELECT 'é' ; -- nothing\nSELECT a ;; ";
    expect(parser.parse(text).map(({ text: own, at }) => [own, at])).toEqual([
      ["SELECT 'é'", 2],
      ['SELECT a', 27],
    ]);
    const [, second] = parser.parse(text);
    expect(second!.statement).toMatchObject({
      body: { targets: [{ value: { kind: 'column', parts: ['a'], at: 7 } }] },
    });
    expect(parser.parse(' -- nothing')).toEqual([]);
  });

  test('errors say their place in the whole text, in bytes', () => {
    expect(refusal("SELECT 'é'; SELECT é FROM FROM")).toBe(
      '42601 at 28: syntax error at or near "FROM"',
    );
    expect(refusal('SELECT 1; SELECT (')).toBe('42601 at 18: syntax error at end of input');
    expect(refusal("SELECT 'a")).toBe('42601 at 7: unterminated quoted string at or near "\'a"');
    expect(refusal('SELECT 1a + FROM')).toBe(
      '42601 at 7: trailing junk after numeric literal at or near "1a"',
    );
    expect(refusal('SELECT FROM FROM 1a')).toBe('42601 at 12: syntax error at or near "FROM"');
    expect(refusal("SELECT E'\\u061'")).toMatch(/^22025 at 9: invalid Unicode escape$/);
    expect(refusal("SELECT U&'\\061'")).toMatch(/^42601 at 10: invalid Unicode escape$/);
    expect(refusal('SELECT sum(a) OVER (ROWS UNBOUNDED FOLLOWING)')).toMatch(/^42P20/);
  });

  test('a grammar that broke is 54001', () => {
    const broken: Grammar = { parse: () => ({ kind: 'broken' }) };
    expect(() => createParser(broken).parse('SELECT 1')).toThrow('statement too complex');
  });
});

describe('forms', () => {
  test('literals keep their digits', () => {
    expect(
      shapeOf(parseOne("VALUES (1, -1, 007, 99999999999, 1.50, -1e5, 'a''b', NULL, false)")),
    ).toMatchObject({
      body: {
        rows: [
          [
            { type: 'integer', text: '1' },
            { type: 'integer', text: '-1' },
            { type: 'integer', text: '7' },
            { type: 'integer', text: '99999999999' },
            { type: 'numeric', text: '1.50' },
            { type: 'numeric', text: '-1e5' },
            { type: 'string', text: "a'b" },
            { type: 'null', text: '' },
            { type: 'boolean', text: 'false' },
          ],
        ],
      },
    });
  });

  test('strings join over line breaks and comments, as in PostgreSQL', () => {
    expect(shapeOf(parseOne("VALUES ('a' -- b\n 'c')"))).toMatchObject({
      body: { rows: [[{ text: 'ac' }]] },
    });
  });

  test('LIMIT ALL is no limit; FETCH WITH TIES is', () => {
    expect(parseOne('SELECT 1 LIMIT ALL')).toMatchObject({ limit: null, withTies: false });
    expect(parseOne('SELECT 1 ORDER BY 1 FETCH FIRST 2 ROWS WITH TIES')).toMatchObject({
      limit: { text: '2' },
      withTies: true,
    });
  });

  test('row locks are checked and left out', () => {
    expect(refusal('SELECT * FROM t FOR UPDATE OF t NOWAIT')).toBe('accepted');
    expect(refusal('SELECT * FROM t FOR SHARE SKIP LOCKED')).toMatch(/^0A000.*SKIP LOCKED/);
    expect(refusal('SELECT * FROM t AS u FOR UPDATE OF t')).toBe(
      '42P01 at 35: relation "t" in FOR UPDATE clause not found in FROM clause',
    );
    expect(refusal('SELECT DISTINCT a FROM t FOR UPDATE')).toMatch(
      /^0A000.*FOR UPDATE is not allowed with DISTINCT clause$/,
    );
  });

  test('a deferrable foreign key at a column takes its attributes', () => {
    const tree = parseOne(
      'CREATE TABLE t (a int REFERENCES u ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED)',
    );
    expect(tree).toMatchObject({
      columns: [
        {
          constraints: [
            { kind: 'foreignKey', onDelete: 'cascade', deferrable: true, initiallyDeferred: true },
          ],
        },
      ],
    });
    expect(refusal('CREATE TABLE t (a int DEFERRABLE)')).toBe(
      '42601 at 22: misplaced DEFERRABLE clause',
    );
  });

  test('SET, RESET and transaction modes', () => {
    expect(parseOne('SET LOCAL Kimberlite.As_Of TO 5')).toMatchObject({
      kind: 'set',
      name: 'kimberlite.as_of',
      local: true,
    });
    expect(parseOne('RESET ALL')).toMatchObject({ kind: 'set', name: 'all', values: [] });
    expect(parseOne('SET TRANSACTION READ ONLY')).toMatchObject({
      name: 'transaction_read_only',
      local: true,
    });
    expect(parseOne('BEGIN ISOLATION LEVEL SERIALIZABLE, READ WRITE, DEFERRABLE')).toMatchObject({
      action: 'begin',
      isolation: 'serializable',
      readOnly: false,
      chain: false,
    });
    expect(parseOne('ROLLBACK AND CHAIN')).toMatchObject({ action: 'rollback', chain: true });
  });

  test('VERIFY LOG is a statement of ours, and no keyword', () => {
    expect(parseOne(' verify  LOG ; ')).toEqual({ kind: 'verifyLog', at: 0 });
    expect(refusal('SELECT verify AS log FROM log')).toBe('accepted');
  });

  test('fields of a row that is called by its table', () => {
    const statement = parseOne('SELECT (t).b, (t).*, count((t).*) FROM t');
    expect(statement).toMatchObject({
      body: {
        targets: [
          { value: { kind: 'column', parts: ['t', 'b'], at: 8 } },
          { kind: 'star', qualifier: ['t'], at: 15 },
          { value: { arguments: [{ kind: 'wholeRow', qualifier: ['t'] }] } },
        ],
      },
    });
  });

  test("columns to assign to stand without their table's name", () => {
    const cases: Readonly<Record<string, string>> = {
      'UPDATE t SET t.a = 1': '42703 at 13: column "t" of relation "t" does not exist',
      'UPDATE t u SET u.a = 1': '42703 at 15: column "u" of relation "t" does not exist',
      'INSERT INTO t (t.a) VALUES (1)': '42703 at 15: column "t" of relation "t" does not exist',
      'MERGE INTO t u USING s ON true WHEN MATCHED THEN UPDATE SET u.a = 1':
        '42703 at 60: column "u" of relation "t" does not exist',
    };
    for (const [text, expected] of Object.entries(cases)) expect(refusal(text)).toBe(expected);
  });

  const unsupported: Readonly<Record<string, RegExp>> = {
    'GRANT SELECT ON t TO u': /GRANT/,
    'CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$': /CREATE FUNCTION/,
    'CREATE TRIGGER t BEFORE INSERT ON t EXECUTE FUNCTION f()': /CREATE TRIGGER/,
    'CREATE MATERIALIZED VIEW v AS SELECT 1': /MATERIALIZED VIEW/,
    'CREATE TABLE t (a int) PARTITION BY RANGE (a)': /PARTITION BY/,
    'CREATE TABLE t (a int) INHERITS (u)': /INHERITS/,
    'CREATE TABLE t WITH (fillfactor = 10) AS EXECUTE p': /storage parameters/,
    'CREATE UNLOGGED SEQUENCE s': /UNLOGGED/,
    'CREATE TABLE t (EXCLUDE USING gist (a WITH =))': /EXCLUDE/,
    'CREATE INDEX ON t USING gist (a)': /USING gist/,
    'CREATE SCHEMA s CREATE INDEX CONCURRENTLY ON t (a)': /CONCURRENTLY/,
    'SELECT (a.b).c FROM t': /selecting a field/,
    'SELECT (f(a)).b FROM t': /selecting a field/,
    'SELECT * FROM t TABLESAMPLE system (1)': /TABLESAMPLE/,
    'SELECT * FROM ROWS FROM (f(), g())': /ROWS FROM/,
    "SELECT B'01'": /bit string/,
    'UPDATE t SET a = 1 WHERE CURRENT OF c': /CURRENT OF/,
    'UPDATE t SET a.b = 1': /assigning to a field/,
    'MERGE INTO t USING u ON true WHEN MATCHED THEN DELETE RETURNING *': /RETURNING of MERGE/,
    'MERGE INTO t USING u ON true WHEN NOT MATCHED BY SOURCE THEN DELETE': /BY SOURCE/,
    'COPY t FROM STDIN': /COPY/,
    'EXPLAIN (BUFFERS) SELECT 1': /buffers/,
    'LISTEN t': /LISTEN/,
    'NOTIFY t': /NOTIFY/,
    'REINDEX (TABLESPACE x) TABLE t': /tablespace/,
    "PREPARE TRANSACTION 'x'": /prepared transaction/,
    'ALTER FUNCTION t OWNER TO u': /OWNER TO/,
    'DROP FUNCTION f()': /FUNCTION/,
    'SELECT * FROM db.s.t': /another database/,
  };
  for (const [text, words] of Object.entries(unsupported)) {
    test(`0A000: ${text}`, () => {
      expect(refusal(text)).toMatch(/^0A000 at .* is not supported$/);
      expect(refusal(text)).toMatch(words);
    });
  }
});

describe('time travel', () => {
  const literal = (text: string): unknown => ({ kind: 'literal', type: 'string', text });

  test('behind a name, before its alias, in every form', () => {
    const cases: Readonly<Record<string, unknown>> = {
      "FROM t AS OF TIMESTAMP '2026-01-01' x": {
        kind: 'timestamp',
        operand: literal('2026-01-01'),
      },
      'FROM s."T x" as of position $2 AS x': {
        kind: 'position',
        operand: { kind: 'parameter', index: 1 },
      },
      "FROM ONLY t FOR SYSTEM_TIME AS OF '2026' x": { kind: 'timestamp', operand: literal('2026') },
      "FROM t FOR SYSTEM_TIME BETWEEN '1' AND '2' x": {
        kind: 'between',
        low: literal('1'),
        high: literal('2'),
      },
      "FROM t FOR system_time FROM '1' /* TO */ TO '2' x": {
        kind: 'fromTo',
        low: literal('1'),
        high: literal('2'),
      },
      'FROM t FOR SYSTEM_TIME ALL x': { kind: 'all' },
    };
    for (const [from, time] of Object.entries(cases)) {
      const table = shapeOf(firstTable(`SELECT 'é', * ${from} WHERE a = 1`));
      expect(table, from).toMatchObject({ kind: 'table', alias: 'x', time });
    }
  });

  test('operands in brackets are read by the grammar, with their places', () => {
    expect(
      firstTable("SELECT * FROM t AS OF TIMESTAMP (now() - interval '1 hour') x"),
    ).toMatchObject({
      time: { at: 16, operand: { kind: 'operator', name: '-', left: { name: 'now', at: 33 } } },
    });
    expect(firstTable("SELECT * FROM t AS OF TIMESTAMP DATE '2026-01-01'")).toMatchObject({
      time: { operand: { kind: 'cast', type: { name: 'date', at: 32 } } },
    });
    expect(refusal('SELECT * FROM t AS OF POSITION (1 +)')).toBe(
      '42601 at 35: syntax error at or near ")"',
    );
  });

  test('in joins, subqueries, common tables and set operations', () => {
    const text =
      'WITH w AS (SELECT * FROM a AS OF POSITION 1) SELECT (SELECT 1 FROM b AS OF POSITION 2) ' +
      'FROM c AS OF POSITION 3 JOIN d AS OF POSITION 4 e USING (x), LATERAL (SELECT * FROM f) g ' +
      'UNION SELECT 1 FROM h AS OF POSITION 5';
    const times = [...JSON.stringify(parseOne(text)).matchAll(/"text":"(\d)","at":\d+\},"at":/g)];
    expect(times.map(([, digit]) => digit)).toEqual(['1', '2', '3', '4', '5']);
  });

  test('decoys stay what they are', () => {
    expect(firstTable('SELECT * FROM t AS of')).toMatchObject({ alias: 'of', time: null });
    expect(refusal('SELECT substring(a FOR system_time) FROM t')).toBe('accepted');
    expect(refusal("SELECT 'FROM t AS OF TIMESTAMP 1' -- AS OF POSITION 1")).toBe('accepted');
    expect(refusal('SELECT "AS OF" FROM "AS" AS "OF", position')).toBe('accepted');
  });

  test('where no table stands it is refused', () => {
    expect(refusal("SELECT a AS OF TIMESTAMP '1' FROM t")).toBe(
      '42601 at 15: syntax error at or near "TIMESTAMP"',
    );
    expect(refusal('SELECT * FROM t x AS OF POSITION 1')).toBe(
      '42601 at 24: syntax error at or near "POSITION"',
    );
    expect(refusal('SELECT * FROM f() AS OF POSITION 1')).toMatch(/^0A000 at 18: /);
    expect(refusal('UPDATE t AS OF POSITION 1 SET a = 1')).toMatch(/^0A000 at 9: /);
    expect(refusal('INSERT INTO t AS OF POSITION 1 VALUES (1)')).toMatch(/^0A000/);
    expect(refusal('DROP TABLE t AS OF POSITION 1')).toMatch(/^42601/);
    expect(refusal('SELECT * FROM t AS OF POSITION')).toBe(
      '42601 at 30: syntax error at end of input',
    );
    expect(refusal('SELECT * FROM t AS OF TIMESTAMP now()')).toBe(
      '42601 at 32: syntax error at or near "now"',
    );
    expect(refusal('SELECT * FROM t FOR SYSTEM_TIME FROM 1 AND 2')).toBe(
      '42601 at 39: syntax error at or near "AND"',
    );
    expect(
      refusal('SELECT * FROM t AS OF POSITION (SELECT max(a) FROM u AS OF POSITION 1)'),
    ).toMatch(/^0A000 at 53: /);
  });

  test('a view keeps the text of its query, time and all', () => {
    expect(
      parseOne('CREATE VIEW v (a, b) AS  SELECT * FROM t AS OF POSITION 1 -- é\n , u'),
    ).toMatchObject({ text: 'SELECT * FROM t AS OF POSITION 1 -- é\n , u' });
  });
});
