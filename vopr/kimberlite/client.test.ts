/**
 * Clients, workload and history against a server that answers at once, with the checkers watching.
 */
import { afterEach, describe, expect, it } from 'vitest';
import { exactlyOnce } from '../../invariants/exactly-once.ts';
import { access } from '../../invariants/access.ts';
import { linearizable } from '../../invariants/linearizable.ts';
import { readYourWrites } from '../../invariants/read-your-writes.ts';
import { tenantIsolation } from '../../invariants/tenant-isolation.ts';
import { FakeWorld } from '../../invariants/testing/fake-world.ts';
import { STATUS_FORBIDDEN, STATUS_SQL_ERROR } from '../../core/kernel/operation.ts';
import { TINY } from '../../core/limits.ts';
import { CLIENT_ADDRESS_MIN, NEVER } from '../../core/ports.ts';
import type { Address } from '../../core/ports.ts';
import type { Message, ReplyMessage } from '../../core/vsr/message.ts';
import { QUERY, REPLY, REQUEST } from '../../core/vsr/message.ts';
import type { Checker, Invariant } from '../sim/checker.ts';
import {
  CLIENT_ABANDON,
  CLIENT_CRASH,
  CLIENT_DUPLICATE,
  CLIENT_FLOOD,
  CLIENT_NONE,
  CLIENT_RETRY,
  DRAW_CLIENT_FAULT,
} from '../sim/client-faults.ts';
import { fold, scale } from '../sim/mix.ts';
import type { ClientHost } from '../sim/sim-node.ts';
import { KimberliteClient } from './client.ts';
import {
  HISTORY,
  OPEN,
  WORK_ACCESS,
  WORK_APPEND,
  WORK_BEGIN,
  WORK_COMMIT,
  WORK_STAGE,
  WORK_KINDS,
  WORK_REGISTER,
  WORK_SQL,
} from './history.ts';
import { InstantServer } from './testing/instant-server.ts';

/** Everything a client sends, in order, to be delivered when the test says so. */
interface Sent {
  readonly from: Address;
  readonly to: Address;
  readonly message: Message;
}

const ABSENT_KINDS: readonly number[] = [WORK_ACCESS, WORK_BEGIN, WORK_STAGE, WORK_COMMIT];

/** Clients, a server and the checkers of what clients see. */
class Stage {
  readonly world = new FakeWorld();
  readonly clients: KimberliteClient[] = [];
  readonly sent: Sent[] = [];
  readonly server: InstantServer;
  /** Fault of each operation: (client, k) → fault. */
  fault: (client: number, k: number) => number = () => CLIENT_NONE;
  /** Changes an answer on its way. */
  meddle: (reply: Message) => Message = (reply) => reply;
  private readonly checkers: { readonly invariant: Invariant; readonly checker: Checker }[];
  private now = 0;

  constructor(clients: number, operations: number, seed: number, accessOf100: number = 0) {
    const all = [linearizable, readYourWrites, exactlyOnce, tenantIsolation, access];
    this.checkers = all.map((invariant, index) => ({
      invariant,
      checker: invariant.create(this.world, index),
    }));
    for (const { checker } of this.checkers) checker.reset();
    this.server = new InstantServer(TINY, (kind, op, ref) => {
      for (const { invariant, checker } of this.checkers) {
        if (invariant.watches.includes(kind)) checker.step?.(0, kind, op, 0, 0, ref);
      }
    });
    HISTORY.begin();
    for (let i = 0; i < clients; i += 1) {
      this.clients.push(new KimberliteClient(this.host(i, seed, accessOf100), operations, HISTORY));
    }
  }

  private host(index: number, seed: number, accessOf100: number): ClientHost<Message> {
    let drawn = fold(seed, index);
    return {
      address: CLIENT_ADDRESS_MIN + index,
      network: { send: (to, message) => this.sent.push({ from: index, to, message }) },
      replicaCount: 3,
      limits: TINY,
      mixOf100: 30,
      accessOf100,
      transactionsOf100: 0,
      variant: 0,
      reader: false,
      random: (out) => {
        for (let i = 0; i < out.length; i += 1) {
          drawn = fold(drawn, i);
          out[i] = drawn;
        }
      },
      draw: (k, site, n) =>
        site === DRAW_CLIENT_FAULT
          ? this.fault(index, k)
          : scale(fold(fold(fold(seed, index), k), site), n),
    };
  }

  /** Delivers what was sent and wakes who is due, until all are idle. */
  play(turnsMax = 20_000): this {
    for (let turn = 0; turn < turnsMax; turn += 1) {
      const next = this.sent.shift();
      if (next !== undefined) this.deliver(next);
      else if (!this.wakeEarliest()) return this;
    }
    throw new Error('the clients never became idle');
  }

  private deliver({ from, to, message }: Sent): void {
    // Replica 0 is the primary; the others hear nothing.
    if (to !== 0) return;
    const answer = this.answer(message);
    if (answer !== null) this.clients[from]!.receive(this.now, 0, this.meddle(answer));
  }

  private answer(message: Message): Message | null {
    if (message.kind === QUERY) return this.server.query(message);
    if (message.kind !== REQUEST) return null;
    const reply = this.server.request(message);
    if (reply !== null && reply.kind === REPLY) this.server.remember(message, reply);
    return reply;
  }

  private wakeEarliest(): boolean {
    let earliest = NEVER;
    for (const client of this.clients) earliest = Math.min(earliest, client.deadline());
    if (earliest === NEVER) return false;
    this.now = Math.max(this.now, earliest);
    for (const client of this.clients) {
      if (client.deadline() <= this.now) client.wake(this.now);
    }
    return true;
  }

  /** Rows of the history of one kind. */
  rows(kind: number): number[] {
    const out: number[] = [];
    for (let row = 0; row < HISTORY.rows; row += 1) if (HISTORY.kind[row] === kind) out.push(row);
    return out;
  }
}

afterEach(() => {
  HISTORY.begin();
  HISTORY.begin();
});

describe('client', () => {
  it('four clients do all of their work, and every checker agrees', () => {
    const stage = new Stage(4, 60, 7).play();
    expect(stage.world.violations).toEqual([]);
    expect(stage.clients.every((client) => client.idle)).toBe(true);
    const answered = stage.clients.reduce((sum, client) => sum + client.answered, 0);
    expect(answered).toBeGreaterThan(4 * 60 * 0.6);
    for (let kind = 0; kind < WORK_KINDS.length; kind += 1) {
      // Transactions need a primary's store, which sweeps have.
      if (ABSENT_KINDS.includes(kind)) continue;
      expect(stage.rows(kind).length).toBeGreaterThan(0);
    }
  });

  it('reaches every kind of outcome within a few seeds', () => {
    const statuses = new Set<number>();
    for (let seed = 1; seed <= 8; seed += 1) {
      new Stage(3, 40, seed).play();
      for (let row = 0; row < HISTORY.rows; row += 1) statuses.add(HISTORY.reply[row]!.status);
    }
    // Done, unknown tenant, tenant exists, tenant refused, conflict, unknown stream.
    expect([...statuses].sort((a, b) => a - b)).toEqual([0, 6, 7, 8, 9, 11, 13]);
  });

  it('works in the names of users where access is asked for, and every checker agrees', () => {
    const statuses = new Set<number>();
    for (let seed = 1; seed <= 8; seed += 1) {
      const stage = new Stage(3, 60, seed, 15).play();
      expect(stage.world.violations).toEqual([]);
      expect(stage.rows(WORK_ACCESS).length).toBeGreaterThan(10);
      for (let row = 0; row < HISTORY.rows; row += 1) statuses.add(HISTORY.reply[row]!.status);
    }
    expect(statuses).toContain(STATUS_FORBIDDEN);
    expect(statuses).toContain(STATUS_SQL_ERROR);
  });

  it('issues the same operations whatever the others do', () => {
    const bodies = (clients: number): string[] => {
      const stage = new Stage(clients, 10, 3).play();
      const own = stage.rows(WORK_APPEND).filter((row) => HISTORY.client[row] === 0);
      return own.map((row) => HISTORY.tenant[row]! + ':' + HISTORY.body[row]!.length);
    };
    expect(bodies(1)).toEqual(bodies(3));
  });

  it('counts writes as answered, not reads and registrations', () => {
    const stage = new Stage(1, 30, 5).play();
    const writes =
      stage.rows(WORK_APPEND).length + stage.rows(1).length + stage.rows(WORK_SQL).length;
    expect(stage.clients[0]!.answered).toBe(writes);
  });

  it('draining ends the work after what is in flight', () => {
    const stage = new Stage(1, 30, 5);
    stage.clients[0]!.wake(0);
    stage.clients[0]!.drain();
    stage.play();
    expect(stage.clients[0]!.idle).toBe(true);
    expect(HISTORY.rows).toBe(1);
  });

  it('fingerprints differ as soon as anything happened', () => {
    const stage = new Stage(1, 3, 5);
    const before = stage.clients[0]!.fingerprint();
    stage.play();
    expect(stage.clients[0]!.fingerprint()).not.toBe(before);
  });
});

describe('client faults', () => {
  it('a crash leaves its operation open and comes back under another name', () => {
    const stage = new Stage(2, 20, 11);
    stage.fault = (client, k) => (client === 0 && k === 4 ? CLIENT_CRASH : CLIENT_NONE);
    stage.play();
    expect(stage.world.violations).toEqual([]);
    const open = HISTORY.returned.slice(0, HISTORY.rows).filter((returned) => returned === OPEN);
    expect(open).toHaveLength(1);
    const names = stage.rows(WORK_REGISTER).filter((row) => HISTORY.client[row] === 0);
    expect(names).toHaveLength(2);
    expect(HISTORY.identity[names[0]!]).not.toEqual(HISTORY.identity[names[1]!]);
  });

  it('a retry of an answered request has no effect and gets the same reply', () => {
    const stage = new Stage(2, 20, 12);
    stage.fault = () => CLIENT_RETRY;
    stage.play();
    expect(stage.world.violations).toEqual([]);
    const writes =
      stage.rows(WORK_APPEND).length + stage.rows(1).length + stage.rows(WORK_SQL).length;
    expect(stage.server.prepares).toHaveLength(writes + stage.rows(WORK_REGISTER).length);
  });

  it('a checker hears when a retry gets another reply', () => {
    const stage = new Stage(1, 20, 12);
    stage.fault = () => CLIENT_RETRY;
    const seen = new Set<number>();
    stage.meddle = (message) => {
      if (message.kind !== REPLY || !seen.has(message.op)) {
        if (message.kind === REPLY) seen.add(message.op);
        return message;
      }
      return { ...message, position: message.position + 1 } satisfies ReplyMessage;
    };
    stage.play();
    expect(stage.world.violations[0]).toContain('its retry');
  });

  it('another request under a used number is never executed', () => {
    const stage = new Stage(2, 20, 13);
    stage.fault = () => CLIENT_DUPLICATE;
    stage.play();
    expect(stage.world.violations).toEqual([]);
    const writes =
      stage.rows(WORK_APPEND).length + stage.rows(1).length + stage.rows(WORK_SQL).length;
    expect(stage.server.prepares).toHaveLength(writes + stage.rows(WORK_REGISTER).length);
  });

  it('abandoned sessions fill the table until live ones are evicted, and work goes on', () => {
    const stage = new Stage(4, 30, 14);
    stage.fault = (_, k) => (k % 3 === 1 ? CLIENT_ABANDON : CLIENT_NONE);
    stage.play();
    expect(stage.world.violations).toEqual([]);
    expect(stage.rows(WORK_REGISTER).length).toBeGreaterThan(TINY.sessionsMax);
    expect(stage.clients.every((client) => client.idle)).toBe(true);
  });

  it('a flood of copies counts once', () => {
    const stage = new Stage(2, 20, 15);
    stage.fault = () => CLIENT_FLOOD;
    stage.play();
    expect(stage.world.violations).toEqual([]);
    const requests =
      stage.rows(WORK_APPEND).length + stage.rows(1).length + stage.rows(WORK_SQL).length;
    expect(stage.server.prepares.length).toBe(requests + stage.rows(WORK_REGISTER).length);
  });

  it('a lying server is caught by its first lie', () => {
    const stage = new Stage(2, 30, 16);
    stage.meddle = (message) =>
      message.kind === REPLY && message.body.length === 16
        ? { ...message, body: new Uint8Array(16).fill(1) }
        : message;
    stage.play();
    expect(stage.world.violations[0]).toContain('wrong stream position');
  });
});

describe('history', () => {
  it('orders invocations and returns by one clock', () => {
    new Stage(3, 10, 2).play();
    const moments: number[] = [];
    for (let row = 0; row < HISTORY.rows; row += 1) {
      expect(HISTORY.returned[row]!).toBeGreaterThan(HISTORY.invoked[row]!);
      moments.push(HISTORY.invoked[row]!, HISTORY.returned[row]!);
    }
    expect(new Set(moments).size).toBe(moments.length);
    expect(HISTORY.clock).toBe(moments.length);
  });

  it('forgets listeners of a simulator that is not the one running', () => {
    const first = new Stage(1, 5, 2).play();
    const heard = first.world.evaluations;
    new Stage(1, 5, 2).play();
    expect(first.world.evaluations).toBe(heard);
  });
});
