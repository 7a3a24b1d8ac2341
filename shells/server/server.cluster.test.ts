/** Three servers in one process: redirection, exactly-once across broken connections, fail-over. */
import { afterEach, expect, test } from 'vitest';
import { random128 } from '../system.ts';
import { tempDirectory } from '../testing/temp-directory.ts';
import { executeMessage, RawClient } from './testing/raw-client.ts';
import { TestServers } from './testing/servers.ts';

let servers: TestServers | null = null;
const raw: RawClient[] = [];

afterEach(async () => {
  for (const client of raw.splice(0)) client.destroy();
  await servers?.end();
  servers = null;
});

async function three(): Promise<TestServers> {
  servers = await TestServers.start({ directory: tempDirectory(), count: 3 });
  return servers;
}

async function welcomed(cluster: TestServers): Promise<RawClient> {
  const client = await RawClient.welcomed(cluster.address(await cluster.primary()));
  raw.push(client);
  return client;
}

test('a backup says where the primary is, and executes nothing', async () => {
  const cluster = await three();
  const primary = await cluster.primary();
  const backup = (primary + 1) % 3;
  const addresses = [0, 1, 2].map((replica) => cluster.address(replica));
  // It may not have heard of the view yet: then it says what it knows, and is asked again.
  for (let told = -1; told !== primary;) {
    const client = new RawClient(cluster.address(backup));
    raw.push(client);
    const answer = await client.hello();
    expect(answer).toMatchObject({ kind: 'redirect', members: { addresses } });
    if (answer.kind === 'redirect') told = answer.members.primary;
    await client.closed();
  }
});

test('a write whose answer was lost is not executed again, and answered as it was', async () => {
  const cluster = await three();
  const first = await welcomed(cluster);
  const lane = random128();
  await first.open(1, lane);
  expect(await first.execute(1, 1, 'CREATE TABLE t (id INT PRIMARY KEY)')).toMatchObject({
    kind: 'done',
    state: { number: 1 },
  });
  // The answer never arrives.
  first.send(1, executeMessage(2, 'INSERT INTO t VALUES (7)'));
  await new Promise<void>((resolve) => first.socket.end(resolve));
  first.destroy();
  const second = await welcomed(cluster);
  const opened = await second.open(1, lane);
  expect(opened).toMatchObject({ kind: 'done', tag: 'OPEN' });
  const again = await second.execute(1, 2, 'INSERT INTO t VALUES (7)');
  expect(again).toMatchObject({ kind: 'done', tag: 'INSERT 0 1', state: { number: 2 } });
  expect(await second.execute(1, 2, 'INSERT INTO t VALUES (7)')).toEqual(again);
  const request = second.send(1, executeMessage(3, 'SELECT count(*) FROM t'));
  const rows = (await second.whole(request)).find(({ kind }) => kind === 'rows');
  expect(rows).toMatchObject({ rows: [[1]] });
  const skipped = await second.execute(1, 9, 'INSERT INTO t VALUES (8)');
  expect(skipped).toMatchObject({ kind: 'error', error: { code: '08P01' } });
  const old = await second.execute(1, 1, 'INSERT INTO t VALUES (8)');
  expect(old).toMatchObject({ kind: 'error', error: { code: '08P01' } });
});

test('a transaction whose connection broke is resolved: nothing of it ever happens', async () => {
  const cluster = await three();
  const first = await welcomed(cluster);
  const lane = random128();
  await first.open(1, lane);
  await first.execute(1, 1, 'CREATE TABLE t (id INT PRIMARY KEY)');
  await first.execute(1, 2, 'BEGIN');
  expect(await first.execute(1, 2, 'INSERT INTO t VALUES (1)')).toMatchObject({
    kind: 'done',
    state: { status: 'transaction', number: 1 },
  });
  first.destroy();
  const second = await welcomed(cluster);
  await second.open(1, lane);
  const resolved = await second.ask(1, { kind: 'resolve', number: 2 });
  expect(resolved).toMatchObject({ kind: 'error', error: { code: '40001' }, state: { number: 2 } });
  await second.execute(1, 3, 'BEGIN');
  await second.execute(1, 3, 'INSERT INTO t VALUES (2)');
  const committed = await second.execute(1, 3, 'COMMIT');
  expect(committed).toMatchObject({ kind: 'done', tag: 'COMMIT', state: { number: 3 } });
  const told = await second.ask(1, { kind: 'resolve', number: 3 });
  expect(told).toMatchObject({ kind: 'done', tag: 'COMMIT', state: { number: 3 } });
});

test('a lane that is opened elsewhere is taken from its old channel', async () => {
  const cluster = await three();
  const first = await welcomed(cluster);
  const lane = random128();
  await first.open(1, lane);
  await first.execute(1, 1, 'CREATE TABLE t (id INT PRIMARY KEY)');
  const second = await welcomed(cluster);
  await second.open(5, lane);
  expect(await first.execute(1, 2, 'INSERT INTO t VALUES (1)')).toMatchObject({
    kind: 'error',
    error: { code: '57P01' },
  });
  expect(await second.execute(5, 2, 'INSERT INTO t VALUES (1)')).toMatchObject({ kind: 'done' });
});

test('a client goes on at the next primary: all that was acknowledged is there, once', async () => {
  const cluster = await three();
  const db = await cluster.connect();
  await db.execute('CREATE TABLE t (id INT PRIMARY KEY, worker INT)');
  const before = await cluster.primary();
  let ended = false;
  let acknowledged = 0;
  const workers = Array.from({ length: 4 }, async (_, worker) => {
    for (let i = 0; i < 50 || !ended; i += 1) {
      await db.execute('INSERT INTO t VALUES ($1, $2)', [worker * 100_000 + i, worker]);
      acknowledged += 1;
    }
  });
  await cluster.close(before);
  const after = await cluster.primary();
  expect(after).not.toBe(before);
  ended = true;
  await Promise.all(workers);
  expect(await db.query('SELECT count(*)::int AS n FROM t')).toEqual([{ n: acknowledged }]);
  await cluster.open(before);
  await db.execute('INSERT INTO t VALUES (-1, 0)');
  expect(await db.verify()).toMatchObject({ ok: true });
});

test('a primary that is cut off sends its clients away; it takes them when its peers are back', async () => {
  const cluster = await three();
  const primary = await cluster.primary();
  const client = await RawClient.welcomed(cluster.address(primary));
  raw.push(client);
  const lane = random128();
  await client.open(1, lane);
  await client.execute(1, 1, 'CREATE TABLE t (id INT PRIMARY KEY)');
  const others = [0, 1, 2].filter((replica) => replica !== primary);
  await Promise.all(others.map((replica) => cluster.close(replica)));
  // It cannot be committed now.
  client.send(1, executeMessage(2, 'INSERT INTO t VALUES (1)'));
  await client.closed();
  const last = client.frames.at(-1)!;
  expect(last).toMatchObject({ channel: 0, message: { kind: 'redirect' } });
  expect((await cluster.http(primary, '/ready')).status).toBe(503);
  await Promise.all(others.map((replica) => cluster.open(replica)));
  const db = await cluster.connect();
  const [found] = await db.query<{ readonly n: number }>('SELECT count(*)::int AS n FROM t');
  const again = await RawClient.welcomed(cluster.address(await cluster.primary()));
  raw.push(again);
  await again.open(1, lane);
  // Whatever became of it: exactly once.
  await again.execute(1, 2, 'INSERT INTO t VALUES (1)');
  expect(await db.query('SELECT count(*)::int AS n FROM t')).toEqual([{ n: 1 }]);
  expect(found!.n).toBeLessThanOrEqual(1);
});

test('a server whose clock is an hour off ends, and says what to do; the others go on', async () => {
  const wrongClock = { replica: 2, seconds: -3600 };
  servers = await TestServers.start({ directory: tempDirectory(), count: 3, wrongClock });
  const { stops } = servers;
  while (stops.length === 0) await new Promise((resolve) => setImmediate(resolve));
  expect(stops).toEqual([
    {
      replica: 2,
      reason:
        'the clock of this server is 3,600 s behind those of replicas 0 and 1: ' +
        'set it, by NTP for example, and start it again',
    },
  ]);
  const client = await servers.connect();
  await client.execute('CREATE TABLE t (id INT PRIMARY KEY)');
  expect(await client.query('SELECT count(*) AS n FROM t')).toEqual([{ n: 0n }]);
});
