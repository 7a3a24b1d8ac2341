/**
 * The first n rows of an order, kept while more come.
 *
 * Whenever many have gathered above n they are sorted and cut. From then on a row whose first key
 * comes after that of the n-th row is not kept at all, which is soon nearly every row. Where rows
 * come in the order of that key (`presorted`), the first such row is the end.
 */
import { NO_ROWS, roomFor } from './expression/selection.ts';
import { compareFor } from '../types/compare.ts';
import { FLOAT4, FLOAT8 } from '../types/type.ts';
import type { Value } from '../types/type.ts';
import { BATCH_ROWS } from './batch.ts';
import type { Batch, ColumnBatch } from './batch.ts';
import { shapeOf, valueAt } from './column.ts';
import type { KeyedStore } from './keyed-store.ts';
import { sortRows } from './merge-sort.ts';
import { rowOrder } from './order.ts';
import type { Direction } from './order.ts';

/** Rows that gather above the wanted ones before they are cut. */
const SLACK_ROWS = 1024;
/** The same where the edge is the end of it all. */
const PRESORTED_SLACK_ROWS = 16;

export class TopRows {
  readonly #rows: KeyedStore;
  readonly #directions: readonly Direction[];
  readonly #wanted: number;
  readonly #presorted: boolean;
  readonly #slack: number;
  #kept: Int32Array = NO_ROWS;
  /** First key of the last row wanted. */
  #edge: Value = null;
  #hasEdge = false;

  constructor(
    rows: KeyedStore,
    directions: readonly Direction[],
    wanted: number,
    presorted: boolean = false,
  ) {
    this.#rows = rows;
    this.#directions = directions;
    this.#wanted = wanted;
    this.#presorted = presorted;
    this.#slack = presorted ? PRESORTED_SLACK_ROWS : Math.max(SLACK_ROWS, wanted);
  }

  /**
   * Whether rows that come later are none of the first. May throw `Pending`, and is then called
   * again with the same batch.
   */
  add(batch: Batch): boolean {
    const columns = this.#rows.evaluate(batch);
    const { store } = this.#rows;
    let { selection, count } = batch;
    if (this.#hasEdge) {
      this.#kept = roomFor(this.#kept, count);
      count = this.#narrow(columns[this.#rows.firstKey] as ColumnBatch, selection, count);
      selection = this.#kept;
    }
    store.appendColumns(columns, selection, count);
    if (store.rows >= this.#wanted + this.#slack) this.#cut();
    return this.#presorted && count < batch.count;
  }

  /** Leaves out rows that come after the edge by their first key alone. */
  #narrow(column: ColumnBatch, selection: Int32Array, count: number): number {
    const { type, descending, nullsFirst } = this.#directions[0] as Direction;
    const edge = this.#edge;
    const isFloat = type === FLOAT4 || type === FLOAT8;
    if (column.isNumbers && !column.hasNulls && typeof edge === 'number' && !isFloat) {
      return this.#narrowNumbers(column.numbers, edge, descending, selection, count);
    }
    const compare = compareFor(type);
    const shape = shapeOf(type);
    const sign = descending ? -1 : 1;
    let kept = 0;
    for (let k = 0; k < count; k++) {
      const row = selection[k] as number;
      const value = valueAt(column, shape, row);
      let order: number;
      if (value === null) order = edge === null ? 0 : nullsFirst ? -1 : 1;
      else if (edge === null) order = nullsFirst ? 1 : -1;
      else order = sign * compare(value, edge);
      if (order <= 0) this.#kept[kept++] = row;
    }
    return kept;
  }

  #narrowNumbers(
    numbers: Float64Array,
    edge: number,
    descending: boolean,
    selection: Int32Array,
    count: number,
  ): number {
    const out = this.#kept;
    let kept = 0;
    for (let k = 0; k < count; k++) {
      const row = selection[k] as number;
      const number = numbers[row] as number;
      out[kept] = row;
      kept += (descending ? number >= edge : number <= edge) ? 1 : 0;
    }
    return kept;
  }

  #cut(): void {
    const { store } = this.#rows;
    const all = Int32Array.from({ length: store.rows }, (_, row) => row);
    const sorted = sortRows(all, rowOrder(this.#rows.keys, this.#directions));
    const first = sorted.subarray(0, this.#wanted);
    if (this.#wanted > 0) {
      const { type } = this.#directions[0] as Direction;
      const last = first[this.#wanted - 1] as number;
      this.#edge = valueAt(this.#rows.keys[0] as ColumnBatch, shapeOf(type), last);
      this.#hasEdge = true;
    }
    // In the order they came, so that equal rows stay as they are.
    first.sort((a, b) => a - b);
    const kept: ColumnBatch[] = store.columns.map((column) => ({ ...column }));
    store.clear();
    for (let at = 0; at < first.length; at += BATCH_ROWS) {
      const part = first.subarray(at, Math.min(at + BATCH_ROWS, first.length));
      store.appendColumns(kept, part, part.length);
    }
  }
}
