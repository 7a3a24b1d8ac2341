/** Printing: what PostgreSQL would print, and what parses to the same tree again. */
import { describe, expect, test } from 'vitest';
import { parseOne } from '../parser/testing/parser.ts';
import { printExpression } from './print-expression.ts';
import { printRowStatement } from './print-write.ts';
import type { Statement } from './statement.ts';

function print(statement: Statement): string {
  const { kind } = statement;
  if (kind !== 'query' && kind !== 'insert' && kind !== 'update' && kind !== 'delete') return '';
  return printRowStatement(statement);
}

function withoutPlaces(tree: unknown): unknown {
  return JSON.parse(JSON.stringify(tree, (key, value: unknown) => (key === 'at' ? 0 : value)));
}

/** A text of one SELECT of one expression, printed. */
function printed(expression: string): string {
  const statement = parseOne(`SELECT ${expression}`);
  if (statement.kind !== 'query' || statement.body.kind !== 'select') return '';
  const [target] = statement.body.targets;
  return target?.kind === 'value' ? printExpression(target.value) : '';
}

const EXPRESSIONS: Readonly<Record<string, string>> = {
  'a+b*2': '(a + (b * 2))',
  '-a': '(- a)',
  '(-1)::text': '(-1)::text',
  "'it''s'": "'it''s'",
  'NOT a AND b OR c': '(((NOT a) AND b) OR c)',
  'a IS NOT NULL': '(a IS NOT NULL)',
  'a IS NOT UNKNOWN': '(a IS NOT UNKNOWN)',
  'a IS DISTINCT FROM b': '(a IS DISTINCT FROM b)',
  'a NOT BETWEEN SYMMETRIC 1 AND 2': '(a NOT BETWEEN SYMMETRIC 1 AND 2)',
  "a NOT LIKE 'x' ESCAPE '!'": "(a NOT LIKE 'x' ESCAPE '!')",
  "a SIMILAR TO 'b'": "(a SIMILAR TO 'b')",
  'a NOT IN (1, $2)': '(a NOT IN (1, $2))',
  '"Select"."a b"': '"Select"."a b"',
  'x::varchar(3)': '(x)::character varying(3)',
  "interval '1' day": "'1'::interval day",
  'CAST(a AS timestamptz(3))': '(a)::timestamp(3) with time zone',
  'a::int[]': '(a)::integer[]',
  'CASE a WHEN 1 THEN 2 ELSE 3 END': 'CASE a WHEN 1 THEN 2 ELSE 3 END',
  'extract(year from a)': 'EXTRACT(year FROM a)',
  "position('a' in b)": "POSITION('a' IN b)",
  'substring(a from 2 for 3)': 'SUBSTRING(a FROM 2 FOR 3)',
  "trim(leading 'x' from a)": "TRIM(LEADING 'x' FROM a)",
  'overlay(a placing b from 1)': 'OVERLAY(a PLACING b FROM 1)',
  "a AT TIME ZONE 'UTC'": "(a AT TIME ZONE 'UTC')",
  'current_timestamp(3)': 'CURRENT_TIMESTAMP(3)',
  'count(*) FILTER (WHERE a)': 'count(*) FILTER (WHERE a)',
  'sum(DISTINCT a ORDER BY a DESC NULLS LAST)': 'sum(DISTINCT a ORDER BY a DESC NULLS LAST)',
  'percentile_cont(0.5) WITHIN GROUP (ORDER BY a)':
    'percentile_cont(0.5) WITHIN GROUP (ORDER BY a)',
  'rank() OVER (w PARTITION BY a ROWS 1 PRECEDING)':
    'rank() OVER (w PARTITION BY a ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)',
  'rank() OVER w': 'rank() OVER w',
  'a COLLATE "C"': '(a COLLATE "C")',
  'ROW(1, 2) = (a, b)': '(ROW(1, 2) = ROW(a, b))',
  'a = ANY (ARRAY[1, 2])': '(a = ANY (ARRAY[1, 2]))',
  'a IN (SELECT 1)': '(a IN ( SELECT 1))',
  'a > ALL (SELECT 1)': '(a > ALL ( SELECT 1))',
  'EXISTS (SELECT)': '(EXISTS ( SELECT))',
  'ARRAY(SELECT 1)': 'ARRAY( SELECT 1)',
  'nullif(a, 1) || coalesce(b, c)': '(NULLIF(a, 1) || COALESCE(b, c))',
  'greatest(a, 1)': 'GREATEST(a, 1)',
  '"left"(a, 1)': '"left"(a, 1)',
};

const STATEMENTS = [
  'SELECT DISTINCT ON (a, b) a AS "A", t.*, s.t.* FROM s.t AS t(a, b)',
  'SELECT FROM a CROSS JOIN b NATURAL LEFT JOIN c JOIN d USING (x) AS u FULL JOIN (e JOIN f ON a) AS g ON b',
  'SELECT * FROM (VALUES (1, DEFAULT), (2, 3)) v(a), LATERAL (SELECT 1) w',
  'SELECT * FROM f(1) WITH ORDINALITY AS g(a, b), h() AS (a int, b text[]), LATERAL k() l',
  'SELECT 1 GROUP BY DISTINCT a, (a, b), ROW(a, b), (), ROLLUP (a, (b, c)), CUBE (a), GROUPING SETS ((a), ())',
  'SELECT grouping(a) FROM t GROUP BY a HAVING a > 1 WINDOW w AS (ORDER BY a), x AS (w GROUPS CURRENT ROW EXCLUDE TIES)',
  '(SELECT 1 UNION SELECT 2) INTERSECT ALL (SELECT 3 ORDER BY 1 LIMIT 1) EXCEPT VALUES (4) ORDER BY 1 OFFSET 2 LIMIT 3',
  'SELECT 1 UNION (SELECT 2 EXCEPT SELECT 3)',
  'WITH RECURSIVE a(x) AS MATERIALIZED (SELECT 1 UNION ALL SELECT x + 1 FROM a), b AS NOT MATERIALIZED (DELETE FROM t RETURNING *) SELECT * FROM a, b',
  'SELECT a FROM t ORDER BY a USING >, b DESC NULLS FIRST FETCH FIRST 3 ROWS WITH TIES',
  "SELECT * FROM t AS OF TIMESTAMP '2026-01-01' x, u FOR SYSTEM_TIME BETWEEN $1 AND (now())",
  'SELECT * FROM v FOR SYSTEM_TIME FROM (-1) TO 2',
  'SELECT * FROM t FOR SYSTEM_TIME ALL, u AS OF POSITION (1::bigint)',
  'INSERT INTO t DEFAULT VALUES RETURNING a, b AS c',
  'WITH a AS (SELECT 1) INSERT INTO s.t AS x (a, "B") OVERRIDING SYSTEM VALUE SELECT * FROM a ON CONFLICT (a, lower(b)) WHERE c DO UPDATE SET (a, b) = (excluded.a, DEFAULT), c = 1 WHERE d',
  'INSERT INTO t VALUES (1) ON CONFLICT ON CONSTRAINT k DO NOTHING',
  'UPDATE t AS x SET a = DEFAULT, (b, c) = (SELECT 1, 2) FROM u, v WHERE true RETURNING *',
  'DELETE FROM t USING u WHERE t.a = u.a RETURNING t.*',
];

describe('print', () => {
  for (const [text, expected] of Object.entries(EXPRESSIONS)) {
    test(text, () => {
      expect(printed(text)).toBe(expected);
      expect(printed(expected)).toBe(expected);
      const [before, after] = [text, expected].map((each) => parseOne(`SELECT ${each}`));
      expect(withoutPlaces(after)).toEqual(withoutPlaces(before));
    });
  }

  for (const text of STATEMENTS) {
    test(text, () => {
      const statement = parseOne(text);
      const again = parseOne(print(statement));
      expect(withoutPlaces(again)).toEqual(withoutPlaces(statement));
    });
  }
});
