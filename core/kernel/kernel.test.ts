/**
 * The kernel's rules, told as small histories: who is answered what, and what becomes of the state.
 */
import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Prepare } from '../codec/prepare.ts';
import { TINY } from '../limits.ts';
import { MemoryStore } from '../store/memory-store.ts';
import { ABSENT, NEEDS, PRESENT } from '../store/store.ts';
import { ZERO128, equal128 } from '../types/hash128.ts';
import { OPERATION_REGISTER } from '../types/operation.ts';
import { Kernel, STEP_DONE, STEP_MORE, STEP_NEEDS } from './kernel.ts';
import type { KernelReply } from './reply.ts';
import { storedReply } from './reply.ts';
import * as operation from './operation.ts';
import { Queries } from './query.ts';
import { sessionView } from './records.ts';
import type { TestSession } from './testing/prepares.ts';
import { TestPrimary, client, text } from './testing/prepares.ts';

/** A replica without disk: applies what the primary proposes. */
class World {
  readonly primary = new TestPrimary();
  readonly store = new MemoryStore();
  readonly lengths = new Map<number, number>();
  readonly kernel = new Kernel(TINY, this.store, { entries: (t) => this.lengths.get(t) ?? 0 });
  readonly queries = new Queries(TINY, this.store, this.kernel);

  apply(prepare: Prepare, budget = 1000): KernelReply | null {
    this.kernel.begin(prepare);
    while (this.kernel.step(budget) !== STEP_DONE);
    this.kernel.install();
    this.lengths.set(this.kernel.logTenant, this.kernel.position);
    return this.kernel.reply;
  }

  register(name: number): TestSession {
    const { prepare, session } = this.primary.register(name);
    const reply = this.apply(prepare);
    expect(reply).toMatchObject({ status: 0, session: prepare.header.op, request: 0 });
    return session;
  }

  /** A session and tenant 1. */
  ready(): TestSession {
    const session = this.register(0);
    expect(this.apply(this.primary.createTenant(session, 1))).toMatchObject({ status: 0 });
    return session;
  }

  append(
    session: TestSession,
    stream: string,
    events: readonly string[],
    expected = -1,
  ): KernelReply {
    return this.apply(this.primary.append(session, 1, stream, events, expected))!;
  }

  read(stream: string, from: number, limit = 100): string[] {
    expect(this.queries.run(1, operation.encodeRead(text(stream), from, limit), 0)).toBe(PRESENT);
    expect(this.queries.status).toBe(operation.STATUS_OK);
    const reply = operation.decodeReadReply(this.queries.body)!;
    expect(reply.from).toBe(from);
    return reply.events.map((event) => Buffer.from(event).toString());
  }

  get state(): readonly number[] {
    return [this.store.stateHashA, this.store.stateHashB];
  }
}

let w: World;
beforeEach(() => {
  w = new World();
});

describe('streams', () => {
  test('appends are read back in order, from any position, in pages', () => {
    const s = w.ready();
    expect(operation.decodeAppendReply(w.append(s, 'a', ['one', 'two']).body)).toEqual({
      first: 0,
      length: 2,
    });
    w.append(s, 'b', ['other']);
    expect(operation.decodeAppendReply(w.append(s, 'a', ['three']).body)).toEqual({
      first: 2,
      length: 3,
    });
    expect(w.read('a', 0)).toEqual(['one', 'two', 'three']);
    expect(w.read('a', 1, 1)).toEqual(['two']);
    expect(w.read('a', 2)).toEqual(['three']);
    expect(w.read('a', 3)).toEqual([]);
    expect(w.read('a', 99)).toEqual([]);
    expect(w.read('a', 0, 0)).toEqual([]);
  });

  test('an expected position that is wrong is refused, with the right one in the reply', () => {
    const s = w.ready();
    w.append(s, 'a', ['x'], 0);
    const before = w.read('a', 0);
    const reply = w.append(s, 'a', ['y'], 0);
    expect(reply.status).toBe(operation.STATUS_CONFLICT);
    expect(operation.decodeConflictReply(reply.body)).toBe(1);
    expect(w.read('a', 0)).toEqual(before);
    expect(w.append(s, 'a', ['y'], 1).status).toBe(operation.STATUS_OK);
    expect(w.append(s, 'new', ['z'], 1).status).toBe(operation.STATUS_CONFLICT);
  });

  test('a position token is the length of the tenant log, failures counted', () => {
    const s = w.ready();
    expect(w.append(s, 'a', ['x']).position).toBe(1);
    expect(w.append(s, 'a', ['x'], 7).position).toBe(2);
    expect(w.append(s, 'a', ['x']).position).toBe(3);
  });

  test('the head of a stream is its length; unknown streams and tenants say so', () => {
    const s = w.ready();
    w.append(s, 'a', ['x', 'y']);
    expect(w.queries.run(1, operation.encodeHead(text('a')), 0)).toBe(PRESENT);
    expect(operation.decodeHeadReply(w.queries.body)).toBe(2);
    w.queries.run(1, operation.encodeHead(text('b')), 0);
    expect(w.queries.status).toBe(operation.STATUS_UNKNOWN_STREAM);
    w.queries.run(5, operation.encodeHead(text('a')), 0);
    expect(w.queries.status).toBe(operation.STATUS_UNKNOWN_TENANT);
    w.queries.run(0, operation.encodeHead(text('a')), 0);
    expect(w.queries.status).toBe(operation.STATUS_WRONG_TENANT);
  });

  test('a reply never outgrows a message: the reader goes on where it ended', () => {
    const s = w.ready();
    const big = 'x'.repeat(1400);
    for (let i = 0; i < 8; i += 1) expect(w.append(s, 'a', [`${i}${big}`]).status).toBe(0);
    let read: string[] = [];
    for (let rounds = 0; read.length < 8; rounds += 1) {
      expect(rounds).toBeLessThan(8);
      read = [...read, ...w.read('a', read.length)];
    }
    expect(read.map((event) => event[0])).toEqual('01234567'.split(''));
  });

  test('agree with a model', () => {
    const append = fc.record({
      stream: fc.integer({ min: 0, max: 3 }),
      count: fc.integer({ min: 1, max: TINY.eventsPerAppendMax }),
      expect: fc.oneof(fc.constant(-1), fc.integer({ min: 0, max: 6 })),
    });
    fc.assert(
      fc.property(fc.array(append, { maxLength: 40 }), (appends) => {
        const world = new World();
        const s = world.ready();
        const model = new Map<string, string[]>();
        for (const [i, a] of appends.entries()) {
          const name = `s${a.stream}`;
          const known = model.get(name) ?? [];
          const events = Array.from({ length: a.count }, (_, k) => `${i}.${k}`);
          const reply = world.append(s, name, events, a.expect);
          const fits = a.expect < 0 || a.expect === known.length;
          expect(reply.status).toBe(fits ? operation.STATUS_OK : operation.STATUS_CONFLICT);
          if (fits) model.set(name, [...known, ...events]);
        }
        for (const [name, events] of model) {
          for (let from = 0; from <= events.length; from += 3) {
            const read = world.read(name, from);
            expect(read).toEqual(events.slice(from, from + TINY.queryEventsMax));
          }
        }
      }),
      { numRuns: 50 },
    );
  });
});

describe('tenants', () => {
  test('are created once, within limits, and only in the system tenant', () => {
    const s = w.ready();
    const statusOf = (tenant: number): number => w.apply(w.primary.createTenant(s, tenant))!.status;
    expect(statusOf(1)).toBe(operation.STATUS_TENANT_EXISTS);
    expect(statusOf(0)).toBe(operation.STATUS_TENANT_REFUSED);
    expect(statusOf(TINY.tenantsMax)).toBe(operation.STATUS_TENANT_REFUSED);
    expect(statusOf(TINY.tenantsMax - 1)).toBe(operation.STATUS_OK);
    const body = operation.encodeCreateTenant(3);
    const wrong = w.primary.request(s, operation.OPERATION_CREATE_TENANT, 1, body);
    expect(w.apply(wrong)!.status).toBe(operation.STATUS_WRONG_TENANT);
  });

  test('an unknown one gets no log: the refusal stands in the system log', () => {
    const s = w.ready();
    const reply = w.apply(w.primary.append(s, 6, 'a', ['x']))!;
    expect(reply.status).toBe(operation.STATUS_UNKNOWN_TENANT);
    expect(w.kernel.logTenant).toBe(0);
    expect(w.lengths.get(6)).toBeUndefined();
  });

  test('malformed bodies and unknown operations are errors on record', () => {
    const s = w.ready();
    const ask = (kind: number, tenant: number, body: Uint8Array): number =>
      w.apply(w.primary.request(s, kind, tenant, body))!.status;
    expect(ask(operation.OPERATION_APPEND, 1, text('rubbish'))).toBe(operation.STATUS_MALFORMED);
    expect(ask(operation.OPERATION_CREATE_TENANT, 0, text(''))).toBe(operation.STATUS_MALFORMED);
    expect(ask(999, 1, text(''))).toBe(operation.STATUS_UNKNOWN_OPERATION);
    const good = operation.encodeAppend({
      stream: text('a'),
      expectedPosition: -1,
      events: [text('x')],
    });
    expect(ask(operation.OPERATION_APPEND, 0, good)).toBe(operation.STATUS_WRONG_TENANT);
    const trailing = Uint8Array.from([...good, 0]);
    expect(ask(operation.OPERATION_APPEND, 1, trailing)).toBe(operation.STATUS_MALFORMED);
    expect(ask(operation.OPERATION_APPEND, 1, good)).toBe(operation.STATUS_OK);
  });
});

describe('sessions', () => {
  test('a request that is committed twice takes effect once, and its answer is kept', () => {
    const s = w.ready();
    const prepare = w.primary.append(s, 1, 'a', ['x']);
    const first = w.apply(prepare)!;
    const state = w.state;
    const again = w.apply(
      w.primary.propose({
        ...s,
        operation: operation.OPERATION_APPEND,
        tenant: 1,
        body: prepare.bytes.subarray(256),
      }),
    );
    expect(w.kernel.status).toBe(operation.STATUS_DUPLICATE);
    expect(again).toBeNull();
    const stored = sessionView();
    expect(w.kernel.sessions.find(s.client, stored)).toBe(PRESENT);
    expect(storedReply(stored)).toEqual(first);
    expect(w.state).toEqual(state);
    expect(w.read('a', 0)).toEqual(['x']);
  });

  test('an older request committed again is silent: its client has moved on', () => {
    const s = w.ready();
    const old = { ...s, request: s.request + 1 };
    w.append(s, 'a', ['x']);
    w.append(s, 'a', ['y']);
    const body = operation.encodeAppend({
      stream: text('a'),
      expectedPosition: -1,
      events: [text('x')],
    });
    const state = w.state;
    expect(
      w.apply(
        w.primary.propose({ ...old, operation: operation.OPERATION_APPEND, tenant: 1, body }),
      ),
    ).toBeNull();
    expect(w.kernel.status).toBe(operation.STATUS_DUPLICATE);
    expect(w.state).toEqual(state);
  });

  test('the same number with other content is no effect and no answer', () => {
    const s = w.ready();
    w.append(s, 'a', ['x']);
    const body = operation.encodeAppend({
      stream: text('a'),
      expectedPosition: -1,
      events: [text('other')],
    });
    const twin = w.primary.propose({
      ...s,
      operation: operation.OPERATION_APPEND,
      tenant: 1,
      body,
    });
    expect(w.apply(twin)).toBeNull();
    expect(w.read('a', 0)).toEqual(['x']);
  });

  test('a request that skips a number, or of no session, has no effect', () => {
    const s = w.ready();
    const state = w.state;
    const body = operation.encodeAppend({
      stream: text('a'),
      expectedPosition: -1,
      events: [text('x')],
    });
    const ask = { ...s, operation: operation.OPERATION_APPEND, tenant: 1, body };
    expect(w.apply(w.primary.propose({ ...ask, request: s.request + 2 }))).toBeNull();
    expect(w.kernel.status).toBe(operation.STATUS_REQUEST_GAP);
    expect(w.apply(w.primary.propose({ ...ask, session: 77, request: s.request + 1 }))).toBeNull();
    expect(w.kernel.status).toBe(operation.STATUS_NO_SESSION);
    expect(w.apply(w.primary.propose({ ...ask, client: client(9), request: 1 }))).toBeNull();
    expect(w.kernel.status).toBe(operation.STATUS_NO_SESSION);
    expect(w.state).toEqual(state);
  });

  test('a registration committed twice keeps the first session', () => {
    const { prepare, session } = w.primary.register(4);
    const first = w.apply(prepare)!;
    const twin = w.primary.propose({
      client: client(4),
      session: 0,
      request: 0,
      operation: OPERATION_REGISTER,
      tenant: 0,
      body: text(''),
    });
    expect(w.apply(twin)).toBeNull();
    const stored = sessionView();
    expect(w.kernel.sessions.find(client(4), stored)).toBe(PRESENT);
    expect(storedReply(stored)).toEqual(first);
    expect(first.session).toBe(session.session);
  });

  test('a session that was never used gives way to another registration of its client', () => {
    // A late copy of a registration opened it; the client itself has registered anew since.
    const stale = w.register(4);
    const anew = w.primary.propose({
      client: client(4),
      session: 0,
      request: 0,
      operation: OPERATION_REGISTER,
      tenant: 0,
      body: text('another, by its checksum'),
    });
    expect(w.apply(anew)).toMatchObject({ status: 0, session: anew.header.op, request: 0 });
    expect(w.kernel.evictedSession).toBe(stale.session);
    expect(w.apply(w.primary.createTenant(stale, 1))).toBeNull();
    expect(w.kernel.status).toBe(operation.STATUS_NO_SESSION);
    const session = { client: client(4), session: anew.header.op, request: 0 };
    expect(w.apply(w.primary.createTenant(session, 1))).toMatchObject({ status: 0 });
  });

  test('a session in use gives way to no registration', () => {
    const session = w.ready();
    const twin = w.primary.propose({
      client: session.client,
      session: 0,
      request: 0,
      operation: OPERATION_REGISTER,
      tenant: 0,
      body: text('another'),
    });
    expect(w.apply(twin)).toBeNull();
    expect(w.kernel.status).toBe(operation.STATUS_DUPLICATE);
  });

  test('a full table evicts the session that was silent longest', () => {
    const all: TestSession[] = [];
    for (let i = 0; i < TINY.sessionsMax; i += 1) all.push(w.register(i));
    // Everyone but session 3 speaks again.
    for (const [i, s] of all.entries()) if (i !== 3) w.apply(w.primary.createTenant(s, i + 1));
    w.register(100);
    expect(equal128(w.kernel.evicted, client(3))).toBe(true);
    expect(w.kernel.evictedSession).toBe(all[3]!.session);
    expect(w.kernel.sessions.find(client(3), sessionView())).toBe(ABSENT);
    expect(w.kernel.sessions.find(client(100), sessionView())).toBe(PRESENT);
    expect(w.apply(w.primary.createTenant(all[3]!, 6))).toBeNull();
    w.register(101);
    expect(equal128(w.kernel.evicted, client(0))).toBe(true);
  });

  test('whom a long history evicts does not depend on what was remembered', () => {
    const touches = fc.array(fc.integer({ min: 0, max: 11 }), { maxLength: 120 });
    fc.assert(
      fc.property(touches, fc.boolean(), (order, forgetful) => {
        const world = new World();
        const sessions = new Map<number, TestSession>();
        const lastOp = new Map<number, number>();
        for (const name of order) {
          const known = sessions.get(name);
          if (known !== undefined) {
            world.apply(world.primary.createTenant(known, 1));
          } else {
            if (forgetful) world.kernel.sessions.reset();
            const oldest = [...lastOp].sort((a, b) => a[1] - b[1])[0];
            sessions.set(name, world.register(name));
            if (lastOp.size === TINY.sessionsMax) {
              expect(equal128(world.kernel.evicted, client(oldest![0]))).toBe(true);
              sessions.delete(oldest![0]);
              lastOp.delete(oldest![0]);
            } else {
              expect(equal128(world.kernel.evicted, ZERO128)).toBe(true);
            }
          }
          lastOp.set(name, world.primary.op);
        }
      }),
      { numRuns: 40 },
    );
  });

  test('the stored reply is the reply', () => {
    const s = w.ready();
    const reply = w.append(s, 'a', ['x']);
    const view = sessionView();
    expect(w.kernel.sessions.find(s.client, view)).toBe(PRESENT);
    expect(storedReply(view)).toEqual(reply);
  });
});

describe('apply', () => {
  test('is deterministic, whatever the budget', () => {
    const other = new World();
    const s = w.ready();
    const twin = other.ready();
    const more: number[] = [];
    for (let i = 0; i < 20; i += 1) {
      const events = Array.from({ length: 1 + (i % 8) }, (_, k) => `event ${i}.${k}`);
      const prepare = w.primary.append(s, 1, `s${i % 3}`, events);
      const same = other.primary.append(twin, 1, `s${i % 3}`, events);
      const reply = w.apply(prepare);
      other.kernel.begin(same);
      let code = other.kernel.step(2);
      for (; code === STEP_MORE; code = other.kernel.step(2)) more.push(i);
      expect(code).toBe(STEP_DONE);
      other.kernel.install();
      other.lengths.set(other.kernel.logTenant, other.kernel.position);
      expect(other.kernel.reply).toEqual(reply);
      expect(other.state).toEqual(w.state);
    }
    expect(more.length).toBeGreaterThan(10);
  });

  test('nothing is visible before install', () => {
    const s = w.ready();
    const state = w.state;
    w.kernel.begin(w.primary.append(s, 1, 'a', ['x', 'y', 'z']));
    while (w.kernel.step(1) !== STEP_DONE) expect(w.state).toEqual(state);
    expect(w.state).toEqual(state);
    w.kernel.install();
    expect(w.state).not.toEqual(state);
  });

  test('a log length that is not known yet ends a step without effect', () => {
    let known = false;
    const kernel = new Kernel(TINY, w.store, { entries: () => (known ? 0 : NEEDS) });
    const { prepare } = w.primary.register(1);
    kernel.begin(prepare);
    expect(kernel.step(10)).toBe(STEP_NEEDS);
    expect(w.state).toEqual([0, 0]);
    known = true;
    expect(kernel.step(10)).toBe(STEP_DONE);
  });
});
