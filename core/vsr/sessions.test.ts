/**
 * Sessions and reads: exactly once, evictions, linearizable reads, and a primary without a clock.
 */
import { describe, expect, it } from 'vitest';
import { STEP_PROPOSE, STEP_QUERY, STEP_REPLY } from '../observer.ts';
import type { Message, RequestMessage } from './message.ts';
import { CONFIRM_VIEW, EVICTED, PONG, REPLY, REQUEST, VIEW_CONFIRMED } from './message.ts';
import { Cluster } from './testing/cluster.ts';

function working(replicas: number, clients = 1): Cluster {
  const cluster = new Cluster({ replicas, clients });
  expect(cluster.ready()).toBe(true);
  for (const client of cluster.clients) client.write(3);
  expect(cluster.until(() => cluster.clients.every((c) => c.written === 3))).toBe(true);
  expect(cluster.until(() => cluster.converged)).toBe(true);
  return cluster;
}

describe('sessions', () => {
  it('a lost reply is sent again from the session, and the request is not executed twice', () => {
    const cluster = working(3);
    let lost = 0;
    cluster.filter = (_from, _to, m) => {
      if (m.kind !== REPLY || lost > 0) return true;
      lost += 1;
      return false;
    };
    const proposed = cluster.count(STEP_PROPOSE);
    cluster.clients[0]!.write(1);
    expect(cluster.until(() => cluster.clients[0]!.written === 4)).toBe(true);
    expect(cluster.count(STEP_PROPOSE)).toBe(proposed + 1);
    expect(cluster.repliesSent.at(-1)!.c).toBe(1);
    expect(cluster.marks).toContain('duplicate_request_answered');
  });

  it('a duplicate of a request in the pipeline is proposed once', () => {
    const cluster = working(3);
    const proposed = cluster.count(STEP_PROPOSE);
    let copies = 0;
    cluster.filter = (from, to, m) => {
      if (m.kind === REQUEST && copies < 3) {
        copies += 1;
        cluster.send(from, to, m);
      }
      return true;
    };
    cluster.clients[0]!.write(1);
    expect(cluster.until(() => cluster.clients[0]!.written === 4)).toBe(true);
    cluster.run(1_000_000);
    expect(cluster.count(STEP_PROPOSE)).toBe(proposed + 1);
  });

  it('a new primary answers a request that the old one committed', () => {
    const cluster = working(3);
    const old = cluster.leader;
    cluster.filter = (_from, _to, m) => m.kind !== REPLY;
    cluster.clients[0]!.write(1);
    expect(cluster.until(() => cluster.replica(old).state.commitMin === 5)).toBe(true);
    cluster.crash(old);
    cluster.filter = () => true;
    expect(cluster.until(() => cluster.clients[0]!.written === 4)).toBe(true);
    expect(cluster.seats[(old + 1) % 3]!.machine!.entries.length).toBe(4);
  });

  it('a session that is gone is said to be evicted', () => {
    const cluster = working(3);
    for (const seat of cluster.seats) seat.machine!.sessions.clear();
    cluster.clients[0]!.write(1);
    expect(cluster.until(() => cluster.clients[0]!.evictions.length === 1)).toBe(true);
    // It registers again and goes on.
    cluster.clients[0]!.write(2);
    expect(cluster.until(() => cluster.clients[0]!.written >= 5)).toBe(true);
  });

  it('a deposed primary cannot evict a client that knows a newer view', () => {
    const cluster = working(3);
    const old = cluster.leader;
    cluster.filter = (from, to) => (from === old || to === old ? from > 2 || to > 2 : true);
    cluster.until(() => cluster.leader >= 0 && cluster.leader !== old);
    cluster.clients[0]!.write(3);
    expect(cluster.until(() => cluster.clients[0]!.written === 6)).toBe(true);
    const view = cluster.clients[0]!.session.viewKnown;
    cluster.clients[0]!.session.receive(cluster.now, old, {
      kind: EVICTED,
      client: cluster.clients[0]!.replies[0]!.client,
      session: cluster.clients[0]!.replies[0]!.op,
      reason: 1,
      view: view - 1,
    });
    expect(cluster.clients[0]!.session.registered).toBe(true);
  });

  it('a late copy of a registration does not replace a session in use', () => {
    const cluster = new Cluster({ replicas: 3 });
    let registration: RequestMessage | null = null;
    cluster.filter = (_from, _to, m) => {
      if (m.kind === REQUEST && m.request === 0) registration = m;
      return true;
    };
    cluster.ready();
    cluster.clients[0]!.write(3);
    expect(cluster.until(() => cluster.clients[0]!.written === 3)).toBe(true);
    const proposed = cluster.count(STEP_PROPOSE);
    cluster.send(cluster.clients[0]!.address, cluster.leader, registration!);
    cluster.run(100_000);
    expect(cluster.count(STEP_PROPOSE)).toBe(proposed);
    cluster.clients[0]!.write(1);
    expect(cluster.until(() => cluster.clients[0]!.written === 4)).toBe(true);
    expect(cluster.clients[0]!.evictions).toEqual([]);
  });

  it('many clients share the pipeline, each in order, each answered once', () => {
    const cluster = working(3, 8);
    for (const client of cluster.clients) client.write(20);
    expect(cluster.until(() => cluster.clients.every((c) => c.written === 23))).toBe(true);
    for (const { replies } of cluster.clients) {
      expect(replies.map((reply) => reply.request)).toEqual([...replies.keys()]);
      for (let i = 1; i < replies.length; i += 1) {
        expect(replies[i]!.op).toBeGreaterThan(replies[i - 1]!.op);
      }
    }
    expect(cluster.count(STEP_REPLY)).toBeGreaterThanOrEqual(8 * 24);
  });
});

describe('reads', () => {
  for (const replicas of [1, 2, 3, 5]) {
    it(`the latest read sees what was acknowledged before it (R=${replicas})`, () => {
      const cluster = working(replicas);
      cluster.clients[0]!.query(-1);
      expect(cluster.until(() => cluster.clients[0]!.queryReplies.length === 1)).toBe(true);
      expect(cluster.clients[0]!.queryReplies[0]!.position).toBe(3);
    });
  }

  it('one round serves all reads that wait for it', () => {
    const cluster = working(3, 6);
    let rounds = 0;
    cluster.filter = (_from, _to, m) => {
      if (m.kind === CONFIRM_VIEW) rounds += 1;
      return true;
    };
    for (const client of cluster.clients) client.query(-1);
    expect(cluster.until(() => cluster.clients.every((c) => c.queryReplies.length === 1))).toBe(
      true,
    );
    // The first read's round, and one for those that came while it was under way; two voters each.
    expect(rounds).toBeLessThanOrEqual(4);
    expect(cluster.marks).toContain('read_waited_for_view');
  });

  it('a deposed primary answers no latest read', () => {
    const cluster = working(3);
    const old = cluster.leader;
    cluster.filter = (from, to) => (from !== old && to !== old) || from > 2 || to > 2;
    cluster.clients[0]!.query(-1);
    cluster.run(100_000);
    expect(cluster.count(STEP_QUERY, old)).toBe(0);
    expect(cluster.until(() => cluster.clients[0]!.queryReplies.length === 1)).toBe(true);
    expect(cluster.count(STEP_QUERY, old)).toBe(0);
  });

  it('a read with a token waits at a backup until its state is there', () => {
    const cluster = working(3);
    const backup = (cluster.leader + 1) % 3;
    const answers: Message[] = [];
    cluster.filter = (from, _to, m) => {
      if (from === backup) answers.push(m);
      return true;
    };
    const query = {
      kind: 4,
      client: cluster.clients[0]!.replies[0]!.client,
      query: 99,
      tenant: 0,
      position: 5,
      body: new Uint8Array(0),
    } as const;
    cluster.send(cluster.clients[0]!.address, backup, query);
    cluster.run(10_000);
    expect(answers.some((m) => m.kind === 5)).toBe(false);
    cluster.clients[0]!.write(2);
    expect(cluster.until(() => answers.some((m) => m.kind === 5))).toBe(true);
  });

  it('a lost confirmation is asked for again', () => {
    const cluster = working(3);
    let lost = 0;
    cluster.filter = (_from, _to, m) => {
      if (m.kind !== VIEW_CONFIRMED || lost >= 2) return true;
      lost += 1;
      return false;
    };
    cluster.clients[0]!.query(-1);
    expect(cluster.until(() => cluster.clients[0]!.queryReplies.length === 1)).toBe(true);
    expect(lost).toBe(2);
  });
});

describe('clock', () => {
  it('a primary whose clock nobody shares resigns, and writes go on (R=3)', () => {
    const cluster = working(3);
    const old = cluster.leader;
    const pongs: number[] = [];
    cluster.filter = (from, to, m) => {
      // Its samples never arrive; the others agree among themselves.
      if (m.kind === PONG && to === old) {
        pongs.push(from);
        return false;
      }
      return true;
    };
    expect(cluster.until(() => cluster.leader >= 0 && cluster.leader !== old, 30_000_000)).toBe(
      true,
    );
    cluster.clients[0]!.write(2);
    expect(cluster.until(() => cluster.clients[0]!.written === 5)).toBe(true);
    expect(cluster.marks).toContain('primary_abdicated_clock');
    expect(pongs.length).toBeGreaterThan(0);
  });

  it('stamps increase strictly although clocks differ and leaders change', () => {
    const cluster = new Cluster({ replicas: 3 });
    cluster.seats[0]!.skew = -300_000;
    cluster.seats[2]!.skew = 300_000;
    cluster.ready();
    cluster.clients[0]!.write(20);
    for (let i = 0; i < 3; i += 1) {
      cluster.run(400_000);
      if (cluster.leader >= 0) cluster.restart(cluster.leader);
    }
    expect(cluster.until(() => cluster.clients[0]!.written === 20)).toBe(true);
    // The fake machine asserts it on every entry it applies.
    expect(cluster.seats[0]!.machine!.timestamp).toBeGreaterThan(0);
  });
});
