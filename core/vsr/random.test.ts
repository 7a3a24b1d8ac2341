/**
 * Random schedules: whole clusters under loss, delay, partitions, crashes with lost writes and rot,
 * then healed. Agreement is checked at every commit; afterwards everything must be answered, and
 * all replicas must stand at the same state.
 */
import { describe, expect, it } from 'vitest';
import { CLIENT_ADDRESS_MIN } from '../ports.ts';
import { make128 } from '../types/hash128.ts';
import { Prng } from './prng.ts';
import { Cluster } from './testing/cluster.ts';

const STORM_MICROS = 3_000_000;
const WRITES = 25;

function storm(seed: number, replicas: number): Cluster {
  const prng = new Prng(make128(seed, 9, 9, 9), 1);
  const cluster = new Cluster({
    replicas,
    clients: 3,
    standbys: prng.below(3) === 0 ? 1 : 0,
    seed,
  });
  cluster.lossPercent = prng.below(3) * 4;
  cluster.delayMicros = 1 + prng.below(4_000);
  cluster.syncMicros = 1 + prng.below(3_000);
  for (const client of cluster.clients) client.write(WRITES);
  // One replica may lose what it has already made durable; for more, the model promises nothing.
  const rotten = prng.below(replicas);
  const end = cluster.now + STORM_MICROS;
  while (cluster.now < end) {
    cluster.run(20_000 + prng.below(250_000));
    disturb(cluster, prng, rotten);
  }
  return cluster;
}

function disturb(cluster: Cluster, prng: Prng, rotten: number): void {
  const victim = prng.below(cluster.seats.length);
  const seat = cluster.seats[victim]!;
  switch (prng.below(10)) {
    case 0:
    case 1:
      if (seat.replica === null) cluster.boot(victim);
      else cluster.crash(victim);
      return;
    case 2: {
      // A partition, one-way or both ways.
      const other = prng.below(cluster.seats.length);
      const both = prng.below(2) === 0;
      cluster.filter = (from, to) =>
        !(from === victim && to === other) && !(both && from === other && to === victim);
      return;
    }
    case 3:
      cluster.filter = (from, to) => {
        if (from >= CLIENT_ADDRESS_MIN || to >= CLIENT_ADDRESS_MIN) return true;
        return from !== victim && to !== victim;
      };
      return;
    case 4:
      if (cluster.replicas >= 3) rot(cluster, prng, rotten);
      return;
    case 5:
      for (let i = 0; i < 20; i += 1) cluster.replay();
      return;
    case 6:
      // Uncertain heads and replaced disks need the others: one at a time, and in larger clusters.
      if (cluster.replicas >= 3 && victim === rotten) lose(cluster, victim, prng.below(2) === 0);
      return;
    case 7:
      seat.skew = prng.below(1_000_000) - 500_000;
      return;
    case 8:
      for (const client of cluster.clients) if (!client.session.busy) client.write(1);
      cluster.clients[0]!.query(-1);
      return;
    default:
      cluster.filter = () => true;
  }
}

function lose(cluster: Cluster, index: number, disk: boolean): void {
  const seat = cluster.seats[index]!;
  if (seat.replica !== null) cluster.crash(index);
  if (disk) cluster.replaceDisk(index);
  else seat.headCertain = false;
  cluster.boot(index);
}

function rot(cluster: Cluster, prng: Prng, index: number): void {
  const { slots } = cluster.seats[index]!.journalDisk;
  const slot = slots[prng.below(slots.length)]!;
  if (slot.prepare !== null) slot.rotten = true;
}

function heal(cluster: Cluster): void {
  cluster.filter = () => true;
  cluster.lossPercent = 0;
  cluster.seats.forEach((seat, index) => {
    if (seat.replica === null) cluster.boot(index);
  });
}

function describeState(cluster: Cluster): string {
  const lines = cluster.seats.map((seat, i) => {
    const s = seat.replica?.state;
    if (s === undefined) return `${i}: down`;
    return (
      `${i}: status ${s.status} view ${s.view}/${s.logView} op ${s.op} commit ${s.commitMin}/` +
      `${s.commitMax} floor ${s.chainFloor} durable ${s.durableUpTo} ckpt ${s.checkpointOp} ` +
      `sync ${s.syncTarget?.op} wish ${s.wish} decided ${s.decided} starting ${s.starting} ` +
      `wantsView ${s.wantsView} wantsSync ${s.wantsSync} broken ${seat.journal?.broken} ` +
      `machine ${seat.machine?.commit} apply ${s.applyState} acked ${s.acked.join(',')}`
    );
  });
  const clients = cluster.clients.map(
    (c) =>
      `client: written ${c.written} todo ${c.todo} busy ${c.session.busy} ${c.evictions.length}`,
  );
  return [...lines, ...clients].join('\n');
}

const SEEDS_FROM = Number(process.env['SEED'] ?? 1);
const SEEDS = Number(process.env['SEEDS'] ?? 40);

const REACHED = [
  'view_change',
  'view_change_truncated',
  'state_sync_started',
  'state_sync_completed',
  'duplicate_request_answered',
];
const marks: Map<string, number> = new Map();
let events = 0;

describe('random schedules', () => {
  for (const replicas of [1, 2, 3, 4, 5, 6]) {
    it(`agree, and answer everything once healed (R=${replicas})`, () => {
      for (let seed = SEEDS_FROM; seed < SEEDS_FROM + SEEDS; seed += 1) {
        let cluster: Cluster | null = null;
        try {
          cluster = storm(seed * 8 + replicas, replicas);
        } catch (error) {
          throw new Error(`seed ${seed}, R=${replicas}: ${String(error)}`, { cause: error });
        }
        heal(cluster);
        const done = cluster.until(
          () => cluster.clients.every((c) => c.todo === 0 && !c.session.busy) && cluster.converged,
          20_000_000,
        );
        expect(done, `seed ${seed}, R=${replicas}\n${describeState(cluster)}`).toBe(true);
        for (const name of cluster.marks) marks.set(name, (marks.get(name) ?? 0) + 1);
        events += cluster.events;
      }
    });
  }

  it('reach the rare branches', () => {
    if (process.env['SEEDS'] !== undefined) console.log(events, marks);
    for (const name of REACHED) expect([...marks.keys()]).toContain(name);
  });
});
