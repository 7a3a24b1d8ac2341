/**
 * NOT NULL and CHECK, over the new rows of a batch. The first row that breaks one decides, and for
 * it NOT NULL comes first, as in PostgreSQL.
 */
import type { Table } from '../catalog/model.ts';
import type { Batch } from '../exec/batch.ts';
import { shapeOf, valueAt } from '../exec/column.ts';
import { evaluator } from '../exec/execute.ts';
import type { Bound } from '../plan/expression.ts';
import type { BoundCheck } from '../plan/plan.ts';
import type { Display } from '../types/style.ts';
import type { Value } from '../types/type.ts';
import type { WriteContext } from './context.ts';
import { checkViolation, notNullViolation } from './violation.ts';

export class RowChecks {
  readonly #table: Table;
  readonly #checks: readonly BoundCheck[];
  readonly #evaluate: ((input: Batch) => Batch) | null;
  readonly #notNull: readonly number[];
  readonly #display: Display;

  constructor(table: Table, checks: readonly BoundCheck[], context: WriteContext) {
    this.#table = table;
    this.#checks = checks;
    const conditions = (): Bound[] => checks.map(({ condition }) => condition);
    this.#evaluate = checks.length === 0 ? null : evaluator(conditions(), context);
    const notNull: number[] = [];
    for (let i = 0; i < table.columns.length; i += 1) {
      if (table.columns[i]!.notNull) notNull.push(i);
    }
    this.#notNull = notNull;
    this.#display = context.environment;
  }

  /** The table's columns begin at `first`. */
  check(batch: Batch, first: number, selection: Int32Array, count: number): void {
    const nullRow = this.#firstNull(batch, first, selection, count);
    const before = nullRow < 0 ? count : nullRow;
    if (this.#evaluate !== null && before > 0) {
      const columns = batch.columns.slice(first, first + this.#table.columns.length);
      const { rows, capacity } = batch;
      const input = { rows, capacity, columns, selection, count: before };
      this.#refuseFalse(this.#evaluate(input), batch, first, selection, before);
    }
    if (nullRow < 0) return;
    const row = selection[nullRow]!;
    const values = rowValues(this.#table, batch, first, row);
    const ordinal = this.#notNull.find((one) => values[one] === null)!;
    throw notNullViolation(this.#table, ordinal, values, this.#display);
  }

  /** Place in the selection of the first row with a null that may not be; -1: none. */
  #firstNull(batch: Batch, first: number, selection: Int32Array, count: number): number {
    let found = -1;
    for (const ordinal of this.#notNull) {
      const column = batch.columns[first + ordinal]!;
      if (!column.hasNulls) continue;
      const end = found < 0 ? count : found;
      for (let k = 0; k < end; k += 1) {
        if (column.nulls[selection[k]!] !== 1) continue;
        found = k;
        break;
      }
    }
    return found;
  }

  #refuseFalse(
    output: Batch,
    batch: Batch,
    first: number,
    selection: Int32Array,
    count: number,
  ): void {
    for (let k = 0; k < count; k += 1) {
      const row = selection[k]!;
      for (const [i, { constraint }] of this.#checks.entries()) {
        const value = valueAt(output.columns[i]!, 0, row);
        if (value !== false) continue;
        const values = rowValues(this.#table, batch, first, row);
        throw checkViolation(this.#table, constraint, values, this.#display);
      }
    }
  }
}

/** One row of a batch, as values. */
export function rowValues(table: Table, batch: Batch, first: number, row: number): Value[] {
  return table.columns.map(({ type }, i) => {
    return valueAt(batch.columns[first + i]!, shapeOf(type.id), row);
  });
}
