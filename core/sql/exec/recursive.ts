/**
 * WITH RECURSIVE: the base, then the step over the rows of the round before, until a round is
 * empty. UNION without ALL leaves out rows that came before, so that cycles end.
 */
import { SqlError } from '../error.ts';
import type { RecursivePlan } from '../plan/plan.ts';
import { BATCH_ROWS } from './batch.ts';
import type { Batch } from './batch.ts';
import { makeBatch } from './column.ts';
import { DistinctRows } from './distinct.ts';
import { BATCH, DONE, MORE } from './operator.ts';
import type { CommonTable, Operator, Scope, Step } from './operator.ts';
import { RowStore } from './row-store.ts';

/** A recursion that yields more rows is taken for one without end. */
const ROWS_MAX = 100_000_000;

export class Recursive implements Operator {
  readonly output: Batch = makeBatch([], 0);
  readonly #base: Operator;
  readonly #step: Operator;
  readonly #distinct: DistinctRows | null;
  readonly #working: { rows: RowStore; readonly done: boolean; pull(): void };
  #next: RowStore;
  #inBase = true;
  #total = 0;

  constructor(plan: RecursivePlan, scope: Scope) {
    const { run } = scope;
    this.#working = { rows: new RowStore(plan.types, run), done: true, pull: () => {} };
    this.#next = new RowStore(plan.types, run);
    const table: CommonTable = this.#working;
    const commons = new Map(scope.commons).set(plan.id, table);
    this.#base = scope.build(plan.base, scope);
    this.#step = scope.build(plan.step, { ...scope, commons });
    this.#distinct = plan.all ? null : new DistinctRows(plan.types, run);
  }

  reset(): void {
    this.#base.reset();
    this.#distinct?.clear();
    this.#working.rows.clear();
    this.#next.clear();
    this.#inBase = true;
    this.#total = 0;
  }

  step(_want: number): Step {
    const from = this.#inBase ? this.#base : this.#step;
    const step = from.step(BATCH_ROWS);
    if (step === MORE) return MORE;
    if (step === DONE) return this.#nextRound();
    const { output } = this;
    output.rows = from.output.rows;
    output.capacity = from.output.capacity;
    output.columns = from.output.columns;
    output.selection = from.output.selection;
    output.count = from.output.count;
    this.#distinct?.narrow(output, output.columns);
    if (output.count === 0) return MORE;
    this.#next.append(output);
    this.#total += output.count;
    if (this.#total > ROWS_MAX) {
      throw new SqlError('54000', `recursive query yields more than ${ROWS_MAX} rows`);
    }
    return BATCH;
  }

  #nextRound(): Step {
    if (this.#next.rows === 0) return DONE;
    const spent = this.#working.rows;
    spent.clear();
    this.#working.rows = this.#next;
    this.#next = spent;
    this.#inBase = false;
    this.#step.reset();
    return MORE;
  }
}
