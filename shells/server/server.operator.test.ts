/** What an operator sees and sets: metrics, health, readiness, TLS, shutdown. */
import { existsSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { tempDirectory } from '../testing/temp-directory.ts';
import { openServer } from './server.ts';
import { hasOpenssl, makeCertificate } from './testing/certificates.ts';
import { RawClient, executeMessage } from './testing/raw-client.ts';
import { TestServers } from './testing/servers.ts';

let servers: TestServers | null = null;

afterEach(async () => {
  await servers?.end();
  servers = null;
});

async function metrics(at: TestServers, replica: number): Promise<ReadonlyMap<string, number>> {
  const text = await (await at.http(replica, '/metrics')).text();
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const at = line.lastIndexOf(' ');
      return [line.slice(0, at), Number(line.slice(at + 1))];
    }),
  );
}

test('metrics are measured: they move with what happens', async () => {
  servers = await TestServers.start({ directory: tempDirectory(), count: 3 });
  const primary = await servers.primary();
  const db = await servers.connect();
  await db.execute('CREATE TABLE t (id INT PRIMARY KEY)');
  const before = await metrics(servers, primary);
  for (let i = 0; i < 20; i += 1) await db.execute('INSERT INTO t VALUES ($1)', [i]);
  await expect(db.execute('INSERT INTO t VALUES (0)')).rejects.toMatchObject({ code: '23505' });
  const after = await metrics(servers, primary);
  const grown = (name: string): number => after.get(name)! - before.get(name)!;
  expect(grown('kimberlite_log_offset')).toBeGreaterThanOrEqual(21);
  expect(grown('kimberlite_commits_total')).toBe(grown('kimberlite_log_offset'));
  expect(grown('kimberlite_query_duration_seconds_count{kind="write"}')).toBe(21);
  expect(grown('kimberlite_query_errors_total{kind="write"}')).toBe(1);
  expect(grown('kimberlite_disk_syncs_total')).toBeGreaterThan(0);
  expect(after.get('kimberlite_disk_sync_errors_total')).toBe(0);
  expect(after.get('kimberlite_disk_bytes')).toBeGreaterThan(0);
  expect(after.get('kimberlite_hash_chain_valid')).toBe(1);
  expect(grown('kimberlite_hash_chain_checked')).toBeGreaterThanOrEqual(21);
  expect(after.get('kimberlite_crc_errors_total{kind="page"}')).toBe(0);
  expect(after.get('kimberlite_connections')).toBe(1);
  expect(after.get('kimberlite_primary')).toBe(1);
  const backup = await metrics(servers, (primary + 1) % 3);
  expect(backup.get('kimberlite_primary')).toBe(0);
  expect(backup.get('kimberlite_vsr_view')).toBe(after.get('kimberlite_vsr_view'));
  expect(backup.get(`kimberlite_peer_connected{peer="${primary}"}`)).toBe(1);
});

test('health, readiness and status', async () => {
  servers = await TestServers.start({ directory: tempDirectory() });
  await servers.primary();
  expect(await (await servers.http(0, '/health')).text()).toBe('ok\n');
  const ready = await servers.http(0, '/ready');
  expect([ready.status, await ready.text()]).toEqual([200, 'ready\n']);
  const status: unknown = await (await servers.http(0, '/status')).json();
  expect(status).toMatchObject({ role: 'primary', status: 'normal', replicas: '1' });
  expect((await servers.http(0, '/else')).status).toBe(404);
});

test('a client that talks TLS to a server without is told so', async () => {
  servers = await TestServers.start({ directory: tempDirectory() });
  await servers.primary();
  await expect(servers.connect({ tls: true })).rejects.toMatchObject({
    code: '28000',
    message: expect.stringMatching(/: TLS: who listens there speaks none$/),
    hint: 'Leave TLS out, or ask the right port.',
  });
});

test('a subscription whose servers are gone says that, and nothing of a statement', async () => {
  servers = await TestServers.start({ directory: tempDirectory() });
  await servers.primary();
  const db = await servers.connect({ patienceMillis: 500 });
  await db.execute('CREATE TABLE t (id int PRIMARY KEY)');
  await db.execute('INSERT INTO t VALUES (1)');
  const changes = db.subscribe({ snapshot: true });
  await changes.next();
  await servers.close(0);
  await expect(changes.next()).rejects.toMatchObject({
    code: '08001',
    message: expect.stringMatching(/^no server is the primary/),
  });
});

test('a server that is closed says so, and answers what is under way', async () => {
  servers = await TestServers.start({
    directory: tempDirectory(),
    serverLimits: { drainMillis: 10_000 },
  });
  await servers.primary();
  const client = await RawClient.welcomed(servers.address(0));
  await client.open(1);
  await client.execute(1, 1, 'CREATE TABLE t (id INT PRIMARY KEY)');
  const request = client.send(1, executeMessage(2, 'INSERT INTO t SELECT generate_series(1, 500)'));
  client.send(0, { kind: 'ping' });
  await client.until(() => client.frames.some(({ message }) => message.kind === 'pong'));
  await servers.close(0);
  await client.closed();
  const kinds = client.frames.map(({ message }) => message.kind);
  expect(kinds).toContain('goodbye');
  const done = client.frames.find((frame) => frame.request === request);
  expect(done).toMatchObject({ message: { kind: 'done', tag: 'INSERT 0 500' } });
  // Nothing acknowledged is lost.
  await servers.open(0);
  const db = await servers.connect();
  expect(await db.query('SELECT count(*)::int AS n FROM t')).toEqual([{ n: 500 }]);
});

test.each(['peer', 'client', 'http'] as const)('a %s port in use is refused', async (door) => {
  const directory = tempDirectory();
  servers = await TestServers.start({ directory });
  const config = servers.configs[0]!;
  await servers.close(0);
  const { port } = config.members[0]![door];
  const occupant = createServer();
  await new Promise<void>((resolve) => occupant.listen(port, '127.0.0.1', resolve));
  const opened = await openServer({ directory: join(directory, 'replica-0'), config });
  expect(opened).toMatchObject({ kind: 'refused', code: 'address' });
  expect(opened).toMatchObject({ message: expect.stringContaining(`127.0.0.1:${port}`) });
  await new Promise((resolve) => occupant.close(resolve));
  // Nothing was kept: the same directory opens now.
  await servers.open(0);
});

test('a server that stops while it is opened does not listen', async (context) => {
  if (!existsSync('/dev/full')) context.skip('no /dev/full on this system');
  const directory = tempDirectory();
  servers = await TestServers.start({ directory });
  await servers.primary();
  const db = await servers.connect();
  await db.execute('CREATE TABLE t (a int)');
  await servers.close(0);
  const place = join(directory, 'replica-0');
  const side = join(place, 'data', 'journal-side-0');
  symlinkSync('/dev/full', side);
  const config = servers.configs[0]!;
  const reasons: string[] = [];
  const onStopped = (reason: string): void => void reasons.push(reason);
  const opened = await openServer({ directory: place, config, onStopped });
  expect(opened).toMatchObject({ kind: 'refused', code: 'stopped' });
  expect(reasons).toEqual([
    'journal: cannot be written while opening: the disk is full (ENOSPC). ' +
      'Make room on it, then start it again.',
  ]);
  // Its ports and its directory are free.
  rmSync(side);
  await servers.open(0);
});

test('a server that runs out of memory refuses work, and says so', async () => {
  servers = await TestServers.start({
    directory: tempDirectory(),
    serverLimits: { heapShareMax: 0 },
  });
  await servers.primary();
  const client = await RawClient.welcomed(servers.address(0));
  expect(await client.open(1)).toMatchObject({ kind: 'error', error: { code: '53200' } });
  const answer = await client.execute(1, 1, 'SELECT 1');
  expect(answer).toMatchObject({ kind: 'error', error: { code: '53200' } });
  client.destroy();
});

test('clients and replicas talk TLS, and strangers do not', async (context) => {
  if (!hasOpenssl) context.skip('no openssl on this system: nobody makes certificates');
  const directory = tempDirectory();
  const tls = makeCertificate(join(directory, 'tls'), 'server');
  servers = await TestServers.start({ directory, count: 3, tls });
  await servers.primary();
  const ca = readFileSync(tls.authority, 'utf8');
  const db = await servers.connect({ tls: { ca } });
  await db.execute('CREATE TABLE t (id INT)');
  expect(await db.query('SELECT * FROM t')).toEqual([]);
  // Who does not know the authority does not trust the server.
  const { client, peer } = servers.configs[0]!.members[0]!;
  const distrust = new Promise((resolve) => {
    connectTls({ ...client }).on('error', (error) => resolve((error as { code?: string }).code));
  });
  expect(await distrust).toMatch(/SELF_SIGNED|UNABLE_TO/);
  // Without a certificate of the cluster nobody is a replica.
  const stranger = connectTls({ ...peer, ca, checkServerIdentity: () => undefined });
  const closed = new Promise((resolve) => stranger.on('close', () => resolve('closed')));
  stranger.on('error', () => undefined);
  stranger.resume();
  expect(await closed).toBe('closed');
  // Plain text at a door for TLS.
  const plain = new RawClient(servers.address(0));
  void plain.hello().catch(() => undefined);
  await plain.closed();
});

test('a certificate that cannot work is refused at the start', async (context) => {
  if (!hasOpenssl) context.skip('no openssl on this system: nobody makes certificates');
  const directory = tempDirectory();
  servers = await TestServers.start({ directory });
  const config = servers.configs[0]!;
  await servers.close(0);
  const good = makeCertificate(join(directory, 'tls'), 'server');
  const other = makeCertificate(join(directory, 'other'), 'server');
  const refusals = [
    [{ ...good, key: other.key }, 'is not the key of the certificate'],
    [{ ...good, authority: other.authority }, 'was not signed by'],
    [{ ...good, certificate: join(directory, 'none.pem') }, 'the certificate cannot be read'],
  ] as const;
  for (const [tls, message] of refusals) {
    const own = join(directory, 'replica-0');
    const opened = await openServer({ directory: own, config: { ...config, tls } });
    expect(opened).toMatchObject({ kind: 'refused', code: 'tls' });
    expect(opened).toMatchObject({ message: expect.stringContaining(message) });
  }
});
