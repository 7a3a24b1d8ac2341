/**
 * The client's state machine against scripted servers: who is found, what is repeated, and that
 * each write happens once, whatever is lost on the way.
 */
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { DatabaseError } from '../embedded/errors.ts';
import { Connector } from './connector.ts';
import { ClientDatabase } from './database.ts';
import type { Ask, Dial } from './link.ts';
import { ScriptedCluster, turn } from './testing/scripted-cluster.ts';
import type { Fault } from './testing/scripted-cluster.ts';

const opened: ClientDatabase[] = [];

interface Options {
  readonly addresses?: readonly string[];
  readonly patienceMillis?: number;
  readonly channelsMax?: number;
  readonly dial?: Dial;
}

function database(cluster: ScriptedCluster, options: Options = {}): ClientDatabase {
  const { addresses = cluster.addresses, patienceMillis = 10_000, dial = cluster.dial } = options;
  const connector = new Connector({ addresses, dial, patienceMillis });
  const { channelsMax = 8 } = options;
  const db = new ClientDatabase({ connector, channelsMax, resultBytesMax: 1000 });
  opened.push(db);
  return db;
}

afterEach(async () => {
  for (const db of opened.splice(0)) await db.close();
});

async function codeOf(promise: Promise<unknown>): Promise<string> {
  const error: unknown = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (error instanceof DatabaseError) return error.code;
  throw error ?? new Error('it worked');
}

/** The given faults, one a request, then none. */
function script(...faults: readonly Fault[]): (ask: Ask) => Fault {
  const left = [...faults];
  return () => left.shift() ?? 'none';
}

describe('finding the primary', () => {
  test('one address is enough, of whichever server', async () => {
    const cluster = new ScriptedCluster(3);
    cluster.primary = 2;
    const db = database(cluster, { addresses: [cluster.addresses[0]!] });
    expect((await db.ready()).replica).toBe(2);
    expect(cluster.dialled).toEqual(['server-0:3000', 'server-2:3000']);
  });

  test('a server that answers nothing is not waited for', async () => {
    const cluster = new ScriptedCluster(3);
    const dial: Dial = (address, events, signal) => {
      if (address !== 'silent:3000') return cluster.dial(address, events, signal);
      return new Promise(() => undefined);
    };
    const db = database(cluster, { addresses: ['silent:3000', 'server-1:3000'], dial });
    expect((await db.ready()).replica).toBe(0);
  });

  test('while there is none it is looked for again and again, then the caller is told', async () => {
    const cluster = new ScriptedCluster(3);
    cluster.primary = -1;
    const db = database(cluster);
    const write = db.execute('write a');
    while (cluster.dialled.length < 7) await turn();
    cluster.primary = 1;
    expect((await write).position).toBe(1);
    cluster.primary = -1;
    cluster.breakAll();
    const hurried = database(cluster, { patienceMillis: 20 });
    const error = await hurried.execute('write b').catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: '08001' });
    expect(String(error)).toContain('tried server-0:3000, server-1:3000, server-2:3000');
  });

  test('what is refused for good is told at once', async () => {
    const cluster = new ScriptedCluster(3);
    const dial: Dial = () => Promise.reject(new DatabaseError('28000', 'the key is wrong'));
    expect(await codeOf(database(cluster, { dial }).ready())).toBe('28000');
  });
});

describe('writes', () => {
  test.each<Fault>(['lose request', 'lose answer', 'move'])('%s: once', async (fault) => {
    const cluster = new ScriptedCluster(3);
    cluster.fault = script('none', fault, fault, 'none', fault);
    const db = database(cluster);
    for (const letter of ['a', 'b', 'c']) {
      expect((await db.execute(`write ${letter}`)).command).toBe('write');
    }
    expect(cluster.log).toEqual(['write a', 'write b', 'write c']);
  });

  test('whatever is lost, and however many run at once, each happens once, in its order', async () => {
    const faults = fc.constantFrom<Fault>('none', 'none', 'lose request', 'lose answer', 'move');
    await fc.assert(
      fc.asyncProperty(
        fc.array(faults, { maxLength: 40 }),
        fc.integer({ min: 1, max: 5 }),
        async (order, sessions) => {
          const cluster = new ScriptedCluster(3);
          cluster.fault = script(...order);
          const db = database(cluster);
          const all = Array.from({ length: sessions }, async (_, who) => {
            const session = db.session();
            for (let i = 0; i < 4; i += 1) await session.execute(`write ${who}.${i}`);
          });
          await Promise.all(all);
          for (let who = 0; who < sessions; who += 1) {
            const own = cluster.log.filter((entry) => entry.startsWith(`write ${who}.`));
            expect(own).toEqual([0, 1, 2, 3].map((i) => `write ${who}.${i}`));
          }
          await db.close();
        },
      ),
      { numRuns: 100 },
    );
  });

  test('an unanswered write that nobody can be asked about: 08007, and a new lane', async () => {
    const cluster = new ScriptedCluster(3);
    // Spent once, where nobody answers; where a primary is found it must be ample, however late.
    const db = database(cluster, { patienceMillis: 1_500 });
    await db.execute('write a');
    cluster.fault = () => {
      cluster.primary = -1;
      return 'lose answer';
    };
    expect(await codeOf(db.execute('write b'))).toBe('08007');
    cluster.fault = script();
    cluster.primary = 1;
    await db.execute('write c');
    expect(cluster.log).toEqual(['write a', 'write b', 'write c']);
    expect(cluster.lanes.size).toBe(2);
  });
});

describe('limits of a call', () => {
  test('a server that does not say what became of a cancelled call: 08007', async () => {
    const cluster = new ScriptedCluster(1);
    cluster.fault = script('hang');
    const db = database(cluster);
    const abort = new AbortController();
    const call = db.execute('write a', [], { signal: abort.signal });
    while (cluster.arrived === 0) await turn();
    abort.abort();
    expect(await codeOf(call)).toBe('08007');
    expect([...cluster.links][0]!.cancels).toBe(1);
    await db.execute('write b');
    expect(cluster.log).toEqual(['write b']);
  });

  test('before anything was sent nothing happened: 57014', async () => {
    const cluster = new ScriptedCluster(1);
    cluster.primary = -1;
    const db = database(cluster);
    expect(await codeOf(db.execute('write a', [], { timeoutMillis: 5 }))).toBe('57014');
    const signal = AbortSignal.abort();
    expect(await codeOf(db.execute('write a', [], { signal }))).toBe('57014');
  });

  test('calls beyond the channels wait for their turn', async () => {
    const cluster = new ScriptedCluster(1);
    const db = database(cluster, { channelsMax: 2 });
    const texts = Array.from({ length: 20 }, (_, i) => `insert ${i}`);
    await Promise.all(texts.map((text) => db.execute(text)));
    expect(cluster.log.toSorted()).toEqual(texts.toSorted());
    expect([...cluster.links][0]!.opened.size).toBe(2);
    expect(cluster.lanes.size).toBe(2);
  });

  test('a result that is larger than wanted is refused', async () => {
    const cluster = new ScriptedCluster(1);
    cluster.log.push(...Array.from({ length: 101 }, (_, i) => `${i}`));
    expect(await codeOf(database(cluster).query('read'))).toBe('54000');
  });
});

describe('sessions', () => {
  test('settings are there again after the primary changed', async () => {
    const cluster = new ScriptedCluster(3);
    const db = database(cluster);
    const session = db.session();
    await session.execute('SET Berlin');
    cluster.move();
    await session.execute('write a');
    const [link] = cluster.links;
    expect([...link!.opened.values()][0]!.settings).toEqual([['x', 'Berlin']]);
  });

  test('a call outside a session leaves nothing to the next one', async () => {
    const cluster = new ScriptedCluster(1);
    const db = database(cluster);
    await db.execute('SET Berlin');
    await db.execute('insert a');
    const [link] = cluster.links;
    expect([...link!.opened.values()].map(({ settings }) => settings)).toEqual([[]]);
    expect(await codeOf(db.execute('BEGIN'))).toBe('25001');
  });
});

describe('transactions', () => {
  test('commit', async () => {
    const cluster = new ScriptedCluster(3);
    const db = database(cluster);
    await db.transaction(async (session) => session.execute('write a'));
    expect(cluster.log).toEqual(['write a']);
  });

  test('end with 40001 where the primary changes, and may be run again', async () => {
    const cluster = new ScriptedCluster(3);
    cluster.fault = script('none', 'move');
    const db = database(cluster);
    const work = (): Promise<unknown> =>
      db.transaction(async (session) => session.execute('write a'));
    expect(await codeOf(work())).toBe('40001');
    cluster.fault = script('none', 'move', 'none', 'none', 'lose request');
    await db.transaction(async (session) => session.execute('write a'), { retries: 2 });
    expect(cluster.log).toEqual(['write a']);
  });

  test('a session whose transaction is gone takes nothing but its end', async () => {
    const cluster = new ScriptedCluster(3);
    const db = database(cluster);
    const session = db.session();
    await session.execute('BEGIN');
    cluster.move();
    expect(await codeOf(session.execute('write a'))).toBe('40001');
    expect(session.status).toBe('failed');
    expect(await codeOf(session.execute('write b'))).toBe('25P02');
    expect((await session.execute('ROLLBACK')).command).toBe('ROLLBACK');
    await session.execute('write c');
    expect(cluster.log).toEqual(['write c']);
  });

  test('whether a lost COMMIT happened is found out', async () => {
    const cluster = new ScriptedCluster(3);
    const db = database(cluster);
    const session = db.session();
    for (const [fault, code] of [
      ['lose answer', null],
      ['lose request', '40001'],
    ] as const) {
      await session.execute('BEGIN');
      await session.execute('write a');
      cluster.fault = script(fault, 'lose answer');
      const commit = session.execute('COMMIT');
      if (code === null) expect((await commit).command).toBe('COMMIT');
      else expect(await codeOf(commit)).toBe(code);
    }
    expect(cluster.log).toEqual(['write a']);
    await session.execute('write b');
    expect(cluster.log).toEqual(['write a', 'write b']);
  });
});

describe('streams', () => {
  test('rows come one by one, and credit follows what was taken', async () => {
    const cluster = new ScriptedCluster(1);
    cluster.log.push('a', 'b', 'c');
    const db = database(cluster);
    const seen: unknown[] = [];
    for await (const row of db.stream('read')) seen.push(row);
    expect(seen).toEqual([{ entry: 'a' }, { entry: 'b' }, { entry: 'c' }]);
    expect([...cluster.links][0]!.granted).toBe(30);
  });

  test('an early end gives the channel back', async () => {
    const cluster = new ScriptedCluster(1);
    cluster.log.push('a', 'b', 'c');
    const db = database(cluster, { channelsMax: 1 });
    for await (const row of db.stream('read')) {
      expect(row).toEqual({ entry: 'a' });
      break;
    }
    await db.execute('write d');
    expect(cluster.log).toHaveLength(4);
  });
});
