/**
 * Swarm testing: which faults exist at all in a run, and how hard they strike, differs per seed.
 *
 * The configuration is the only thing drawn from a generator (tychei); everything that happens
 * later is a choice. A draw costs some 3 µs. The means that the swarm reaches are measured by the
 * test beside it.
 */
import tychei from 'seedrandom/lib/tychei.js';
import type { Configuration } from './configuration.ts';
import { VARIANT_MAX, calmConfiguration } from './configuration.ts';
import type { FaultName } from './faults.ts';

/** Of a hundred seeds, how many have 1, 2, … 6 replicas. */
const REPLICA_PERCENT: readonly number[] = [9, 12, 57, 6, 11, 5];

/** Of a hundred seeds with three replicas or more, how many are calm but for a death. */
const LONELY_PERCENT = 2;
/** Longer than any storm: down until the core is healed. */
const DEAD_MICROS = 60_000_000;
const CLIENTS_MAX = 8;
const READERS_MAX = 2;

/** A stream of small integers; one for each seed. */
class Draw {
  readonly #next: () => number;

  constructor(seed: number) {
    const generator = tychei(`${seed}/swarm`);
    this.#next = (): number => generator.int32() >>> 0;
  }

  /** An integer in [0, n). */
  below(n: number): number {
    return this.#next() % n;
  }

  /** An integer in [least, most]. */
  between(least: number, most: number): number {
    return least + this.below(most - least + 1);
  }

  percent(chance: number): boolean {
    return this.below(100) < chance;
  }

  /** One of the values. */
  of(values: readonly number[]): number {
    return values[this.below(values.length)] as number;
  }

  /** A gap of about `mean`, half to double, with this chance; else 0: no such fault in this run. */
  gap(chance: number, mean: number): number {
    const exists = this.percent(chance);
    const value = this.between(Math.floor(mean / 2), mean * 2);
    return exists ? Math.max(1, value) : 0;
  }

  /** Some of the names, each with this chance. */
  some(names: readonly FaultName[], chance: number): FaultName[] {
    return names.filter(() => this.percent(chance));
  }
}

/** The configuration of a seed's run. */
export function drawConfiguration(seed: number): Configuration {
  const draw = new Draw(seed);
  const out = calmConfiguration();
  drawCluster(draw, out, seed);
  drawNetwork(draw, out);
  drawDisk(draw, out);
  drawProcess(draw, out);
  drawClock(draw, out);
  drawRest(draw, out);
  return out.replicaCount >= 3 && draw.percent(LONELY_PERCENT) ? drawLonely(draw, out) : out;
}

/**
 * Nothing is wrong but the weather, and whoever dies stays dead: mostly one node, often a backup.
 * How useful a degraded cluster is can be judged only where nothing else disturbs it.
 */
function drawLonely(draw: Draw, from: Configuration): Configuration {
  const out = calmConfiguration();
  const { delayMinMicros, delayScaleMicros } = from.network;
  out.replicaCount = from.replicaCount;
  out.clientCount = from.clientCount;
  out.operations = from.operations;
  out.client.readers = from.client.readers;
  out.bytes = from.bytes;
  out.stormMicros = from.stormMicros;
  out.network.delayMinMicros = delayMinMicros;
  out.network.delayScaleMicros = delayScaleMicros;
  out.disk.syncMinMicros = from.disk.syncMinMicros;
  out.process.crashGap = draw.between(600, 1_800);
  out.process.restartMicros = DEAD_MICROS;
  return out;
}

/** Only what makes a scenario's runs differ from one another: no faults. */
export function drawWeather(seed: number, out: Configuration): void {
  const draw = new Draw(seed);
  out.network.delayMinMicros = draw.between(200, 800);
  out.network.delayScaleMicros = draw.between(20, 200);
  out.network.delayShape = draw.between(0, 2);
  out.network.reorder = draw.percent(50);
  out.disk.syncMinMicros = draw.between(60, 300);
  out.disk.syncScaleMicros = draw.between(0, 100);
}

function drawCluster(draw: Draw, out: Configuration, seed: number): void {
  let percent = draw.below(100);
  out.replicaCount = 1;
  while (percent >= (REPLICA_PERCENT[out.replicaCount - 1] as number)) {
    percent -= REPLICA_PERCENT[out.replicaCount - 1] as number;
    out.replicaCount += 1;
  }
  out.standbyCount = draw.percent(10) ? draw.between(1, 2) : 0;
  out.clientCount = draw.of([1, 2, 2, 3, 3, 4, 4, 5, 6, 8]);
  const total = draw.between(51, 89);
  out.operations = [];
  for (let i = 0; i < out.clientCount; i++) {
    const share = Math.floor(total / out.clientCount);
    out.operations.push(share + (i < total % out.clientCount ? 1 : 0));
  }
  out.limits = draw.percent(8) ? 'medium' : 'tiny';
  // By the seed itself, so that one seed in 64 can be named without drawing.
  out.bytes = seed % 64 === 63;
  out.stormMicros = draw.between(2_000_000, 5_000_000);
}

function drawNetwork(draw: Draw, out: Configuration): void {
  const { network } = out;
  network.delayMinMicros = draw.of([100, 200, 300, 500, 800, 1500]);
  network.delayScaleMicros = draw.of([20, 50, 100, 200, 400]);
  network.delayShape = draw.below(4);
  network.reorder = draw.percent(75);
  network.lossPermille = draw.percent(55) ? draw.of([2, 5, 10, 20, 50]) : 0;
  network.duplicatePermille = draw.percent(50) ? draw.of([5, 10, 30]) : 0;
  network.corruptPermille = draw.percent(40) ? draw.of([2, 4, 8]) : 0;
  network.replayGap = draw.gap(40, 250);
  network.linkKinds = draw.some(
    ['partition', 'isolate', 'one_way', 'clog', 'slow_link', 'large_fail'],
    60,
  );
  network.linkGapMicros = draw.gap(75, 130_000);
  network.linkMicros = draw.of([10_000, 30_000, 80_000, 200_000]);
  network.largeBytes = draw.of([200, 400, 800]);
}

function drawDisk(draw: Draw, out: Configuration): void {
  const { disk } = out;
  disk.syncMinMicros = draw.of([60, 120, 250, 500, 900]);
  disk.syncScaleMicros = draw.of([0, 20, 60, 200]);
  // Faults that a single replica cannot survive make it stop; it then starts again.
  const alone = out.replicaCount === 1;
  disk.sectorErrorGap = draw.gap(55, 120);
  disk.bitRotGap = draw.gap(55, 120);
  disk.sectorRotGap = draw.gap(50, 150);
  disk.misdirectedWriteGap = draw.gap(35, 200);
  disk.misdirectedReadGap = draw.gap(30, 200);
  disk.writeErrorGap = draw.gap(alone ? 10 : 20, 400);
  disk.shortWriteGap = draw.gap(alone ? 10 : 20, 400);
  disk.noSpaceGap = draw.gap(15, 400);
  disk.noSpaceMicros = draw.of([2_000, 20_000, 100_000]);
  disk.failedSyncGap = draw.gap(alone ? 15 : 30, 300);
  disk.slowDiskGap = draw.gap(40, 100);
  disk.slowDiskMicros = draw.of([5_000, 20_000, 80_000]);
  disk.oldOf16 = draw.percent(85) ? draw.of([2, 5, 8, 12]) : 0;
  disk.garbageOf16 = draw.percent(50) ? draw.of([1, 2, 4]) : 0;
  disk.writeback = draw.percent(50);
}

function drawProcess(draw: Draw, out: Configuration): void {
  const { process } = out;
  process.crashGap = draw.gap(85, 900);
  process.crashInWriteGap = draw.gap(40, 900);
  process.powerOf16 = draw.of([0, 4, 8, 12, 16]);
  process.restartMicros = draw.of([5_000, 20_000, 60_000, 150_000]);
  process.crashLoopOf16 = draw.percent(15) ? draw.of([2, 5]) : 0;
  process.otherReleaseOf16 = draw.percent(15) ? 2 : 0;
  process.pauseGap = draw.gap(45, 200);
  process.pauseMicros = draw.of([10_000, 40_000, 150_000]);
  process.slowNode = draw.percent(15) ? draw.below(out.replicaCount) : -1;
  process.slowNodeMicros = draw.of([500, 2_000, 8_000]);
  process.lateFlushGap = draw.gap(50, 40);
  process.lateFlushMicros = draw.of([300, 3_000, 30_000]);
  process.sliceMicros = draw.percent(40) ? draw.of([200, 1_000, 5_000]) : 0;
}

function drawClock(draw: Draw, out: Configuration): void {
  const { clock } = out;
  // Fewer than half may be wrong: with most clocks wrong nothing about time can be promised.
  const most = Math.floor((out.replicaCount - 1) / 2);
  const wrong = most > 0 && draw.percent(45) ? draw.between(1, most) : 0;
  const first = draw.below(out.replicaCount);
  clock.wrong = 0;
  for (let i = 0; i < wrong; i++) clock.wrong |= 1 << ((first + i) % out.replicaCount);
  clock.offsetMicros = draw.of([200_000, 2_000_000, 60_000_000]);
  clock.driftPpm = draw.of([0, 100, 1_000, 20_000]);
  clock.jumpGapMicros = draw.gap(60, 200_000);
  clock.jumpMicros = draw.of([50_000, 1_000_000, 30_000_000]);
  clock.kinds = draw.some(['clock_back', 'clock_forward', 'clock_frozen'], 60);
}

function drawRest(draw: Draw, out: Configuration): void {
  const { client, operator } = out;
  client.kinds = draw.some(
    ['client_crash', 'client_retry', 'client_duplicate', 'client_abandon', 'client_flood'],
    50,
  );
  client.faultPermille = draw.percent(50) ? draw.of([10, 30, 80]) : 0;
  client.mixOf100 = draw.percent(27) ? draw.of([30, 60, 100]) : 0;
  // With one or two replicas nobody could prove that a replaced disk is complete again.
  if (out.replicaCount >= 3 && draw.percent(8)) {
    operator.replaceNode = draw.below(out.replicaCount);
    operator.replaceAfterInputs = draw.between(60, 400);
  }
  client.accessOf100 = client.mixOf100 > 0 && draw.percent(20) ? draw.of([5, 15]) : 0;
  client.transactionsOf100 = client.mixOf100 > 0 && draw.percent(40) ? draw.of([15, 40]) : 0;
  client.variant = client.mixOf100 > 0 && draw.percent(50) ? draw.between(1, VARIANT_MAX) : 0;
  // Whoever only reads comes on top of the others: as much is written as without.
  if (out.clientCount > CLIENTS_MAX - READERS_MAX || !draw.percent(25)) return;
  client.readers = draw.between(1, READERS_MAX);
  out.clientCount += client.readers;
  for (let i = 0; i < client.readers; i++) out.operations.push(draw.between(15, 40));
}
