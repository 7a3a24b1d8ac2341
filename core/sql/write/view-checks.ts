/**
 * WITH CHECK OPTION, over rows that are in: those written through a view must be seen by it.
 *
 * PostgreSQL proves a row when its constraints and unique indexes have taken it, so conditions are
 * evaluated for a batch at once and the first row that breaks one is written before it is refused.
 */
import type { Display } from '../types/style.ts';
import type { Table } from '../catalog/model.ts';
import type { Batch } from '../exec/batch.ts';
import { valueAt } from '../exec/column.ts';
import { evaluator } from '../exec/execute.ts';
import type { BoundCheck } from '../plan/plan.ts';
import { rowValues } from './checks.ts';
import type { WriteContext } from './context.ts';
import { viewViolation } from './violation.ts';

export class ViewChecks {
  readonly #table: Table;
  readonly #checks: readonly BoundCheck[];
  readonly #evaluate: (input: Batch) => Batch;
  readonly #display: Display;

  constructor(table: Table, checks: readonly BoundCheck[], context: WriteContext) {
    this.#table = table;
    this.#checks = checks;
    this.#evaluate = evaluator(
      checks.map(({ condition }) => condition),
      context,
    );
    this.#display = context.environment;
  }

  /**
   * Runs `work` for the rows, in order, up to the first that a view would not show: with how many
   * of the selection. Then throws 44000, if there is such a row. The table's columns begin at
   * `first`.
   */
  prove(
    batch: Batch,
    first: number,
    selection: Int32Array,
    count: number,
    work: (count: number) => void,
  ): void {
    const columns = batch.columns.slice(first, first + this.#table.columns.length);
    const { rows, capacity } = batch;
    const output = this.#evaluate({ rows, capacity, columns, selection, count });
    let broken: BoundCheck | undefined;
    let taken = 0;
    while (taken < count && broken === undefined) {
      const row = selection[taken]!;
      taken += 1;
      broken = this.#checks.find((_, i) => valueAt(output.columns[i]!, 0, row) !== true);
    }
    work(taken);
    if (broken === undefined) return;
    const values = rowValues(this.#table, batch, first, selection[taken - 1]!);
    throw viewViolation(this.#table, broken.constraint, values, this.#display);
  }
}

/** Null where there is nothing to prove: of tables, always. */
export function viewChecksOf(
  table: Table,
  checks: readonly BoundCheck[],
  context: WriteContext,
): ViewChecks | null {
  return checks.length === 0 ? null : new ViewChecks(table, checks, context);
}
