/**
 * What pg_dump prints of a small database goes in as it stands.
 *
 * `dump.sql` was printed by `pg_dump --inserts` 15 of a database with what ordinary applications
 * have: serial and identity columns, keys, foreign keys, indexes of all kinds, views, comments, and
 * settings of PostgreSQL's storage.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { PRODUCTION } from '../../core/limits.ts';
import { tempDirectory } from '../testing/temp-directory.ts';
import { partsOf, planOf } from './init.ts';
import { makeDirectory } from './make-directory.ts';
import { freeBase, kimberlite, serve } from './testing/run-command.ts';

const DUMP = join(import.meta.dirname, '../testing/dump.sql');

const CSV = ['--format', 'csv'];

test('a dump is imported; what has no effect is said; COPY is refused with the way out', async () => {
  const base = tempDirectory();
  const directory = join(base, 'data');
  const address = `127.0.0.1:${await freeBase()}`;
  const plan = planOf({ address, development: true });
  await makeDirectory(directory, partsOf(plan), { limits: PRODUCTION, holes: true });
  await serve(directory);
  const query = async (sql: string): Promise<string> => {
    const { stdout, stderr } = await kimberlite('query', '--address', address, sql, ...CSV);
    return stderr === '' ? stdout.trimEnd() : stderr;
  };

  const done = await kimberlite('import', '--address', address, DUMP);
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

  const copied = join(base, 'copy.sql');
  writeFileSync(copied, 'SELECT 1;\n\nCOPY public.nokey (a, b) FROM stdin;\n1\tone\n\\.\n');
  const refused = await kimberlite('import', '--address', address, copied);
  expect(refused.exit).toBe(1);
  const error = 'copy.sql:3: ERROR 0A000: COPY is not supported; pg_dump --inserts';
  expect(refused.stderr).toContain(error);
}, 120_000);
