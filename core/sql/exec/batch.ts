/**
 * A batch: up to `BATCH_ROWS` rows, by column. What operators hand each other.
 *
 * A column is *numbers* (bool as 0 and 1, int2, int4, oid, float4, float8, date; and int8, time,
 * timestamp, timestamptz while every value in the batch is a safe integer) or *values* (anything).
 * `nulls[i]` is 1 where row i is null; then its number or value means nothing.
 */
import type { Value } from '../types/type.ts';

export const BATCH_ROWS = 1024;

export interface ColumnBatch {
  /** Which of the two holds the data now. */
  isNumbers: boolean;
  numbers: Float64Array;
  values: Value[];
  nulls: Uint8Array;
  /** False: `nulls` need not be looked at. */
  hasNulls: boolean;
}

export interface Batch {
  rows: number;
  readonly columns: readonly ColumnBatch[];
}
