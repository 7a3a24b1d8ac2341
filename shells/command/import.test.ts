/** Scripts and CSV files by command: what goes in, and what an error says of where it is. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { open } from '../embedded.ts';
import { tempDirectory } from '../testing/temp-directory.ts';
import { importScript } from './import-script.ts';
import { insertRows } from './insert-rows.ts';
import { readCsv } from './read-csv.ts';
import { kimberlite } from './testing/run-command.ts';
import { serveNew } from './testing/serve-new.ts';

test('a script and rows come in by command; errors name the line', async () => {
  const { base, query, load } = await serveNew();
  const file = (name: string, text: string): string => {
    writeFileSync(join(base, name), text);
    return join(base, name);
  };

  const script = file('a.sql', '\\c other\nCREATE TABLE t (id int PRIMARY KEY,\n  n text);\n');
  const done = await load(script);
  expect(done.stdout).toMatch(/^1 statements from .*a\.sql in [\d.]+ s\n$/);
  expect(done.stderr).toBe('left out line 1: \\c other (this database is the only one)\n');
  const bad = await load(file('b.sql', 'SELECT 1;\n\nSELECT\n  nope;\n'));
  expect(bad.exit).toBe(1);
  expect(bad.stderr).toMatch(/b\.sql:4: ERROR 42703: .*; the 1 statements before it are done\n$/);
  const open = await load(file('c.sql', 'BEGIN;'));
  expect(open.stderr).toMatch(/c\.sql ended inside a transaction, which was rolled back/);

  const rows = await load(file('t.csv', 'n,id\n"a ""b""",1\n,2\n'), '--table', 't', '--json');
  expect(JSON.parse(rows.stdout)).toMatchObject({ rows: 2 });
  const none = await load(join(base, 't.csv'));
  expect(none).toMatchObject({ exit: 2 });
  expect(none.stderr).toContain('a CSV file needs --table');
  expect(await query('TABLE t')).toBe('id,n\n1,"a ""b"""\n2,');
});

describe('rows of a CSV file', () => {
  async function load(text: string, options: object = {}): Promise<readonly unknown[] | string> {
    const path = join(tempDirectory(), 'x.csv');
    writeFileSync(path, text);
    const db = await open({ memory: true });
    try {
      await db.execute('CREATE TABLE t (id int PRIMARY KEY, "N n" text, d date)');
      const csv = { delimiter: ',', nullText: null, ...options };
      const rows = { table: ['t'], columns: null, hasHeader: true, fromLine: 1, ...options };
      const done = insertRows(
        db.session(),
        { path, rows: readCsv(path, csv), ...rows },
        text.length,
      );
      const failure = await done.then(
        () => null,
        (error: Error) => error.message.replace(path, 'x.csv'),
      );
      const found = await db.query('SELECT * FROM t ORDER BY id', [], { rows: 'text' });
      return failure === null ? found : `${found.length}: ${failure}`;
    } finally {
      await db.close();
    }
  }

  test('nothing between commas is NULL, quotes around nothing are the empty text', async () => {
    const text = '\ufeffid,N n,d\r\n1,,2020-02-29\r\n2,"",\r\n\r\n3,"a,\n""b""",2020-03-01';
    expect(await load(text)).toEqual([
      ['1', null, '2020-02-29'],
      ['2', '', null],
      ['3', 'a,\n"b"', '2020-03-01'],
    ]);
  });

  test('without a header, with other marks, from a line on', async () => {
    const options = { columns: ['d', 'id'], hasHeader: false, delimiter: ';', nullText: 'NULL' };
    expect(await load('NULL;1\n2020-01-01;2', options)).toEqual([
      ['1', null, null],
      ['2', null, '2020-01-01'],
    ]);
    expect(await load('id\n1\n2\n3', { fromLine: 3 })).toHaveLength(2);
    expect(await load('id\n1\n2\n3', { fromLine: 4 })).toHaveLength(1);
    expect(await load('id\n1\n2\n3', { fromLine: 5 })).toBe(
      '0: x.csv has no row at line 5 or below: nothing was imported',
    );
    expect(await load('id\n')).toHaveLength(0);
  });

  test('the bad row of many is found, what is before it is in, and it is said how to go on', async () => {
    const lines = Array.from({ length: 1200 }, (_, i) => (i === 777 ? 'x' : String(i)));
    expect(await load(`id\n${lines.join('\n')}\n`)).toBe(
      '777: x.csv:779: ERROR 22P02: invalid input syntax for type integer: "x"; ' +
        'the 777 rows before are in: go on with --from-line 779',
    );
  });

  test.each([
    ['id,id\n1,2', /^0: x\.csv:1: the header must name each column once/],
    ['id,nope\n1,2', /^0: x\.csv:2: ERROR 42703: column "nope"/],
    [
      'id\n1\n2,3',
      /^1: x\.csv:3: 2 fields, but there are 1 columns; the 1 rows before line 3 are in/,
    ],
    ['id\n"1', /^0: x\.csv: Quote Not Closed/],
  ])('%j is refused', async (text, message) => {
    expect(await load(text)).toMatch(message);
  });
});

test('text that is not UTF-8 is refused with its line, never stored as something else', async () => {
  const { base, query, load } = await serveNew();
  const file = (name: string, ...parts: (string | number[])[]): string => {
    writeFileSync(
      join(base, name),
      Buffer.concat(parts.map((part) => Buffer.from(part as string))),
    );
    return join(base, name);
  };
  const script = file('bom.sql', [0xef, 0xbb, 0xbf], 'CREATE TABLE t (v text);\r\n');
  expect((await load(script)).stderr).toBe('');
  const latin = await load(file('latin.sql', "\nINSERT INTO t VALUES ('caf", [0xe9], "');\n"));
  expect([latin.exit, latin.stderr]).toEqual([
    1,
    expect.stringMatching(
      /latin\.sql:2: ERROR 22021: invalid byte sequence .*; convert it to UTF-8; 0 statements are/,
    ),
  ]);
  const rows = await load(file('latin.csv', 'v\nfine\n', [0xff], '\n'), '--table', 't');
  expect([rows.exit, rows.stderr]).toEqual([
    1,
    expect.stringMatching(/latin\.csv:3: ERROR 22021: /),
  ]);
  expect(await query('SELECT v FROM t')).not.toContain('\ufffd');
});

test.each([
  ['x.csv', ['--table', 't', '--delimiter', '"'], '--delimiter takes one character (no quote)'],
  ['x.csv', ['--table', 't', '--delimiter', '\n'], '--delimiter takes one character (no quote)'],
  ['x.sql', ['--delimiter', ';'], '--delimiter is for CSV files'],
  ['x.sql', ['--columns', 'a'], '--columns is for CSV files'],
  ['x.sql', ['--from-line', '3'], '--from-line is for CSV files'],
  ['x.sql', ['--no-header'], '--no-header is for CSV files'],
])('import %s %j is refused', async (name, flags, message) => {
  const path = join(tempDirectory(), name);
  writeFileSync(path, 'a\n1\n');
  const { exit, stdout, stderr } = await kimberlite('import', path, ...flags);
  expect([exit, stdout]).toEqual([2, '']);
  expect(stderr).toContain(`kimberlite: ${message}`);
});

test('what Ctrl-C ends says what is kept, and how to go on', async () => {
  const path = join(tempDirectory(), 'x');
  const db = await open({ memory: true });
  await db.execute('CREATE TABLE t (id int)');
  let looks = 0;
  const interrupted = (): boolean => (looks += 1) > 2;
  writeFileSync(path, 'id\n1\n2\n3\n4\n');
  const rows = readCsv(path, { delimiter: ',', nullText: null });
  const plan = { path: 'x.csv', table: ['t'], columns: null, hasHeader: true, fromLine: 1, rows };
  await expect(insertRows(db.session(), plan, 10, interrupted)).rejects.toMatchObject({
    exit: 130,
    message: 'interrupted; the 2 rows before line 4 are in: go on with --from-line 4',
  });
  expect(await db.query('SELECT id FROM t')).toEqual([{ id: 1 }, { id: 2 }]);
  looks = 0;
  writeFileSync(path, 'BEGIN;\nINSERT INTO t VALUES (5);\nCOMMIT;\n');
  await expect(importScript(db, path, 10, false, interrupted)).rejects.toMatchObject({
    exit: 130,
    message: expect.stringMatching(
      /:3: interrupted; the 2 statements before it are done, but what its open transaction did is/,
    ),
  });
  expect(await db.query('SELECT count(*)::int AS n FROM t')).toEqual([{ n: 2 }]);
  await db.close();
});
