/**
 * A stable merge sort of row numbers that can be interrupted.
 *
 * Bottom-up: short runs by insertion, then merges of ever longer ones. Each step does a bounded
 * number of comparisons.
 */
import type { RowOrder } from './order.ts';

const RUN_ROWS = 16;
/** Rows moved in a step. */
const STEP_ROWS = 16_384;

export class MergeSort {
  /** The rows in order, once `step` has answered true. */
  rows: Int32Array;
  readonly #order: RowOrder;
  #spare: Int32Array;
  /** Length of the runs that are sorted; 0: none yet. */
  #width = 0;
  /** Where the pass has come to. */
  #at = 0;

  /** Sorts these rows, equal ones in their present order. The array is its own from now on. */
  constructor(rows: Int32Array, order: RowOrder) {
    this.rows = rows;
    this.#spare = new Int32Array(rows.length);
    this.#order = order;
  }

  /** True when all is sorted. */
  step(): boolean {
    const { length } = this.rows;
    if (length < 2 || (this.#width >= length && this.#width > 0)) return true;
    const until = Math.min(length, this.#at + STEP_ROWS);
    if (this.#width === 0) {
      for (; this.#at < until; this.#at += RUN_ROWS) this.#insert(this.#at);
    } else {
      for (; this.#at < until; this.#at += 2 * this.#width) this.#merge(this.#at);
    }
    if (this.#at < length) return false;
    if (this.#width > 0) {
      const rows = this.#spare;
      this.#spare = this.rows;
      this.rows = rows;
    }
    this.#width = this.#width === 0 ? RUN_ROWS : this.#width * 2;
    this.#at = 0;
    return this.#width >= length;
  }

  #insert(from: number): void {
    const { rows } = this;
    const order = this.#order;
    const end = Math.min(from + RUN_ROWS, rows.length);
    for (let i = from + 1; i < end; i++) {
      const row = rows[i] as number;
      let j = i - 1;
      while (j >= from && order(rows[j] as number, row) > 0) {
        rows[j + 1] = rows[j] as number;
        j--;
      }
      rows[j + 1] = row;
    }
  }

  #merge(from: number): void {
    const { rows } = this;
    const out = this.#spare;
    const order = this.#order;
    const middle = Math.min(from + this.#width, rows.length);
    const end = Math.min(middle + this.#width, rows.length);
    if (middle === end || order(rows[middle - 1] as number, rows[middle] as number) <= 0) {
      out.set(rows.subarray(from, end), from);
      return;
    }
    let i = from;
    let j = middle;
    let to = from;
    while (i < middle && j < end) {
      const left = rows[i] as number;
      const right = rows[j] as number;
      if (order(left, right) <= 0) {
        out[to++] = left;
        i++;
      } else {
        out[to++] = right;
        j++;
      }
    }
    while (i < middle) out[to++] = rows[i++] as number;
    while (j < end) out[to++] = rows[j++] as number;
  }
}

/** Sorts at once: where the rows are known to be few. */
export function sortRows(rows: Int32Array, order: RowOrder): Int32Array {
  const sort = new MergeSort(rows, order);
  while (!sort.step());
  return sort.rows;
}
