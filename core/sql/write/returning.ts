/**
 * RETURNING: expressions over changed rows, their hidden columns, and whatever else the source of
 * the change yields. What comes out is kept until the statement is done.
 */
import type { Table } from '../catalog/model.ts';
import type { Batch, ColumnBatch } from '../exec/batch.ts';
import {
  copySelected,
  makeBatch,
  makeColumn,
  makeColumns,
  restart,
  shapeOf,
} from '../exec/column.ts';
import type { ExecutionContext } from '../exec/execute.ts';
import { evaluator } from '../exec/execute.ts';
import type { Bound } from '../plan/expression.ts';
import type { View } from '../rows/view.ts';
import type { SqlType } from '../types/type.ts';
import { INT8 } from '../types/type.ts';

/** Hidden columns: created at, deleted at, created position, deleted position. */
const HIDDEN_COLUMNS = 4;

export class Returning {
  readonly batches: Batch[] = [];
  readonly #evaluate: ((input: Batch) => Batch) | null;
  readonly #types: readonly SqlType[];
  readonly #view: View;
  readonly #columns: number;
  readonly #hidden: ColumnBatch[] = [];

  constructor(
    bounds: readonly Bound[] | null,
    types: readonly SqlType[],
    table: Table,
    view: View,
    execution: ExecutionContext,
  ) {
    this.#evaluate = bounds === null ? null : evaluator(bounds, execution);
    this.#types = types;
    this.#view = view;
    this.#columns = table.columns.length;
  }

  get isWanted(): boolean {
    return this.#evaluate !== null;
  }

  /**
   * Rows of `batch` that are in `selection`: the table's columns begin at `first`; what the source
   * yields besides begins at `extra`. `created`: the position and time of the rows' beginning are
   * the statement's; otherwise they are `createdAt`, `createdPosition`.
   */
  add(
    batch: Batch,
    first: number,
    extra: number,
    selection: Int32Array,
    count: number,
    hidden: readonly ColumnBatch[] | null,
  ): void {
    if (this.#evaluate === null || count === 0) return;
    const columns = batch.columns.slice(first, first + this.#columns);
    columns.push(...(hidden ?? this.#ownHidden(batch.capacity)), ...batch.columns.slice(extra));
    const { rows, capacity } = batch;
    const output = this.#evaluate({ rows, capacity, columns, selection, count });
    this.batches.push(keptBatch(output, this.#types));
  }

  /** Of rows that began with this statement. */
  #ownHidden(capacity: number): readonly ColumnBatch[] {
    const hidden = this.#hidden;
    const shape = shapeOf(INT8);
    if (hidden.length === 0) {
      for (let i = 0; i < HIDDEN_COLUMNS; i += 1) hidden.push(makeColumn(shape, capacity));
    }
    const { position } = this.#view;
    const values = [this.#view.timestampAt(position), null, position, null];
    for (const [i, column] of hidden.entries()) {
      const value = values[i]!;
      restart(column, shape, capacity);
      column.hasNulls = value === null;
      if (value === null) column.nulls.fill(1);
      else column.numbers.fill(value);
    }
    return hidden;
  }
}

/** The live rows of a batch, in one of their own. */
export function keptBatch(batch: Batch, types: readonly SqlType[]): Batch {
  const { rows, count, capacity } = batch;
  const kept = makeBatch(makeColumns(types, capacity), capacity);
  kept.rows = rows;
  kept.count = count;
  kept.selection = batch.selection.slice(0, count);
  for (const [i, column] of kept.columns.entries()) {
    copySelected(column, shapeOf(types[i]!.id), batch.columns[i]!, kept.selection, count);
  }
  return kept;
}
