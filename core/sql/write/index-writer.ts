/**
 * One index of a table, as writers see it: where the elements of its keys come from.
 */
import type { Index, Table } from '../catalog/model.ts';
import type { Batch, ColumnBatch } from '../exec/batch.ts';
import { shapeOf, valueAt } from '../exec/column.ts';
import { printExpression } from '../tree/print-expression.ts';
import { KeyWriter } from '../rows/key-writer.ts';
import { KEYSPACE_CURRENT, PREFIX_BYTES } from '../rows/keyspaces.ts';
import type { Display } from '../types/style.ts';
import { keyText } from './violation.ts';

/** Rows of a batch: the table's columns from `first` on, and what indexes compute from them. */
export interface RowView {
  readonly batch: Batch;
  readonly first: number;
  /** Values of indexed expressions and predicates; null: the table has none. */
  readonly computed: readonly ColumnBatch[] | null;
}

export class IndexWriter {
  readonly index: Index;
  /** Rows with equal elements are refused, at once or later. */
  readonly isKey: boolean;
  readonly #table: Table;
  readonly key: KeyWriter = new KeyWriter();
  /** Ordinals of the table's columns; `~k` is the k-th computed column. */
  readonly #sources: readonly number[];
  /** Of the predicate: which computed column; -1: every row has an entry. */
  readonly #predicate: number;
  /** Bytes of the last key's elements. */
  elementBytes = 0;
  /** The last key had a null among its elements. */
  hasNull = false;

  constructor(table: Table, index: Index, computedFrom: number) {
    this.index = index;
    this.isKey = index.unique || index.deferrable === true;
    this.#table = table;
    let computed = computedFrom;
    this.#sources = index.elements.map(({ column, value }) =>
      value === null ? table.columns.findIndex(({ id }) => id === column) : ~computed++,
    );
    this.#predicate = index.where === null ? -1 : computed;
  }

  /** Whether a row has an entry here. */
  covers(view: RowView, row: number): boolean {
    if (this.#predicate < 0) return true;
    const column = view.computed![this.#predicate]!;
    if (column.hasNulls && column.nulls[row] === 1) return false;
    return column.isNumbers ? column.numbers[row] === 1 : column.values[row] === true;
  }

  /** Writes the elements of a row's key into `key`. */
  write(view: RowView, row: number): void {
    const { key, index } = this;
    key.begin(KEYSPACE_CURRENT, index.id);
    this.hasNull = false;
    const sources = this.#sources;
    for (let i = 0; i < sources.length; i += 1) {
      const column = this.#column(view, sources[i]!);
      if (column.hasNulls && column.nulls[row] === 1) this.hasNull = true;
      key.addFrom(index.elements[i]!, column, row);
    }
    this.elementBytes = key.end - PREFIX_BYTES;
  }

  /** The elements of a row's key as errors show them: `(a, lower(b))=(1, x)`. */
  shown(view: RowView, row: number, display: Display): string {
    const { elements } = this.index;
    const names = elements.map(({ value }, i) => {
      const source = this.#sources[i]!;
      return value === null ? this.#table.columns[source]!.name : printExpression(value);
    });
    const values = elements.map(({ type }, i) => {
      const column = this.#column(view, this.#sources[i]!);
      return valueAt(column, shapeOf(type.id), row);
    });
    const types = elements.map(({ type }) => type);
    return keyText(names, types, values, display);
  }

  #column(view: RowView, source: number): ColumnBatch {
    return source >= 0 ? view.batch.columns[view.first + source]! : view.computed![~source]!;
  }

  /** Whether this index may have other entries once these columns change. */
  dependsOn(changed: readonly number[]): boolean {
    if (this.index.where !== null) return true;
    return this.#sources.some((source) => source < 0 || changed.includes(source));
  }

  /** Whether two rows with equal elements are refused. */
  get forbids(): boolean {
    return this.isKey && (this.index.nullsNotDistinct || !this.hasNull);
  }
}
