/**
 * A batch: up to `BATCH_ROWS` rows, by column. What operators hand each other.
 *
 * A column is *numbers* (bool as 0 and 1, int2, int4, oid, float4, float8, date; and int8, time,
 * timestamp, timestamptz while every value in the batch is a safe integer) or *values* (anything).
 * `nulls[i]` is 1 where row i is null; then its number or value means nothing.
 *
 * Not every row of a batch is alive: `selection` lists, in order, the rows that are (`count` of
 * them). Filters narrow the selection and copy nothing. A batch is its producer's and valid until
 * the producer is stepped again.
 */
import type { Value } from '../types/type.ts';

export const BATCH_ROWS = 1024;

export interface ColumnBatch {
  /** Which of the two holds the data now. */
  isNumbers: boolean;
  /** Room for `Batch.capacity` rows; empty in a column that never holds numbers. */
  numbers: Float64Array;
  /** Grows as needed. */
  values: Value[];
  /** Room for `Batch.capacity` rows. All 0 while `hasNulls` is false. */
  nulls: Uint8Array;
  /** False: `nulls` need not be looked at. */
  hasNulls: boolean;
}

export interface Batch {
  /** Rows filled, alive or not: 0 to `capacity`. */
  rows: number;
  /** Most rows to fill now: a scan under a small LIMIT, or by a unique key, asks for few. */
  capacity: number;
  columns: readonly ColumnBatch[];
  /** Rows alive: `selection[0]` to `selection[count - 1]`. Who fills a batch leaves these. */
  selection: Int32Array;
  count: number;
}
