/** The REPL without a terminal, on a database in memory: statements, its commands, its formats. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { open } from '../embedded.ts';
import type { Database } from '../embedded.ts';
import { tempDirectory } from '../testing/temp-directory.ts';
import { runPiped } from './run-repl.ts';
import { Shell } from './shell.ts';

let database: Database;
let out: string;
let err: string;

beforeEach(async () => {
  database = await open({ memory: true });
  [out, err] = ['', ''];
});
afterEach(() => database.close());

function makeShell(columns: number | null = null): Shell {
  return new Shell({
    database,
    out: (text) => (out += text),
    err: (text) => (err += text),
    format: 'auto',
    columns: () => columns,
    where: () => 'here',
    tenants: async () => Promise.resolve({ columns: [{ name: 'Tenant', type: 'text' }], rows: [] }),
  });
}

async function feed(text: string, shell: Shell = makeShell()): Promise<boolean> {
  return runPiped(shell, toChunks(text));
}

/** A few bytes at a time, characters cut in halves. */
async function* toChunks(text: string): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += 7) {
    yield await Promise.resolve(bytes.subarray(at, at + 7));
  }
}

describe('from a pipe', () => {
  test('statements run as they come, and the last one needs no semicolon', async () => {
    expect(
      await feed("CREATE TABLE t (id int, name text);\nINSERT INTO t VALUES (1, 'Bé'), (2,\n"),
    ).toBe(true);
    expect(out).toBe('CREATE TABLE\n');
    out = '';
    const script = "INSERT INTO t VALUES (1, 'Bé'), (20, NULL);\nTABLE t";
    expect(await feed(script)).toBe(true);
    expect(out).toBe(
      ['INSERT 0 2', ' id | name', '----+------', '  1 | Bé', ' 20 | null', '(2 rows)', ''].join(
        '\n',
      ),
    );
    expect(err).toBe('');
  });

  test('the first error ends it, and says where', async () => {
    expect(await feed('SELECT 1 AS a;\n\nSELECT\n  nope;\nSELECT 2 AS b;')).toBe(false);
    expect(out).toContain(' a\n');
    expect(out).not.toContain(' b\n');
    expect(err).toBe(
      'line 3: ERROR 42703: column "nope" does not exist\nLINE 2:   nope\n          ^\n',
    );
  });

  test('what is no UTF-8 ends it, and is not stored as something else', async () => {
    async function* bytes(): AsyncGenerator<Buffer> {
      yield await Promise.resolve(Buffer.from('CREATE TABLE t (v text);\n'));
      yield await Promise.resolve(Buffer.from("INSERT INTO t VALUES ('\u00e9');\n", 'latin1'));
    }
    expect(await runPiped(makeShell(), bytes())).toBe(false);
    expect(out).toBe('CREATE TABLE\n');
    expect(err).toMatch(/^line 2: ERROR 22021: invalid byte sequence for encoding "UTF8"/);
    expect(await database.query('SELECT v FROM t')).toEqual([]);
  });

  test('\\q ends it well', async () => {
    expect(await feed('\\q\nSELECT nope;')).toBe(true);
    expect(err).toBe('');
  });
});

describe('formats', () => {
  const query = "SELECT 1 AS n, 'a\nb' AS t, NULL AS x, true AS b, '{\"k\":1}'::jsonb AS j;";

  test('a table: numbers to the right, long values over several lines, no control characters', async () => {
    await feed(`${query} SELECT E'a\\u001b[31m' AS "weird";`);
    expect(out).toContain(' 1 | a+| null | t | {"k": 1}\n   | b |      |   |\n');
    expect(out).toContain(' a\\x1b[31m\n');
  });

  test('vertical, where a table does not fit', async () => {
    await feed(query, makeShell(20));
    expect(out).toBe(
      [
        '-[ row 1 ]----',
        'n | 1',
        't | a',
        '  | b',
        'x | null',
        'b | t',
        'j | {"k": 1}',
        '(1 row)',
        '',
      ].join('\n'),
    );
  });

  test('csv and json, and nothing else', async () => {
    await feed(`\\format csv\nCREATE TABLE u (); ${query}`);
    expect(out).toBe('format is csv\nn,t,x,b,j\n1,"a\nb",,t,"{""k"": 1}"\n');
    out = '';
    await feed(`\\format json\n${query} SELECT 12345678901234567890.10 AS d WHERE false;`);
    expect(out).toBe('format is json\n[{"n":1,"t":"a\\nb","x":null,"b":true,"j":{"k": 1}}]\n[]\n');
    out = '';
    await feed("\\format json\nSELECT 12345678901234567890.10 AS d, 'NaN'::float8 AS f;");
    expect(out).toContain('[{"d":12345678901234567890.10,"f":"NaN"}]');
  });
});

describe('its commands', () => {
  test('\\d lists and describes', async () => {
    await feed(
      `CREATE TABLE dept (id int PRIMARY KEY, name text NOT NULL UNIQUE);
       CREATE TABLE "Emp" (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
         dept int REFERENCES dept(id) ON DELETE CASCADE,
         pay numeric(8,2) DEFAULT 1 CHECK (pay > 0));
       CREATE VIEW v AS SELECT * FROM dept; CREATE SEQUENCE s;`,
    );
    out = '';
    await feed('\\d\n');
    expect(out).toMatch(
      / public \| Emp {2}\| table\n[^]* public \| v {4}\| view\n[^]*\| sequence\n/,
    );
    out = '';
    await feed('\\dt\n\\dv\n\\ds\n');
    expect(out.match(/rows?\)/g)).toHaveLength(3);
    out = '';
    await feed('\\d "Emp"\n');
    expect(out).toBe(
      [
        'table public."Emp"',
        ' Column | Type         | Nullable | Default',
        '--------+--------------+----------+------------------------------',
        ' id     | integer      | not null | generated always as identity',
        ' dept   | integer      |          |',
        ' pay    | numeric(8,2) |          | 1',
        'Constraints:',
        '    "Emp_pkey" primary key (id)',
        '    "Emp_dept_fkey" foreign key (dept) references dept (id) on delete cascade',
        '    "Emp_pay_check" check ((pay > 0))',
        '',
      ].join('\n'),
    );
    out = '';
    await feed('\\d public.v\n');
    expect(out).toContain('view public.v\n');
    expect(out).toContain('Definition:\n    SELECT * FROM dept\n');
    expect(await feed('\\d nope\n')).toBe(false);
    expect(err).toContain('ERROR 42P01: there is no table or view nope');
  });

  test.each([
    ['\\timing on\nSELECT 1;', /^timing is on\n[^]*\(1 row\)\nTime: \d+(\.\d+)? ms\n$/],
    ['\\x\nSELECT 1 AS a;', /format is vertical\n-\[ row 1 \]-+\na \| 1\n/],
    ['\\conninfo\n', /^here\n$/],
    ['\\l\n', /Tenant/],
    ['\\?\n', /\\timing \[on\|off\] +how long/],
  ])('%j', async (text, expected) => {
    expect(await feed(text)).toBe(true);
    expect(out).toMatch(expected);
  });

  test.each([
    ['\\frob\n', /ERROR 42601: \\frob is no command\nHINT: \\\? lists them/],
    ['\\dt x\n', /\\dt takes no argument/],
    ['\\format xml\n', /no format xml; there are auto, table, vertical, csv, json/],
    ['\\timing maybe\n', /on or off, not maybe/],
    ['\\i\n', /\\i needs a file/],
    ['\\i nowhere.sql\n', /ERROR 58P01: nowhere\.sql cannot be read/],
  ])('%j is refused', async (text, expected) => {
    expect(await feed(text)).toBe(false);
    expect(err).toMatch(expected);
  });

  test('\\i runs a file, up to its first error, and includes end', async () => {
    const path = join(tempDirectory(), 'a.sql');
    writeFileSync(path, 'SELECT 1 AS a;\n\nSELECT nope;\nSELECT 3;');
    expect(await feed(`\\i ${path}\n`)).toBe(false);
    expect(err).toMatch(/^line 3: ERROR 42703[^]*a\.sql ended at line 3\n$/);
    writeFileSync(path, `\\i ${path}\n`);
    expect(await feed(`\\i ${path}\n`)).toBe(false);
    expect(err).toContain('files include one another too deeply');
  });
});

describe('a statement under way', () => {
  test('is cancelled, and the session goes on', async () => {
    const shell = makeShell();
    const long = 'SELECT count(*) FROM generate_series(1, 100000000)';
    const running = shell.run({ kind: 'statement', text: long, line: 1 });
    setImmediate(() => shell.cancel());
    expect(await running).toBe(false);
    expect(err).toContain('ERROR 57014: canceling statement due to user request');
    expect(await shell.run({ kind: 'statement', text: 'SELECT 1 AS a', line: 1 })).toBe(true);
    expect(shell.cancel()).toBe(false);
  });

  test('teaches completion what it made', async () => {
    const shell = makeShell();
    await feed('CREATE TABLE zebra (stripe int);', shell);
    await shell.learn();
    expect(shell.tables).toContainEqual({ schema: 'public', name: 'zebra', columns: ['stripe'] });
  });
});
