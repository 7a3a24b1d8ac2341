/**
 * What pg_dump prints of a small database goes in as it stands.
 *
 * `dump.sql` was printed by `pg_dump --inserts` 15 of a database with what ordinary applications
 * have: serial and identity columns, keys, foreign keys, indexes of all kinds, views, comments, and
 * settings of PostgreSQL's storage.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { open } from '../embedded.ts';
import { serveNew } from './testing/serve-new.ts';

const DUMP = join(import.meta.dirname, '../testing/dump.sql');
/** Printed by `pg_dump` 15 of values that COPY has to escape; only the key it restricts is ours. */
const COPY_DUMP = join(import.meta.dirname, '../testing/dump-copy.sql');

test('a dump is imported, and what has no effect is said', async () => {
  const { query, load } = await serveNew();
  const done = await load(DUMP);
  expect(done.stdout).toMatch(/^69 statements from /);
  expect(done.stderr.split('\n').toSorted()).toEqual([
    '',
    expect.stringMatching(/^left out line 420: \\unrestrict .* \(a command of psql\)$/),
    expect.stringMatching(/^left out line 5: \\restrict .* \(a command of psql\)$/),
    'notice: CLUSTER ON has no effect here',
    'notice: REPLICA IDENTITY has no effect here',
    'notice: SET STATISTICS has no effect here',
    'notice: SET STORAGE has no effect here',
    expect.stringMatching(/^notice: check_function_bodies: /),
    'notice: objects have no owners here: OWNER TO has no effect (10 times)',
    'notice: storage parameter fillfactor has no effect here (2 times)',
  ]);
  const patient = 'SELECT id, name, doubled, scores, f8, ward FROM clinic.patient ORDER BY id';
  expect(await query(patient)).toBe(
    'id,name,doubled,scores,f8,ward\n100,Ann,141.00,"{{1,2},{3,4}}",0.1,1\n' +
      '101,"B\\o\nb",,,Infinity,',
  );
  expect(await query('TABLE public.busy')).toBe('name,n,heaviest\nnorth,1,70.50');
  const next = "INSERT INTO clinic.patient (name) VALUES ('C') RETURNING id, nextval('number')";
  expect(await query(next)).toBe('id,nextval\n102,55');
  expect(await query('DELETE FROM clinic.ward RETURNING id')).toBe('id\n1\n2');
  expect(await query('INSERT INTO visit VALUES (9, now())')).toContain('23503');
});

test('the data of COPY comes in as PostgreSQL had it, and errors name its lines', async () => {
  const { base, query, load } = await serveNew();
  const loadText = (text: string): ReturnType<typeof load> => {
    const path = join(base, 'x.sql');
    writeFileSync(path, text);
    return load(path);
  };

  const done = await load(COPY_DUMP);
  expect(done.stdout).toMatch(/^20 statements and 6 rows from /);
  expect(await query('SELECT count(*), sum(g) FROM tricky')).toBe('count,sum\n6,42');
  // The identity goes on behind what came in.
  expect(await query('INSERT INTO tricky DEFAULT VALUES RETURNING id')).toBe('id\n7');

  const late = await loadText(
    'CREATE TABLE e (a int PRIMARY KEY);\nCOPY e FROM stdin;\n1\n2\n2\n3\n\\.\n',
  );
  expect(late.exit).toBe(1);
  expect(late.stderr).toContain('x.sql:5: ERROR 23505: ');
  expect(late.stderr).toContain(
    'the 1 statements before this COPY are done, and 2 of its rows are in',
  );
  const atomic = await loadText('BEGIN; COPY e FROM stdin;\n7\n7\n\\.\nCOMMIT;');
  expect(atomic.stderr).toMatch(/x\.sql:2: ERROR 23505: .*; its transaction is over\n$/);
  expect(await query('SELECT max(a) FROM e')).toBe('max\n2');
  const most =
    'COPY e FROM stdin;\n8\n8\n\\.\nGRANT ALL ON e TO PUBLIC;\nCOPY nobody FROM stdin;\n1\n' +
    '\\.\nCOPY e FROM stdin;\n9\n\\.\nSELECT 1;\n';
  writeFileSync(join(base, 'most.sql'), most);
  const kept = await load(join(base, 'most.sql'), '--keep-going');
  expect(kept.exit).toBe(1);
  expect(kept.stdout).toMatch(/^2 statements and 2 rows, 3 refused, from /);
  expect(kept.stderr.trimEnd().split('\n')).toEqual([
    expect.stringMatching(/most\.sql:3: ERROR 23505: .*already exists\.$/),
    expect.stringMatching(/most\.sql:5: ERROR 0A000: GRANT/),
    expect.stringMatching(/most\.sql:7: ERROR 42P01: .*nobody/),
  ]);
  expect(await query('SELECT a FROM e ORDER BY a')).toBe('a\n1\n2\n8\n9');
  const cut = await loadText('COPY e FROM stdin;\n5\n6\\\n\\.\n');
  expect(cut.stderr).toContain('x.sql:4: ERROR 22P04: the data of COPY ends within the row');
  const csv = await loadText('COPY e FROM stdin WITH (FORMAT csv);\n5\n\\.\n');
  expect(csv.stderr).toContain('x.sql:1: ERROR 0A000: COPY with FORMAT csv is not supported');
  const file = await loadText("SELECT 1;\nCOPY e FROM 'a/file';\n");
  expect(file.stderr).toContain('x.sql:2: ERROR 0A000: COPY is not supported');
});

test('so it does into an embedded database', async () => {
  const db = await open({ memory: true });
  try {
    expect((await db.importScript(readFileSync(COPY_DUMP, 'utf8'))).statements).toBe(20);
    const sql = 'SELECT id, "order", n, ts, b, arr, j, g FROM tricky ORDER BY id';
    const first = ["a\tb\nc\\d\r\b\fv'", '1.50', '2024-02-29 10:00:00+00', '\\x00ff'];
    expect((await db.execute(sql, [], { rows: 'text' })).rows).toEqual([
      ['1', ...first, '{a,"b\\\\\\"c",NULL}', '{"k": "é \\\\n"}', '2'],
      ['2', null, 'NaN', 'infinity', null, '{}', null, '4'],
      ['3', '\\N', null, null, '\\x', '{""}', '""', '6'],
      ['4', '', '0', null, null, null, '[1, 2]', '8'],
      ['5', '\\.', '1', null, null, null, null, '10'],
      ['6', '\\', '2', null, null, null, null, '12'],
    ]);
    const bad = 'CREATE TABLE e (a int PRIMARY KEY);\nCOPY e FROM stdin;\n1\n2\nx\n\\.\n';
    await expect(db.importScript(bad)).rejects.toThrow(/^line 5: invalid input syntax/);
    const cut = 'COPY e FROM stdin;\n5\n6\\\n\\.\n';
    await expect(db.importScript(cut)).rejects.toThrow(/the row that begins in line 3/);
    expect(await db.query('SELECT a FROM e ORDER BY a')).toEqual([{ a: 1 }, { a: 2 }]);
  } finally {
    await db.close();
  }
});
