/** A write under way, and how much of its source it takes at a time. */
import type { WriteRun } from '../exec/operator.ts';

export interface CountedRun extends WriteRun {
  /** Rows inserted, updated, deleted or merged so far. */
  readonly count: number;
}

/** Batches of the source in one step. */
export const SOURCE_BUDGET = 4;
