/** Repair, state sync, and the way back of a replica whose disk was replaced. */
import { describe, expect, it } from 'vitest';
import {
  STATUS_NORMAL,
  STATUS_RECOVERING,
  STEP_ACK,
  STEP_CHECKPOINT,
  STEP_COMMIT,
  STEP_DO_VIEW_CHANGE,
  STEP_REJOIN,
  STEP_REPAIR,
  STEP_STOP,
  STEP_SYNC,
} from '../observer.ts';
import { MEMBER_VOTER } from './interfaces.ts';
import { CONFIRM_VIEW, PREPARE, REPAIR_PREPARE, REQUEST_PREPARE, UNIT } from './message.ts';
import { Cluster } from './testing/cluster.ts';

function working(replicas: number, writes = 4, standbys = 0): Cluster {
  const cluster = new Cluster({ replicas, standbys });
  expect(cluster.ready()).toBe(true);
  write(cluster, writes);
  return cluster;
}

function write(cluster: Cluster, count: number): void {
  const [client] = cluster.clients;
  const target = client!.written + client!.todo + count;
  client!.write(count);
  expect(cluster.until(() => client!.written === target)).toBe(true);
}

function settled(cluster: Cluster): void {
  expect(cluster.until(() => cluster.converged)).toBe(true);
}

describe('repair', () => {
  it('fetches a prepare that was lost on the way', () => {
    const cluster = working(3);
    const backup = (cluster.leader + 1) % 3;
    let dropped = 0;
    cluster.filter = (_from, to, m) => {
      if (m.kind !== PREPARE || to !== backup || dropped > 0) return true;
      dropped += 1;
      return false;
    };
    write(cluster, 12);
    settled(cluster);
    expect(dropped).toBe(1);
    // The prepare above the gap names the lost one: no start_view, no sync.
    const asked = cluster.steps.filter((s) => s.kind === STEP_REPAIR);
    expect(asked.some((s) => s.a === REQUEST_PREPARE)).toBe(true);
    expect(cluster.count(STEP_SYNC)).toBe(0);
  });

  it('accepts prepares that overtake one another without asking for them again', () => {
    const cluster = new Cluster({ replicas: 3, clients: 3 });
    cluster.ready();
    for (const client of cluster.clients) client.write(1);
    expect(cluster.until(() => cluster.clients.every((c) => c.written === 1))).toBe(true);
    const repairs = cluster.count(STEP_REPAIR);
    for (const client of cluster.clients) client.write(9);
    const backup = (cluster.leader + 1) % 3;
    let held: (() => void) | null = null;
    cluster.filter = (from, to, m) => {
      if (m.kind !== PREPARE || to !== backup || held !== null) return true;
      const once = m;
      held = () => cluster.send(from, to, once);
      return false;
    };
    cluster.run(1_500);
    if (held !== null) (held as () => void)();
    expect(held).not.toBeNull();
    expect(cluster.until(() => cluster.clients.every((c) => c.written === 10))).toBe(true);
    settled(cluster);
    expect(cluster.count(STEP_REPAIR)).toBe(repairs);
  });

  it('vouches again for a slot that opened in conflict, once the log proves its prepare', () => {
    const cluster = working(3, 6);
    settled(cluster);
    const { leader } = cluster;
    const backup = (leader + 1) % 3;
    cluster.crash(backup);
    // Below the headers that a start_view brings.
    const slot = cluster.seats[backup]!.journalDisk.slots[1]!;
    slot.conflict = true;
    cluster.boot(backup);
    cluster.crash((leader + 2) % 3);
    // Nothing commits without the backup, and it can acknowledge nothing above op 1.
    write(cluster, 1);
    expect(slot.conflict).toBe(false);
    expect(cluster.steps.filter((s) => s.kind === STEP_REPAIR && s.b === 1)).toEqual([]);
  });

  it('repairs a rotten slot found at open, before the ring wraps', () => {
    const cluster = working(3, 4);
    settled(cluster);
    const backup = (cluster.leader + 1) % 3;
    cluster.crash(backup);
    for (const op of [2, 4]) cluster.seats[backup]!.journalDisk.slots[op]!.rotten = true;
    cluster.boot(backup);
    expect(cluster.seats[backup]!.journal!.broken).toBe(2);
    expect(cluster.until(() => cluster.seats[backup]!.journal!.broken === 0)).toBe(true);
    expect(cluster.until(() => cluster.converged)).toBe(true);
    expect(cluster.seats[backup]!.journalDisk.slots.every((slot) => !slot.rotten)).toBe(true);
  });

  it('bounds what is asked of one peer, and asks others when one does not answer', () => {
    const cluster = working(3, 12);
    settled(cluster);
    const backup = (cluster.leader + 1) % 3;
    const silent = cluster.leader;
    cluster.crash(backup);
    for (const slot of cluster.seats[backup]!.journalDisk.slots) {
      if (slot.prepare !== null && slot.prepare.header.op > 8) slot.rotten = true;
    }
    const out = new Map<number, number>();
    cluster.filter = (from, to, m) => {
      if (m.kind === REQUEST_PREPARE && from === backup) {
        out.set(to, (out.get(to) ?? 0) + 1);
        expect(out.get(to)).toBeLessThanOrEqual(cluster.limits.repairsPerPeerMax);
      }
      if (m.kind === REPAIR_PREPARE && to === backup) {
        if (from === silent) return false;
        out.set(from, out.get(from)! - 1);
      }
      return true;
    };
    cluster.boot(backup);
    // Within one expiry nobody is asked for more than the bound.
    cluster.run(cluster.limits.repairExpiryMicros / 2);
    cluster.filter = (from, to, m) =>
      !(m.kind === REPAIR_PREPARE && to === backup && from === silent);
    expect(cluster.until(() => cluster.seats[backup]!.journal!.broken === 0)).toBe(true);
    expect(cluster.count(STEP_REPAIR, backup)).toBeGreaterThan(4);
  });

  it('a standby replicates, and never acknowledges or votes', () => {
    const cluster = working(3, 20, 2);
    settled(cluster);
    cluster.crash(cluster.leader);
    write(cluster, 5);
    for (const standby of [3, 4]) {
      expect(cluster.until(() => cluster.replica(standby).state.commitMin >= 26)).toBe(true);
      expect(cluster.count(STEP_ACK, standby)).toBe(0);
      expect(cluster.count(STEP_DO_VIEW_CHANGE, standby)).toBe(0);
    }
  });
});

describe('state sync', () => {
  it('a replica that the ring no longer reaches takes a checkpoint and goes on (R=3)', () => {
    const cluster = working(3);
    const laggard = (cluster.leader + 1) % 3;
    cluster.crash(laggard);
    write(cluster, 60);
    cluster.boot(laggard);
    settled(cluster);
    expect(cluster.marks).toContain('state_sync_completed');
    const sync = cluster.steps.filter((s) => s.kind === STEP_SYNC && s.replica === laggard);
    expect(sync.map((s) => s.b)).toEqual([0, 1]);
    expect(cluster.replica(laggard).state.checkpointOp).toBeGreaterThanOrEqual(48);
  });

  it('acknowledges nothing while syncing, and everything afterwards (R=3)', () => {
    const cluster = working(3);
    const laggard = (cluster.leader + 1) % 3;
    cluster.crash(laggard);
    write(cluster, 60);
    cluster.filter = (_from, to, m) => !(m.kind === UNIT && to === laggard);
    cluster.boot(laggard);
    expect(cluster.until(() => cluster.replica(laggard).state.syncTarget !== null)).toBe(true);
    const before = cluster.count(STEP_ACK, laggard);
    write(cluster, 4);
    expect(cluster.count(STEP_ACK, laggard)).toBe(before);
    cluster.filter = () => true;
    settled(cluster);
    // Its acknowledgement now counts: the other backup may go.
    const other = [0, 1, 2].find((i) => i !== laggard && i !== cluster.leader)!;
    cluster.crash(other);
    write(cluster, 4);
    expect(cluster.count(STEP_ACK, laggard)).toBeGreaterThan(before);
  });

  it('resumes after a crash at any step of the sync (R=3)', () => {
    for (let delay = 0; delay < 12_000; delay += 300) {
      const cluster = working(3);
      const laggard = (cluster.leader + 1) % 3;
      cluster.crash(laggard);
      write(cluster, 60);
      cluster.boot(laggard);
      cluster.run(60_000 + delay);
      cluster.crash(laggard, () => delay % 600 === 0);
      write(cluster, 2);
      cluster.boot(laggard);
      settled(cluster);
      expect(cluster.replica(laggard).state.syncTarget).toBeNull();
    }
  });

  it('takes a newer target when peers no longer hold the old one (R=3)', () => {
    const cluster = working(3);
    const laggard = (cluster.leader + 1) % 3;
    cluster.crash(laggard);
    write(cluster, 60);
    cluster.filter = (_from, to, m) => !(m.kind === UNIT && to === laggard);
    cluster.boot(laggard);
    expect(cluster.until(() => cluster.replica(laggard).state.syncTarget !== null)).toBe(true);
    write(cluster, 60);
    cluster.filter = () => true;
    settled(cluster);
    expect(cluster.marks).toContain('state_sync_retargeted');
  });

  it('a would-be primary that needs a sync passes to the next view (R=3)', () => {
    const cluster = working(3);
    const { leader } = cluster;
    const heir = (leader + 1) % 3;
    cluster.crash(heir);
    write(cluster, 60);
    cluster.filter = (_from, to, m) => !(m.kind === UNIT && to === heir);
    cluster.boot(heir);
    expect(cluster.until(() => cluster.replica(heir).state.syncTarget !== null)).toBe(true);
    cluster.crash(leader);
    cluster.clients[0]!.write(1);
    expect(cluster.until(() => cluster.marks.has('primary_abdicated_sync'))).toBe(true);
    cluster.filter = () => true;
    cluster.boot(leader);
    settled(cluster);
    expect(cluster.until(() => cluster.clients[0]!.written === 65)).toBe(true);
  });
});

describe('damaged units', () => {
  it('an entry that needs a page waits for its repair, and heartbeats go on (R=3)', () => {
    const cluster = working(3);
    settled(cluster);
    const { leader } = cluster;
    const { view } = cluster.replica(leader).state;
    cluster.seats[leader]!.machine!.needy.add(6);
    write(cluster, 2);
    settled(cluster);
    expect(cluster.marks).toContain('page_damaged_in_apply');
    expect(cluster.replica(leader).state.view).toBe(view);
  });

  it('a primary that needs a page nobody holds resigns, and syncs past it (R=3)', () => {
    const cluster = working(3);
    settled(cluster);
    const old = cluster.leader;
    cluster.seats[old]!.machine!.needy.add(6);
    for (const seat of cluster.seats) seat.machine!.refuses = true;
    cluster.clients[0]!.write(30);
    expect(cluster.until(() => cluster.leader >= 0 && cluster.leader !== old)).toBe(true);
    for (const seat of cluster.seats) if (seat.machine !== null) seat.machine.refuses = false;
    cluster.seats[old]!.machine!.refuses = true;
    expect(cluster.until(() => cluster.clients[0]!.written === 34)).toBe(true);
    settled(cluster);
  });

  it('a quorum that needs a page nobody holds takes the checkpoint that one alone has (R=3)', () => {
    const cluster = working(3);
    settled(cluster);
    const { leader } = cluster;
    const backups = [0, 1, 2].filter((replica) => replica !== leader);
    for (const backup of backups) cluster.seats[backup]!.machine!.needy.add(6);
    for (const seat of cluster.seats) seat.machine!.refuses = true;
    cluster.clients[0]!.write(20);
    const takes = (backup: number): boolean => cluster.replica(backup).state.syncTarget !== null;
    expect(cluster.until(() => backups.every(takes))).toBe(true);
    const target = cluster.replica(backups[0]!).state.syncTarget!;
    expect(target.op).toBe(cluster.replica(leader).state.checkpointOp);
    for (const seat of cluster.seats) seat.machine!.refuses = false;
    expect(cluster.until(() => cluster.clients[0]!.written === 24)).toBe(true);
    settled(cluster);
  });

  it('a single replica whose page is lost stops with a reason', () => {
    const cluster = working(1);
    cluster.seats[0]!.machine!.needy.add(6);
    cluster.clients[0]!.write(1);
    cluster.run(1_000_000);
    expect(cluster.replica(0).stopped).toContain('damaged page');
    expect(cluster.count(STEP_STOP)).toBe(1);
  });

  it('a large entry is applied in slices (R=3)', () => {
    const cluster = working(3);
    for (const seat of cluster.seats) seat.machine!.slices = 7;
    write(cluster, 10);
    settled(cluster);
    expect(cluster.replica(0).state.commitMin).toBe(15);
  });

  it('one slice a wake: messages that arrive in between do not wait for one each', () => {
    const cluster = working(3);
    const backup = (cluster.leader + 1) % 3;
    const machine = cluster.seats[backup]!.machine!;
    const replica = cluster.replica(backup);
    machine.slices = 1000;
    cluster.clients[0]!.write(1);
    expect(cluster.until(() => replica.state.applying !== null)).toBe(true);
    const { monotonic, realtime, view } = replica.state;
    const { steps } = machine;
    for (let round = 1; round <= 10; round += 1) {
      const message = { kind: CONFIRM_VIEW, view, round } as const;
      replica.receive(monotonic, realtime, cluster.leader, message);
      expect(replica.deadline()).toBe(monotonic);
    }
    expect(machine.steps).toBe(steps);
    replica.wake(monotonic, realtime);
    expect(machine.steps).toBe(steps + 1);
  });
});

describe('checkpoints', () => {
  it('stand at multiples of the interval, and never fall behind what the ring needs', () => {
    const cluster = working(3, 100);
    settled(cluster);
    const { checkpointInterval, journalSlots, pipelineMax } = cluster.limits;
    for (const { kind, a, replica } of cluster.steps) {
      if (kind === STEP_CHECKPOINT) expect(a % checkpointInterval).toBe(0);
      expect(replica).toBeGreaterThanOrEqual(0);
    }
    const horizon = new Map<number, number>();
    for (const { kind, a, replica } of cluster.steps) {
      if (kind === STEP_CHECKPOINT) horizon.set(replica, a);
      const limit = (horizon.get(replica) ?? 0) + journalSlots - pipelineMax;
      if (kind === STEP_COMMIT || kind === STEP_ACK) expect(a).toBeLessThanOrEqual(limit);
    }
  });
});

describe('replaced disk', () => {
  for (const replicas of [3, 4, 5, 6]) {
    it(`neither votes nor acknowledges until it is provably complete, then rejoins (R=${replicas})`, () => {
      const cluster = working(replicas, 30);
      const lost = (cluster.leader + 1) % replicas;
      cluster.replaceDisk(lost);
      const from = cluster.steps.length;
      const { view } = cluster.replica(cluster.leader).state;
      cluster.boot(lost);
      expect(cluster.replica(lost).state.status).toBe(STATUS_RECOVERING);
      const rejoined = (): boolean => cluster.count(STEP_REJOIN, lost) > 0;
      expect(cluster.until(rejoined)).toBe(true);
      const end = cluster.steps.findIndex((s) => s.kind === STEP_REJOIN);
      const before = cluster.steps.slice(from, end).filter((s) => s.replica === lost);
      expect(before.some((s) => s.kind === STEP_ACK || s.kind === STEP_DO_VIEW_CHANGE)).toBe(false);
      const { state } = cluster.replica(lost);
      expect(state.view).toBeGreaterThan(view);
      expect(state.status).toBe(STATUS_NORMAL);
      expect(cluster.seats[lost]!.superblockDisk.state.member).toBe(MEMBER_VOTER);
      write(cluster, 4);
      settled(cluster);
    });
  }

  it('starts over when it crashes on the way back (R=3)', () => {
    const cluster = working(3, 30);
    const lost = (cluster.leader + 1) % 3;
    cluster.replaceDisk(lost);
    cluster.boot(lost);
    cluster.run(100_000);
    cluster.restart(lost);
    expect(cluster.until(() => cluster.count(STEP_REJOIN, lost) > 0)).toBe(true);
    settled(cluster);
  });

  it('stays a non-voter with two replicas, because nothing commits without it', () => {
    const cluster = working(2, 10);
    const lost = (cluster.leader + 1) % 2;
    cluster.replaceDisk(lost);
    cluster.boot(lost);
    cluster.clients[0]!.write(1);
    cluster.run(10_000_000);
    expect(cluster.replica(lost).state.status).toBe(STATUS_RECOVERING);
    expect(cluster.replica(lost).rejoinImpossible).toBe(true);
    expect(cluster.clients[0]!.written).toBe(10);
  });
});
