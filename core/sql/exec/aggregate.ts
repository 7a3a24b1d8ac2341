/**
 * Aggregation, by hashing the keys. Groups come in the order of their first rows, one grouping set
 * after another. A set without keys is one group, also of no rows.
 */
import { NO_ROWS, roomFor } from './expression/selection.ts';
import type { AggregatePlan } from '../plan/plan.ts';
import type { SqlType } from '../types/type.ts';
import { Feed, Inputs } from './aggregate/feed.ts';
import { BATCH_ROWS } from './batch.ts';
import type { Batch, ColumnBatch } from './batch.ts';
import { ALL_ROWS, makeBatch, makeColumns, restart, shapeOf } from './column.ts';
import type { Shape } from './column.ts';
import { makeCompiler } from './expression/compile.ts';
import type { Compiled, Compiler } from './expression/compiled.ts';
import { GroupTable } from './group-table.ts';
import { BATCH, DONE, MORE } from './operator.ts';
import type { Operator, Run, Scope, Step } from './operator.ts';
import { RowStore } from './row-store.ts';

/** One grouping set: its groups, their keys, and the state of each aggregate. */
class GroupingSet {
  readonly feeds: readonly Feed[];
  /** Which of the plan's keys count. */
  readonly members: readonly number[];
  readonly mask: number;
  readonly keys: RowStore;
  readonly #table: GroupTable;
  #found: Int32Array = NO_ROWS;
  #byRow: Int32Array = NO_ROWS;
  #new: Int32Array = NO_ROWS;

  constructor(plan: AggregatePlan, members: readonly number[], run: Run) {
    this.members = members;
    const types = members.map((key) => plan.keys[key]?.type as SqlType);
    this.#table = new GroupTable(types, run);
    this.keys = new RowStore(types, run);
    this.feeds = plan.aggregates.map((aggregate) => new Feed(aggregate, members.length > 0, run));
    let mask = 0;
    for (let i = 0; i < plan.keys.length; i++) if (!members.includes(i)) mask |= 1 << i;
    this.mask = mask;
  }

  get size(): number {
    return this.#table.size;
  }

  clear(): void {
    this.#table.clear();
    this.keys.clear();
    for (const feed of this.feeds) feed.clear();
  }

  add(batch: Batch, keys: readonly ColumnBatch[], inputs: readonly Inputs[]): void {
    const { selection, count } = batch;
    const own = this.members.map((key) => keys[key] as ColumnBatch);
    const before = this.#table.size;
    this.#found = roomFor(this.#found, count);
    this.#table.find(own, selection, count, true, this.#found);
    if (this.#table.size > before) this.#keepKeys(own, batch, before);
    let groups = this.#found;
    if (selection !== ALL_ROWS) {
      this.#byRow = roomFor(this.#byRow, batch.capacity);
      groups = this.#byRow;
      for (let k = 0; k < count; k++) groups[selection[k] as number] = this.#found[k] as number;
    }
    for (const [i, feed] of this.feeds.entries()) {
      feed.state.reserve(this.#table.size);
      feed.add(groups, inputs[i] as Inputs, batch.capacity);
    }
  }

  #keepKeys(own: readonly ColumnBatch[], { selection, count }: Batch, before: number): void {
    let next = before;
    this.#new = roomFor(this.#new, count);
    let found = 0;
    for (let k = 0; k < count; k++) {
      if (this.#found[k] !== next) continue;
      next++;
      this.#new[found++] = selection[k] as number;
    }
    this.keys.appendColumns(own, this.#new, found);
  }

  /** True when nothing is left to do. */
  finish(): boolean {
    if (this.members.length === 0 && this.#table.size === 0) {
      this.#found = roomFor(this.#found, 1);
      this.#table.find([], ALL_ROWS, 1, true, this.#found);
      for (const feed of this.feeds) feed.state.reserve(1);
    }
    for (const feed of this.feeds) if (!feed.finish()) return false;
    return true;
  }
}

export class Aggregate implements Operator {
  readonly output: Batch;
  readonly #plan: AggregatePlan;
  readonly #input: Operator;
  readonly #compiler: Compiler;
  readonly #keys: readonly Compiled[];
  readonly #inputs: readonly Inputs[];
  readonly #sets: readonly GroupingSet[];
  readonly #shapes: readonly Shape[];
  #ids: Int32Array = NO_ROWS;
  #loaded = false;
  #read = false;
  #finished = 0;
  #set = 0;
  #next = 0;

  constructor(plan: AggregatePlan, input: Operator, scope: Scope) {
    this.#plan = plan;
    this.#input = input;
    this.#compiler = makeCompiler(scope);
    this.#keys = plan.keys.map(this.#compiler.compile);
    this.#inputs = plan.aggregates.map((aggregate) => new Inputs(aggregate, this.#compiler));
    const sets = plan.sets ?? [plan.keys.map((_, i) => i)];
    this.#sets = sets.map((members) => new GroupingSet(plan, members, scope.run));
    this.#shapes = plan.types.map((type) => shapeOf(type.id));
    this.output = makeBatch(makeColumns(plan.types, 0), BATCH_ROWS);
  }

  reset(): void {
    this.#input.reset();
    for (const set of this.#sets) set.clear();
    for (const query of this.#compiler.queries) query.reset();
    this.#loaded = false;
    this.#read = false;
    this.#finished = 0;
    this.#set = 0;
    this.#next = 0;
  }

  step(_want: number): Step {
    if (!this.#read) return this.#readInput();
    const unfinished = this.#sets[this.#finished];
    if (unfinished !== undefined) {
      if (unfinished.finish()) this.#finished++;
      return MORE;
    }
    return this.#emit();
  }

  #readInput(): Step {
    if (!this.#loaded) {
      const step = this.#input.step(BATCH_ROWS);
      if (step === DONE) this.#read = true;
      if (step !== BATCH) return MORE;
      this.#loaded = true;
      this.#compiler.attempt++;
    }
    const batch = this.#input.output;
    const keys = this.#keys.map((key) => key.evaluate(batch, batch.selection, batch.count));
    for (const inputs of this.#inputs) inputs.evaluate(batch);
    for (const set of this.#sets) set.add(batch, keys, this.#inputs);
    this.#loaded = false;
    return MORE;
  }

  #emit(): Step {
    const set = this.#sets[this.#set];
    if (set === undefined) return DONE;
    const count = Math.min(BATCH_ROWS, set.size - this.#next);
    if (count <= 0) {
      this.#set++;
      this.#next = 0;
      return MORE;
    }
    this.#write(set, this.#next, count);
    this.#next += count;
    return BATCH;
  }

  #write(set: GroupingSet, from: number, count: number): void {
    const { output } = this;
    this.#ids = roomFor(this.#ids, count);
    for (let k = 0; k < count; k++) this.#ids[k] = from + k;
    for (const [i, shape] of this.#shapes.entries()) {
      restart(output.columns[i] as ColumnBatch, shape, count);
    }
    const width = this.#plan.keys.length;
    const keys = set.members.map((key) => output.columns[key] as ColumnBatch);
    set.keys.gather(keys, 0, this.#ids, count);
    for (let key = 0; key < width; key++) {
      if (set.members.includes(key)) continue;
      const column = output.columns[key] as ColumnBatch;
      column.hasNulls = true;
      column.nulls.fill(1);
    }
    for (const [i, feed] of set.feeds.entries()) {
      const place = width + i;
      const column = output.columns[place] as ColumnBatch;
      feed.state.emit(from, count, column, this.#shapes[place] as Shape);
    }
    if (this.#plan.grouping) output.columns.at(-1)?.numbers.fill(set.mask, 0, count);
    output.rows = count;
    output.capacity = count;
    output.selection = ALL_ROWS;
    output.count = count;
  }
}
