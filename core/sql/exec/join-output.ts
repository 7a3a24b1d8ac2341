/**
 * What all joins have in common: pairs of rows, the condition on them, rows without partner.
 *
 * A join collects pairs (a row of the left batch, a row of the right store) until there are a batch
 * of them, or the left batch ends. Then the pairs become rows, the condition narrows them, and the
 * join type says what is handed over.
 */
import type { Bound } from '../plan/expression.ts';
import type { JoinType } from '../plan/plan.ts';
import type { SqlType } from '../types/type.ts';
import { BATCH_ROWS } from './batch.ts';
import type { Batch, ColumnBatch } from './batch.ts';
import { ALL_ROWS, NUMBER, gather, makeBatch, makeColumns, restart, shapeOf } from './column.ts';
import type { Shape } from './column.ts';
import { makeCompiler } from './expression/compile.ts';
import type { Compiler } from './expression/compiled.ts';
import { compileCondition } from './expression/selection.ts';
import type { Narrow } from './expression/selection.ts';
import { LeftRows } from './left-rows.ts';
import type { Scope } from './operator.ts';
import { roomForBytes, roomForRows } from './room.ts';
import type { RowStore } from './row-store.ts';

export class JoinOutput {
  readonly output: Batch;
  readonly type: JoinType;
  /** Pairs collected. */
  count = 0;
  readonly #leftRows = roomForRows(BATCH_ROWS);
  /** The pair's place in the left batch's selection. */
  readonly #leftPlaces = roomForRows(BATCH_ROWS);
  readonly #rightRows = roomForRows(BATCH_ROWS);
  readonly #kept = roomForRows(BATCH_ROWS);
  readonly #leftShapes: readonly Shape[];
  readonly #pairs: Batch;
  readonly #compiler: Compiler;
  readonly #condition: Narrow | null;
  /** By place in the left batch's selection. */
  readonly #leftMatched = roomForBytes(BATCH_ROWS);
  #rightMatched = new Uint8Array(0);
  /** Left and full joins: the rows to hand over. */
  readonly #inOrder: LeftRows | null;
  #begun = false;

  constructor(
    type: JoinType,
    left: readonly SqlType[],
    right: readonly SqlType[],
    condition: Bound | null,
    scope: Scope,
  ) {
    this.type = type;
    this.#leftShapes = left.map(({ id }) => shapeOf(id));
    this.#compiler = makeCompiler(scope);
    this.#condition = condition === null ? null : compileCondition(condition, this.#compiler);
    this.#pairs = makeBatch(makeColumns([...left, ...right], 0), BATCH_ROWS);
    this.output = makeBatch(this.#pairs.columns, BATCH_ROWS);
    this.#inOrder = type === 'left' || type === 'full' ? new LeftRows() : null;
  }

  get isFull(): boolean {
    return this.count === BATCH_ROWS;
  }

  /** Rows are waiting to be handed over by `drain`. */
  get hasMore(): boolean {
    return this.#inOrder?.hasMore ?? false;
  }

  reset(): void {
    this.count = 0;
    this.#inOrder?.clear();
    this.#begun = false;
    this.#rightMatched = new Uint8Array(0);
    for (const query of this.#compiler.queries) query.reset();
  }

  /** A new left batch: none of its rows has a partner yet. */
  startBatch(): void {
    this.#leftMatched.fill(0);
    this.#inOrder?.startBatch();
  }

  add(leftPlace: number, leftRow: number, rightRow: number): void {
    this.#leftPlaces[this.count] = leftPlace;
    this.#leftRows[this.count] = leftRow;
    this.#rightRows[this.count] = rightRow;
    this.count++;
  }

  /** This left row has a partner, whichever. */
  match(leftPlace: number): void {
    this.#leftMatched[leftPlace] = 1;
  }

  isMatched(leftPlace: number): boolean {
    return this.#leftMatched[leftPlace] === 1;
  }

  /**
   * Turns the pairs into rows; true when there is something to hand over. Left rows before place
   * `complete` have had all their candidates. May throw `Pending`, and is then called again.
   */
  flush(left: Batch, right: RowStore, complete: number): boolean {
    const pairs = this.#pairs;
    if (!this.#begun) {
      this.#begun = true;
      this.#compiler.attempt++;
      if (this.#inOrder === null || this.#condition !== null) {
        this.#gatherLeft(left, this.#leftRows, this.count);
        right.gather(pairs.columns, this.#leftShapes.length, this.#rightRows, this.count);
      }
    }
    let { count } = this;
    let selection = ALL_ROWS;
    if (this.#condition !== null) {
      count = this.#condition(pairs, ALL_ROWS, count, this.#kept);
      selection = this.#kept;
    }
    this.#begun = false;
    this.#mark(selection, count, right.rows);
    const produced = this.count;
    this.count = 0;
    if (this.#inOrder !== null) {
      this.#merge(this.#inOrder, left, selection, count);
      this.#inOrder.addLonely(left, complete, this.#leftMatched);
      return this.drain(left, right);
    }
    if (this.type === 'semi' || this.type === 'anti' || count === 0) return false;
    this.#handOver(produced, selection, count);
    return true;
  }

  #merge(out: LeftRows, left: Batch, selection: Int32Array, count: number): void {
    out.clear();
    for (let k = 0; k < count; k++) {
      const pair = selection[k] as number;
      const place = this.#leftPlaces[pair] as number;
      const row = this.#leftRows[pair] as number;
      out.add(left, place, row, this.#rightRows[pair] as number, this.#leftMatched);
    }
  }

  /** Hands over a batch of the rows that wait; false when none do. */
  drain(left: Batch, right: RowStore): boolean {
    const out = this.#inOrder;
    if (out === null || !out.hasMore) return false;
    const end = Math.min(out.count, out.taken + BATCH_ROWS);
    const count = end - out.taken;
    this.#gatherLeft(left, out.left.subarray(out.taken, end), count);
    const rows = out.right.subarray(out.taken, end);
    right.gather(this.#pairs.columns, this.#leftShapes.length, rows, count);
    out.taken = end;
    this.#handOver(count, ALL_ROWS, count);
    return true;
  }

  /** The left batch has ended: its rows without partner, or for semi-joins with one. */
  endBatch(left: Batch, right: RowStore): boolean {
    if (this.type === 'inner' || this.type === 'right') return false;
    if (this.#inOrder !== null) {
      this.#inOrder.clear();
      this.#inOrder.addLonely(left, left.count, this.#leftMatched);
      return this.drain(left, right);
    }
    const wanted = this.type === 'semi' ? 1 : 0;
    let count = 0;
    for (let k = 0; k < left.count; k++) {
      if (this.#leftMatched[k] === wanted) this.#kept[count++] = left.selection[k] as number;
    }
    if (count === 0) return false;
    this.#narrowLeft(left, count);
    return true;
  }

  /** All left rows are done: right rows without partner from `from` on; where it came to. */
  endRight(right: RowStore, from: number): number {
    this.#reserveRight(right.rows);
    let next = from;
    let count = 0;
    while (next < right.rows && count < BATCH_ROWS) {
      if (this.#rightMatched[next] === 0) this.#rightRows[count++] = next;
      next++;
    }
    const { columns } = this.#pairs;
    fillNulls(columns.slice(0, this.#leftShapes.length));
    right.gather(columns, this.#leftShapes.length, this.#rightRows, count);
    this.#handOver(count, ALL_ROWS, count);
    return next;
  }

  #gatherLeft(left: Batch, rows: Int32Array, count: number): void {
    for (let i = 0; i < this.#leftShapes.length; i++) {
      const column = this.#pairs.columns[i] as ColumnBatch;
      const shape = this.#leftShapes[i] as Shape;
      restart(column, shape, BATCH_ROWS);
      gather(column, shape, 0, left.columns[i] as ColumnBatch, rows, count);
    }
  }

  #mark(selection: Int32Array, count: number, rightRows: number): void {
    if (this.type === 'inner') return;
    const needsRight = this.type === 'right' || this.type === 'full';
    if (needsRight) this.#reserveRight(rightRows);
    for (let k = 0; k < count; k++) {
      const pair = selection[k] as number;
      this.#leftMatched[this.#leftPlaces[pair] as number] = 1;
      if (needsRight) this.#rightMatched[this.#rightRows[pair] as number] = 1;
    }
  }

  #reserveRight(rows: number): void {
    if (this.#rightMatched.length >= rows) return;
    const matched = new Uint8Array(rows);
    matched.set(this.#rightMatched);
    this.#rightMatched = matched;
  }

  #narrowLeft(left: Batch, count: number): void {
    const { output } = this;
    output.rows = left.rows;
    output.capacity = left.capacity;
    output.columns = left.columns;
    output.selection = this.#kept;
    output.count = count;
  }

  #handOver(rows: number, selection: Int32Array, count: number): void {
    const { output } = this;
    output.rows = rows;
    output.capacity = BATCH_ROWS;
    output.columns = this.#pairs.columns;
    output.selection = selection;
    output.count = count;
  }
}

/** The left side of right rows without partner. */
function fillNulls(columns: readonly ColumnBatch[]): void {
  for (const column of columns) {
    // Values of numbers are as good as any: nobody looks at them.
    restart(column, NUMBER, BATCH_ROWS);
    column.hasNulls = true;
    column.nulls.fill(1);
  }
}
