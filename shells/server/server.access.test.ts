/** Keys, roles and tenants, at the gate and behind it, over real connections. */
import { afterEach, expect, test } from 'vitest';
import type { AccessChange } from '../../core/kernel/access-request.ts';
import { encodeAccessRequest } from '../../core/kernel/access-request.ts';
import { DatabaseError } from '../client/connect.ts';
import type { ClientDatabase } from '../client/connect.ts';
import { makeApiKey } from '../config/api-key.ts';
import type { ClientMessage, ServerMessage } from '../protocol/message.ts';
import { random128, realtimeMicros } from '../system.ts';
import { tempDirectory } from '../testing/temp-directory.ts';
import { RawClient, executeMessage } from './testing/raw-client.ts';
import { TestServers } from './testing/servers.ts';

let servers: TestServers | null = null;
const raw: RawClient[] = [];

afterEach(async () => {
  for (const client of raw.splice(0)) client.destroy();
  await servers?.end();
  servers = null;
});

interface Clinic {
  readonly at: TestServers;
  readonly admin: ClientDatabase;
  /** The key of the first admin. */
  readonly root: string;
}

async function clinic(): Promise<Clinic> {
  const key = makeApiKey();
  servers = await TestServers.start({
    directory: tempDirectory(),
    admin: { user: 'root', key: key.id, sha256: Buffer.from(key.hash).toString('hex') },
  });
  const admin = await servers.connect({ key: key.text });
  return { at: servers, admin, root: key.text };
}

function change(wanted: AccessChange): Uint8Array {
  return encodeAccessRequest({ actor: 'whoever', change: wanted });
}

/** Makes a user, and answers its key. */
async function user(
  { admin }: Clinic,
  name: string,
  role: 'admin' | 'writer' | 'reader' | 'auditor',
  tenants: readonly number[] | null,
  expires: number = 0,
): Promise<string> {
  const { id, hash, text } = makeApiKey();
  const reach = { everyTenant: tenants === null, tenants: tenants ?? [] };
  const key = { id, hash, expires };
  await admin.admin('change', change({ kind: 'create user', user: name, role, reach, key }));
  return text;
}

async function welcomed(at: TestServers, key: string, tenant: string = ''): Promise<RawClient> {
  const client = await RawClient.welcomed(at.address(0), { key, tenant });
  raw.push(client);
  return client;
}

async function refused(at: TestServers, key: string, tenant: string = ''): Promise<ServerMessage> {
  const client = new RawClient(at.address(0));
  raw.push(client);
  const answer = await client.hello({ key, tenant });
  await client.closed();
  return answer;
}

/** The key works until it has expired. */
async function untilRefused(at: TestServers, key: string): Promise<ServerMessage> {
  for (;;) {
    const client = new RawClient(at.address(0));
    raw.push(client);
    const answer = await client.hello({ key });
    client.destroy();
    if (answer.kind !== 'welcome') return answer;
  }
}

function error(code: string, message?: string): object {
  return { kind: 'error', error: { code, ...(message !== undefined && { message }) } };
}

test('forged, foreign, expired, revoked and missing keys are refused', async () => {
  const here = await clinic();
  const { at, admin } = here;
  expect(await refused(at, '')).toMatchObject(error('28000', 'an API key is needed'));
  const invalid = error('28000', 'the API key is not valid');
  expect(await refused(at, 'kmb_nonsense')).toMatchObject(invalid);
  expect(await refused(at, makeApiKey().text)).toMatchObject(invalid);
  const good = await user(here, 'ada', 'writer', null);
  // Somebody else's key id with one's own secret.
  const [, id] = good.split('_');
  const mine = makeApiKey().text.split('_').slice(2).join('_');
  expect(await refused(at, `kmb_${id}_${mine}`)).toMatchObject(invalid);
  const short = await user(here, 'brief', 'writer', null, realtimeMicros() + 300_000);
  const expired = await untilRefused(at, short);
  expect(expired).toMatchObject({ kind: 'error', error: { code: '28000' } });
  expect(expired).toMatchObject({ error: { message: expect.stringContaining('expired at') } });
  // While a connection stands, its key is revoked.
  const client = await welcomed(at, good);
  await client.open(1);
  await admin.admin('change', change({ kind: 'drop key', user: 'ada', id: id! }));
  const revoked = error('28000', 'the API key of this connection was revoked');
  expect(await client.execute(1, 1, 'SELECT 1')).toMatchObject(revoked);
  expect(await refused(at, good)).toMatchObject(invalid);
});

test('another tenant is out of reach, by every kind of request', async () => {
  const here = await clinic();
  const { at, admin } = here;
  await admin.admin('change', change({ kind: 'create tenant', name: 'north' }));
  await admin.admin('change', change({ kind: 'create tenant', name: 'south' }));
  const northerner = await user(here, 'nora', 'writer', [2]);
  const southerner = await user(here, 'sam', 'writer', [3]);
  const north = await welcomed(at, northerner, 'north');
  const lane = random128();
  await north.open(1, lane);
  await north.execute(1, 1, 'CREATE TABLE secrets (s TEXT)');
  await north.execute(1, 2, "INSERT INTO secrets VALUES ('north only') RETURNING s");
  // By name: whether it exists is not told either.
  const hidden = await refused(at, southerner, 'north');
  expect(hidden).toMatchObject(error('3D000'));
  const none = await refused(at, southerner, 'nowhere');
  expect(none).toMatchObject(error('3D000'));
  // Its lane, its prepared statement, its request: names that mean nothing here.
  const south = await welcomed(at, southerner);
  const opened = await south.open(1, lane);
  expect(opened).toMatchObject({ kind: 'done', state: { number: 0 } });
  expect(await south.ask(1, { kind: 'resolve', number: 2 })).toMatchObject(error('08007'));
  const stolen = await south.execute(1, 2, 'INSERT INTO secrets VALUES (1) RETURNING s');
  expect(stolen).toMatchObject(error('42P01'));
  expect(await south.execute(1, 1, 'SELECT * FROM secrets')).toMatchObject(error('42P01'));
  const prepared = executeMessage(1, '', { statement: 1 });
  expect(await south.ask(1, prepared)).toMatchObject(error('26000'));
  const rows = "SELECT count(*) FROM kimberlite.log WHERE statement LIKE '%north%'";
  expect(await south.execute(1, 1, rows)).toMatchObject(error('42501'));
  south.send(0, {
    kind: 'subscribe',
    after: -1,
    snapshot: true,
    tables: ['secrets'],
    credit: 1 << 20,
  });
  expect(await south.execute(1, 1, 'CREATE TABLE own (s TEXT)')).toMatchObject({ kind: 'done' });
  expect(south.frames.filter(({ message }) => message.kind === 'change')).toEqual([]);
  // The owner goes on undisturbed.
  const kept = await north.execute(1, 2, 'anything');
  expect(kept).toMatchObject({ kind: 'done', tag: 'INSERT 0 1' });
});

test('what a role may not do is refused, at the gate or behind it', async () => {
  const here = await clinic();
  const { at, admin } = here;
  await admin.execute('CREATE TABLE t (id INT)');
  const asks: Readonly<Record<string, (client: RawClient) => Promise<ServerMessage>>> = {
    read: (client) => client.execute(1, 1, 'SELECT * FROM t'),
    write: (client) => client.execute(1, 1, 'INSERT INTO t VALUES (1)'),
    define: (client) => client.execute(1, 1, 'CREATE TABLE u (id INT)'),
    log: (client) => client.execute(1, 1, 'SELECT count(*) FROM kimberlite.log'),
    verify: (client) => client.ask(1, { kind: 'verify', deadlineMillis: 0 }),
    users: (client) => client.ask(1, administration('users')),
    tenants: (client) => client.ask(1, administration('tenants')),
    status: (client) => client.ask(1, administration('status')),
    change: (client) =>
      client.ask(1, administration('change', change({ kind: 'drop user', user: 'root' }))),
    subscribe: async (client) => {
      const subscribe = { kind: 'subscribe', after: 99_999, snapshot: false } as const;
      return client.ask(0, { ...subscribe, tables: [], credit: 1 });
    },
  };
  const allowed: Readonly<Record<string, readonly string[]>> = {
    writer: ['read', 'write', 'define', 'status'],
    reader: ['read', 'status'],
    auditor: ['log', 'verify', 'users', 'tenants', 'status'],
  };
  for (const role of ['writer', 'reader', 'auditor'] as const) {
    const key = await user(here, role, role, null);
    for (const [name, ask] of Object.entries(asks)) {
      const client = await welcomed(at, key);
      await client.open(1);
      const answer = await ask(client);
      const said = answer.kind === 'error' ? answer.error.code : 'done';
      const may = allowed[role]!.includes(name) ? 'done' : '42501';
      // A position that is not in the log: who may subscribe is told so.
      const wanted = name === 'subscribe' && role !== 'auditor' ? '22023' : may;
      expect(`${role} ${name}: ${said}`).toBe(`${role} ${name}: ${wanted}`);
      client.destroy();
    }
  }
});

test('the log says who did it, and the first admin cannot be made twice', async () => {
  const here = await clinic();
  const { admin } = here;
  await admin.execute('CREATE TABLE t (id INT)');
  const log = 'SELECT DISTINCT actor FROM kimberlite.log WHERE actor IS NOT NULL';
  expect(await admin.query(log)).toEqual([{ actor: 'root' }]);
  const { id, hash } = makeApiKey();
  const again = change({ kind: 'bootstrap', user: 'eve', key: { id, hash, expires: 0 } });
  const attempt = admin.admin('change', again);
  await expect(attempt).rejects.toMatchObject({ code: '42501' });
  await expect(attempt).rejects.toBeInstanceOf(DatabaseError);
});

function administration(
  action: Extract<ClientMessage, { kind: 'admin' }>['action'],
  body: Uint8Array = new Uint8Array(0),
): ClientMessage {
  return { kind: 'admin', number: 1, deadlineMillis: 0, action, change: body };
}
