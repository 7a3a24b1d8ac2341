/**
 * Production's limits, but for sizes (a journal that wraps, checkpoints and segments that end many
 * times within a test), and for two timers that are made for longer ways than loopback, and would
 * be most of the test's time: how long a client and a repair wait for an answer.
 */
import { PRODUCTION } from '../../core/limits.ts';
import type { Limits } from '../../core/limits.ts';

export const CLUSTER_LIMITS: Limits = Object.freeze({
  ...PRODUCTION,
  journalSlots: 512,
  checkpointInterval: 256,
  prepareBytesMax: 16384,
  pageBytes: 4096,
  messageBytesMax: 1 << 17,
  segmentEntriesMax: 512,
  clientRetryMicros: 100_000,
  repairExpiryMicros: 100_000,
});
