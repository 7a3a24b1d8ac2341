/**
 * Where a window computation stands: the sorted rows, the partition, the row, its peers.
 *
 * Places are positions in the order of the whole input; `rows[place]` is the row in the store. All
 * bounds move forward only, so that a whole input costs one pass.
 */
import type { ColumnBatch } from '../batch.ts';
import type { RowOrder } from '../order.ts';

/** Rows with the same partition keys, or the same order keys. */
export type SameRows = (a: number, b: number) => boolean;

export function sameUnder(order: RowOrder | null): SameRows {
  return order === null ? () => true : (a, b) => order(a, b) === 0;
}

export class Partition {
  readonly rows: Int32Array;
  /** The partition: places from `start` to before `end`. */
  start = 0;
  end = 0;
  /** The current row. */
  place = -1;
  /** Rows equal to it under ORDER BY. */
  peerStart = 0;
  peerEnd = 0;
  /** How many groups of peers came before in the partition. */
  peerGroup = 0;
  /** Counts partitions, so that whoever keeps something knows when to forget it. */
  number = -1;
  readonly #samePartition: SameRows;
  readonly #areSamePeers: SameRows;

  constructor(rows: Int32Array, samePartition: SameRows, areSamePeers: SameRows) {
    this.rows = rows;
    this.#samePartition = samePartition;
    this.#areSamePeers = areSamePeers;
  }

  /** Goes to the next row; false at the end of all. */
  advance(): boolean {
    this.place++;
    if (this.place >= this.rows.length) return false;
    if (this.place === this.end) this.#startPartition();
    else if (this.place === this.peerEnd) this.peerGroup++;
    if (this.place === this.peerEnd) this.#startPeers();
    return true;
  }

  /** The place after the last peer of this one. */
  endOfPeers(from: number): number {
    const first = this.rows[from] as number;
    let end = from + 1;
    while (end < this.end && this.#areSamePeers(first, this.rows[end] as number)) end++;
    return end;
  }

  #startPartition(): void {
    const { place, rows } = this;
    const first = rows[place] as number;
    let end = place + 1;
    while (end < rows.length && this.#samePartition(first, rows[end] as number)) end++;
    this.start = place;
    this.end = end;
    this.peerEnd = place;
    this.peerGroup = 0;
    this.number++;
  }

  #startPeers(): void {
    this.peerStart = this.place;
    this.peerEnd = this.endOfPeers(this.place);
  }
}

/** Columns that a window's calls look at: in the store, by row. */
export type StoredColumns = readonly ColumnBatch[];
