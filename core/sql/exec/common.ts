/**
 * Common tables: WITH, and the scans of what it names.
 *
 * A table is run when its first reader asks, as far as any reader has come, and kept for all of
 * them. One that changes rows is run to its end before the body begins, whoever reads it.
 */
import { NO_ROWS, roomFor } from './expression/selection.ts';
import { assert } from '../../types/assert.ts';
import { unsupported } from '../error.ts';
import type { CommonScanPlan, Plan, WithPlan, WritePlan } from '../plan/plan.ts';
import { isIndependent, isWrite } from './analysis.ts';
import { BATCH_ROWS } from './batch.ts';
import type { Batch, ColumnBatch } from './batch.ts';
import { makeBatch, makeColumn } from './column.ts';
import { Driver } from './driver.ts';
import { BATCH, DONE, MORE } from './operator.ts';
import type { CommonTable, Commons, Operator, Scope, Step, WriteRun } from './operator.ts';
import { RowStore } from './row-store.ts';

/** Rows of a query, made as they are read. */
export class Common implements CommonTable {
  readonly rows: RowStore;
  readonly #plan: Plan;
  readonly #scope: () => Scope;
  #operator: Operator | null = null;
  #done = false;

  constructor(plan: Plan, scope: () => Scope) {
    this.#plan = plan;
    this.#scope = scope;
    this.rows = new RowStore(plan.types, scope().run);
  }

  get done(): boolean {
    return this.#done;
  }

  pull(): void {
    this.#operator ??= this.#scope().build(this.#plan, this.#scope());
    const step = this.#operator.step(BATCH_ROWS);
    if (step === BATCH) this.rows.append(this.#operator.output);
    this.#done = step === DONE;
  }

  /** Forgets its rows, unless they would be the same again. */
  reset(): void {
    if (isIndependent(this.#plan)) return;
    this.rows.clear();
    this.#done = false;
    this.#operator?.reset();
  }
}

/** Rows of a data-modifying statement's RETURNING. It happens once, whatever starts over. */
class WrittenCommon implements CommonTable {
  readonly rows: RowStore;
  readonly #plan: WritePlan;
  readonly #scope: () => Scope;
  #run: WriteRun | null = null;
  #done = false;

  constructor(plan: WritePlan, scope: () => Scope) {
    this.#plan = plan;
    this.#scope = scope;
    this.rows = new RowStore(plan.types, scope().run);
  }

  get done(): boolean {
    return this.#done;
  }

  pull(): void {
    this.#run ??= startWrite(this.#plan, this.#scope());
    if (!this.#run.step()) return;
    for (const batch of this.#run.returning) this.rows.append(batch);
    this.#done = true;
  }

  reset(): void {}
}

const NO_TABLES: readonly never[] = [];

/** The tables of one WITH. */
class CommonSet {
  readonly scope: Scope;
  readonly #tables: readonly (Common | WrittenCommon)[];
  readonly #written: readonly WrittenCommon[];

  constructor(tables: WithPlan['tables'], outer: Scope) {
    if (tables.length === 0) {
      this.scope = outer;
      this.#tables = NO_TABLES;
      this.#written = NO_TABLES;
      return;
    }
    const commons = new Map(outer.commons);
    this.scope = { ...outer, commons };
    const scope = (): Scope => this.scope;
    this.#tables = tables.map(({ id, plan }) => {
      const table = isWrite(plan) ? new WrittenCommon(plan, scope) : new Common(plan, scope);
      commons.set(id, table);
      return table;
    });
    this.#written = this.#tables.filter((table) => table instanceof WrittenCommon);
  }

  /** Takes what must happen before the body one step further; true when it has happened. */
  prepare(): boolean {
    const next = this.#written.find((table) => !table.done);
    if (next === undefined) return true;
    next.pull();
    return false;
  }

  reset(): void {
    for (const table of this.#tables) table.reset();
  }
}

/** A data-modifying statement and the common tables before it. */
export class WriteWith implements WriteRun {
  readonly #tables: CommonSet;
  readonly #body: WritePlan;
  #run: WriteRun | null = null;

  constructor(tables: WithPlan['tables'], body: WritePlan, scope: Scope) {
    this.#tables = new CommonSet(tables, scope);
    this.#body = body;
  }

  get count(): number {
    return this.#run?.count ?? 0;
  }

  get returning(): readonly Batch[] {
    return this.#run?.returning ?? [];
  }

  step(): boolean {
    if (!this.#tables.prepare()) return false;
    this.#run ??= startWrite(this.#body, this.#tables.scope);
    return this.#run.step();
  }
}

function startWrite(plan: WritePlan, scope: Scope): WriteRun {
  const { run } = scope;
  if (run.write === null) throw unsupported('a data-modifying statement here', -1);
  return run.write(
    plan,
    (source) => new Driver(scope.build(source, scope), run, source.types),
    scope,
  );
}

export class With implements Operator {
  readonly #tables: CommonSet;
  readonly #body: Operator;

  constructor(plan: WithPlan, scope: Scope) {
    this.#tables = new CommonSet(plan.tables, scope);
    this.#body = scope.build(plan.body, this.#tables.scope);
  }

  get output(): Batch {
    return this.#body.output;
  }

  reset(): void {
    this.#tables.reset();
    this.#body.reset();
  }

  step(want: number): Step {
    return this.#tables.prepare() ? this.#body.step(want) : MORE;
  }
}

/** Reads kept rows from the first to the last. */
export class CommonScan implements Operator {
  readonly output: Batch;
  readonly #table: CommonTable;
  #ids: Int32Array = NO_ROWS;
  #next = 0;

  constructor(plan: CommonScanPlan, commons: Commons) {
    const table = commons.get(plan.id);
    assert(table !== undefined, 'a common table is scanned outside its WITH');
    this.#table = table;
    const columns: ColumnBatch[] = table.rows.shapes.map((shape) => makeColumn(shape, 0));
    this.output = makeBatch(columns, BATCH_ROWS);
  }

  reset(): void {
    this.#next = 0;
  }

  step(want: number): Step {
    const { rows } = this.#table;
    if (this.#next >= rows.rows) {
      if (this.#table.done) return DONE;
      this.#table.pull();
      if (this.#next >= rows.rows) return MORE;
    }
    const count = Math.min(want, BATCH_ROWS, rows.rows - this.#next);
    this.#ids = roomFor(this.#ids, count);
    for (let k = 0; k < count; k++) this.#ids[k] = this.#next + k;
    rows.read(this.output, this.#ids, count);
    this.#next += count;
    return BATCH;
  }
}
