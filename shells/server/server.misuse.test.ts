/**
 * Clients that are wrong, hostile, slow or many: each is refused for its own reason, costs a
 * bounded amount of memory, and nobody else notices.
 */
import { randomBytes, randomInt } from 'node:crypto';
import { createConnection } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { encodeClient } from '../protocol/client-codec.ts';
import {
  CLIENT_FRAME_BYTES_MAX,
  HELLO_FRAME_BYTES_MAX,
  ROWS_BYTES,
  VERSION_MAX,
} from '../protocol/message.ts';
import type { ClientMessage } from '../protocol/message.ts';
import { encodeFrame } from '../protocol/frame.ts';
import { random128 } from '../system.ts';
import { tempDirectory } from '../testing/temp-directory.ts';
import { SERVER_LIMITS } from './limits.ts';
import type { ServerLimits } from './limits.ts';
import { idleClients } from './testing/idle-clients.ts';
import { RawClient, executeMessage } from './testing/raw-client.ts';
import { TestServers } from './testing/servers.ts';

const IDLE_CONNECTIONS = 10_000;

let servers: TestServers | null = null;
const raw: RawClient[] = [];

afterEach(async () => {
  for (const client of raw.splice(0)) client.destroy();
  await servers?.end();
  servers = null;
});

async function one(serverLimits: Partial<ServerLimits> = {}): Promise<TestServers> {
  servers = await TestServers.start({ directory: tempDirectory(), serverLimits });
  await servers.primary();
  return servers;
}

function dial(at: TestServers): RawClient {
  const client = new RawClient(at.address(0));
  raw.push(client);
  return client;
}

async function welcomed(at: TestServers): Promise<RawClient> {
  const client = await RawClient.welcomed(at.address(0));
  raw.push(client);
  return client;
}

/** A number that /metrics shows. */
async function metric(at: TestServers, name: string): Promise<number> {
  const text = await (await at.http(0, '/metrics')).text();
  const line = text.split('\n').find((each) => each.startsWith(`${name} `));
  return Number(line?.split(' ')[1]);
}

/** The error with which the server closes the connection. */
async function lastWords(client: RawClient): Promise<unknown> {
  await client.closed();
  return client.frames.map(({ message }) => message).findLast(({ kind }) => kind === 'error');
}

function violation(message: string): object {
  return { kind: 'error', error: { code: '08P01', message: `protocol violation: ${message}` } };
}

describe('what is no protocol', () => {
  test('random bytes, at any moment, at both doors', async () => {
    const server = await one();
    const bystander = await welcomed(server);
    await bystander.open(1);
    const { client, peer } = server.configs[0]!.members[0]!;
    for (let i = 0; i < 60; i += 1) {
      const socket = createConnection(i % 3 === 2 ? peer : client);
      const ended = new Promise((resolve) => socket.on('close', resolve));
      socket.on('error', () => socket.destroy());
      socket.resume();
      // Sometimes a good beginning.
      if (i % 3 === 1) socket.write(helloFrame());
      socket.end(randomBytes(randomInt(1, 5000)));
      await ended;
    }
    expect(await bystander.execute(1, 1, 'SELECT 1')).toMatchObject({ kind: 'done' });
    expect(await metric(server, 'kimberlite_request_bytes')).toBeLessThan(ROWS_BYTES);
  });

  test('a frame that is longer than allowed, before and after HELLO', async () => {
    const server = await one();
    const stranger = dial(server);
    stranger.socket.write(lengthOf(HELLO_FRAME_BYTES_MAX + 1));
    const before = `a frame is longer than ${HELLO_FRAME_BYTES_MAX} bytes`;
    expect(await lastWords(stranger)).toMatchObject(violation(before));
    const client = await welcomed(server);
    client.socket.write(lengthOf(CLIENT_FRAME_BYTES_MAX + 1));
    const after = `a frame is longer than ${CLIENT_FRAME_BYTES_MAX} bytes`;
    expect(await lastWords(client)).toMatchObject(violation(after));
  });

  test.each<[string, (client: RawClient) => void]>([
    ['a frame does not match its checksum', (client) => client.socket.write(corruptPing())],
    ['unknown kind 99 of message', (client) => client.socket.write(unknownKind())],
    ['channel 1 is not open', (client) => client.send(1, { kind: 'close' })],
    ['HELLO on a welcomed connection', (client) => client.socket.write(helloFrame())],
    [
      'channel 2 is open already',
      (client) => {
        client.send(2, { kind: 'open', lane: random128(), settings: [] });
        client.send(2, { kind: 'open', lane: random128(), settings: [] });
      },
    ],
    [
      'request 77 is not answered yet',
      (client) => {
        // A subscription is never answered to its end.
        const subscribe = { kind: 'subscribe', after: -1, snapshot: false } as const;
        client.send(0, { ...subscribe, tables: [], credit: 1 }, 77);
        client.send(3, { kind: 'open', lane: random128(), settings: [] }, 77);
      },
    ],
  ])('%s', async (reason, misbehave) => {
    const client = await welcomed(await one());
    misbehave(client);
    expect(await lastWords(client)).toMatchObject(violation(reason));
  });

  test('a request before HELLO, and a version that nobody speaks', async () => {
    const server = await one();
    const early = dial(server);
    early.send(0, { kind: 'ping' });
    expect(await lastWords(early)).toMatchObject(violation('PING before HELLO'));
    const newer = dial(server);
    const versions = { versionMin: VERSION_MAX + 1, versionMax: VERSION_MAX + 2 };
    expect(await newer.hello(versions)).toMatchObject({ kind: 'error', error: { code: '0A000' } });
  });
});

describe('slow and silent', () => {
  test('whoever says nothing is closed in time', async () => {
    const server = await one({ helloMillis: 50 });
    const silent = dial(server);
    const half = dial(server);
    half.socket.write(Uint8Array.of(1, 2));
    await Promise.all([silent.closed(), half.closed()]);
    const text = await (await server.http(0, '/metrics')).text();
    expect(text).toContain('kimberlite_connections_refused_total{reason="silence"} 2');
  });

  test('whoever does not read is waited for, and costs a bounded amount of memory', async () => {
    const server = await one();
    const slow = await welcomed(server);
    await slow.open(1);
    slow.socket.pause();
    const long = "SELECT repeat('x', 10000) FROM generate_series(1, 2000)";
    slow.send(1, executeMessage(1, long));
    const other = await welcomed(server);
    await other.open(1);
    const most = SERVER_LIMITS.unsentBytesMax + 2 * ROWS_BYTES;
    for (let i = 0; i < 20; i += 1) {
      expect(await other.execute(1, 1, 'SELECT 1')).toMatchObject({ kind: 'done' });
      expect(await metric(server, 'kimberlite_unsent_bytes')).toBeLessThan(most);
    }
    slow.socket.resume();
    const request = slow.frames.length;
    expect(request).toBeGreaterThan(0);
    await slow.until(() => slow.frames.some(({ message }) => isDone(message, 'SELECT 2000')));
  });

  test('rows wait for credit', async () => {
    const client = await welcomed(await one());
    await client.open(1);
    const long = "SELECT repeat('x', 1000) FROM generate_series(1, 1000)";
    const request = client.send(1, executeMessage(1, long, { credit: 1 }));
    await client.until(() => client.frames.some(({ message }) => message.kind === 'rows'));
    // What is asked on another channel overtakes it: no second frame comes without credit.
    await client.open(2);
    expect(client.frames.filter(({ message }) => message.kind === 'rows')).toHaveLength(1);
    client.send(1, { kind: 'credit', bytes: 1 << 30 }, request);
    const answer = await client.whole(request);
    const rows = answer.flatMap((message) => (message.kind === 'rows' ? message.rows : []));
    expect(rows).toHaveLength(1000);
  });

  test('a flood of requests stops at the socket, and is answered in order', async () => {
    const server = await one({ requestsMax: 8, requestBytesMax: 64 << 10 });
    const client = await welcomed(server);
    await client.open(1);
    const text = `SELECT 1 -- ${'x'.repeat(4000)}`;
    const requests = Array.from({ length: 200 }, () => client.send(1, executeMessage(1, text)));
    const most = 64 << 11;
    expect(await metric(server, 'kimberlite_request_bytes')).toBeLessThan(most);
    await client.whole(requests.at(-1)!);
    const done = client.frames.filter(({ message }) => isDone(message, 'SELECT 1'));
    expect(done.map(({ request }) => request)).toEqual(requests);
  });

  test('all requests together take a bounded amount of memory', async () => {
    const server = await one({ allRequestBytesMax: 1 << 20 });
    const modest = await welcomed(server);
    await modest.open(1);
    const greedy = await welcomed(server);
    await greedy.open(1);
    // Most of a request of 16 MiB, whose end never comes.
    const text = `SELECT '${'x'.repeat(16 << 20)}'`;
    greedy.socket.write(encodeClient(1, 99, executeMessage(1, text)).subarray(0, 15 << 20));
    expect(await lastWords(greedy)).toMatchObject({ error: { code: '53200' } });
    expect(await modest.execute(1, 1, 'SELECT 1')).toMatchObject({ kind: 'done' });
    expect(await metric(server, 'kimberlite_request_bytes')).toBeLessThan(64 << 10);
  });

  test('a statement ends when it is canceled, when its time is over, when its client goes', async () => {
    const server = await one();
    const client = await welcomed(server);
    await client.open(1);
    const endless =
      'SELECT count(*) FROM generate_series(1, 100000) a, generate_series(1, 100000) b';
    const canceled = client.send(1, executeMessage(1, endless));
    client.send(1, { kind: 'cancel' }, canceled);
    expect((await client.whole(canceled)).at(-1)).toMatchObject({ error: { code: '57014' } });
    const late = await client.execute(1, 1, endless, { deadlineMillis: 20 });
    expect(late).toMatchObject({ kind: 'error', error: { code: '57014' } });
    client.send(1, executeMessage(1, endless));
    client.destroy();
    const next = await welcomed(server);
    await next.open(1);
    expect(await next.execute(1, 1, 'SELECT 1')).toMatchObject({ kind: 'done' });
  });

  test('a transaction that is left alone is ended', async () => {
    const server = await one({ idleTransactionMillis: 0 });
    const client = await welcomed(server);
    await client.open(1);
    await client.execute(1, 1, 'BEGIN');
    for (;;) {
      const answer = await client.execute(1, 1, 'SELECT 1');
      if (answer.kind === 'done') {
        await new Promise((resolve) => setImmediate(resolve));
        continue;
      }
      expect(answer).toMatchObject({ kind: 'error', error: { code: '25P03' } });
      break;
    }
  });
});

describe('many', () => {
  test(`${IDLE_CONNECTIONS} idle connections cost little, and disturb nobody`, async () => {
    const server = await one();
    const client = await welcomed(server);
    await client.open(1);
    const before = process.memoryUsage().rss;
    const { port } = server.configs[0]!.members[0]!.client;
    const crowd = await idleClients(port, IDLE_CONNECTIONS, helloFrame());
    try {
      const each = (process.memoryUsage().rss - before) / IDLE_CONNECTIONS;
      expect(each).toBeLessThan(40_000);
      expect(await metric(server, 'kimberlite_connections')).toBe(IDLE_CONNECTIONS + 1);
      expect(await client.execute(1, 1, 'CREATE TABLE t (id INT)')).toMatchObject({ kind: 'done' });
      expect(await client.execute(1, 2, 'SELECT * FROM t')).toMatchObject({ kind: 'done' });
    } finally {
      crowd.kill('SIGKILL');
    }
  });

  test('more connections than allowed are told so', async () => {
    const server = await one({ connectionsMax: 2 });
    await welcomed(server);
    await welcomed(server);
    const third = dial(server);
    expect(await lastWords(third)).toMatchObject({ error: { code: '53300' } });
  });
});

function isDone(message: { readonly kind: string; readonly tag?: string }, tag: string): boolean {
  return message.kind === 'done' && message.tag === tag;
}

function helloFrame(): Uint8Array {
  const versions = { versionMin: VERSION_MAX, versionMax: VERSION_MAX };
  const hello: ClientMessage = { kind: 'hello', ...versions, key: '', tenant: '', client: 'test' };
  return encodeClient(0, 1, hello);
}

function lengthOf(bytes: number): Uint8Array {
  const out = new Uint8Array(8);
  new DataView(out.buffer).setUint32(0, bytes, true);
  return out;
}

function corruptPing(): Uint8Array {
  const frame = encodeClient(0, 9, { kind: 'ping' });
  frame[frame.length - 1]! ^= 1;
  return frame;
}

function unknownKind(): Uint8Array {
  return encodeFrame(99, 0, 9, () => undefined);
}
