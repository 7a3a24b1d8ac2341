/**
 * Proof that the ports are real: the node of the simulator as three operating-system processes, on
 * real files and sockets, killed again and again in the middle of their work.
 *
 * The seed decides what is written and who is killed when (counted in acknowledged events); the rest
 * is the scheduler's. `KIMBERLITE_SEED=n` repeats the plan, not the interleaving.
 */
import { describe, expect, onTestFailed, onTestFinished, test } from 'vitest';
import { make128 } from '../core/types/hash128.ts';
import { verifyDirectory } from './testing/verify.ts';
import { buildForTest } from './testing/build.ts';
import { CLUSTER_LIMITS } from './testing/cluster-limits.ts';
import { TestCluster } from './testing/cluster.ts';
import { freePorts } from './testing/ports.ts';
import { Random } from './testing/random.ts';
import { tempDirectory } from './testing/temp-directory.ts';
import { Workload, readStream } from './testing/workload.ts';

const EVENTS = 20_000;
const EVENTS_PER_APPEND = 8;
const KILLS = 12;
const TENANTS = 3;
const STREAMS_PER_TENANT = 4;
const CLIENTS = 16;
const CLUSTER = make128(0x6b696d62, 0x65726c69, 0x74650000, 1);

const seed = Number(process.env['KIMBERLITE_SEED'] ?? Date.now() % 1_000_000);

async function openCluster(replicas: number): Promise<TestCluster> {
  const script = await buildForTest(`import './shells/testing/replica-process.ts';`);
  const directory = tempDirectory();
  const ports = await freePorts(replicas);
  const cluster = new TestCluster({ script, directory, cluster: CLUSTER, ports });
  onTestFinished(() => cluster.killAll());
  await cluster.format();
  return cluster;
}

/**
 * Kills and restarts, at moments counted in acknowledged events. One in three kills is aimed at the
 * primary; one in six takes two processes, and one in twelve all three, at once.
 */
async function torment(cluster: TestCluster, workload: Workload, random: Random): Promise<number> {
  let kills = 0;
  const step = Math.floor(EVENTS / (KILLS + 2));
  for (let round = 1; kills < KILLS; round++) {
    await workload.reached(Math.max(workload.eventsAcknowledged, round * step - random.below(step)));
    const dice = random.below(12);
    const count = dice === 0 ? 3 : dice <= 2 ? 2 : 1;
    const primary = cluster.primary();
    const first = dice <= 6 && primary >= 0 ? primary : random.below(3);
    const victims = [0, 1, 2].map((i) => (first + i) % 3).slice(0, count);
    await Promise.all(victims.map((index) => cluster.kill(index)));
    kills += count;
    // With a majority alive the dead one stays away for a while, and has something to catch up.
    if (count === 1) await workload.reached(workload.eventsAcknowledged + random.below(2 * step));
    await Promise.all(victims.map((index) => cluster.start(index)));
  }
  return kills;
}

/** Every living replica says the same of its state, and has nothing left to do. */
function agreed(cluster: TestCluster): boolean {
  const reports = cluster.replicas.map((replica) => replica.report);
  const [first] = reports;
  return reports.every(
    (report) =>
      report !== null &&
      first !== null &&
      report.commit === first!.commit &&
      report.op === report.commit &&
      report.stateHashA === first!.stateHashA &&
      report.stateHashB === first!.stateHashB &&
      report.damaged === 0 &&
      !report.syncing,
  );
}

describe('three processes', () => {
  test(
    `keep ${EVENTS} events through ${KILLS} kills (seed ${seed})`,
    { timeout: 120_000 },
    async () => {
      const cluster = await openCluster(3);
      const { peers } = cluster;
      await Promise.all([0, 1, 2].map((index) => cluster.start(index)));
      const workload = new Workload({
        cluster: CLUSTER,
        peers,
        limits: CLUSTER_LIMITS,
        seed,
        clients: CLIENTS,
        events: EVENTS,
        eventsPerAppend: EVENTS_PER_APPEND,
        tenants: TENANTS,
        streamsPerTenant: STREAMS_PER_TENANT,
      });
      const began = performance.now();
      const work = workload.run();
      const [kills] = await Promise.race([
        Promise.all([torment(cluster, workload, new Random(seed)), work]),
        cluster.broken,
      ]);
      const seconds = (performance.now() - began) / 1000;
      expect(kills).toBeGreaterThanOrEqual(KILLS);
      expect(workload.eventsAcknowledged + workload.unknown.length).toBe(EVENTS);

      // What was acknowledged can be read, at its place, and once.
      const client = await workload.openClient();
      onTestFinished(() => client.close());
      const seen = new Map<string, number>();
      const streams = new Map<string, string[]>();
      for (let tenant = 1; tenant <= TENANTS; tenant++) {
        for (let s = 0; s < STREAMS_PER_TENANT; s++) {
          const events = await readStream(client, tenant, `stream-${s}`);
          streams.set(`${tenant}/stream-${s}`, events);
          for (const event of events) seen.set(event, (seen.get(event) ?? 0) + 1);
        }
      }
      for (const { tenant, stream, first, events } of workload.acknowledged) {
        const found = streams.get(`${tenant}/${stream}`)!.slice(first, first + events.length);
        expect(found).toEqual(events);
      }
      expect([...seen.values()].every((times) => times === 1)).toBe(true);
      expect(seen.size).toBeGreaterThanOrEqual(workload.eventsAcknowledged);

      // The three states are equal.
      cluster.watch();
      await cluster.until(() => agreed(cluster));
      const { commit, stateHashA, stateHashB } = cluster.replicas[0]!.report!;

      // And so they are on disk: every chain verifies, and the logs rebuild to that very state.
      await cluster.killAll();
      const heads = [0, 1, 2].map((index) => {
        const verified = verifyDirectory(cluster.directoryOf(index), CLUSTER, CLUSTER_LIMITS);
        expect(verified).toMatchObject({ commit, stateHashA, stateHashB });
        return verified.heads;
      });
      expect(heads[1]).toEqual(heads[0]);
      expect(heads[2]).toEqual(heads[0]);
      expect(heads[0]!.length).toBe(TENANTS + 1);

      const rate = Math.round(workload.acknowledged.length / seconds);
      console.log(
        `cluster: ${workload.acknowledged.length} appends of ${EVENTS} events in ` +
          `${seconds.toFixed(1)} s with ${kills} kills: ${rate} appends/s`,
      );
    },
  );
});
