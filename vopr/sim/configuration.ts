/**
 * One run's configuration: plain JSON data, drawn from the seed by `swarm.ts`, adjusted by a
 * scenario, recorded in a trace and edited by the shrinker. Together with the choices it fixes the
 * run.
 *
 * A *gap* is the mean distance between two spontaneous faults, counted in whatever its comment
 * says; 0 means that the fault does not exist in this run. All durations are virtual microseconds.
 */
import { assertLimits, PRODUCTION, TINY } from '../../core/limits.ts';
import type { Limits } from '../../core/limits.ts';
import type { FaultName } from './faults.ts';

export type LimitsProfile = 'tiny' | 'tiny_headers' | 'medium' | 'production';

export interface NetworkConfiguration {
  /** Least delay of any message. */
  delayMinMicros: number;
  /** What one unit of the delay table adds. */
  delayScaleMicros: number;
  /** Index into `DELAY_SHAPES` of network.ts: 0 nearly constant … 3 heavy tail. */
  delayShape: number;
  /** When false, messages of one link keep their order. */
  reorder: boolean;
  lossPermille: number;
  duplicatePermille: number;
  corruptPermille: number;
  /** Gap in messages between replays of an old message. */
  replayGap: number;
  /** Gap in microseconds between link faults, and how long one lasts. */
  linkGapMicros: number;
  linkMicros: number;
  /** Kinds of link fault that exist: partition, isolate, one_way, clog, slow_link, large_fail. */
  linkKinds: FaultName[];
  /** With `large_fail`: messages above this size are lost. */
  largeBytes: number;
}

export interface DiskConfiguration {
  syncMinMicros: number;
  syncScaleMicros: number;
  /** Gaps in writes of one node. */
  sectorErrorGap: number;
  bitRotGap: number;
  sectorRotGap: number;
  misdirectedWriteGap: number;
  writeErrorGap: number;
  shortWriteGap: number;
  noSpaceGap: number;
  noSpaceMicros: number;
  /** Gap in reads of one node. */
  misdirectedReadGap: number;
  /** Gaps in syncs of one node. */
  failedSyncGap: number;
  slowDiskGap: number;
  slowDiskMicros: number;
  /** Of 16: the chance that a power cut leaves an unsynced sector as it was, or as garbage. */
  oldOf16: number;
  garbageOf16: number;
  /** Whether an unsynced sector's earlier versions may reach the platter on their own. */
  writeback: boolean;
}

export interface ProcessConfiguration {
  /** Gap in inputs of one node. */
  crashGap: number;
  /** Gap in writes of one node. */
  crashInWriteGap: number;
  /** Of 16: the chance that a crash is a power cut. */
  powerOf16: number;
  /** Mean time down. */
  restartMicros: number;
  /** Of 16: the chance that a restarted node soon crashes again. */
  crashLoopOf16: number;
  /** Of 16: the chance that a restart is by another build release. */
  otherReleaseOf16: number;
  /** Gap in inputs of one node. */
  pauseGap: number;
  pauseMicros: number;
  /** Gap in inputs of one node between turns that take in more than one input, and their length. */
  lateFlushGap: number;
  lateFlushMicros: number;
  /** The node that is slow, or -1, and what each of its inputs costs it. */
  slowNode: number;
  slowNodeMicros: number;
  /** What a wake costs that a node asked for at once, to go on with what it was at: a slice. */
  sliceMicros: number;
}

export interface ClockConfiguration {
  /** Bit set of the nodes whose wall clock is wrong; the others stay close to true time. */
  wrong: number;
  /** A wrong clock starts off by up to this much, and drifts by up to this much. */
  offsetMicros: number;
  driftPpm: number;
  /** Gap in microseconds between clock faults of a wrong clock, and the size of a jump. */
  jumpGapMicros: number;
  jumpMicros: number;
  /** Kinds that exist: clock_back, clock_forward, clock_frozen. */
  kinds: FaultName[];
}

export interface ClientConfiguration {
  /** Of 1000: the chance that an operation comes with a client fault. */
  faultPermille: number;
  /**
   * Kinds that exist: client_crash, client_retry, client_duplicate, client_abandon, client_flood.
   */
  kinds: FaultName[];
  /**
   * Of 100 operations, how many are of the system's second kind of work, if it has one. Ours: SQL.
   */
  mixOf100: number;
  /**
   * Of 100 operations, how many change who may do what, if the system knows that. 0: nobody is
   * asked who he is.
   */
  accessOf100: number;
  /** Of 100 of the second kind, how many are interactive transactions, if the system has them. */
  transactionsOf100: number;
  /** Which variant of the second kind there is, if the system has several; 0: the plain one. */
  variant: number;
  /** So many clients, the last ones, only read, if the system knows reads. */
  readers: number;
}

/** Variants are numbers up to this one; the system takes them in turn. */
export const VARIANT_MAX = 60;

export interface OperatorConfiguration {
  /**
   * The replica whose disk is replaced by an empty one, or -1, and after how many of its inputs.
   */
  replaceNode: number;
  replaceAfterInputs: number;
}

export interface CoreConfiguration {
  /** Bit set of the members to heal; 0 lets the run draw them. */
  members: number;
  /** Time within which the core must converge. */
  convergeMicros: number;
}

export interface Configuration {
  replicaCount: number;
  standbyCount: number;
  clientCount: number;
  /** Operations of each client. */
  operations: number[];
  limits: LimitsProfile;
  /** Every message crosses as bytes. */
  bytes: boolean;
  /** The storm ends when the clients are done, but never later than this. */
  stormMicros: number;
  network: NetworkConfiguration;
  disk: DiskConfiguration;
  process: ProcessConfiguration;
  clock: ClockConfiguration;
  client: ClientConfiguration;
  operator: OperatorConfiguration;
  core: CoreConfiguration;
}

function calmDisk(): DiskConfiguration {
  return {
    syncMinMicros: 150,
    syncScaleMicros: 0,
    sectorErrorGap: 0,
    bitRotGap: 0,
    sectorRotGap: 0,
    misdirectedWriteGap: 0,
    writeErrorGap: 0,
    shortWriteGap: 0,
    noSpaceGap: 0,
    noSpaceMicros: 0,
    misdirectedReadGap: 0,
    failedSyncGap: 0,
    slowDiskGap: 0,
    slowDiskMicros: 0,
    oldOf16: 0,
    garbageOf16: 0,
    writeback: false,
  };
}

function calmProcess(): ProcessConfiguration {
  return {
    crashGap: 0,
    crashInWriteGap: 0,
    powerOf16: 0,
    restartMicros: 100_000,
    crashLoopOf16: 0,
    otherReleaseOf16: 0,
    pauseGap: 0,
    pauseMicros: 0,
    lateFlushGap: 0,
    lateFlushMicros: 0,
    slowNode: -1,
    slowNodeMicros: 0,
    sliceMicros: 0,
  };
}

/** A configuration in which nothing goes wrong: constant small delays, quick disks, true clocks. */
export function calmConfiguration(): Configuration {
  return {
    replicaCount: 3,
    standbyCount: 0,
    clientCount: 2,
    operations: [24, 24],
    limits: 'tiny',
    bytes: false,
    stormMicros: 10_000_000,
    network: {
      delayMinMicros: 400,
      delayScaleMicros: 0,
      delayShape: 0,
      reorder: false,
      lossPermille: 0,
      duplicatePermille: 0,
      corruptPermille: 0,
      replayGap: 0,
      linkGapMicros: 0,
      linkMicros: 0,
      linkKinds: [],
      largeBytes: 1024,
    },
    disk: calmDisk(),
    process: calmProcess(),
    clock: { wrong: 0, offsetMicros: 0, driftPpm: 0, jumpGapMicros: 0, jumpMicros: 0, kinds: [] },
    client: {
      faultPermille: 0,
      kinds: [],
      mixOf100: 0,
      accessOf100: 0,
      transactionsOf100: 0,
      variant: 0,
      readers: 0,
    },
    operator: { replaceNode: -1, replaceAfterInputs: 0 },
    core: { members: 0, convergeMicros: 60_000_000 },
  };
}

/** `tiny` with room for longer pipelines: other relations between the same bounds. */
const MEDIUM: Limits = Object.freeze({
  ...TINY,
  journalSlots: 64,
  pipelineMax: 8,
  checkpointInterval: 32,
  segmentEntriesMax: 24,
  sessionsMax: 16,
  requestQueueMax: 16,
  readQueueMax: 16,
  messageBytesMax: 16_384,
  // Most entries take one slice, or two.
  applyBudget: 4,
});
assertLimits(MEDIUM);

/** No prepare stands whole in the header ring: of each there is one copy on a disk. */
const TINY_HEADERS: Limits = Object.freeze({ ...TINY, wholeBodyBytesMax: 0 });
assertLimits(TINY_HEADERS);

/** Production limits make disks of gigabytes: for systems with small files, or patient people. */
export const LIMITS: Readonly<Record<LimitsProfile, Limits>> = {
  tiny: TINY,
  tiny_headers: TINY_HEADERS,
  medium: MEDIUM,
  production: PRODUCTION,
};
