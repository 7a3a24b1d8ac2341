/**
 * Sorts kept rows by several keys: by an abbreviation of the first with a radix sort, what that
 * leaves equal by comparisons; few rows, or keys without abbreviation, by comparisons alone.
 */
import type { ColumnBatch } from './batch.ts';
import { abbreviate } from './abbreviate.ts';
import { MergeSort, sortRows } from './merge-sort.ts';
import { rowOrder } from './order.ts';
import type { Direction, RowOrder } from './order.ts';
import { RadixSort } from './radix-sort.ts';

/** With fewer rows, comparing costs less than counting digits. */
const RADIX_ROWS_MIN = 2048;
/** Rows looked at in a step that puts ties in order. */
const TIE_ROWS = 16_384;

/** Working memory of a sort, for each row. */
export const SORT_BYTES = 24;

export interface Sorter {
  /** Row numbers in order, once `step` has answered true. */
  readonly rows: Int32Array;
  /** True when all is sorted. */
  step(): boolean;
}

export function makeSorter(
  count: number,
  columns: readonly ColumnBatch[],
  directions: readonly Direction[],
): Sorter {
  const rows = Int32Array.from({ length: count }, (_, row) => row);
  const order = rowOrder(columns, directions);
  if (count < RADIX_ROWS_MIN || columns.length === 0) return new MergeSort(rows, order);
  const column = columns[0] as ColumnBatch;
  const direction = directions[0] as Direction;
  const nulls = column.hasNulls ? rows.filter((row) => column.nulls[row] === 1) : rows.slice(0, 0);
  const present = nulls.length > 0 ? rows.filter((row) => column.nulls[row] === 0) : rows;
  if (present.length < RADIX_ROWS_MIN) return new MergeSort(rows, order);
  const short = abbreviate(column, direction.type, present);
  if (short === null) return new MergeSort(rows, order);
  const radix = new RadixSort(present, short.keys, direction.descending);
  const isTotal = short.exact && columns.length === 1;
  return new TieSort(radix, nulls, direction.nullsFirst, isTotal ? null : order);
}

/** Puts what a radix sort has left equal in order, and the nulls where they belong. */
class TieSort implements Sorter {
  rows: Int32Array = new Int32Array(0);
  readonly #radix: RadixSort;
  #nulls: Int32Array;
  readonly #nullsFirst: boolean;
  /** Null: equal keys are equal rows. */
  readonly #order: RowOrder | null;
  #sorted = false;
  #at = 0;
  /** A long run of ties under way. */
  #run: MergeSort | null = null;

  constructor(radix: RadixSort, nulls: Int32Array, nullsFirst: boolean, order: RowOrder | null) {
    this.#radix = radix;
    this.#nulls = nulls;
    this.#nullsFirst = nullsFirst;
    this.#order = order;
  }

  step(): boolean {
    if (!this.#sorted) {
      this.#sorted = this.#radix.step();
      if (this.#sorted && this.#order !== null && this.#nulls.length > 1) {
        this.#nulls = sortRows(this.#nulls, this.#order);
      }
      return false;
    }
    if (this.#order !== null && !this.#breakTies(this.#radix.rows, this.#order)) return false;
    if (this.rows.length === 0) this.rows = this.#withNulls(this.#radix.rows);
    return true;
  }

  #withNulls(rows: Int32Array): Int32Array {
    const nulls = this.#nulls;
    if (nulls.length === 0) return rows;
    const all = new Int32Array(rows.length + nulls.length);
    all.set(rows, this.#nullsFirst ? nulls.length : 0);
    all.set(nulls, this.#nullsFirst ? 0 : rows.length);
    return all;
  }

  /** True when there are no more. */
  #breakTies(rows: Int32Array, order: RowOrder): boolean {
    const until = this.#at + TIE_ROWS;
    while (this.#at < rows.length) {
      if (this.#run !== null) {
        if (!this.#run.step()) return false;
        rows.set(this.#run.rows, this.#at);
        this.#at += this.#run.rows.length;
        this.#run = null;
      } else if (this.#at >= until) {
        return false;
      } else {
        const end = this.#endOfRun(rows, this.#at);
        if (end === this.#at + 1) this.#at = end;
        else this.#run = new MergeSort(rows.slice(this.#at, end), order);
      }
    }
    return true;
  }

  #endOfRun(rows: Int32Array, from: number): number {
    const first = rows[from] as number;
    let end = from + 1;
    while (end < rows.length && this.#radix.isSame(first, rows[end] as number)) end++;
    return end;
  }
}
