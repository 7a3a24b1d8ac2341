/**
 * What a left or full join hands over, in the order of its left side: pairs, and between them the
 * left rows without partner, each where it stands.
 */
import { BATCH_ROWS } from './batch.ts';
import type { Batch } from './batch.ts';
import { roomForRows } from './room.ts';

const NO_ROW = -1;

export class LeftRows {
  /** Rows of the left batch and of the right store; the latter -1: none. */
  readonly left: Int32Array = roomForRows(2 * BATCH_ROWS);
  readonly right: Int32Array = roomForRows(2 * BATCH_ROWS);
  count = 0;
  /** How many have been handed over. */
  taken = 0;
  /** The first place of the left batch that is neither paired nor known to be without partner. */
  #next = 0;

  get hasMore(): boolean {
    return this.taken < this.count;
  }

  /** A new left batch. */
  startBatch(): void {
    this.#next = 0;
    this.clear();
  }

  clear(): void {
    this.count = 0;
    this.taken = 0;
  }

  /** A pair of the left row at this place. Those before it have all their partners. */
  add(batch: Batch, place: number, row: number, right: number, matched: Uint8Array): void {
    this.addLonely(batch, place, matched);
    this.left[this.count] = row;
    this.right[this.count++] = right;
    if (place >= this.#next) this.#next = place + 1;
  }

  /** Left rows before this place that have found no partner. */
  addLonely(batch: Batch, until: number, matched: Uint8Array): void {
    for (; this.#next < until; this.#next++) {
      if (matched[this.#next] === 1) continue;
      this.left[this.count] = batch.selection[this.#next] as number;
      this.right[this.count++] = NO_ROW;
    }
  }
}
