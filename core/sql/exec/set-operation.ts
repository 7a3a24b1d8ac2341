/**
 * UNION, INTERSECT and EXCEPT. UNION ALL hands its inputs' batches on; UNION leaves out rows seen.
 *
 * The others read the right side, counting how often each row stands there, and then let the left
 * side's rows through: of n on the left and m on the right, INTERSECT ALL keeps min(n, m) and
 * EXCEPT ALL max(0, n - m); without ALL, one or none. Where the left side has no rows, the right
 * one is not read.
 */
import { NO_ROWS, roomFor } from './expression/selection.ts';
import type { SetPlan } from '../plan/plan.ts';
import { BATCH_ROWS } from './batch.ts';
import type { Batch } from './batch.ts';
import { makeBatch } from './column.ts';
import { DistinctRows } from './distinct.ts';
import { GroupTable, NO_GROUP } from './group-table.ts';
import { BATCH, DONE, MORE, account } from './operator.ts';
import type { Operator, Run, Scope, Step } from './operator.ts';
import { roomForRows } from './room.ts';

function handOver(to: Batch, from: Batch): void {
  to.rows = from.rows;
  to.capacity = from.capacity;
  to.columns = from.columns;
  to.selection = from.selection;
  to.count = from.count;
}

export class Union implements Operator {
  readonly output: Batch = makeBatch([], 0);
  readonly #left: Operator;
  readonly #right: Operator;
  /** Null: ALL. */
  readonly #distinct: DistinctRows | null;
  #onRight = false;

  constructor(plan: SetPlan, left: Operator, right: Operator, scope: Scope) {
    this.#left = left;
    this.#right = right;
    this.#distinct = plan.all ? null : new DistinctRows(plan.types, scope.run);
  }

  reset(): void {
    this.#left.reset();
    this.#right.reset();
    this.#distinct?.clear();
    this.#onRight = false;
  }

  step(want: number): Step {
    const from = this.#onRight ? this.#right : this.#left;
    const step = from.step(this.#distinct === null ? want : BATCH_ROWS);
    if (step === MORE) return MORE;
    if (step === DONE) {
      if (this.#onRight) return DONE;
      this.#onRight = true;
      return MORE;
    }
    handOver(this.output, from.output);
    this.#distinct?.narrow(this.output, this.output.columns);
    return this.output.count > 0 ? BATCH : MORE;
  }
}

export class Intersection implements Operator {
  readonly output: Batch = makeBatch([], 0);
  readonly #plan: SetPlan;
  readonly #run: Run;
  readonly #left: Operator;
  readonly #right: Operator;
  readonly #table: GroupTable;
  #groups: Int32Array = NO_ROWS;
  #kept: Int32Array = NO_ROWS;
  /** By group: how often it stands on the right, less what the left has used up. */
  #counts: Int32Array = roomForRows(16);
  /** The left side has rows. */
  #begun = false;
  /** The first batch of them waits while the right side is counted. */
  #waits = false;
  #onLeft = false;

  constructor(plan: SetPlan, left: Operator, right: Operator, scope: Scope) {
    this.#plan = plan;
    this.#run = scope.run;
    this.#left = left;
    this.#right = right;
    this.#table = new GroupTable(plan.types, scope.run);
  }

  reset(): void {
    this.#left.reset();
    this.#right.reset();
    this.#table.clear();
    this.#counts.fill(0);
    this.#begun = false;
    this.#waits = false;
    this.#onLeft = false;
  }

  step(_want: number): Step {
    if (this.#begun && !this.#onLeft) return this.#count();
    const step = this.#waits ? BATCH : this.#left.step(BATCH_ROWS);
    if (step !== BATCH) return step;
    if (!this.#begun) {
      this.#begun = true;
      this.#waits = true;
      return MORE;
    }
    this.#waits = false;
    const { output } = this;
    handOver(output, this.#left.output);
    // EXCEPT without ALL remembers what it has let through.
    const insert = this.#plan.operator === 'except' && !this.#plan.all;
    this.#groups = roomFor(this.#groups, output.count);
    this.#kept = roomFor(this.#kept, output.count);
    this.#table.find(output.columns, output.selection, output.count, insert, this.#groups);
    this.#reserve();
    let kept = 0;
    for (let k = 0; k < output.count; k++) {
      if (this.#passes(this.#groups[k] as number)) {
        this.#kept[kept++] = output.selection[k] as number;
      }
    }
    output.selection = this.#kept;
    output.count = kept;
    return kept > 0 ? BATCH : MORE;
  }

  #passes(group: number): boolean {
    const isExcept = this.#plan.operator === 'except';
    if (group === NO_GROUP) return isExcept;
    const left = this.#counts[group] as number;
    if (isExcept) {
      if (left === 0) {
        if (!this.#plan.all) this.#counts[group] = 1;
        return true;
      }
      if (this.#plan.all) this.#counts[group] = left - 1;
      return false;
    }
    if (left === 0) return false;
    this.#counts[group] = this.#plan.all ? left - 1 : 0;
    return true;
  }

  #count(): Step {
    const step = this.#right.step(BATCH_ROWS);
    if (step === DONE) this.#onLeft = true;
    if (step !== BATCH) return MORE;
    const { columns, selection, count } = this.#right.output;
    this.#groups = roomFor(this.#groups, count);
    this.#table.find(columns, selection, count, true, this.#groups);
    this.#reserve();
    for (let k = 0; k < count; k++) {
      const group = this.#groups[k] as number;
      this.#counts[group] = (this.#counts[group] as number) + 1;
    }
    return MORE;
  }

  #reserve(): void {
    if (this.#table.size <= this.#counts.length) return;
    const counts = new Int32Array(Math.max(this.#table.size, this.#counts.length * 2));
    account(this.#run, (counts.length - this.#counts.length) * 4);
    counts.set(this.#counts);
    this.#counts = counts;
  }
}
