/**
 * Servers as processes: first use as it is printed, graceful ends, and everything that can be wrong
 * with a directory, each one line, with nothing changed.
 */
import { once } from 'node:events';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { PRODUCTION } from '../../core/limits.ts';
import { CONFIG_FILE } from '../config/config.ts';
import { hasOpenssl, makeCertificate } from '../server/testing/certificates.ts';
import { tempDirectory } from '../testing/temp-directory.ts';
import { partsOf, planOf } from './init.ts';
import { makeDirectory } from './make-directory.ts';
import { freeBase, kimberlite, run, serve, snapshot } from './testing/run-command.ts';

/** A directory for one server that was never started, and its client address. */
async function made(replicas: number = 1): Promise<{ directory: string; address: string }> {
  const directory = join(tempDirectory(), 'data');
  const address = `127.0.0.1:${await freeBase(replicas)}`;
  const plan = planOf({ development: true, address, ...(replicas > 1 && { replicas }) });
  await makeDirectory(directory, partsOf(plan), { limits: PRODUCTION, holes: true });
  return { directory, address };
}

function edit(directory: string, change: (config: Record<string, unknown>) => void): void {
  const path = join(directory, CONFIG_FILE);
  const config = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
  change(config);
  writeFileSync(path, JSON.stringify(config));
}

describe('one server', () => {
  test('first use: started, used, read as of a moment, stopped, started again', async () => {
    const { directory, address } = await made();
    const server = await serve('--address', address, directory);
    expect(server.output()).toContain(`ready: clients at ${address}, for development`);
    const input =
      'CREATE TABLE patients (id INTEGER, name TEXT);\n' +
      "INSERT INTO patients VALUES (1, 'Ann'),\n  (2, 'Bob');\nSELECT now()";
    const first = await run(['repl', '--address', address, '--format', 'csv'], { input });
    expect(first).toMatchObject({ exit: 0, stderr: '' });
    const moment = first.stdout.trim().split('\n').at(-1)!;
    const again = await run(['repl', '--address', address], {
      input:
        `DELETE FROM patients;\nSELECT * FROM patients AS OF TIMESTAMP '${moment}' ORDER BY id;\n` +
        'SELECT count(*) FROM patients;\n',
    });
    expect(again.stdout).toContain(' id | name\n----+------\n  1 | Ann\n  2 | Bob\n(2 rows)\n');
    expect(again.stdout).toContain(' count\n-------\n     0\n');
    const status = await kimberlite('status', directory, '--json');
    expect(JSON.parse(status.stdout)).toMatchObject({ primary: 0 });
    const stop = await kimberlite('stop', directory);
    expect(stop).toMatchObject({ exit: 0, stdout: `stopped ${directory}\n` });
    expect(await server.ended).toBe(0);
    await serve(directory);
    const query = ['query', '--address', address, `TABLE patients AS OF TIMESTAMP '${moment}'`];
    expect((await kimberlite(...query, '--json')).stdout).toContain('{"id":1,"name":"Ann"}');
  });

  test('elsewhere, and in use: whoever comes second is told', async () => {
    const { directory } = await made();
    const base = await freeBase();
    await serve('--address', `127.0.0.1:${base}`, directory);
    const where = await kimberlite('query', '--address', `127.0.0.1:${base}`, 'SELECT 1 AS a');
    expect(where.exit).toBe(0);
    const second = await kimberlite('start', directory);
    expect(second.exit).toBe(2);
    expect(second.stderr).toMatch(/^kimberlite: .* runs already: process \d+ has it open/);
    const verify = await kimberlite('verify', directory);
    expect(verify).toMatchObject({ exit: 2, stdout: '' });
    expect(verify.stderr).toMatch(/is in use: .*; stop it first, or ask it: VERIFY LOG\n$/);
  });

  test.each([
    ['clients', 0],
    ['members', 1],
    ['HTTP', 2],
  ])('a port for %s that is in use is named', async (_, offset) => {
    const { directory, address } = await made();
    const port = Number(address.split(':')[1]) + offset;
    const taken = createServer().listen(port, '127.0.0.1');
    await once(taken, 'listening');
    onTestFinished(() => void taken.close());
    const before = snapshot(directory);
    const { exit, stdout, stderr } = await kimberlite('start', directory);
    expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' });
    expect(stderr).toBe(
      `kimberlite: 127.0.0.1:${port} is in use already; stop who has it, or give another: ` +
        '--address HOST:PORT\n',
    );
    expect(snapshot(directory)).toEqual(before);
  });

  test('nothing runs, nobody is there: said, with exit code 1', async () => {
    const { directory, address } = await made();
    const stop = await kimberlite('stop', directory);
    expect(stop).toMatchObject({ exit: 1, stderr: `kimberlite: nothing runs on ${directory}\n` });
    const status = await kimberlite('status', directory);
    expect(status.exit).toBe(1);
    expect(status.stdout).toMatch(/down[^]*not running\nno primary: nothing is executed\n$/);
    const query = await kimberlite('query', '--wait', '1', '--address', address, 'SELECT 1');
    expect(query.exit).toBe(1);
    expect(query.stderr).toMatch(/^kimberlite: [^\n]*nobody listens there[^\n]*\n$/);
  });
});

describe('a directory that is not right', () => {
  test.each<[string, (directory: string) => void, RegExp]>([
    ['is not there', (it) => rmSync(it, { recursive: true }), /does not exist; make one with: kim/],
    ['is another’s', (it) => rmSync(join(it, CONFIG_FILE)), /is no database: it has no kimberlite/],
    [
      'has an unknown key',
      (it) => edit(it, (config) => (config['prot'] = 3000)),
      /kimberlite\.json: "prot" is no key that is known here/,
    ],
    [
      'is of another cluster',
      (it) => edit(it, (config) => (config['cluster'] = '1'.repeat(32))),
      /belongs to cluster [\da-f]{32}, not 1{32}: kimberlite\.json and data\/ of .* do not match/,
    ],
    [
      'lost its data',
      (it) => rmSync(join(it, 'data'), { recursive: true }),
      /data holds no data \(.*\); restore it from a copy/,
    ],
    [
      'lost its superblock',
      (it) => rmSync(join(it, 'data', 'superblock')),
      /data holds no data \(no superblock: not formatted\); restore it from a copy/,
    ],
    [
      'is damaged',
      (it) => writeFileSync(join(it, 'data', 'superblock'), Buffer.alloc(1 << 16, 7)),
      /is damaged: 4 of 4 superblock copies are damaged; restore it from a copy/,
    ],
    [
      'lost its journal',
      (it) => rmSync(join(it, 'data', 'journal')),
      /is damaged: journal: the file is missing; restore it from a copy/,
    ],
  ])('%s', async (_, spoil, message) => {
    const { directory } = await made();
    spoil(directory);
    const base = join(directory, '..');
    const before = snapshot(base);
    const { exit, stdout, stderr } = await kimberlite('start', directory);
    expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' });
    expect(stderr).toMatch(/^kimberlite: [^\n]+\n$/);
    expect(stderr).toMatch(message);
    expect(snapshot(base)).toEqual(before);
  });

  test('an address for a cluster, or for one of many, is refused', async () => {
    const { directory } = await made(3);
    const other = ['--address', '127.0.0.1:9'];
    const whole = await kimberlite('start', directory, ...other);
    expect(whole).toMatchObject({ exit: 2 });
    expect(whole.stderr).toContain('--address is for one server');
    const one = await kimberlite('start', join(directory, 'replica-1'), ...other);
    expect(one.stderr).toMatch(/the others know replica 1 by .*; leave it out, or change/);
  });
});

// Certificates are made by the openssl command, which not every machine has.
describe.skipIf(!hasOpenssl)('TLS', () => {
  test('clients come in by the authority; a certificate that ends soon is said', async () => {
    const { directory, address } = await made();
    const tls = makeCertificate(join(directory, 'tls'), 'own', 10);
    edit(directory, (config) => (config['tls'] = { ...tls }));
    const server = await serve(directory);
    await server.said('own.pem expires in ');
    expect(server.output()).toMatch(/notice: .*own\.pem expires in \d+ days: renew it\n/);
    const query = ['query', '--address', address, 'SELECT 7 AS seven'];
    const good = await kimberlite(...query, '--tls-authority', tls.authority);
    expect(good.stdout, good.stderr).toContain('7');
    expect((await kimberlite(...query, '--wait', '2', '--tls')).exit).toBe(1);
    expect((await kimberlite(...query, '--wait', '2')).exit).toBe(1);
  });

  test('an expired certificate is refused, and nothing is changed', async () => {
    const { directory } = await made();
    const tls = makeCertificate(join(directory, 'tls'), 'own', -1);
    edit(directory, (config) => (config['tls'] = { ...tls }));
    const before = snapshot(directory);
    const { exit, stderr } = await kimberlite('start', directory);
    expect(exit).toBe(2);
    expect(stderr).toMatch(/the certificate .*own\.pem expired on .*; renew it\n$/);
    expect(snapshot(directory)).toEqual(before);
  });
});
