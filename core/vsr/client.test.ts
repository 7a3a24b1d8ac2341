/** The session client: what it sends, when it sends it again, and what it believes. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { requestChecksum } from '../codec/request.ts';
import { checksum128 } from '../crypto/blake3.ts';
import { TINY } from '../limits.ts';
import { NEVER } from '../ports.ts';
import type { Hash128 } from '../types/hash128.ts';
import { ZERO128, equal128, hex128, make128 } from '../types/hash128.ts';
import { OPERATION_REGISTER } from '../types/operation.ts';
import type { ClientHandler } from './client.ts';
import { POSITION_LATEST, SessionClient } from './client.ts';
import type {
  Message,
  QueryMessage,
  QueryReplyMessage,
  ReplyMessage,
  RequestMessage,
} from './message.ts';
import {
  EVICTED,
  EVICTED_NO_SESSION,
  EVICTED_SESSION_MISMATCH,
  QUERY,
  QUERY_REPLY,
  REPLY,
  REQUEST,
} from './message.ts';

const CLIENT = make128(11, 22, 33, 44);
const RETRY = TINY.clientRetryMicros;
const BODY = Uint8Array.of(1, 2, 3);
const OPERATION = 16;

interface Sent {
  readonly to: number;
  readonly message: Message;
}

class Fixture {
  readonly sent: Sent[] = [];
  readonly replies: ReplyMessage[] = [];
  readonly answers: QueryReplyMessage[] = [];
  readonly evictions: [reason: number, request: number][] = [];
  readonly client: SessionClient;

  constructor(replicaCount = 3, more: Partial<ClientHandler> = {}) {
    this.client = new SessionClient({
      clientId: CLIENT,
      replicaCount,
      limits: TINY,
      checksum: { checksum128 },
      network: { send: (to, message) => void this.sent.push({ to, message }) },
      handler: {
        onReply: (reply) => void this.replies.push(reply),
        onQueryReply: (reply) => void this.answers.push(reply),
        onEvicted: (reason, request) => void this.evictions.push([reason, request]),
        ...more,
      },
    });
  }

  /** What was sent since the last call. */
  take(): Sent[] {
    return this.sent.splice(0);
  }

  request(): RequestMessage {
    const message = this.take()[0]?.message;
    if (message?.kind !== REQUEST) throw new Error('no request was sent');
    return message;
  }

  /** Registers as a cluster would let it, at op 10. */
  registered(): this {
    this.client.register(0);
    this.client.receive(1, 0, answer(this.request(), { op: 10 }));
    this.replies.length = 0;
    return this;
  }
}

function answer(request: RequestMessage, fields: Partial<ReplyMessage> = {}): ReplyMessage {
  return {
    kind: REPLY,
    view: 0,
    client: request.client,
    session: request.session,
    request: request.request,
    requestChecksum: request.checksum,
    op: 20,
    position: 1,
    status: 0,
    body: new Uint8Array(0),
    ...fields,
  };
}

function evicted(session: number, view = 0, reason = EVICTED_NO_SESSION): Message {
  return { kind: EVICTED, client: CLIENT, session, reason, view };
}

describe('client: sessions', () => {
  test('registers with request 0, and the op of the registration is its session', () => {
    const f = new Fixture();
    expect(f.client.registered).toBe(false);
    f.client.register(0);
    const request = f.request();
    expect(request).toMatchObject({ session: 0, request: 0, operation: OPERATION_REGISTER });
    expect(equal128(request.parent, ZERO128)).toBe(true);
    f.client.receive(5, 0, answer(request, { op: 17 }));
    expect(f.client.registered).toBe(true);
    f.client.submit(6, 1, OPERATION, BODY);
    expect(f.request()).toMatchObject({ session: 17, request: 1, tenant: 1, body: BODY });
  });

  test('a refused registration is told and leaves no session', () => {
    const f = new Fixture();
    f.client.register(0);
    f.client.receive(5, 0, answer(f.request(), { status: 9 }));
    expect(f.replies).toHaveLength(1);
    expect(f.client.registered).toBe(false);
    expect(f.client.busy).toBe(false);
    f.client.register(6);
  });

  test('requests chain by checksum, and each checksum is that of its request', () => {
    const f = new Fixture();
    f.client.register(0);
    let previous = f.request();
    f.client.receive(1, 0, answer(previous, { op: 10 }));
    for (let number = 1; number <= 4; number += 1) {
      expect(f.client.submit(number, 1, OPERATION, BODY)).toBe(number);
      const request = f.request();
      expect(request.request).toBe(number);
      expect(hex128(request.parent)).toBe(hex128(previous.checksum));
      expect(hex128(request.checksum)).toBe(hex128(requestChecksum(request, { checksum128 })));
      f.client.receive(number, 0, answer(request));
      previous = request;
    }
    expect(f.replies.map((reply) => reply.request)).toEqual([0, 1, 2, 3, 4]);
  });

  test('one request at a time, and none without a session', () => {
    const f = new Fixture();
    expect(() => f.client.submit(0, 1, OPERATION, BODY)).toThrow();
    f.registered();
    f.client.submit(1, 1, OPERATION, BODY);
    expect(f.client.requestInFlight).toBe(1);
    expect(() => f.client.submit(1, 1, OPERATION, BODY)).toThrow();
    expect(() => f.client.register(1)).toThrow();
  });

  test('the handler may submit the next request at once', () => {
    const bodies: number[] = [];
    const f: Fixture = new Fixture(3, {
      onReply: (reply) => {
        bodies.push(reply.request);
        if (reply.request < 3) f.client.submit(reply.request, 1, OPERATION, BODY);
      },
    });
    f.client.register(0);
    for (let i = 0; i < 4; i += 1) f.client.receive(i, 0, answer(f.request(), { op: 10 }));
    expect(bodies).toEqual([0, 1, 2, 3]);
    expect(f.client.busy).toBe(false);
  });
});

describe('client: replies it must not believe', () => {
  test('duplicates are ignored: the owner hears of each reply once', () => {
    const f = new Fixture().registered();
    f.client.submit(1, 1, OPERATION, BODY);
    const first = f.request();
    for (let i = 0; i < 3; i += 1) f.client.receive(2, 0, answer(first));
    expect(f.replies).toHaveLength(1);
    f.client.submit(3, 1, OPERATION, BODY);
    f.client.receive(4, 0, answer(first));
    expect(f.client.requestInFlight).toBe(2);
    expect(f.replies).toHaveLength(1);
  });

  test("another client's reply, and one to another request of the same number", () => {
    const f = new Fixture().registered();
    f.client.submit(1, 1, OPERATION, BODY);
    const request = f.request();
    const stranger: Hash128 = make128(1, 1, 1, 1);
    f.client.receive(2, 0, answer(request, { client: stranger, view: 9 }));
    f.client.receive(2, 0, answer(request, { requestChecksum: stranger }));
    f.client.receive(2, 0, answer(request, { request: 7 }));
    expect(f.replies).toHaveLength(0);
    expect(f.client.viewKnown).toBe(0);
    f.client.receive(2, 0, answer(request));
    expect(f.replies).toHaveLength(1);
  });

  test('a late reply to the registration of a lost session does not open the new one', () => {
    const f = new Fixture();
    f.client.register(0);
    const first = f.request();
    f.client.receive(1, 0, answer(first, { op: 10 }));
    f.client.receive(2, 0, evicted(10));
    f.client.register(3);
    const second = f.request();
    expect(equal128(first.checksum, second.checksum)).toBe(false);
    f.client.receive(4, 0, answer(first, { op: 10 }));
    expect(f.client.registered).toBe(false);
    f.client.receive(5, 0, answer(second, { op: 30 }));
    f.client.submit(6, 1, OPERATION, BODY);
    expect(f.request()).toMatchObject({ session: 30, request: 1 });
  });

  test('messages between replicas are none of its business', () => {
    const f = new Fixture().registered();
    const before = f.client.fingerprint();
    f.client.receive(2, 1, { kind: 9, view: 44 });
    expect(f.client.fingerprint()).toBe(before);
  });
});

describe('client: eviction', () => {
  test('in the middle of a request: its outcome is unknown, and said so', () => {
    const f = new Fixture().registered();
    f.client.submit(1, 1, OPERATION, BODY);
    const request = f.request();
    f.client.receive(2, 0, evicted(10));
    expect(f.evictions).toEqual([[EVICTED_NO_SESSION, 1]]);
    expect(f.client.registered).toBe(false);
    expect(f.client.deadline()).toBe(NEVER);
    f.client.receive(3, 0, answer(request));
    expect(f.replies).toHaveLength(0);
  });

  test('between requests: nothing is unknown', () => {
    const f = new Fixture().registered();
    f.client.receive(2, 0, evicted(10, 0, EVICTED_SESSION_MISMATCH));
    expect(f.evictions).toEqual([[EVICTED_SESSION_MISMATCH, -1]]);
  });

  test('of an older session, by a deposed primary, or for a reason unknown to us: ignored', () => {
    const f = new Fixture().registered();
    f.client.submit(1, 1, OPERATION, BODY);
    const request = f.request();
    f.client.receive(2, 1, answer(request, { view: 5 }));
    f.client.receive(3, 0, evicted(9, 5));
    f.client.receive(3, 0, evicted(10, 4));
    f.client.receive(3, 0, evicted(10, 5, 77));
    f.client.receive(3, 0, { ...evicted(10, 5), client: ZERO128 } as Message);
    expect(f.evictions).toEqual([]);
    expect(f.client.registered).toBe(true);
    f.client.receive(4, 0, evicted(10, 5));
    expect(f.evictions).toEqual([[EVICTED_NO_SESSION, -1]]);
  });

  test('queries live on: they need no session', () => {
    const f = new Fixture().registered();
    const number = f.client.query(1, 1, BODY, POSITION_LATEST);
    f.client.receive(2, 0, evicted(10));
    f.client.receive(3, 0, queryReply(number));
    expect(f.answers).toHaveLength(1);
  });
});

function queryReply(query: number, view = 0): QueryReplyMessage {
  return {
    kind: QUERY_REPLY,
    client: CLIENT,
    query,
    view,
    position: 5,
    status: 0,
    body: new Uint8Array(0),
  };
}

describe('client: retries', () => {
  test('identical bytes, to the primary and to one more replica in turn', () => {
    const f = new Fixture(5).registered();
    f.client.submit(0, 1, OPERATION, BODY);
    const first = f.take();
    expect(first.map((sent) => sent.to)).toEqual([0]);
    const others: number[] = [];
    for (let i = 0; i < 6; i += 1) {
      f.client.wake(f.client.deadline());
      const again = f.take();
      expect(again.every((sent) => sent.message === first[0]!.message)).toBe(true);
      expect(again[0]!.to).toBe(0);
      others.push(...again.slice(1).map((sent) => sent.to));
    }
    expect(others).toEqual([1, 2, 3, 4, 1]);
  });

  test('waits double up to a bound, with jitter, and begin anew with the next request', () => {
    const f = new Fixture().registered();
    f.client.submit(0, 1, OPERATION, BODY);
    const request = f.request();
    let now = 0;
    for (let attempt = 0; attempt < 8; attempt += 1) {
      const wait = f.client.deadline() - now;
      const base = Math.min(RETRY * 2 ** attempt, RETRY * 8);
      expect(wait).toBeGreaterThanOrEqual(base);
      expect(wait).toBeLessThanOrEqual(base * 1.5);
      now = f.client.deadline();
      f.client.wake(now);
    }
    f.client.receive(now, 0, answer(request));
    f.client.submit(now, 1, OPERATION, BODY);
    expect(f.client.deadline() - now).toBeLessThanOrEqual(RETRY * 1.5);
  });

  test('waking early sends nothing', () => {
    const f = new Fixture().registered();
    f.client.submit(0, 1, OPERATION, BODY);
    f.take();
    f.client.wake(f.client.deadline() - 1);
    expect(f.take()).toEqual([]);
  });

  test('follows the view of a reply to the new primary', () => {
    const f = new Fixture(3).registered();
    f.client.submit(1, 1, OPERATION, BODY);
    f.client.receive(2, 1, answer(f.request(), { view: 4 }));
    f.client.submit(3, 1, OPERATION, BODY);
    expect(f.take()[0]!.to).toBe(1);
    f.client.receive(4, 1, queryReply(99, 5));
    f.client.query(5, 1, BODY, POSITION_LATEST);
    expect(f.take()[0]!.to).toBe(2);
    f.client.receive(6, 1, queryReply(99, 3));
    expect(f.client.viewKnown).toBe(5);
  });

  test('a single replica is asked once a round', () => {
    const f = new Fixture(1).registered();
    f.client.submit(0, 1, OPERATION, BODY);
    f.client.wake(f.client.deadline());
    expect(f.take().map((sent) => sent.to)).toEqual([0, 0]);
  });

  test('every replica hears of a request within one round, whoever is primary', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), fc.nat(20), (count, view) => {
        const f = new Fixture(count).registered();
        f.client.receive(1, 0, queryReply(1, view));
        f.client.submit(1, 1, OPERATION, BODY);
        for (let i = 1; i < count; i += 1) f.client.wake(f.client.deadline());
        expect(new Set(f.take().map((sent) => sent.to)).size).toBe(count);
      }),
    );
  });
});

describe('client: queries', () => {
  test('several in flight, under their own numbers, beside a write', () => {
    const f = new Fixture().registered();
    f.client.submit(1, 1, OPERATION, BODY);
    const numbers = [3, POSITION_LATEST, 4].map((position) => f.client.query(1, 2, BODY, position));
    expect(new Set(numbers).size).toBe(3);
    expect(f.client.queriesInFlight).toBe(3);
    f.client.receive(2, 0, queryReply(numbers[1]!));
    f.client.receive(2, 0, queryReply(numbers[1]!));
    expect(f.answers.map((reply) => reply.query)).toEqual([numbers[1]]);
    expect(f.client.queriesInFlight).toBe(2);
    expect(f.client.busy).toBe(true);
  });

  test('a latest read goes to the primary, a read with a token to anyone', () => {
    const f = new Fixture(3);
    const firsts = new Set<number>();
    for (let i = 0; i < 3; i += 1) {
      f.client.query(1, 1, BODY, 7);
      firsts.add(f.take()[0]!.to);
    }
    expect(firsts.size).toBe(3);
    f.client.query(1, 1, BODY, POSITION_LATEST);
    expect(f.take()[0]!.to).toBe(0);
  });

  test('retries reach the primary as well', () => {
    const f = new Fixture(3);
    const number = f.client.query(0, 1, BODY, 7);
    const first = f.take()[0]!;
    f.client.wake(f.client.deadline());
    const again = f.take();
    expect(again.map((sent) => sent.to)).toContain(0);
    for (const sent of again) {
      expect((sent.message as QueryMessage).query).toBe(number);
      expect(sent.message).toBe(first.message);
      expect(sent.message.kind).toBe(QUERY);
    }
  });

  test('are bounded, and can be given up', () => {
    const f = new Fixture();
    const numbers: number[] = [];
    for (let i = 0; i < TINY.readQueueMax; i += 1) numbers.push(f.client.query(0, 1, BODY, 1));
    expect(() => f.client.query(0, 1, BODY, 1)).toThrow();
    f.client.cancelQuery(numbers[2]!);
    f.client.cancelQuery(numbers[2]!);
    expect(f.client.queriesInFlight).toBe(TINY.readQueueMax - 1);
    f.client.receive(1, 0, queryReply(numbers[2]!));
    expect(f.answers).toEqual([]);
  });
});

describe('client: against a cluster that loses, repeats and delays', () => {
  test('each request is executed once and answered once, in order', () => {
    const step = fc.record({ drop: fc.boolean(), repeat: fc.boolean(), stale: fc.nat(50) });
    fc.assert(
      fc.property(fc.array(step, { minLength: 20, maxLength: 60 }), (steps) => {
        const f = new Fixture(3);
        const executed: string[] = [];
        const seen: ReplyMessage[] = [];
        f.client.register(0);
        let now = 0;
        for (const { drop, repeat, stale } of steps) {
          for (const { message } of f.take()) {
            if (drop || message.kind !== REQUEST) continue;
            const id = hex128(message.checksum);
            if (!executed.includes(id)) executed.push(id);
            seen.push(answer(message, { op: 10 + executed.indexOf(id) }));
          }
          const old = seen[stale % Math.max(1, seen.length)];
          if (old !== undefined) f.client.receive(now, 0, old);
          const newest = seen.at(-1);
          if (newest !== undefined && repeat) f.client.receive(now, 0, newest);
          if (f.client.busy) f.client.wake((now = f.client.deadline()));
          else f.client.submit(now, 1, OPERATION, BODY);
        }
        expect(f.replies.map((reply) => reply.request)).toEqual(f.replies.map((_, i) => i));
        expect(executed.length - f.replies.length).toBeLessThanOrEqual(1);
      }),
    );
  });
});
