/** `kimberlite init`: whole directories, or one line and no change. */
import { mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { TINY } from '../../core/limits.ts';
import { hex128 } from '../../core/types/hash128.ts';
import { readApiKey } from '../config/api-key.ts';
import type { ServerConfig } from '../config/config.ts';
import { readConfig } from '../config/read-config.ts';
import { tempDirectory } from '../testing/temp-directory.ts';
import { partsOf, planOf } from './init.ts';
import { makeDirectory } from './make-directory.ts';
import { kimberlite } from './testing/run-command.ts';

const DEVELOPMENT = ['--development', '--json'] as const;

describe('kimberlite init', () => {
  test('makes one server, and says how to go on', async () => {
    const directory = join(tempDirectory(), 'a b');
    const { exit, stdout } = await kimberlite('init', directory, '--development');
    expect(exit).toBe(0);
    expect(stdout).toContain(`start it  kimberlite start '${directory}'\n`);
    expect(readdirSync(directory).sort()).toEqual(['data', 'kimberlite.json']);
    expect(readdirSync(join(directory, 'data'))).toContain('superblock');
    expect(readConfig(directory)).toMatchObject({ development: true, replica: 0, admin: null });
    expect(statSync(directory).mode & 0o077).toBe(0);
  });

  test('makes a cluster of three, ports apart', async () => {
    const directory = join(tempDirectory(), 'demo');
    const flags = ['--replicas', '3', '--address', '127.0.0.1:4000'];
    const { exit, stdout } = await kimberlite('init', directory, ...flags, ...DEVELOPMENT);
    expect(exit).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      clients: ['127.0.0.1:4000', '127.0.0.1:4010', '127.0.0.1:4020'],
      replica: null,
      key: null,
    });
    expect(readConfig(directory)).toMatchObject({
      kind: 'cluster',
      replicas: ['replica-0', 'replica-1', 'replica-2'],
    });
    const second = readConfig(join(directory, 'replica-1')) as ServerConfig;
    expect(second).toMatchObject({ replica: 1, development: true });
    expect(second.members[1]!.peer.port).toBe(4011);
  });

  test('machines join by what the first one printed; the key itself is kept nowhere', async () => {
    const base = tempDirectory();
    const members = '127.0.0.1:4000,127.0.0.1:4010';
    const first = planOf({ members, replica: '0' });
    const admin = `${first.admin!.key}:${first.admin!.sha256}`;
    const second = planOf({ members, replica: '1', cluster: hex128(first.cluster), admin });
    for (const [index, plan] of [first, second].entries()) {
      const directory = join(base, String(index));
      await makeDirectory(directory, partsOf(plan), { limits: TINY, holes: false });
    }
    const [one, two] = ['0', '1'].map((each) => readConfig(join(base, each)) as ServerConfig);
    expect(two).toEqual({ ...one, replica: 1 });
    expect(one!.admin!.sha256).toBe(Buffer.from(readApiKey(first.key!)!.hash).toString('hex'));
    expect(readFileSync(join(base, '0', 'kimberlite.json'), 'utf8')).not.toContain(first.key);
  });

  test.each([
    ['no directory', [], /an argument is missing; see: kimberlite init --help/],
    ['an unknown flag', ['DIR', '--developmnt'], /Unknown argument: developmnt/],
    ['a bad address', ['DIR', '--address=here'], /--address takes HOST:PORT, not 'here'; try/],
    [
      'a port too high',
      ['DIR', '--address=127.0.0.1:65535'],
      /port 65535 is too high: the two after it are used as well/,
    ],
    ['seven servers', ['DIR', '--replicas=7'], /--replicas takes a whole number from 1 to 6/],
    ['an address twice', ['DIR', '--address=1:2', '--address=1:3'], /given more than once/],
    [
      'development in the open',
      ['DIR', '--address=10.0.0.1:3000', '--development'],
      /must be on loopback: "development" asks nobody for a key/,
    ],
    ['plain text in the open', ['DIR', '--address=10.0.0.1:3000'], /it needs "tls"/],
    ['half of TLS', ['DIR', '--tls-key=a'], /all three, or none/],
    [
      'a certificate that is not there',
      tlsFlags('nowhere.pem'),
      /tls: the certificate cannot be read/,
    ],
    ['members without a place', ['DIR', '--members=a:1,b:1'], /--members needs --replica/],
    ['a place without members', ['DIR', '--replica=1'], /--replica goes with --members/],
    ['no cluster id', ['DIR', '--cluster=12'], /--cluster takes 32 hex digits, not '12'/],
    ['a cluster without its admin', ['DIR', `--cluster=${'1'.repeat(32)}`], /needs --admin/],
    ['no admin', ['DIR', '--admin=me'], /--admin takes what the first init printed/],
  ])('%s is refused, and nothing is made', async (_, flags, message) => {
    const directory = join(tempDirectory(), 'data');
    const argv = flags.map((flag) => (flag === 'DIR' ? directory : flag));
    const { exit, stdout, stderr } = await kimberlite('init', ...argv);
    expect(exit).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^kimberlite: [^\n]+\n$/);
    expect(stderr).toMatch(message);
    expect(readdirSync(join(directory, '..'))).toEqual([]);
  });

  test.each([
    ['another database', 'kimberlite.json', /is a database already; start it with: kimberlite st/],
    ['anything else', 'notes.txt', /is not empty \(it has notes\.txt\); choose another directory/],
  ])('a directory with %s in it is left alone', async (_, name, message) => {
    const directory = tempDirectory();
    writeFileSync(join(directory, name), 'mine');
    const { exit, stderr } = await kimberlite('init', directory, '--development');
    expect(exit).toBe(2);
    expect(stderr).toMatch(message);
    expect(readdirSync(directory)).toEqual([name]);
  });

  test('a place that cannot be written is said', async () => {
    const file = join(tempDirectory(), 'file');
    writeFileSync(file, '');
    const { exit, stderr } = await kimberlite('init', join(file, 'data'), '--development');
    expect(exit).toBe(2);
    expect(stderr).toMatch(/file\/data cannot be used: ENOTDIR.*; choose another directory\n$/);
  });

  test('an empty directory is used', async () => {
    const directory = join(tempDirectory(), 'data');
    mkdirSync(directory);
    const { exit } = await kimberlite('init', directory, ...DEVELOPMENT);
    expect(exit).toBe(0);
    expect(readdirSync(directory)).toContain('kimberlite.json');
  });
});

function tlsFlags(certificate: string): string[] {
  return ['DIR', `--tls-certificate=${certificate}`, '--tls-key=k', '--tls-authority=a'];
}
