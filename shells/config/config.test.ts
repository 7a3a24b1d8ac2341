/** kimberlite.json: what is written reads back; what is wrong is one line that names the key. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { tempDirectory } from '../testing/temp-directory.ts';
import { formatConfig, parseConfig } from './config.ts';
import type { ServerConfig } from './config.ts';
import { readConfig } from './read-config.ts';

const CLUSTER = '0123456789abcdef0123456789abcdef';
const member = { peer: '127.0.0.1:3001', client: '127.0.0.1:3000', http: '127.0.0.1:3002' };
const server = {
  version: 1,
  cluster: CLUSTER,
  replica: 0,
  members: [member],
  development: true,
};
const tls = { certificate: 'a.pem', key: 'b.pem', authority: 'c.pem' };

function errorsOf(value: unknown): unknown {
  return parseConfig(JSON.stringify(value));
}

describe('kimberlite.json', () => {
  test('what is written reads back', () => {
    const admin = { user: 'admin', key: '0123456789ab', sha256: 'ab'.repeat(32) };
    const all = { ...server, development: false, tls, admin };
    const config = parseConfig(JSON.stringify(all)) as ServerConfig;
    expect(config).toMatchObject({ kind: 'server', replica: 0, tls, admin });
    expect(config.members[0]!.http).toEqual({ host: '127.0.0.1', port: 3002 });
    expect(parseConfig(formatConfig(config))).toEqual(config);
    const cluster = { version: 1, cluster: CLUSTER, replicas: ['replica-0', 'replica-1'] };
    const read = parseConfig(JSON.stringify(cluster));
    expect(read).toMatchObject({ kind: 'cluster', replicas: ['replica-0', 'replica-1'] });
    expect('kind' in read && parseConfig(formatConfig(read))).toEqual(read);
  });

  test.each([
    ['an unknown key', { ...server, port: 1 }, /^"port" is no key that is known here; those are/],
    [
      'an unknown key of a member',
      { ...server, members: [{ ...member, adress: 'x' }] },
      /"members\[0\]\.adress" is no key/,
    ],
    ['a missing key', { ...server, cluster: undefined }, /^"cluster" is missing: 32 hex digits/],
    ['another kind', { ...server, development: 'yes' }, /^"development" must be true or false/],
    ['no endpoint', { ...server, members: [{ ...member, peer: 'here' }] }, /must be HOST:PORT/],
    [
      'an address twice',
      { ...server, members: [{ ...member, peer: member.client, client: member.client }] },
      /is 127\.0\.0\.1:3000, which is taken/,
    ],
    ['no such member', { ...server, replica: 1 }, /^"replica" must be a whole number from 0 to 0/],
    ['a newer file', { ...server, version: 2 }, /"version" is 2, of a newer build/],
    [
      'development in the open',
      { ...server, members: [{ ...member, http: '0.0.0.0:3002' }] },
      /^"members\[0\]\.http" must be on loopback/,
    ],
    [
      'plain text in the open',
      { ...server, development: false, members: [{ ...member, client: 'db.example:3000' }] },
      /^"members\[0\]\.client" is not on loopback: it needs "tls"/,
    ],
    ['a replica outside', { version: 1, cluster: CLUSTER, replicas: ['..'] }, /must name diff/],
    ['half of tls', { ...server, tls: { key: 'a' } }, /^"tls\.certificate" is missing/],
    [
      'no hash',
      { ...server, admin: { user: 'a', key: 'b', sha256: 'c' } },
      /must be 64 hex digits/,
    ],
    ['no object', [1], /^it is no JSON object/],
  ])('%s is refused', (_, value, message) => {
    expect(errorsOf(value)).toEqual(expect.arrayContaining([expect.stringMatching(message)]));
  });

  test('half a file is said to be no JSON', () => {
    expect(parseConfig('{"version": 1,')).toEqual([expect.stringMatching(/^it is no JSON: /)]);
  });
});

describe('a directory', () => {
  test.each([
    ['that is not there', () => undefined, /does not exist; make one with: kimberlite init/],
    ['that is empty', (path: string) => mkdirSync(path), /is empty; make one with/],
    ['that is a file', (path: string) => writeFileSync(path, ''), /is a file, not a directory/],
    [
      'of somebody else',
      (path: string) => (mkdirSync(path), writeFileSync(join(path, 'notes.txt'), '')),
      /is no database: it has no kimberlite\.json/,
    ],
    [
      'of an embedded database',
      (path: string) => (mkdirSync(path), writeFileSync(join(path, 'superblock'), '')),
      /it is a node's data, or an embedded database's/,
    ],
    [
      'with a large file for a configuration',
      (path: string) => (
        mkdirSync(path),
        writeFileSync(join(path, 'kimberlite.json'), 'x'.repeat(70_000))
      ),
      /it has 70000 bytes; a configuration has few/,
    ],
    [
      'with several mistakes',
      (path: string) => (
        mkdirSync(path),
        writeFileSync(join(path, 'kimberlite.json'), '{"version": 1}')
      ),
      /kimberlite\.json: "cluster" is missing: 32 hex digits \(and 2 more\)$/,
    ],
  ])('%s is told', (_, make, message) => {
    const path = join(tempDirectory(), 'data');
    make(path);
    expect(() => readConfig(path)).toThrow(message);
  });
});
