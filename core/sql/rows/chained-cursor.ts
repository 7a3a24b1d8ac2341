/**
 * Cursors one after the other, as one: versions of a table's rows that moved to another primary
 * index are under the one that they ended in.
 */
import type { Batch } from '../exec/batch.ts';
import type { RowCursor } from '../exec/source.ts';

export class ChainedCursor implements RowCursor {
  readonly #cursors: readonly RowCursor[];
  /** The one whose turn it is: the batch that was filled last is its. */
  #index = 0;

  constructor(cursors: readonly RowCursor[]) {
    this.#cursors = cursors;
  }

  next(batch: Batch): number {
    for (; this.#index < this.#cursors.length; this.#index += 1) {
      const rows = this.#cursors[this.#index]!.next(batch);
      if (rows > 0) return rows;
    }
    return 0;
  }

  load(batch: Batch, selection: Int32Array, count: number): void {
    this.#cursors[this.#index]?.load?.(batch, selection, count);
  }
}
