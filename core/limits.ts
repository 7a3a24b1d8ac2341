/**
 * Every bound of the system, in three profiles: `PRODUCTION`, `EMBEDDED`, and `TINY`, which makes a
 * short simulation wrap its journal, checkpoint and state-sync many times. Relations are asserted
 * at start-up by `assertLimits`.
 */
import { assert } from './types/assert.ts';

export interface Limits {
  /** Unit of atomic damage and of write alignment; a power of two. */
  readonly sectorBytes: number;
  /** Slots of the journal's two rings. */
  readonly journalSlots: number;
  /** Size of one prepare slot: a whole number of sectors; bounds header plus body of an entry. */
  readonly prepareBytesMax: number;
  /** Longest body of a prepare that is written whole to both rings; bounded by a sector. */
  readonly wholeBodyBytesMax: number;
  /** Most ops proposed and not yet committed. */
  readonly pipelineMax: number;
  /** A checkpoint follows every op that is a multiple of this. */
  readonly checkpointInterval: number;
  /**
   * Bytes of entries applied since the last checkpoint, about, from which on the primary hastens
   * the next one with no-ops: what was not checkpointed is in memory.
   */
  readonly checkpointBytesMax: number;
  /** Size of a store page: a whole number of sectors. */
  readonly pageBytes: number;
  /** Store pages kept in memory, those that changed among them. */
  readonly storeCachePages: number;
  /** Past so many changed pages they are written before the checkpoint comes. */
  readonly storeDirtyPagesMax: number;
  /** A tenant-log segment is sealed after this many entries. */
  readonly segmentEntriesMax: number;
  /** Largest encoded message, and so the longest entry, which a peer must be able to send whole. */
  readonly messageBytesMax: number;
  /** Bytes of what is sent together, of entries and events, where there is more than one. */
  readonly batchBytesMax: number;
  readonly replicasMax: number;
  readonly standbysMax: number;
  readonly sessionsMax: number;
  readonly tenantsMax: number;
  readonly usersMax: number;
  readonly keysPerUserMax: number;
  /** Tenants that a user may enter who may not enter every one. */
  readonly tenantsPerUserMax: number;
  /** Of the name of a user, a key or a tenant, in UTF-8. */
  readonly accessNameBytesMax: number;
  /** Longest request that may be staged in chunks. */
  readonly stagedBytesMax: number;
  /** Ops after its newest chunk that a staged request which nobody names lasts at least. */
  readonly stagedOpsMax: number;
  readonly streamNameBytesMax: number;
  readonly eventsPerAppendMax: number;
  /** Most entries one query reply returns. */
  readonly queryEventsMax: number;
  /** Requests queued at the primary before a client is told to come again. */
  readonly requestQueueMax: number;
  /** Reads waiting for a round of view confirmation. */
  readonly readQueueMax: number;
  /** Outstanding repair requests to one peer. */
  readonly repairsPerPeerMax: number;
  /** Outstanding page and log repairs in total. */
  readonly unitRepairsMax: number;
  /** Bounded work of one apply slice, in records. */
  readonly applyBudget: number;
  /** Units (slots, pages, log records) one scrub step reads. */
  readonly scrubUnitsPerStep: number;

  readonly heartbeatMicros: number;
  /** Silence of a primary after which a backup asks for a view change (jitter is added). */
  readonly primaryDeadMicros: number;
  /** Time in a view change without progress after which the next view is tried (backs off). */
  readonly viewChangeMicros: number;
  readonly repairMicros: number;
  readonly repairExpiryMicros: number;
  readonly prepareRetryMicros: number;
  readonly clientRetryMicros: number;
  readonly pingMicros: number;
  readonly scrubMicros: number;
  readonly stallRetryMicros: number;
  /** Age at which a clock sample no longer counts. */
  readonly clockSampleMicros: number;
  /** Half-width by which each clock may be off. */
  readonly clockToleranceMicros: number;
  /** Without agreement for this long a primary abdicates. */
  readonly clockEpochMicros: number;
}

export const PRODUCTION: Limits = Object.freeze({
  sectorBytes: 4096,
  journalSlots: 1024,
  prepareBytesMax: 1 << 20,
  wholeBodyBytesMax: 3856,
  pipelineMax: 30,
  checkpointInterval: 512,
  checkpointBytesMax: 1 << 25,
  pageBytes: 16384,
  storeCachePages: 8192,
  storeDirtyPagesMax: 2048,
  segmentEntriesMax: 65536,
  messageBytesMax: (1 << 25) + (1 << 20),
  batchBytesMax: 1 << 20,
  replicasMax: 6,
  standbysMax: 2,
  sessionsMax: 16384,
  tenantsMax: 65536,
  usersMax: 16384,
  keysPerUserMax: 16,
  tenantsPerUserMax: 256,
  accessNameBytesMax: 128,
  stagedBytesMax: (1 << 25) + (1 << 16),
  stagedOpsMax: 65_536,
  streamNameBytesMax: 128,
  eventsPerAppendMax: 4096,
  queryEventsMax: 4096,
  requestQueueMax: 1024,
  readQueueMax: 4096,
  repairsPerPeerMax: 2,
  unitRepairsMax: 8,
  applyBudget: 1024,
  scrubUnitsPerStep: 4,
  heartbeatMicros: 100_000,
  primaryDeadMicros: 700_000,
  viewChangeMicros: 500_000,
  repairMicros: 50_000,
  repairExpiryMicros: 500_000,
  prepareRetryMicros: 250_000,
  clientRetryMicros: 500_000,
  pingMicros: 500_000,
  scrubMicros: 100_000,
  stallRetryMicros: 1_000_000,
  clockSampleMicros: 20_000_000,
  clockToleranceMicros: 10_000_000,
  clockEpochMicros: 60_000_000,
});

/**
 * One node inside an application. Statements of the parser's full length fit a prepare (their text
 * and their tree); the journal is a file with holes, which takes what was written. Entries are as
 * long as memory allows, because no peer has to be sent any.
 */
export const EMBEDDED: Limits = Object.freeze({
  ...PRODUCTION,
  journalSlots: 190,
  prepareBytesMax: 1 << 22,
  checkpointInterval: 128,
  messageBytesMax: 1 << 29,
  sessionsMax: 256,
});

export const TINY: Limits = Object.freeze({
  sectorBytes: 512,
  journalSlots: 16,
  prepareBytesMax: 2048,
  wholeBodyBytesMax: 136,
  pipelineMax: 3,
  checkpointInterval: 8,
  checkpointBytesMax: 12_288,
  pageBytes: 1024,
  storeCachePages: 48,
  storeDirtyPagesMax: 12,
  segmentEntriesMax: 8,
  messageBytesMax: 16_384,
  batchBytesMax: 16_384,
  replicasMax: 6,
  standbysMax: 2,
  sessionsMax: 8,
  tenantsMax: 8,
  usersMax: 5,
  keysPerUserMax: 2,
  tenantsPerUserMax: 3,
  accessNameBytesMax: 16,
  stagedBytesMax: 6144,
  stagedOpsMax: 24,
  streamNameBytesMax: 32,
  eventsPerAppendMax: 8,
  queryEventsMax: 8,
  requestQueueMax: 8,
  readQueueMax: 8,
  repairsPerPeerMax: 2,
  unitRepairsMax: 4,
  // Nearly every entry takes several slices, as large ones do in production.
  applyBudget: 1,
  scrubUnitsPerStep: 6,
  heartbeatMicros: 60_000,
  primaryDeadMicros: 180_000,
  viewChangeMicros: 200_000,
  repairMicros: 15_000,
  repairExpiryMicros: 60_000,
  prepareRetryMicros: 60_000,
  clientRetryMicros: 150_000,
  pingMicros: 250_000,
  scrubMicros: 100_000,
  stallRetryMicros: 100_000,
  clockSampleMicros: 3_000_000,
  clockToleranceMicros: 500_000,
  clockEpochMicros: 4_000_000,
});

/** The op of the checkpoint that an applied op will be part of first. */
export function nextCheckpoint(op: number, limits: Limits): number {
  return Math.ceil(op / limits.checkpointInterval) * limits.checkpointInterval;
}

/** As in `core/codec/prepare.ts`, which this file may not import. */
const PREPARE_HEADER_BYTES = 192;
/** As in `core/storage/journal-format.ts`, likewise. */
const JOURNAL_MARK_BYTES = 48;

/**
 * Checks the relations on which storage and replication rely (`architecture.md`, data directory).
 */
export function assertLimits(limits: Limits): void {
  const l = limits;
  assert((l.sectorBytes & (l.sectorBytes - 1)) === 0, 'sectorBytes is a power of two');
  assert(l.storeDirtyPagesMax < l.storeCachePages, 'what changed has room in the cache');
  assert(l.prepareBytesMax % l.sectorBytes === 0, 'a prepare slot is whole sectors');
  const wholeBytes = PREPARE_HEADER_BYTES + JOURNAL_MARK_BYTES + l.wholeBodyBytesMax;
  assert(wholeBytes <= l.sectorBytes, 'a whole prepare and its mark fit a sector');
  assert(l.pageBytes % l.sectorBytes === 0, 'a page is whole sectors');
  assert(l.checkpointInterval + 2 * l.pipelineMax <= l.journalSlots, 'the ring holds it all');
  const ahead = l.journalSlots - l.pipelineMax;
  assert(ahead < 2 * l.checkpointInterval, 'a checkpoint ends before the next one begins');
  assert(l.pipelineMax <= 30, 'bit sets over pipeline + 1 headers are small integers');
  assert(l.messageBytesMax >= l.prepareBytesMax + 512, 'a prepare fits a message');
  assert(l.messageBytesMax >= l.pageBytes + 512, 'a page fits a message');
  const headersBytes = l.journalSlots * PREPARE_HEADER_BYTES;
  assert(l.messageBytesMax >= headersBytes + 512, 'the headers of a whole ring fit a message');
  assert(l.primaryDeadMicros > 2 * l.heartbeatMicros, 'one lost heartbeat is no death');
  assert(l.replicasMax <= 6, 'quorum tables end at six');
}
