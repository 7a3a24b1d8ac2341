/** Arrays in statements: look-ups through an index, and assignment to elements. */
import { beforeAll, describe, expect, test } from 'vitest';
import { loadParser } from '../../../shells/parser.ts';
import { SqlError } from '../error.ts';
import { MemoryDatabase } from '../memory.ts';
import type { MemorySession } from '../memory.ts';
import type { Parser } from '../parser/parser.ts';
import { DEFAULT_DISPLAY } from '../types/style.ts';
import { formatValue } from '../types/text-io.ts';
import { TEXT } from '../types/type.ts';

let parser: Parser;

beforeAll(async () => {
  parser = await loadParser();
});

/** Rows as text, or the SQLSTATE. */
function answer(session: MemorySession, text: string): string {
  const answers = session.run(text);
  const last = answers[answers.length - 1]!;
  if (last instanceof SqlError) return last.code;
  const types = last.columns?.map(({ type }) => type.id) ?? [];
  const shown = last.rows.map((row) =>
    row
      .map((one, i) => (one === null ? '-' : formatValue(types[i] ?? TEXT, one, DEFAULT_DISPLAY)))
      .join(' '),
  );
  return shown.join('\n');
}

function started(...statements: readonly string[]): MemorySession {
  const session = new MemoryDatabase(parser).session();
  for (const one of statements) expect(answer(session, one)).toBe('');
  return session;
}

describe('= ANY (array)', () => {
  const setup = [
    'CREATE TABLE t (id int PRIMARY KEY, big bigint UNIQUE, name varchar(9) UNIQUE, ids int[])',
    "INSERT INTO t SELECT i, i, 'n' || i, ARRAY[i, i + 1, NULL] FROM generate_series(1, 2000) i",
  ];

  test('looks elements up in the index, each once, whatever integers they are', () => {
    const session = started(...setup);
    const found = (condition: string): string =>
      answer(session, `SELECT id FROM t WHERE ${condition} ORDER BY id`);
    const plan = (condition: string): string =>
      answer(session, `EXPLAIN SELECT id FROM t WHERE ${condition}`);
    const some = 'ARRAY(SELECT 5 UNION ALL SELECT 3 UNION ALL SELECT 5 UNION ALL SELECT NULL)';
    const wide = 'ARRAY(SELECT 7::bigint UNION ALL SELECT 9000000000000000000)';
    const texts = "ARRAY(SELECT 'n7'::text UNION ALL SELECT 'n8')";
    for (const [condition, rows] of [
      [`id = ANY (${some})`, '3\n5'],
      [`id = ANY (${wide})`, '7'],
      [`big = ANY (${some})`, '3\n5'],
      [`name = ANY (${texts})`, '7\n8'],
      ["id = ANY ('{4,6,4,NULL}')", '4\n6'],
    ] as const) {
      expect(found(condition)).toBe(rows);
      expect(plan(condition)).toContain('Index Scan');
    }
    expect(found("id < 4 AND id <> ALL ('{1,2}')")).toBe('3');
    expect(found("id <> ALL ('{1,NULL}')")).toBe('');
  });

  test('of another table, and of the row itself', () => {
    const session = started(...setup);
    const joined = 'SELECT a.id, b.id FROM t a JOIN t b ON b.id = ANY (a.ids) WHERE a.id < 3';
    expect(answer(session, `${joined} ORDER BY 1, 2`)).toBe('1 1\n1 2\n2 2\n2 3');
    const within = 'SELECT a.id, (SELECT sum(b.id) FROM t b WHERE b.id = ANY (a.ids)) FROM t a';
    expect(answer(session, `${within} WHERE a.id < 3 ORDER BY 1`)).toBe('1 3\n2 5');
    expect(answer(session, 'SELECT count(*) FROM t WHERE id = ANY (ids)')).toBe('2000');
  });
});

test('arrays of different elements cannot be compared, with what a query gives either', () => {
  const session = started();
  const [ints, smalls] = ["'{6}'::int[]", "'{6}'::int2[]"];
  for (const condition of [
    `${ints} = ${smalls}`,
    `${ints} IN (SELECT ${smalls})`,
    `${ints} NOT IN (SELECT max(${smalls}))`,
    `${ints} < ALL (SELECT ${smalls})`,
    `(${ints}, 1) IN (SELECT ${smalls}, 1)`,
  ]) {
    expect(answer(session, `SELECT ${condition}`)).toBe('42883');
  }
  expect(answer(session, `SELECT ${ints} IN (SELECT ${smalls}::int[])`)).toBe('t');
});

describe('assignment to elements', () => {
  const setup = [
    "CREATE TABLE t (id int PRIMARY KEY, a int[] DEFAULT '{7}', c varchar(2)[], n int)",
    "INSERT INTO t VALUES (1, '{1,2,3}', '{}', 0)",
  ];

  test.for([
    ['a[2] = 9', '{1,9,3}'],
    ['a[5] = 9', '{1,2,3,NULL,9}'],
    ['a[-1] = 9', '[-1:3]={9,NULL,1,2,3}'],
    ['a[2:3] = ARRAY[8, 9, 10]', '{1,8,9}'],
    ['a[2:] = ARRAY[8, 9], a[1] = a[3]', '{3,8,9}'],
    ['a[:1] = ARRAY[5]', '{5,2,3}'],
    ['a[1:2] = NULL', '{1,2,3}'],
    ["a[1] = '4', (a[2], n) = (5, 6)", '{4,5,3}'],
    ['a[4:3] = ARRAY[1]', '2202E'],
    ['a[1:9] = ARRAY[1]', '2202E'],
    ['a[1][1] = 1', '2202E'],
    ['a[NULL] = 1', '22004'],
    ['a[1] = DEFAULT', '0A000'],
    ['a[1] = now()', '42804'],
    ['n[1] = 1', '42804'],
    ['c[1] = repeat($$x$$, 3)', '22001'],
    ['a[2147483647] = 1', '54000'],
    ['a[100000000] = 1', '54000'],
    ["a[1] = 1, a = '{}'", '42601'],
  ] as const)('SET %s', ([set, result]) => {
    expect(answer(started(...setup), `UPDATE t SET ${set} RETURNING a`)).toBe(result);
  });

  test('INSERT begins with nothing, ON CONFLICT with the row that is there', () => {
    const session = started(...setup);
    const insert = 'INSERT INTO t (id, a[1], a[3])';
    expect(answer(session, `${insert} VALUES (2, 5, 6) RETURNING a`)).toBe('{5,NULL,6}');
    expect(answer(session, `${insert} SELECT 3, 5, 6 RETURNING a`)).toBe('{5,NULL,6}');
    expect(answer(session, `${insert} VALUES (4, DEFAULT, 6)`)).toBe('0A000');
    expect(answer(session, "INSERT INTO t (id, a[1], a) VALUES (4, 5, '{}')")).toBe('42701');
    const conflict = 'ON CONFLICT (id) DO UPDATE SET a[1] = excluded.a[3], a[2] = t.a[1]';
    expect(answer(session, `${insert} VALUES (1, 8, 9) ${conflict} RETURNING a`)).toBe('{9,1,3}');
  });
});
