/**
 * Rows kept: what sorts, joins, windows and common tables hold between batches. By column, growing
 * by doubling, every byte accounted for.
 */
import type { SqlType, Value } from '../types/type.ts';
import { BATCH_ROWS } from './batch.ts';
import type { Batch, ColumnBatch } from './batch.ts';
import { ALL_ROWS, gather, grow, makeColumn, put, restart, shapeOf } from './column.ts';
import type { Shape } from './column.ts';
import { account } from './operator.ts';
import type { Run } from './operator.ts';

/** A number and its null mark. */
const NUMBER_BYTES = 9;
/** About what an object or a short string takes, with the reference to it. */
const VALUE_BYTES = 48;

export class RowStore {
  rows = 0;
  readonly columns: ColumnBatch[];
  readonly shapes: readonly Shape[];
  readonly #run: Run;
  #bytes = 0;
  #room = 0;

  constructor(types: readonly SqlType[], run: Run) {
    this.#run = run;
    this.shapes = types.map((type) => shapeOf(type.id));
    this.columns = this.shapes.map((shape) => makeColumn(shape, 0));
  }

  /** Adds the rows of a batch that are alive. */
  append(batch: Batch): void {
    this.appendColumns(batch.columns, batch.selection, batch.count);
  }

  appendColumns(columns: readonly ColumnBatch[], selection: Int32Array, count: number): void {
    this.#reserve(count);
    let bytes = 0;
    for (let i = 0; i < this.columns.length; i++) {
      const from = columns[i] as ColumnBatch;
      gather(
        this.columns[i] as ColumnBatch,
        this.shapes[i] as Shape,
        this.rows,
        from,
        selection,
        count,
      );
      bytes += from.isNumbers ? NUMBER_BYTES * count : valueBytes(from, selection, count);
    }
    this.#grown(count, bytes);
  }

  appendRow(values: readonly Value[]): void {
    this.#reserve(1);
    let bytes = 0;
    for (let i = 0; i < this.columns.length; i++) {
      const value = values[i] as Value;
      put(this.columns[i] as ColumnBatch, this.shapes[i] as Shape, this.rows, value);
      bytes += sizeOf(value);
    }
    this.#grown(1, bytes);
  }

  /**
   * Makes of these columns, from number `at` on, rows `ids[0]` to `ids[count - 1]`; a negative id
   * gives nulls. Columns of the store for which there is no place are left out.
   */
  gather(to: readonly ColumnBatch[], at: number, ids: Int32Array, count: number): void {
    const width = Math.min(this.columns.length, to.length - at);
    for (let i = 0; i < width; i++) {
      const column = to[at + i] as ColumnBatch;
      restart(column, this.shapes[i] as Shape, BATCH_ROWS);
      gather(column, this.shapes[i] as Shape, 0, this.columns[i] as ColumnBatch, ids, count);
    }
  }

  /** The batch's rows are these of the store from now on, in its first `width` columns. */
  read(batch: Batch, ids: Int32Array, count: number, width: number = batch.columns.length): void {
    const { columns } = batch;
    this.gather(width === columns.length ? columns : columns.slice(0, width), 0, ids, count);
    batch.rows = count;
    batch.capacity = BATCH_ROWS;
    batch.selection = ALL_ROWS;
    batch.count = count;
  }

  /** Forgets the rows and keeps the room, for rows of the same number again. */
  truncate(): void {
    this.rows = 0;
    account(this.#run, -this.#bytes);
    this.#bytes = 0;
    for (let i = 0; i < this.columns.length; i++) {
      restart(this.columns[i] as ColumnBatch, this.shapes[i] as Shape, 0);
    }
  }

  clear(): void {
    this.rows = 0;
    this.#room = 0;
    account(this.#run, -this.#bytes);
    this.#bytes = 0;
    for (let i = 0; i < this.columns.length; i++) {
      this.columns[i] = makeColumn(this.shapes[i] as Shape, 0);
    }
  }

  #reserve(count: number): void {
    const needed = this.rows + count;
    if (needed <= this.#room) return;
    let room = Math.max(16, this.#room);
    while (room < needed) room *= 2;
    this.#room = room;
    for (let i = 0; i < this.columns.length; i++) {
      grow(this.columns[i] as ColumnBatch, this.shapes[i] as Shape, room);
    }
  }

  #grown(count: number, bytes: number): void {
    this.rows += count;
    this.#bytes += bytes;
    account(this.#run, bytes);
  }
}

function valueBytes(column: ColumnBatch, selection: Int32Array, count: number): number {
  const { values } = column;
  let bytes = 0;
  for (let k = 0; k < count; k++) bytes += sizeOf(values[selection[k] as number] ?? null);
  return bytes;
}

/** What a value takes, by our own rule: the same on every machine. */
export function sizeOf(value: Value): number {
  if (typeof value === 'string') return VALUE_BYTES + value.length;
  if (value instanceof Uint8Array) return VALUE_BYTES + value.length;
  if (typeof value === 'object' && value?.kind === 'array') {
    let bytes = VALUE_BYTES;
    for (const element of value.elements) bytes += sizeOf(element);
    return bytes;
  }
  return VALUE_BYTES;
}
