/** Three servers under one supervisor: one dies, is told of, comes back; a disk is replaced. */
import { once } from 'node:events';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { lockHolder } from '../directory-lock.ts';
import { tempDirectory } from '../testing/temp-directory.ts';
import { freeBase, kimberlite, serve } from './testing/run-command.ts';

test('a cluster of three loses one, works on, and has it back; then another’s disk', async () => {
  const directory = join(tempDirectory(), 'demo');
  const base = await freeBase(3);
  const address = `127.0.0.1:${base}`;
  const init = ['init', directory, '--replicas', '3', '--development', '--address', address];
  expect((await kimberlite(...init)).exit).toBe(0);
  const cluster = await serve(directory);
  expect(cluster.output()).toContain('ready: 3 servers');
  expect((await kimberlite('start', directory)).stderr).toMatch(/runs already: process \d+/);
  const query = (...sql: readonly string[]): ReturnType<typeof kimberlite> =>
    kimberlite(
      'query',
      '--format',
      'csv',
      '--address',
      `${address},127.0.0.1:${base + 10}`,
      ...sql,
    );
  expect((await query('CREATE TABLE t (id int)', 'INSERT INTO t VALUES (1)')).exit).toBe(0);

  const { primary } = JSON.parse((await kimberlite('status', directory, '--json')).stdout) as {
    readonly primary: number;
  };
  const dead = join(directory, `replica-${primary}`);
  process.kill(lockHolder(join(dead, 'data'))!, 'SIGKILL');
  await cluster.said(
    `replica-${primary} was ended by SIGKILL; start it again with: kimberlite start ${dead}`,
  );
  const insert = await query('INSERT INTO t VALUES (2)', 'SELECT * FROM t ORDER BY id');
  expect(insert, insert.stderr).toMatchObject({ exit: 0, stdout: 'id\n1\n2\n' });
  const status = await kimberlite('status', directory);
  expect(status.stdout).toMatch(/ down .*not running/);
  await serve(dead);

  // Another one's disk is gone; its peers have everything.
  const lost = join(directory, `replica-${(primary + 1) % 3}`);
  expect((await kimberlite('stop', lost)).exit).toBe(0);
  const refused = await kimberlite('recover', lost);
  expect(refused).toMatchObject({ exit: 2 });
  expect(refused.stderr).toMatch(
    /is not empty: what it holds may be promised.*; move it away first/,
  );
  rmSync(lost, { recursive: true });
  expect((await kimberlite('recover', lost)).stdout).toMatch(/^made .* anew: replica/);
  await serve(lost);
  expect((await query('INSERT INTO t VALUES (3)')).exit).toBe(0);

  expect((await kimberlite('stop', directory)).exit).toBe(0);
  expect(await cluster.ended).toBe(0);
  const verified = await kimberlite('verify', directory, '--json');
  const { ok, directories } = JSON.parse(verified.stdout) as {
    readonly ok: boolean;
    readonly directories: readonly unknown[];
  };
  expect([verified.exit, ok, directories.length]).toEqual([0, true, 3]);
  expect(readdirSync(directory).sort()).toEqual([
    'kimberlite.json',
    'replica-0',
    'replica-1',
    'replica-2',
  ]);
});

test.each([
  ['clients', 0],
  ['members', 1],
  ['HTTP', 2],
])(
  'a server whose port for %s is taken ends, is told of, and the others work',
  async (_, at) => {
    const directory = join(tempDirectory(), 'demo');
    const base = await freeBase(3);
    const address = `127.0.0.1:${base}`;
    await kimberlite('init', directory, '--replicas', '3', '--development', '--address', address);
    const taken = createServer().listen(base + at, '127.0.0.1');
    await once(taken, 'listening');
    onTestFinished(() => void taken.close());
    const cluster = await serve(directory);
    expect(cluster.output()).toContain('ready: 2 of 3 servers');
    // These are errors: the two streams do not come in the order in which they were written.
    await cluster.said(`kimberlite: 127.0.0.1:${base + at} is in use already`);
    const first = join(directory, 'replica-0');
    await cluster.said(
      `replica-0 ended with exit code 2; start it again with: kimberlite start ${first}`,
    );
    expect((await kimberlite('stop', directory)).exit).toBe(0);
    expect(await cluster.ended).toBe(0);
  },
  120_000,
);

test('recover knows whom it replaces, or asks', async () => {
  const base = tempDirectory();
  const [one, three] = [join(base, 'one'), join(base, 'three')];
  await kimberlite('init', one, '--development');
  await kimberlite('init', three, '--replicas', '3', '--development');
  const said = async (...argv: readonly string[]): Promise<string> => {
    const { exit, stderr } = await kimberlite('recover', ...argv);
    expect(exit).toBe(2);
    return stderr;
  };
  expect(await said(one)).toContain('a cluster of one has nobody to recover from');
  expect(await said(three)).toContain('is a cluster; recover one of its servers');
  expect(await said(join(base, 'four'))).toMatch(/has no kimberlite\.json; give a copy of another/);
  expect(await said(join(three, 'replica-7'))).toContain('knows no server replica-7');
  const copy = join(three, 'replica-0', 'kimberlite.json');
  const elsewhere = join(base, 'elsewhere');
  expect(await said(elsewhere, '--from', copy)).toContain('--from needs --replica');
  expect(existsSync(elsewhere)).toBe(false);
  const made = await kimberlite('recover', elsewhere, '--from', copy, '--replica', '2');
  expect(made, made.stderr).toMatchObject({ exit: 0 });
  expect(made.stdout).toContain(`made ${elsewhere} anew: replica 2 of cluster `);
});
