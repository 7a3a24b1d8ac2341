/**
 * Production's limits, but for sizes: a journal that wraps, checkpoints and segments that end many
 * times within a test. Timers are production's own.
 */
import { PRODUCTION } from '../../core/limits.ts';
import type { Limits } from '../../core/limits.ts';

export const CLUSTER_LIMITS: Limits = Object.freeze({
  ...PRODUCTION,
  journalSlots: 256,
  checkpointInterval: 128,
  prepareBytesMax: 16384,
  pageBytes: 4096,
  messageBytesMax: 65536,
  segmentEntriesMax: 512,
});
