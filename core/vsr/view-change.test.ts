/** Scenarios of the view change: what survives, what is truncated, what stalls, and who leads. */
import { describe, expect, it } from 'vitest';
import type { Prepare } from '../codec/prepare.ts';
import {
  STATUS_RECOVERING_HEAD,
  STATUS_VIEW_CHANGE,
  STEP_ACK,
  STEP_DO_VIEW_CHANGE,
  STEP_PROPOSE,
  STEP_STATUS,
  STEP_TRUNCATE,
} from '../observer.ts';
import { equal128, make128 } from '../types/hash128.ts';
import type { DoViewChangeMessage } from './message.ts';
import {
  COMMIT,
  DO_VIEW_CHANGE,
  PREPARE,
  PREPARE_OK,
  START_VIEW,
  START_VIEW_CHANGE,
} from './message.ts';
import { Cluster } from './testing/cluster.ts';

/** A cluster that has written `writes` entries in view 1, led by replica 1. */
function working(replicas: number, writes = 4): Cluster {
  const cluster = new Cluster({ replicas });
  expect(cluster.ready()).toBe(true);
  cluster.clients[0]!.write(writes);
  expect(cluster.until(() => cluster.clients[0]!.written === writes)).toBe(true);
  expect(cluster.until(() => cluster.converged)).toBe(true);
  return cluster;
}

function finish(cluster: Cluster, written: number): void {
  cluster.filter = () => true;
  cluster.seats.forEach((seat, i) => {
    if (seat.replica === null) cluster.boot(i);
  });
  expect(cluster.until(() => cluster.clients[0]!.written === written)).toBe(true);
  expect(cluster.until(() => cluster.converged)).toBe(true);
}

describe('view change', () => {
  it('primary crashes between journal write and ack: the entry survives on a backup (R=3)', () => {
    const cluster = working(3);
    const old = cluster.leader;
    const heir = (old + 1) % 3;
    // The prepare reaches one backup; its acknowledgement never arrives.
    cluster.filter = (from, to, m) =>
      m.kind !== PREPARE_OK && !(m.kind === PREPARE && from === old && to !== heir);
    cluster.clients[0]!.write(1);
    expect(cluster.until(() => cluster.replica(heir).state.durableUpTo === 6)).toBe(true);
    cluster.crash(old);
    cluster.filter = () => true;
    expect(cluster.until(() => cluster.leader === heir)).toBe(true);
    expect(cluster.replica(heir).state.op).toBe(6);
    finish(cluster, 5);
    expect(cluster.count(STEP_PROPOSE)).toBeGreaterThan(5);
  });

  it('re-proposes what it inherited byte for byte (R=3)', () => {
    const cluster = working(3);
    const old = cluster.leader;
    cluster.filter = (_from, _to, m) => m.kind !== PREPARE_OK;
    cluster.clients[0]!.write(1);
    cluster.until(() => cluster.replica(old).state.op === 6);
    cluster.run(3_000);
    cluster.crash(old);
    cluster.filter = () => true;
    finish(cluster, 5);
    const proposals = cluster.steps.filter((s) => s.kind === STEP_PROPOSE && s.a === 6);
    expect(proposals.length).toBeGreaterThan(1);
    const first = proposals[0]!.ref as Prepare;
    for (const { b: view, ref } of proposals) {
      expect(view).toBeGreaterThanOrEqual(first.header.view);
      expect(equal128((ref as Prepare).header.checksum, first.header.checksum)).toBe(true);
    }
  });

  it('truncates an entry that only the lost primary had, by nacks (R=3)', () => {
    const cluster = working(3);
    const old = cluster.leader;
    cluster.filter = (from, _to, m) => !(m.kind === PREPARE && from === old);
    cluster.clients[0]!.write(1);
    cluster.until(() => cluster.replica(old).state.durableUpTo === 6);
    const lost = cluster.replica(old);
    expect(lost.state.op).toBe(6);
    // The old primary keeps running, cut off, and takes part in the view change only.
    cluster.filter = (_from, _to, m) => m.kind !== PREPARE && m.kind !== COMMIT;
    expect(cluster.until(() => cluster.leader >= 0 && cluster.leader !== old)).toBe(true);
    const cut = cluster.steps.filter((s) => s.kind === STEP_TRUNCATE).at(-1)!;
    finish(cluster, 5);
    expect(cut.a).toBe(5);
  });

  it('corrupt head: a committed entry whose only reachable holder is damaged stalls (R=3)', () => {
    const cluster = working(3);
    const old = cluster.leader;
    const holder = (old + 1) % 3;
    const third = (old + 2) % 3;
    // Op 6 commits on the primary and one backup; the third never hears of it.
    cluster.filter = (from, to) => from !== third && to !== third;
    cluster.clients[0]!.write(1);
    expect(cluster.until(() => cluster.clients[0]!.written === 5)).toBe(true);
    cluster.crash(old);
    cluster.crash(holder);
    cluster.seats[holder]!.journalDisk.slots[6]!.rotten = true;
    cluster.filter = () => true;
    cluster.boot(holder);
    cluster.run(5_000_000);
    expect(cluster.leader).toBe(-1);
    expect(cluster.marks).toContain('view_change_waited_for_third');
    // The intact copy comes back, and everything goes on from it.
    cluster.boot(old);
    finish(cluster, 5);
    expect(cluster.seats[holder]!.machine!.entries.length).toBe(5);
  });

  it('restarted primary does not resume its own view (R=3)', () => {
    const cluster = working(3);
    const old = cluster.leader;
    const { view } = cluster.replica(old).state;
    cluster.restart(old);
    expect(cluster.replica(old).state.view).toBe(view + 1);
    expect(cluster.replica(old).state.status).toBe(STATUS_VIEW_CHANGE);
    cluster.clients[0]!.write(3);
    finish(cluster, 7);
    expect(cluster.leader).not.toBe(old);
  });

  it('sends nothing of a view before its promise is durable (R=3)', () => {
    const cluster = working(3);
    const views: number[] = [];
    cluster.filter = (from, _to, m) => {
      const promises = m.kind === DO_VIEW_CHANGE || m.kind === START_VIEW;
      if (promises && from < 3) {
        const { state } = cluster.seats[from]!.superblockDisk;
        expect(state.view).toBeGreaterThanOrEqual(m.view);
        if (m.kind === START_VIEW) expect(state.logView).toBe(m.view);
        views.push(m.view);
      }
      return true;
    };
    cluster.crash(cluster.leader);
    cluster.clients[0]!.write(2);
    expect(cluster.until(() => cluster.clients[0]!.written === 6)).toBe(true);
    finish(cluster, 6);
    expect(views.length).toBeGreaterThan(1);
  });

  it('asks for no view above the next before that ask is durable, and keeps it (R=3)', () => {
    const cluster = working(3);
    const { leader } = cluster;
    const lonely = (leader + 1) % 3;
    let far = 0;
    cluster.filter = (from, to, m) => {
      if (m.kind === START_VIEW_CHANGE && from === lonely) {
        const { view, asked } = cluster.seats[from]!.superblockDisk.state;
        expect(Math.max(view + 1, asked)).toBeGreaterThanOrEqual(m.view);
        if (m.view > view + 1) far = m.view;
      }
      // It enters the next view with the other backup, and hears of nothing from then on.
      const entered = cluster.replica(lonely).state.status === STATUS_VIEW_CHANGE;
      return m.kind !== DO_VIEW_CHANGE && !(entered && to === lonely);
    };
    cluster.crash(leader);
    cluster.run(4_000_000);
    expect(far).toBeGreaterThan(3);
    cluster.restart(lonely);
    expect(cluster.seats[lonely]!.superblockDisk.state.asked).toBeGreaterThanOrEqual(far);
    expect(cluster.replica(lonely).state.view).toBeLessThan(far);
    finish(cluster, 4);
  });

  it('journals nothing of a view before the view is durable (R=3)', () => {
    const cluster = working(3);
    cluster.clients[0]!.write(5);
    let appended = 0;
    cluster.seats.forEach((seat) => {
      const { journal } = seat;
      const append = journal!.append.bind(journal);
      journal!.append = (prepare) => {
        expect(seat.superblockDisk.state.view).toBeGreaterThanOrEqual(prepare.header.view);
        appended += 1;
        append(prepare);
      };
    });
    cluster.crash(cluster.leader);
    expect(cluster.until(() => cluster.clients[0]!.written === 9)).toBe(true);
    expect(appended).toBeGreaterThan(5);
  });

  it('never mixes do_view_changes of two views that have the same primary (R=3)', () => {
    const cluster = working(3);
    const { leader } = cluster;
    const { view } = cluster.replica(leader).state;
    const heir = (leader + 1) % 3;
    const speaker = (leader + 2) % 3;
    cluster.filter = (from, _to, m) => m.kind !== DO_VIEW_CHANGE || from !== speaker;
    cluster.crash(leader);
    expect(cluster.until(() => cluster.replica(heir).state.view === view + 1)).toBe(true);
    expect(cluster.until(() => cluster.replica(heir).state.dvcs[heir] !== null)).toBe(true);
    const own = cluster.replica(heir).state.dvcs[heir]!;
    // From a later view, in which the heir would be the primary again.
    const later = { ...own, view: view + 4 };
    cluster.replica(heir).receive(cluster.now, cluster.now, speaker, later);
    expect(cluster.replica(heir).state.decided).toBe(false);
    finish(cluster, 4);
  });

  it('sends the same headers in every do_view_change of a view, over a crash (R=3)', () => {
    const cluster = working(3);
    cluster.filter = (_from, _to, m) => m.kind !== START_VIEW;
    const old = cluster.leader;
    cluster.crash(old);
    const speaker = (old + 2) % 3;
    const said = (): DoViewChangeMessage[] =>
      cluster.steps
        .filter((s) => s.kind === STEP_DO_VIEW_CHANGE && s.replica === speaker)
        .map((s) => s.ref as DoViewChangeMessage);
    expect(cluster.until(() => said().length > 0)).toBe(true);
    cluster.restart(speaker);
    expect(cluster.until(() => said().length > 2)).toBe(true);
    const [first, ...later] = said();
    for (const dvc of later.filter(({ view }) => view === first!.view)) {
      expect(dvc.logView).toBe(first!.logView);
      expect(dvc.headers).toEqual(first!.headers);
      expect(first!.present & dvc.nack).toBe(0);
    }
  });

  it('never acknowledges to a primary of an older view after joining a newer one (R=3)', () => {
    const cluster = working(3);
    const old = cluster.leader;
    cluster.filter = (from, to) => from !== old && to !== old;
    cluster.until(() => cluster.leader >= 0 && cluster.leader !== old);
    cluster.clients[0]!.write(2);
    finish(cluster, 6);
    const highest = new Map<number, number>();
    for (const { replica, kind, a, b } of cluster.steps) {
      const view = highest.get(replica) ?? 0;
      if (kind === STEP_STATUS) highest.set(replica, Math.max(view, b));
      if (kind === STEP_ACK) expect(b, `op ${a}`).toBe(view);
    }
  });
});

describe('partial connectivity', () => {
  it('a primary whose sends are lost is replaced (R=3)', () => {
    const cluster = working(3);
    const mute = cluster.leader;
    cluster.filter = (from) => from !== mute;
    cluster.clients[0]!.write(3);
    expect(cluster.until(() => cluster.clients[0]!.written === 7, 10_000_000)).toBe(true);
    expect(cluster.leader).not.toBe(mute);
    finish(cluster, 7);
  });

  it('a primary that hears no acknowledgements resigns (R=3)', () => {
    const cluster = working(3);
    const deaf = cluster.leader;
    cluster.filter = (from, to) => to !== deaf || from >= 3;
    cluster.clients[0]!.write(3);
    expect(cluster.until(() => cluster.clients[0]!.written === 7, 10_000_000)).toBe(true);
    expect(cluster.leader).not.toBe(deaf);
    finish(cluster, 7);
  });

  it('small messages pass and large ones fail: the primary does not lead for ever (R=3)', () => {
    const cluster = working(3);
    const clogged = cluster.leader;
    cluster.filter = (from, _to, m) => !(from === clogged && m.kind === PREPARE);
    cluster.clients[0]!.write(3);
    expect(cluster.until(() => cluster.clients[0]!.written === 7, 10_000_000)).toBe(true);
    finish(cluster, 7);
  });

  it('a replica that hears nobody does not disturb the others (R=3)', () => {
    const cluster = working(3);
    const { leader } = cluster;
    const deaf = (leader + 1) % 3;
    const { view } = cluster.replica(leader).state;
    cluster.filter = (_from, to) => to !== deaf;
    cluster.clients[0]!.write(10);
    cluster.until(() => cluster.clients[0]!.written === 14);
    cluster.run(3_000_000);
    expect(cluster.replica(leader).state.view).toBe(view);
    finish(cluster, 14);
    expect(cluster.replica(leader).state.view).toBe(view);
  });

  it('a lone replica in a higher view pulls the others along (R=3)', () => {
    const cluster = working(3);
    const lone = cluster.leader;
    cluster.filter = (from, to) => from !== lone && to !== lone;
    // It resigns at its restart, unheard; the others elect somebody without it.
    cluster.restart(lone);
    cluster.clients[0]!.write(2);
    cluster.until(() => cluster.clients[0]!.written === 6);
    finish(cluster, 6);
    expect(cluster.replica(lone).state.view).toBe(cluster.replica(cluster.leader).state.view);
  });

  it('asks for a view are forgotten unless repeated (R=5)', () => {
    const cluster = working(5);
    const { leader } = cluster;
    const { view } = cluster.replica(leader).state;
    for (const asker of [0, 1, 2, 3, 4].filter((i) => i !== leader).slice(0, 2)) {
      cluster.send(asker, (leader + 1) % 5, { kind: START_VIEW_CHANGE, view: view + 1 });
    }
    cluster.run(2_000_000);
    expect(cluster.replica(leader).state.view).toBe(view);
  });
});

describe('recovering head', () => {
  it('abstains until a start_view newer than the crash, then goes on (R=3)', () => {
    const cluster = working(3);
    const backup = (cluster.leader + 1) % 3;
    cluster.crash(backup);
    cluster.seats[backup]!.headCertain = false;
    cluster.filter = (from, to, m) => !(to === backup && m.kind === START_VIEW && from < 3);
    cluster.boot(backup);
    expect(cluster.replica(backup).state.status).toBe(STATUS_RECOVERING_HEAD);
    const acks = cluster.count(STEP_ACK, backup);
    cluster.clients[0]!.write(3);
    cluster.until(() => cluster.clients[0]!.written === 7);
    expect(cluster.count(STEP_ACK, backup)).toBe(acks);
    expect(cluster.replica(backup).state.status).toBe(STATUS_RECOVERING_HEAD);
    finish(cluster, 7);
  });

  it('ignores a start_view of its own view without its nonce (R=3)', () => {
    const cluster = working(3);
    const { leader } = cluster;
    const backup = (leader + 1) % 3;
    let old: unknown = null;
    cluster.filter = (_from, to, m) => {
      if (m.kind !== START_VIEW || to !== backup) return true;
      old = { ...m, nonce: make128(1, m.nonce.b, m.nonce.c, m.nonce.d) };
      return false;
    };
    cluster.crash(backup);
    cluster.seats[backup]!.headCertain = false;
    cluster.boot(backup);
    expect(cluster.until(() => old !== null)).toBe(true);
    cluster.filter = (_from, to, m) => m.kind !== START_VIEW || to !== backup;
    const { state } = cluster.replica(backup);
    cluster.replica(backup).receive(cluster.now, cluster.now, leader, old as never);
    expect(state.status).toBe(STATUS_RECOVERING_HEAD);
    expect(cluster.marks).toContain('stale_start_view_ignored');
    finish(cluster, 4);
  });
});
