/**
 * Proof that the ports are real: the node of the simulator as three operating-system processes, on
 * real files and sockets, killed again and again in the middle of their work.
 *
 * The seed decides what is written and who is killed when (counted in acknowledged events); the
 * rest is the scheduler's. `KIMBERLITE_SEED=n` repeats the plan, not the interleaving.
 */
import { describe, expect, onTestFailed, onTestFinished, test } from 'vitest';
import { make128 } from '../core/types/hash128.ts';
import { verifyDirectory } from './testing/verify.ts';
import { buildForTest } from './testing/build.ts';
import { CLUSTER_LIMITS } from './testing/cluster-limits.ts';
import { TestCluster } from './testing/cluster.ts';
import type { Report } from './testing/cluster.ts';
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
/** Many times what it takes, for machines that have other things to do. */
const TIMEOUT_MILLIS = 600_000;
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
 * Kills and restarts, at moments counted in acknowledged events. One kill in four takes a majority,
 * one in twelve everybody; more than half are aimed at the primary.
 */
async function torment(cluster: TestCluster, workload: Workload, random: Random): Promise<number> {
  let kills = 0;
  const step = Math.floor(EVENTS / (KILLS + 2));
  for (let round = 1; kills < KILLS; round++) {
    await workload.reached(round * step - random.below(step));
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

/** What was acknowledged can be read, at its place, and once. */
async function expectReadable(workload: Workload): Promise<void> {
  const client = await workload.openClient();
  const streams = new Map<string, string[]>();
  const seen = new Map<string, number>();
  for (let tenant = 1; tenant <= TENANTS; tenant++) {
    for (let s = 0; s < STREAMS_PER_TENANT; s++) {
      const events = await readStream(client, tenant, `stream-${s}`);
      streams.set(`${tenant}/stream-${s}`, events);
      for (const event of events) seen.set(event, (seen.get(event) ?? 0) + 1);
    }
  }
  client.close();
  for (const { tenant, stream, first, events } of workload.acknowledged) {
    const found = streams.get(`${tenant}/${stream}`)!.slice(first, first + events.length);
    expect(found).toEqual(events);
  }
  expect([...seen.values()].every((times) => times === 1)).toBe(true);
  // Besides, only what a client gave up on may be there.
  const others = new Set(workload.unknown);
  const acknowledged = [...seen.keys()].filter((event) => !others.has(event));
  expect(acknowledged).toHaveLength(workload.eventsAcknowledged);
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

/** Every chain verifies on every disk, and the logs rebuild to the state that was in memory. */
function expectVerified(cluster: TestCluster, state: Report): void {
  const { commit, stateHashA, stateHashB } = state;
  const [first, ...others] = cluster.replicas.map(({ index }) =>
    verifyDirectory(cluster.directoryOf(index), CLUSTER, CLUSTER_LIMITS),
  );
  expect(first).toMatchObject({ commit, stateHashA, stateHashB });
  expect(first!.heads).toHaveLength(TENANTS + 1);
  for (const other of others) expect(other).toEqual(first);
}

describe('three processes', () => {
  const story = `keep ${EVENTS} events through ${KILLS} kills (seed ${seed})`;
  test(story, { timeout: TIMEOUT_MILLIS }, async () => {
    const cluster = await openCluster(3);
    onTestFailed(async () => console.log(await cluster.diagnose()));
    await Promise.all([0, 1, 2].map((index) => cluster.start(index)));
    const workload = new Workload({
      cluster: CLUSTER,
      peers: cluster.peers,
      limits: CLUSTER_LIMITS,
      seed,
      clients: CLIENTS,
      events: EVENTS,
      eventsPerAppend: EVENTS_PER_APPEND,
      tenants: TENANTS,
      streamsPerTenant: STREAMS_PER_TENANT,
    });

    const began = performance.now();
    const both = Promise.all([torment(cluster, workload, new Random(seed)), workload.run()]);
    const [kills] = await Promise.race([both, cluster.broken]);
    const seconds = (performance.now() - began) / 1000;
    expect(kills).toBeGreaterThanOrEqual(KILLS);
    expect(workload.eventsAcknowledged + workload.unknown.length).toBe(EVENTS);

    await expectReadable(workload);
    cluster.watch();
    await cluster.until(() => agreed(cluster));
    const state = cluster.replicas[0]!.report!;
    await cluster.killAll();
    expectVerified(cluster, state);

    const appends = workload.acknowledged.length;
    console.log(
      `cluster: ${appends} appends of ${EVENTS} events in ${seconds.toFixed(1)} s ` +
        `with ${kills} kills: ${Math.round(appends / seconds)} appends/s`,
    );
  });
});
