/**
 * Where the executor gets rows from: the tables as of a moment. Implemented by `core/sql/rows`.
 *
 * A cursor reads a consistent snapshot for as long as it lives, whatever commits meanwhile. A
 * damaged page makes it throw `PageNeeded`.
 */
import type { Index, SystemTable, Table } from '../catalog/model.ts';
import type { Int64, Value } from '../types/type.ts';
import type { Batch } from './batch.ts';

/** `Moment` with its operands evaluated and timestamps turned into positions. */
export type ReadMoment =
  | { readonly kind: 'present' }
  | { readonly kind: 'position'; readonly position: number }
  /** Versions that were alive at any position in [low, high]. */
  | { readonly kind: 'versions'; readonly low: number; readonly high: number };

/** `IndexRange` with values; already known not to be empty by a null. */
export interface ReadRange {
  readonly equal: readonly Value[];
  readonly low: { readonly value: Value; readonly inclusive: boolean } | null;
  readonly high: { readonly value: Value; readonly inclusive: boolean } | null;
}

export interface RowCursor {
  /**
   * Fills the batch from row 0 on, at most `batch.capacity` rows; answers how many, 0 at the end
   * (fewer than there is room for does not mean the end).
   */
  next(batch: Batch): number;
  /**
   * Fills the columns left out by `next` for these rows of the batch it filled last. Absent when
   * the cursor always fills every column.
   */
  readonly load?: (batch: Batch, selection: Int32Array, count: number) => void;
}

export interface RowSource {
  /**
   * `columns` as in `ScanPlan`. The batch has a column for each, allocated by the executor.
   * `late[i]`: column i is wanted only of rows that pass the filter; a cursor with `load` may leave
   * it out of `next`. Null: none is late.
   */
  open(
    table: Table,
    index: Index,
    range: ReadRange,
    backward: boolean,
    moment: ReadMoment,
    columns: readonly number[],
    late: readonly boolean[] | null,
  ): RowCursor;
  /** All rows of a system table; `position` null: as of now. */
  system(table: SystemTable, position: number | null): Iterable<readonly Value[]>;
  /** The position of the last entry at or before this instant; throws 22023 for the future. */
  positionAt(timestamp: Int64): number;
}
