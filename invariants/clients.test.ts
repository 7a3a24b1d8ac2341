/** The invariants about what clients see, over histories written by hand. */
import { afterEach, describe, expect, it } from 'vitest';
import { writeU32, writeU64 } from '../core/codec/bytes.ts';
import type { Prepare } from '../core/codec/prepare.ts';
import {
  OPERATION_APPEND,
  OPERATION_CREATE_TENANT,
  POSITION_ANY,
  STATUS_CONFLICT,
  STATUS_OK,
  STATUS_UNKNOWN_STREAM,
  STATUS_UNKNOWN_TENANT,
  encodeAppend,
  encodeCreateTenant,
  encodeHead,
  encodeRead,
} from '../core/kernel/operation.ts';
import { STEP_COMMIT, STEP_ENTRY, STEP_EVICT, STEP_REPLY } from '../core/observer.ts';
import type { Hash128 } from '../core/types/hash128.ts';
import { make128 } from '../core/types/hash128.ts';
import { OPERATION_REGISTER } from '../core/types/operation.ts';
import type { QueryReplyMessage, ReplyMessage } from '../core/vsr/message.ts';
import { QUERY_REPLY, REPLY } from '../core/vsr/message.ts';
import {
  HISTORY,
  LATEST,
  WORK_APPEND,
  WORK_CREATE_TENANT,
  WORK_HEAD,
  WORK_READ,
} from '../vopr/kimberlite/history.ts';
import type { Invariant } from '../vopr/sim/checker.ts';
import { acknowledgedSurvives } from './acknowledged-survives.ts';
import { exactlyOnce } from './exactly-once.ts';
import { linearizable } from './linearizable.ts';
import { readYourWrites } from './read-your-writes.ts';
import { tenantIsolation } from './tenant-isolation.ts';
import { inspection } from '../vopr/starting-points.ts';
import { Bench, entry } from './testing/fake-world.ts';

const CLIENT = make128(1, 1, 1, 1);
const STREAM = Uint8Array.of(0x61);
const TENANT = 1;

/** An event as the workload writes them: its tenant, client, operation and number come first. */
function event(k: number, tenant: number = TENANT): Uint8Array {
  const out = new Uint8Array(16);
  writeU32(out, 0, tenant);
  writeU32(out, 8, k);
  return out;
}

/**
 * A cluster played by hand: op 1 registers the client, op 2 creates tenant 1, and each write is
 * committed at the next op. Answers are right unless a test changes them.
 */
class Play {
  readonly bench: Bench;
  private head: Prepare | null = null;
  private op = 0;
  private request = 0;

  constructor(invariant: Invariant) {
    this.bench = new Bench(invariant);
    this.commit({ operation: OPERATION_REGISTER });
    this.create(TENANT);
  }

  get ops(): number {
    return this.op;
  }

  commit(of: {
    operation: number;
    tenant?: number;
    body?: Uint8Array;
    session?: number;
    request?: number;
    checksum?: Hash128;
    client?: Hash128;
  }): Prepare {
    this.op += 1;
    const prepare = entry({
      op: this.op,
      parent: this.head,
      client: of.client ?? CLIENT,
      operation: of.operation,
      session: of.session ?? 0,
      request: of.request ?? 0,
      requestChecksum: of.checksum ?? make128(5, 5, 5, this.op),
      tenant: of.tenant ?? 0,
      ...(of.body === undefined ? {} : { body: of.body }),
    });
    this.head = prepare;
    this.bench.step(0, STEP_COMMIT, this.op, 0, 0, prepare);
    return prepare;
  }

  /** Invokes, and returns the row; `name` is what the request will be called. */
  invoke(kind: number, tenant: number, body: Uint8Array, name: Hash128): number {
    const row = HISTORY.invokeWrite(0, CLIENT, kind, tenant, body, 0);
    this.request += 1;
    HISTORY.named(row, 1, this.request, name);
    return row;
  }

  answer(row: number, op: number, position: number, status: number, body: Uint8Array): void {
    HISTORY.return(row, this.reply(row, op, position, status, body), 0);
  }

  reply(row: number, op: number, position: number, status: number, body: Uint8Array): ReplyMessage {
    return {
      kind: REPLY,
      view: 0,
      client: CLIENT,
      session: 1,
      request: HISTORY.request[row]!,
      requestChecksum: HISTORY.checksum[row]!,
      op,
      position,
      status,
      body,
    };
  }

  create(tenant: number): void {
    const body = encodeCreateTenant(tenant);
    const name = make128(5, 5, 5, this.op + 1);
    const row = this.invoke(WORK_CREATE_TENANT, 0, body, name);
    const operation = OPERATION_CREATE_TENANT;
    this.commit({ operation, body, session: 1, request: this.request, checksum: name });
    this.answer(row, this.op, this.op, STATUS_OK, new Uint8Array(0));
  }

  /** Appends one event; answers with `first` and `length`. Returns its op. */
  append(k: number, first: number, position: number): number {
    const row = this.invokeAppend(k);
    this.commitAppend(row);
    this.answer(row, this.op, position, STATUS_OK, appended(first, first + 1));
    return this.op;
  }

  invokeAppend(k: number, expectedPosition = POSITION_ANY): number {
    const body = encodeAppend({ stream: STREAM, expectedPosition, events: [event(k)] });
    return this.invoke(WORK_APPEND, TENANT, body, make128(6, 6, 6, this.request + 1));
  }

  commitAppend(row: number): void {
    this.commit({
      operation: OPERATION_APPEND,
      tenant: TENANT,
      body: HISTORY.body[row]!,
      session: 1,
      request: HISTORY.request[row]!,
      checksum: HISTORY.checksum[row]!,
    });
  }

  invokeHead(position = LATEST, tenant = TENANT): number {
    return HISTORY.invokeRead(1, WORK_HEAD, tenant, position, encodeHead(STREAM), 0);
  }

  answerHead(row: number, position: number, length: number, status = STATUS_OK): void {
    const body = new Uint8Array(status === STATUS_OK ? 8 : 0);
    if (status === STATUS_OK) writeU64(body, 0, length);
    HISTORY.return(row, queryReply(position, status, body), 0);
  }
}

function queryReply(position: number, status: number, body: Uint8Array): QueryReplyMessage {
  return { kind: QUERY_REPLY, client: CLIENT, query: 1, view: 0, position, status, body };
}

function appended(first: number, length: number): Uint8Array {
  const body = new Uint8Array(16);
  writeU64(body, 0, first);
  writeU64(body, 8, length);
  return body;
}

function readBody(from: number, length: number, events: readonly Uint8Array[]): Uint8Array {
  const body = new Uint8Array(20 + events.reduce((sum, e) => sum + 4 + e.length, 0));
  writeU64(body, 0, from);
  writeU64(body, 8, length);
  writeU32(body, 16, events.length);
  let at = 20;
  for (const e of events) {
    writeU32(body, at, e.length);
    body.set(e, at + 4);
    at += 4 + e.length;
  }
  return body;
}

afterEach(() => {
  HISTORY.begin();
  HISTORY.begin();
});

describe('linearizable', () => {
  it('holds for writes in order and reads that see them', () => {
    const play = new Play(linearizable);
    play.append(1, 0, 1);
    play.append(2, 1, 2);
    play.answerHead(play.invokeHead(), 2, 2);
    expect(play.bench.world.violations).toEqual([]);
    expect(play.bench.world.evaluations).toBe(4);
  });

  it('trips on a stale read: it misses a write that was acknowledged before', () => {
    const play = new Play(linearizable);
    play.append(1, 0, 1);
    play.append(2, 1, 2);
    play.answerHead(play.invokeHead(), 1, 1);
    expect(play.bench.world.violations[0]).toContain('misses op 4');
  });

  it('a read that overlaps the write may see it or not', () => {
    for (const seen of [1, 2]) {
      const play = new Play(linearizable);
      play.append(1, 0, 1);
      const read = play.invokeHead();
      play.append(2, 1, 2);
      play.answerHead(read, seen, seen);
      expect(play.bench.world.violations).toEqual([]);
    }
  });

  it('trips when a second read goes back behind a first one', () => {
    const play = new Play(linearizable);
    play.append(1, 0, 1);
    const row = play.invokeAppend(2);
    play.commitAppend(row);
    play.answerHead(play.invokeHead(), 2, 2);
    play.answerHead(play.invokeHead(), 1, 1);
    expect(play.bench.world.violations[0]).toContain('misses op 4');
  });

  it('trips when a write is acknowledged that nobody committed', () => {
    const play = new Play(linearizable);
    const row = play.invokeAppend(1);
    play.answer(row, play.ops + 1, 1, STATUS_OK, appended(0, 1));
    expect(play.bench.world.violations[0]).toContain('which nobody committed');
  });

  it('trips when a write takes effect before one that was finished when it began', () => {
    const play = new Play(linearizable);
    const early = play.invokeAppend(1);
    play.commitAppend(early);
    const name = HISTORY.checksum[early]!;
    play.append(2, 1, 2);
    const late = play.invokeAppend(3);
    HISTORY.named(late, 1, HISTORY.request[early]!, name);
    play.answer(late, 3, 1, STATUS_OK, appended(0, 1));
    expect(play.bench.world.violations[0]).toContain('takes effect at op 3');
  });

  it('trips on a wrong stream position, status, token or conflict', () => {
    const wrong: ((play: Play, row: number) => void)[] = [
      (play, row) => play.answer(row, 3, 1, STATUS_OK, appended(1, 2)),
      (play, row) => play.answer(row, 3, 1, STATUS_CONFLICT, new Uint8Array(8)),
      (play, row) => play.answer(row, 3, 2, STATUS_OK, appended(0, 1)),
    ];
    for (const answer of wrong) {
      const play = new Play(linearizable);
      const row = play.invokeAppend(1);
      play.commitAppend(row);
      answer(play, row);
      expect(play.bench.broken).toBe(true);
    }
  });

  it('knows what a conflict must answer', () => {
    const play = new Play(linearizable);
    play.append(1, 0, 1);
    const row = play.invokeAppend(2, 7);
    play.commitAppend(row);
    const body = new Uint8Array(8);
    writeU64(body, 0, 1);
    play.answer(row, play.ops, 2, STATUS_CONFLICT, body);
    expect(play.bench.world.violations).toEqual([]);
  });

  it('compares what a read returns, event by event', () => {
    const body = encodeRead(STREAM, 0, 8);
    for (const [events, right] of [
      [[event(1), event(2)], true],
      [[event(1), event(3)], false],
      [[event(2), event(1)], false],
      [[event(1)], false],
    ] as const) {
      const play = new Play(linearizable);
      play.append(1, 0, 1);
      play.append(2, 1, 2);
      const row = HISTORY.invokeRead(1, WORK_READ, TENANT, LATEST, body, 0);
      HISTORY.return(row, queryReply(2, STATUS_OK, readBody(0, 2, events)), 0);
      expect(play.bench.broken).toBe(!right);
    }
  });

  it('a tenant or stream that is not there is an answer like any other', () => {
    const play = new Play(linearizable);
    play.answerHead(play.invokeHead(LATEST, 2), -1, 0, STATUS_UNKNOWN_TENANT);
    play.answerHead(play.invokeHead(), 0, 0, STATUS_UNKNOWN_STREAM);
    expect(play.bench.world.violations).toEqual([]);
    play.answerHead(play.invokeHead(), -1, 0, STATUS_UNKNOWN_TENANT);
    expect(play.bench.world.violations[0]).toContain('misses op 2');
  });
});

describe('read-your-writes', () => {
  it('holds for an answer at the token or later, trips below it', () => {
    const play = new Play(readYourWrites);
    play.append(1, 0, 1);
    play.append(2, 1, 2);
    play.answerHead(play.invokeHead(1), 2, 2);
    expect(play.bench.broken).toBe(false);
    play.answerHead(play.invokeHead(2), 1, 1);
    expect(play.bench.world.violations[0]).toContain('asked for position 2 of tenant 1 and got 1');
  });

  it('does not judge reads without a token', () => {
    const play = new Play(readYourWrites);
    play.answerHead(play.invokeHead(), 0, 0);
    expect(play.bench.world.evaluations).toBe(0);
  });
});

describe('acknowledged-survives', () => {
  it('holds when the log has all that was acknowledged, and the core all of the log', () => {
    const play = new Play(acknowledgedSurvives);
    const op = play.append(1, 0, 1);
    play.bench.world.core = 3;
    for (const node of [0, 1])
      play.bench.world.inspections[node] = inspection({ op, commit: op - 1 });
    play.bench.checker.converged?.();
    play.bench.checker.finish?.();
    expect(play.bench.world.violations).toEqual([]);
    expect(play.bench.world.evaluations).toBe(4);
  });

  it('trips when the core converged without an acknowledged op', () => {
    const play = new Play(acknowledgedSurvives);
    const op = play.append(1, 0, 1);
    play.bench.world.core = 1;
    play.bench.world.inspections[0] = inspection({ op: op - 1, commit: op - 1 });
    play.bench.checker.converged?.();
    expect(play.bench.world.violations[0]).toContain(`op ${op} was acknowledged`);
  });

  it('trips when another request stands at the op that was acknowledged', () => {
    const play = new Play(acknowledgedSurvives);
    const row = play.invokeAppend(1);
    play.commit({ operation: OPERATION_APPEND, tenant: TENANT, session: 1, request: 2 });
    play.answer(row, play.ops, 1, STATUS_OK, appended(0, 1));
    play.bench.checker.finish?.();
    expect(play.bench.broken).toBe(true);
  });

  it('trips when an acknowledged request stands in the log twice', () => {
    const play = new Play(acknowledgedSurvives);
    const row = play.invokeAppend(1);
    play.commitAppend(row);
    play.answer(row, play.ops, 1, STATUS_OK, appended(0, 1));
    play.commitAppend(row);
    play.bench.checker.finish?.();
    expect(play.bench.world.violations[0]).toContain('is op 3 and op 4');
  });
});

describe('exactly-once', () => {
  it('holds for requests in order and equal replies', () => {
    const play = new Play(exactlyOnce);
    const row = play.invokeAppend(1);
    play.commitAppend(row);
    const reply = play.reply(row, play.ops, 1, STATUS_OK, appended(0, 1));
    play.bench.step(0, STEP_REPLY, play.ops, reply.request, 0, reply);
    play.bench.step(1, STEP_REPLY, play.ops, reply.request, 1, { ...reply, view: 4 });
    expect(play.bench.world.violations).toEqual([]);
  });

  it('trips when a request is committed a second time', () => {
    const play = new Play(exactlyOnce);
    const row = play.invokeAppend(1);
    play.commitAppend(row);
    play.commitAppend(row);
    expect(play.bench.world.violations[0]).toContain('request 2 again at op 4');
  });

  it('trips when a request skips one', () => {
    const play = new Play(exactlyOnce);
    play.commit({ operation: OPERATION_APPEND, tenant: TENANT, session: 1, request: 9 });
    expect(play.bench.broken).toBe(true);
  });

  it('an evicted session has no order to keep', () => {
    const play = new Play(exactlyOnce);
    play.bench.step(0, STEP_EVICT, play.ops, 1, 0, CLIENT);
    play.commit({ operation: OPERATION_APPEND, tenant: TENANT, session: 1, request: 9 });
    expect(play.bench.broken).toBe(false);
  });

  it('trips when a retry gets another reply', () => {
    const play = new Play(exactlyOnce);
    const row = play.invokeAppend(1);
    play.commitAppend(row);
    const reply = play.reply(row, play.ops, 1, STATUS_OK, appended(0, 1));
    play.bench.step(0, STEP_REPLY, play.ops, reply.request, 0, reply);
    const other = { ...reply, body: appended(1, 2) };
    play.bench.step(0, STEP_REPLY, play.ops, reply.request, 1, other);
    expect(play.bench.world.violations[0]).toContain('another reply');
  });

  it('trips when a client hears another answer to its retry', () => {
    const play = new Play(exactlyOnce);
    const row = play.invokeAppend(1);
    play.commitAppend(row);
    play.answer(row, play.ops, 1, STATUS_OK, appended(0, 1));
    HISTORY.repeat(row, play.reply(row, play.ops, 1, STATUS_OK, appended(0, 1)));
    expect(play.bench.broken).toBe(false);
    HISTORY.repeat(row, play.reply(row, play.ops, 2, STATUS_OK, appended(0, 1)));
    expect(play.bench.world.violations[0]).toContain('got another reply');
  });

  it("trips when a client gets another request's reply", () => {
    const play = new Play(exactlyOnce);
    const row = play.invokeAppend(1);
    play.commitAppend(row);
    const reply = play.reply(row, play.ops, 1, STATUS_OK, appended(0, 1));
    const stranger = { ...reply, requestChecksum: make128(0, 0, 0, 1) };
    play.bench.step(0, STEP_REPLY, play.ops, reply.request, 0, stranger);
    expect(play.bench.broken).toBe(true);
  });

  it('trips when one registration makes two sessions', () => {
    const play = new Play(exactlyOnce);
    play.commit({ operation: OPERATION_REGISTER, checksum: make128(5, 5, 5, 1) });
    expect(play.bench.world.violations[0]).toContain('one registration is op 1 and op 3');
  });
});

describe('tenant-isolation', () => {
  function appliedTo(play: Play, tenant: number, said: number, position: number): void {
    const bytes = new Uint8Array(64);
    writeU32(bytes, 36, said);
    const hash = new Uint8Array(32);
    const ref = { tenant, position, op: play.ops, hash, previous: hash, bytes };
    play.bench.step(0, STEP_ENTRY, play.ops, tenant, position, ref);
  }

  it('holds when entries go where they belong', () => {
    const play = new Play(tenantIsolation);
    play.append(1, 0, 1);
    appliedTo(play, TENANT, TENANT, 1);
    expect(play.bench.world.violations).toEqual([]);
  });

  it("trips when an entry goes into another tenant's log, or says it does", () => {
    for (const [log, said] of [
      [2, 2],
      [TENANT, 2],
    ] as const) {
      const play = new Play(tenantIsolation);
      play.append(1, 0, 1);
      appliedTo(play, log, said, 1);
      expect(play.bench.broken).toBe(true);
    }
  });

  it("trips when a read returns another tenant's event", () => {
    const play = new Play(tenantIsolation);
    const body = encodeRead(STREAM, 0, 8);
    const row = HISTORY.invokeRead(1, WORK_READ, TENANT, LATEST, body, 0);
    const leaked = readBody(0, 2, [event(1), event(2, 2)]);
    HISTORY.return(row, queryReply(2, STATUS_OK, leaked), 0);
    expect(play.bench.world.violations[0]).toContain('an event of tenant 2 in tenant 1');
  });
});
