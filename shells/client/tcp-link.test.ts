/** The client on a real socket, before servers that say what the test wants. */
import { afterEach, describe, expect, test } from 'vitest';
import { INT4, INT8, TEXT, TIMESTAMPTZ } from '../../core/sql/types/type.ts';
import { DEFAULT_DISPLAY } from '../../core/sql/types/style.ts';
import { findZone } from '../../core/sql/types/zone.ts';
import { SqlError } from '../../core/sql/error.ts';
import { freePorts } from '../testing/ports.ts';
import type { ServerMessage, SessionState } from '../protocol/message.ts';
import { DatabaseError, Timestamp, connect } from './connect.ts';
import type { ClientDatabase, ConnectOptions } from './connect.ts';
import { ScriptedServer } from './testing/scripted-server.ts';
import type { Peer } from './testing/scripted-server.ts';

const opened: ClientDatabase[] = [];

afterEach(async () => {
  for (const db of opened.splice(0)) await db.close();
});

async function connected(
  server: ScriptedServer,
  options: Partial<ConnectOptions> = {},
): Promise<{ db: ClientDatabase; peer: Peer }> {
  const dialling = connect({ address: server.address, ...options });
  const peer = await server.welcome();
  const db = await dialling;
  opened.push(db);
  return { db, peer };
}

const IDLE: SessionState = { status: 'idle', number: 0, settings: null };

function done(tag: string, state: SessionState = IDLE): ServerMessage {
  return { kind: 'done', state, tag, count: 1, position: 7, notices: ['a notice'] };
}

function plain(id: number): { id: number; modifier: number } {
  return { id, modifier: -1 };
}

async function failure(promise: Promise<unknown>): Promise<DatabaseError> {
  const error: unknown = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (error instanceof DatabaseError) return error;
  throw error ?? new Error('it worked');
}

describe('calls', () => {
  test('a statement and its parameters go out, typed rows come in', async () => {
    const server = await ScriptedServer.start();
    const { db, peer } = await connected(server, { key: 'kmb_x', tenant: 'clinic', name: 'test' });
    expect(peer.frames[0]!.message).toMatchObject({
      key: 'kmb_x',
      tenant: 'clinic',
      client: 'test',
    });
    const date = new Date(0);
    const parameters = [
      null,
      undefined,
      true,
      1.5,
      2n ** 70n,
      'ü',
      Uint8Array.of(1),
      date,
      { a: 1 },
    ];
    const call = db.execute('SELECT 1', parameters, { read: 5, timeoutMillis: 60_000 });
    const { channel, request, message } = await peer.next('execute');
    expect(peer.frames.map((frame) => frame.message.kind)).toEqual(['hello', 'open', 'execute']);
    expect(message).toMatchObject({ number: 1, position: 5, statement: 'SELECT 1' });
    expect(message.deadlineMillis).toBeGreaterThan(0);
    const [, , ...given] = parameters;
    expect(message.parameters).toEqual([null, null, ...given]);
    const columns = [
      { name: 'i', type: plain(INT4) },
      { name: 'b', type: plain(INT8) },
      { name: 'z', type: plain(TIMESTAMPTZ) },
    ];
    const display = { ...DEFAULT_DISPLAY, zone: findZone('<+01>-01')! };
    peer.send(channel, request, { kind: 'columns', display, columns });
    peer.send(channel, request, { kind: 'rows', rows: [[1, 2, 0]] });
    peer.send(channel, request, { kind: 'rows', rows: [[null, null, null]] });
    peer.send(channel, request, done('SELECT 2'));
    const result = await call;
    expect(result).toMatchObject({ command: 'SELECT 2', position: 7, notices: ['a notice'] });
    expect(result.rows).toEqual([
      { i: 1, b: 2n, z: expect.any(Timestamp) as unknown },
      { i: null, b: null, z: null },
    ]);
    expect(String((result.rows[0] as { z: Timestamp }).z)).toBe('2000-01-01 01:00:00+01');
    expect(db.position).toBe(7);
  });

  test('errors have all that the server says', async () => {
    const server = await ScriptedServer.start();
    const { db, peer } = await connected(server);
    const call = db.query('SELECT é FROM x');
    const { channel, request } = await peer.next('execute');
    const fields = { detail: 'd', hint: 'h', constraint: 'c', table: 't', column: 'k', at: 10 };
    const error = new SqlError('42P01', 'relation "x" does not exist', fields);
    peer.send(channel, request, { kind: 'error', state: IDLE, error });
    const { at, ...same } = fields;
    expect(await failure(call)).toMatchObject({ code: '42P01', position: at, ...same });
  });

  test('calls run beside each other, on channels of their own', async () => {
    const server = await ScriptedServer.start();
    const { db, peer } = await connected(server);
    const [a, b] = [db.query('SELECT 1'), db.query('SELECT 2')];
    const [first, second] = [await peer.next('execute'), await peer.next('execute')];
    expect(new Set([first.channel, second.channel]).size).toBe(2);
    peer.send(second.channel, second.request, done('SELECT'));
    await b;
    peer.send(first.channel, first.request, done('SELECT'));
    await a;
  });

  test('an aborted call is cancelled, and ends as the server says', async () => {
    const server = await ScriptedServer.start();
    const { db, peer } = await connected(server);
    const abort = new AbortController();
    const call = db.execute('SELECT 1', [], { signal: abort.signal });
    const { channel, request } = await peer.next('execute');
    abort.abort();
    expect(await peer.next('cancel')).toMatchObject({ channel, request });
    const error = new SqlError('57014', 'canceling statement due to user request');
    peer.send(channel, request, { kind: 'error', state: IDLE, error });
    expect((await failure(call)).code).toBe('57014');
  });

  test('what cannot be said in bytes is refused, and nothing is sent', async () => {
    const server = await ScriptedServer.start();
    const { db, peer } = await connected(server);
    expect((await failure(db.execute('SELECT $1', ['\ud800']))).code).toBe('22021');
    expect((await failure(db.execute('SELECT $1', [Symbol('x') as never]))).code).toBe('22P02');
    const call = db.execute('SELECT 2');
    const { channel, request, message } = await peer.next('execute');
    expect(message.statement).toBe('SELECT 2');
    peer.send(channel, request, done('SELECT'));
    await call;
  });

  test('a subscription goes on after the last change that was handed out', async () => {
    const server = await ScriptedServer.start();
    const { db, peer } = await connected(server);
    const changes = db.subscribe({ after: 3, tables: ['t'] });
    const first = changes.next();
    const { request, message } = await peer.next('subscribe');
    expect(message).toMatchObject({ after: 3, snapshot: false, tables: ['t'] });
    peer.send(0, request, change(4, 'a', true));
    peer.send(0, request, change(5, 'b', false));
    expect((await first).value).toMatchObject({ position: 4, key: { id: 'a' }, last: true });
    expect((await changes.next()).value).toMatchObject({ position: 5, after: { id: 'b', n: 1 } });
    peer.socket.destroy();
    const next = changes.next();
    const again = await server.welcome();
    const resumed = await again.next('subscribe');
    expect(resumed.message.after).toBe(4);
    again.send(0, resumed.request, change(5, 'b', false));
    again.send(0, resumed.request, change(5, 'c', true));
    expect((await next).value).toMatchObject({ position: 5, key: { id: 'c' } });
    const end = changes.return();
    const cancelled = await again.next('cancel');
    const error = new SqlError('57014', 'given up');
    again.send(0, cancelled.request, { kind: 'error', state: IDLE, error });
    await end;
  });
});

function change(position: number, id: string, last: boolean): ServerMessage {
  const columns = [
    { name: 'id', type: plain(TEXT), key: true },
    { name: 'n', type: plain(INT4), key: false },
  ];
  const names = { schema: 'public', table: 't', operation: 'insert' as const };
  const about = { position, timestamp: 0, actor: 'ann', last, columns };
  return { kind: 'change', ...about, ...names, before: null, after: [id, 1] };
}

describe('connections', () => {
  test('a server that is not the primary says who is', async () => {
    const [backup, primary] = [await ScriptedServer.start(), await ScriptedServer.start()];
    const dialling = connect({ address: backup.address });
    const peer = await backup.accept();
    const { request } = await peer.next('hello');
    const members = { view: 2, primary: 1, addresses: [backup.address, primary.address] };
    peer.send(0, request, { kind: 'redirect', members });
    await primary.welcome().then((other) => expect(other.frames).toHaveLength(1));
    const db = await dialling;
    opened.push(db);
    expect(db.server?.address).toBe(primary.address);
  });

  test('a primary that is none any more: the call is repeated where it says', async () => {
    const [a, b] = [await ScriptedServer.start(), await ScriptedServer.start()];
    const { db, peer } = await connected(a);
    const call = db.execute("INSERT INTO t VALUES ('x')");
    const first = await peer.next('execute');
    const members = { view: 2, primary: 1, addresses: [a.address, b.address] };
    peer.send(0, 0, { kind: 'redirect', members });
    const other = await b.welcome();
    const open = await other.next('open');
    const second = await other.next('execute');
    expect(second.message.number).toBe(first.message.number);
    expect(open.message.lane).toEqual(
      peer.frames.map(({ message }) => message).find(({ kind }) => kind === 'open')![
        'lane' as never
      ],
    );
    other.send(second.channel, second.request, done('INSERT 0 1', { ...IDLE, number: 1 }));
    expect((await call).command).toBe('INSERT 0 1');
  });

  test('a server that shuts down answers what is under way, and gets nothing new', async () => {
    const server = await ScriptedServer.start();
    const { db, peer } = await connected(server);
    const before = db.query('SELECT 1');
    const first = await peer.next('execute');
    peer.send(0, 0, { kind: 'goodbye', reason: 'SIGTERM' });
    peer.send(first.channel, first.request, done('SELECT'));
    await before;
    const after = db.query('SELECT 2');
    const other = await server.welcome();
    const second = await other.next('execute');
    other.send(second.channel, second.request, done('SELECT'));
    await after;
    expect(peer.frames.filter(({ message }) => message.kind === 'execute')).toHaveLength(1);
  });

  test('what a server refuses is told in its words', async () => {
    const server = await ScriptedServer.start();
    const dialling = connect({ address: server.address, key: 'wrong' });
    const peer = await server.accept();
    const { request } = await peer.next('hello');
    const error = new SqlError('28000', 'the API key is not known');
    peer.send(0, request, { kind: 'error', state: IDLE, error });
    expect(await failure(dialling)).toMatchObject({ code: '28000', message: error.message });
  });

  test('bytes that are not the protocol end the connection', async () => {
    const server = await ScriptedServer.start();
    const dialling = connect({ address: server.address });
    const peer = await server.accept();
    await peer.next('hello');
    peer.socket.write('HTTP/1.1 400 Bad Request\r\n\r\n');
    const error = await failure(dialling);
    expect(error.code).toBe('08P01');
    expect(error.message).toContain(`${server.address}: not what a Kimberlite server says`);
  });

  test('a port of something else among the addresses is passed over', async () => {
    const [other, primary] = [await ScriptedServer.start(), await ScriptedServer.start()];
    const dialling = connect({ address: [other.address, primary.address] });
    const peer = await other.accept();
    await peer.next('hello');
    peer.socket.write('HTTP/1.1 400 Bad Request\r\n\r\n');
    await primary.welcome();
    const db = await dialling;
    opened.push(db);
    expect(db.server?.address).toBe(primary.address);
  });

  test('TLS with a server that speaks none is refused, once nobody else is there to ask', async () => {
    const server = await ScriptedServer.start();
    const dialling = connect({ address: server.address, tls: true });
    const peer = await server.accept();
    peer.socket.write('no TLS here, not a word of it');
    expect(await failure(dialling)).toMatchObject({ code: '28000' });
  });

  test('an unreachable cluster is told with the last word of every address', async () => {
    const server = await ScriptedServer.start();
    const [port] = await freePorts(1);
    const address = [server.address, `127.0.0.1:${port}`];
    const dialling = connect({ address, patienceMillis: 300 });
    const peer = await server.accept();
    await peer.next('hello');
    peer.socket.write('HTTP/1.1 400 Bad Request\r\n\r\n');
    const error = await failure(dialling);
    expect(error.code).toBe('08001');
    expect(error.detail).toContain(`${server.address}: not what`);
    expect(error.detail).toContain(`127.0.0.1:${port}: nobody listens there`);
  });

  test('nobody there: 08001, with what was tried', async () => {
    const [port] = await freePorts(1);
    const error = await failure(connect({ address: `127.0.0.1:${port}`, patienceMillis: 50 }));
    expect(error.code).toBe('08001');
    expect(error.detail).toContain('nobody listens there');
    for (const address of ['', 'host', 'host:0', 'host:99999', 'a b:1']) {
      expect((await failure(connect({ address }))).code).toBe('22023');
    }
  });

  test('closing ends what is under way', async () => {
    const server = await ScriptedServer.start();
    const { db, peer } = await connected(server);
    const call = db.execute('SELECT 1');
    await peer.next('execute');
    await db.close();
    expect((await failure(call)).code).toBe('08007');
    expect((await failure(db.execute('SELECT 1'))).code).toBe('57P01');
  });
});
