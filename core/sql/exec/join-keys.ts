/** Keys of joins: evaluated by batches, those with a null left out. */
import type { Bound } from '../plan/expression.ts';
import type { Batch, ColumnBatch } from './batch.ts';
import { makeCompiler } from './expression/compile.ts';
import type { Compiled, Compiler } from './expression/compiled.ts';
import { NO_ROWS, roomFor } from './expression/selection.ts';
import type { Scope } from './operator.ts';
import { roomForRows } from './room.ts';

export const NO_ROW = -1;

/** Keys of one side of a join. */
export class JoinKeys {
  columns: ColumnBatch[] = [];
  /** Rows whose keys have no null, and where they stand in the batch's selection. */
  rows: Int32Array = NO_ROWS;
  places: Int32Array = NO_ROWS;
  count = 0;
  readonly #compiler: Compiler;
  readonly #parts: readonly Compiled[];
  #begun = false;

  constructor(bounds: readonly Bound[], scope: Scope) {
    this.#compiler = makeCompiler(scope);
    this.#parts = bounds.map(this.#compiler.compile);
  }

  reset(): void {
    this.#begun = false;
    for (const query of this.#compiler.queries) query.reset();
  }

  /** May throw `Pending`, and is then called again. */
  evaluate(batch: Batch): void {
    if (!this.#begun) {
      this.#begun = true;
      this.#compiler.attempt++;
    }
    const { selection } = batch;
    this.columns = this.#parts.map((part) => part.evaluate(batch, selection, batch.count));
    this.rows = roomFor(this.rows, batch.count);
    this.places = roomFor(this.places, batch.count);
    let count = 0;
    for (let k = 0; k < batch.count; k++) {
      const row = selection[k] as number;
      if (this.#hasNull(row)) continue;
      this.rows[count] = row;
      this.places[count++] = k;
    }
    this.count = count;
    this.#begun = false;
  }

  #hasNull(row: number): boolean {
    for (const column of this.columns) {
      if (column.hasNulls && column.nulls[row] === 1) return true;
    }
    return false;
  }
}

/** At least `count` entries, new ones `NO_ROW`. */
export function grown(entries: Int32Array, count: number): Int32Array {
  if (entries.length >= count) return entries;
  const larger = roomForRows(Math.max(count, entries.length * 2, 64)).fill(NO_ROW);
  larger.set(entries);
  return larger;
}
