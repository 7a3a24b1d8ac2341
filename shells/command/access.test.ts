/** Users, keys and tenants by command, on a server that asks for keys. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { PRODUCTION } from '../../core/limits.ts';
import { tempDirectory } from '../testing/temp-directory.ts';
import { partsOf, planOf } from './init.ts';
import { makeDirectory } from './make-directory.ts';
import { freeBase, kimberlite, run, serve } from './testing/run-command.ts';
import type { Ended } from './testing/run-command.ts';

const KEY = /^kmb_[\da-f]{12}_[\w-]{43}$/m;

test('an admin lets others in, as what they are, until they are not any more', async () => {
  const directory = join(tempDirectory(), 'data');
  const address = `127.0.0.1:${await freeBase()}`;
  const plan = planOf({ address });
  await makeDirectory(directory, partsOf(plan), { limits: PRODUCTION, holes: true });
  await serve(directory);
  const as = (key: string | null, ...argv: readonly string[]): Promise<Ended> =>
    run([...argv, '--address', address], { env: { KIMBERLITE_KEY: key ?? '' } });
  const admin = (...argv: readonly string[]): Promise<Ended> => as(plan.key, ...argv);

  const nobody = await as(null, 'query', 'SELECT 1');
  expect(nobody).toMatchObject({ exit: 1 });
  expect(nobody.stderr).toContain('; set KIMBERLITE_KEY, or give --key-file\n');
  // One key in 1,024 ends so by itself.
  const forged = plan.key!.replace(/.{2}$/, (last) => (last === 'AA' ? 'AE' : 'AA'));
  expect((await as(forged, 'query', 'SELECT 1')).stderr).toMatch(/the API key is not valid/);

  expect((await admin('tenant', 'create', 'lab')).stdout).toBe('made lab\n');
  const made = await admin(
    'user',
    'create',
    'ann',
    '--role',
    'writer',
    '--tenants',
    'lab',
    '--expires=30d',
  );
  const ann = KEY.exec(made.stdout)![0];
  expect(made.stdout).toMatch(/^made user ann, writer; the key, shown only now, is good until 20/);
  const mine = await as(ann, 'query', 'CREATE TABLE t (id int)', 'SELECT current_user AS me');
  expect(mine.stdout, mine.stderr).toContain('ann');
  expect((await as(ann, 'query', '--tenant', 'main', 'SELECT 1')).exit).toBe(1);
  expect((await as(ann, 'user', 'list')).stderr).toMatch(/ERROR 42501: permission denied/);

  await admin('user', 'role', 'ann', 'reader');
  expect((await as(ann, 'query', 'INSERT INTO t VALUES (1)')).stderr).toContain('ERROR 42501');
  const second = JSON.parse((await admin('user', 'key', 'ann', '--json')).stdout) as {
    readonly id: string;
    readonly key: string;
  };
  const file = join(directory, 'key');
  writeFileSync(file, `${second.key}\n`);
  expect((await as(null, 'query', 'TABLE t', '--key-file', file)).exit).toBe(0);
  await admin('user', 'drop-key', 'ann', second.id);
  expect((await as(second.key, 'query', 'TABLE t')).exit).toBe(1);
  expect((await admin('user', 'drop', 'admin')).stderr).toMatch(/the last admin must stay/);
  const users = JSON.parse((await admin('user', 'list', '--json')).stdout) as readonly unknown[];
  expect(users).toMatchObject([
    { name: 'admin', role: 'admin' },
    { name: 'ann', role: 'reader' },
  ]);
  const log = await admin('query', '--tenant', 'lab', 'SELECT actor FROM kimberlite.log', '--json');
  expect(log.stdout).toContain('{"actor":"ann"}');
});

describe('wrong flags are told before anything is connected', () => {
  test.each([
    [['user', 'create', 'ann'], /Missing required argument: role/],
    [['user', 'create', 'ann', '--role', 'boss'], /--role takes admin, writer, reader, auditor/],
    [['user', 'key', 'ann', '--expires', 'soon'], /--expires takes days \(30d\) or an instant/],
    [['user', 'key', 'ann', '--expires', '2001-01-01'], /--expires 2001-01-01 is in the past/],
    [['user', 'fire', 'ann'], /Unknown commands: fire, ann; see: kimberlite user --help/],
    [['query'], /an argument is missing; see: kimberlite query --help/],
    [['query', '--adress', 'SELECT 1'], /missing: 'SELECT 1' was taken for the value of --adress;/],
    [['user'], /create, list, drop, role, tenants, key or drop-key; see/],
    [['query', ''], /query needs a statement/],
    [['query', 'SELECT 1', '--format', 'xml'], /--format takes auto, table, vertical, csv or json/],
    [['query', 'SELECT 1', '--json', '--format', 'csv'], /--json and --format exclude each other/],
    [['query', 'SELECT 1', '--wait', '0'], /--wait takes a whole number from 1 to 3600/],
    [['query', 'SELECT 1', '--key-file', 'nowhere'], /--key-file cannot be read/],
    [['repl', '--adress', 'x'], /Unknown argument: adress/],
    [['import', 'nowhere.sql'], /nowhere\.sql cannot be read/],
    [['status', 'x', '--address', '1:2'], /a directory, or --address: not both/],
    [['frob'], /Unknown command: frob; see: kimberlite --help/],
    [[], /name a command; see: kimberlite --help/],
  ])('%j', async (argv, message) => {
    const { exit, stdout, stderr } = await kimberlite(...argv);
    expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' });
    expect(stderr).toMatch(/^kimberlite: [^\n]+\n$/);
    expect(stderr).toMatch(message);
  });

  test('something that is no key is told without showing it', async () => {
    const secret = { env: { KIMBERLITE_KEY: 'hunter2' } };
    const { exit, stderr } = await run(['query', 'SELECT 1'], secret);
    expect(exit).toBe(2);
    expect(stderr).toContain('KIMBERLITE_KEY holds no API key');
    expect(stderr).not.toContain('hunter2');
  });
});

test('help has every command with examples, and shells can complete', async () => {
  const help = await kimberlite('--help');
  for (const name of ['init', 'start', 'stop', 'status', 'repl', 'query', 'import', 'verify']) {
    expect(help.stdout).toMatch(new RegExp(`kimberlite ${name} `));
    expect((await kimberlite(name, '--help')).stdout).toContain('Examples:');
  }
  expect((await kimberlite('completion', 'bash')).stdout).toContain('complete -o bashdefault');
  expect((await kimberlite('completion', 'zsh')).stdout).toContain('#compdef kimberlite');
  const fish = await kimberlite('completion', 'fish');
  expect([fish.exit, fish.stdout]).toEqual([2, '']);
  expect(fish.stderr).toContain('no completion for "fish"');
  const words = await kimberlite('--get-yargs-completions', 'kimberlite', 'ver');
  expect(words.stdout.split('\n')).toContain('verify');
});
