/**
 * Hash join: the right side is kept and numbered by key, the left side looks its keys up.
 *
 * Rows come in the order of the left side, and for each of its rows in that of the right side. A
 * key with a null in it equals nothing. Where each key stands once on the right and nothing else is
 * asked of the pair, the left columns are handed on as they are (`#lookUpUnique`).
 */
import { NO_ROWS, roomFor } from './expression/selection.ts';
import type { HashJoinPlan } from '../plan/plan.ts';
import type { SqlType } from '../types/type.ts';
import { areIndependent, isIndependent } from './analysis.ts';
import { BATCH_ROWS } from './batch.ts';
import type { Batch, ColumnBatch } from './batch.ts';
import { makeBatch, makeColumns, restart, scatter } from './column.ts';
import type { Shape } from './column.ts';
import { GroupTable, NO_GROUP } from './group-table.ts';
import { JoinKeys, NO_ROW, grown } from './join-keys.ts';
import { JoinOutput } from './join-output.ts';
import { BATCH, DONE, MORE, account } from './operator.ts';
import type { Operator, Run, Scope, Step } from './operator.ts';
import { RowStore } from './row-store.ts';

export class HashJoin implements Operator {
  readonly #plan: HashJoinPlan;
  readonly #run: Run;
  readonly #left: Operator;
  readonly #right: Operator;
  readonly #leftKeys: JoinKeys;
  readonly #rightKeys: JoinKeys;
  readonly #leftTypes: readonly SqlType[];
  readonly #pairs: JoinOutput;
  readonly #unique: Batch;
  readonly #rows: RowStore;
  readonly #table: GroupTable;
  #groups: Int32Array = NO_ROWS;
  /** Right rows of one key: the first by group, then each one's next. */
  #first: Int32Array = new Int32Array(0);
  #last: Int32Array = new Int32Array(0);
  #following: Int32Array = new Int32Array(0);
  #isUnique = true;
  /** The right side and its keys are the same when the join starts over. */
  readonly #staysBuilt: boolean;
  #built = false;
  #loadedRight = false;
  /** The left batch under way. */
  #loaded = false;
  #probed = false;
  /** Which of the batch's keys is looked up, and the right row to pair with next. */
  #at = 0;
  #candidate = NO_ROW;
  #ended = false;
  #flushing = false;
  #rest = 0;
  #output: Batch;

  constructor(plan: HashJoinPlan, left: Operator, right: Operator, scope: Scope) {
    this.#plan = plan;
    this.#staysBuilt = isIndependent(plan.right) && areIndependent(plan.rightKeys);
    this.#run = scope.run;
    this.#left = left;
    this.#right = right;
    this.#leftKeys = new JoinKeys(plan.leftKeys, scope);
    this.#rightKeys = new JoinKeys(plan.rightKeys, scope);
    this.#leftTypes = plan.leftKeys.map((key) => key.type);
    const { condition, type } = plan;
    this.#pairs = new JoinOutput(type, plan.left.types, plan.right.types, condition, scope);
    this.#rows = new RowStore(plan.right.types, scope.run);
    const rightTypes = plan.rightKeys.map((key) => key.type);
    this.#table = new GroupTable(rightTypes, scope.run);
    this.#unique = makeBatch(makeColumns(plan.right.types, 0), 0);
    this.#output = this.#pairs.output;
  }

  get output(): Batch {
    return this.#output;
  }

  reset(): void {
    this.#left.reset();
    this.#leftKeys.reset();
    this.#pairs.reset();
    this.#loaded = false;
    this.#flushing = false;
    this.#ended = false;
    this.#rest = 0;
    if (this.#staysBuilt) return;
    this.#right.reset();
    this.#rightKeys.reset();
    this.#rows.clear();
    this.#table.clear();
    this.#first.fill(NO_ROW);
    this.#following.fill(NO_ROW);
    this.#isUnique = true;
    this.#built = false;
    this.#loadedRight = false;
  }

  step(_want: number): Step {
    if (!this.#built) return this.#build();
    if (this.#ended) return this.#finish();
    if (!this.#loaded && !this.#flushing) {
      const { type } = this.#plan;
      const needsRight = type === 'inner' || type === 'semi' || type === 'right';
      if (needsRight && this.#rows.rows === 0) return DONE;
      const step = this.#left.step(BATCH_ROWS);
      if (step === DONE) this.#ended = true;
      if (step !== BATCH) return MORE;
      this.#loaded = true;
      this.#probed = false;
    }
    if (!this.#probed) this.#probe();
    this.#output = this.#pairs.output;
    const { type, condition } = this.#plan;
    if (condition === null && (this.#isUnique || type === 'semi' || type === 'anti')) {
      if (type !== 'right' && type !== 'full') return this.#lookUpUnique();
    }
    return this.#pair();
  }

  #build(): Step {
    if (!this.#loadedRight) {
      const step = this.#right.step(BATCH_ROWS);
      if (step === DONE) this.#built = true;
      if (step !== BATCH) return MORE;
      this.#loadedRight = true;
    }
    const batch = this.#right.output;
    const keys = this.#rightKeys;
    keys.evaluate(batch);
    const base = this.#rows.rows;
    this.#groups = roomFor(this.#groups, keys.count);
    this.#table.find(keys.columns, keys.rows, keys.count, true, this.#groups);
    this.#rows.append(batch);
    this.#reserve();
    for (let k = 0; k < keys.count; k++) {
      const group = this.#groups[k] as number;
      const row = base + (keys.places[k] as number);
      if (this.#first[group] === NO_ROW) {
        this.#first[group] = row;
      } else {
        this.#isUnique = false;
        this.#following[this.#last[group] as number] = row;
      }
      this.#last[group] = row;
    }
    this.#loadedRight = false;
    return MORE;
  }

  #reserve(): void {
    const groups = grown(this.#first, this.#table.size);
    if (groups !== this.#first) {
      account(this.#run, (groups.length - this.#first.length) * 8);
      this.#first = groups;
      this.#last = grown(this.#last, this.#table.size);
    }
    const following = grown(this.#following, this.#rows.rows);
    account(this.#run, (following.length - this.#following.length) * 4);
    this.#following = following;
  }

  #probe(): void {
    const batch = this.#left.output;
    const keys = this.#leftKeys;
    keys.evaluate(batch);
    this.#groups = roomFor(this.#groups, keys.count);
    this.#table.find(keys.columns, keys.rows, keys.count, false, this.#groups, this.#leftTypes);
    this.#pairs.startBatch();
    this.#at = 0;
    this.#candidate = this.#firstOf(0);
    this.#probed = true;
  }

  #firstOf(at: number): number {
    if (at >= this.#leftKeys.count) return NO_ROW;
    const group = this.#groups[at] as number;
    return group === NO_GROUP ? NO_ROW : (this.#first[group] as number);
  }

  /** Pairs rows until a batch is full or the left batch ends. */
  #pair(): Step {
    const left = this.#left.output;
    const keys = this.#leftKeys;
    const pairs = this.#pairs;
    if (pairs.drain(left, this.#rows)) return BATCH;
    if (!this.#flushing) {
      while (!pairs.isFull && this.#at < keys.count) {
        const at = this.#at;
        if (this.#candidate === NO_ROW) {
          this.#candidate = this.#firstOf(++this.#at);
        } else {
          pairs.add(keys.places[at] as number, keys.rows[at] as number, this.#candidate);
          this.#candidate = this.#following[this.#candidate] as number;
        }
      }
      this.#flushing = true;
    }
    if (pairs.count > 0) {
      const found = pairs.flush(left, this.#rows, this.#complete(left));
      this.#flushing = false;
      if (found) return BATCH;
      if (this.#at < keys.count) return MORE;
    }
    this.#flushing = false;
    if (this.#at < keys.count) return MORE;
    this.#loaded = false;
    return pairs.endBatch(left, this.#rows) ? BATCH : MORE;
  }

  /** Left rows before this place have had all their candidates. */
  #complete(left: Batch): number {
    const { places, count } = this.#leftKeys;
    return this.#at < count ? (places[this.#at] as number) : left.count;
  }

  /** Each left row has at most one partner, or it does not matter which. */
  #lookUpUnique(): Step {
    const left = this.#left.output;
    const keys = this.#leftKeys;
    const { type } = this.#plan;
    this.#loaded = false;
    if (type === 'inner') {
      let count = 0;
      for (let k = 0; k < keys.count; k++) {
        const group = this.#groups[k] as number;
        if (group === NO_GROUP) continue;
        keys.rows[count] = keys.rows[k] as number;
        this.#groups[count++] = this.#first[group] as number;
      }
      if (count === 0) return MORE;
      return this.#handOver(left, keys.rows, this.#groups, count);
    }
    if (type === 'left') return this.#lookUpLeft(left, keys);
    const pairs = this.#pairs;
    for (let k = 0; k < keys.count; k++) {
      if (this.#groups[k] !== NO_GROUP) pairs.match(keys.places[k] as number);
    }
    return pairs.endBatch(left, this.#rows) ? BATCH : MORE;
  }

  #lookUpLeft(left: Batch, keys: JoinKeys): Step {
    const partners = new Int32Array(left.count).fill(NO_ROW);
    for (let k = 0; k < keys.count; k++) {
      const group = this.#groups[k] as number;
      if (group !== NO_GROUP) partners[keys.places[k] as number] = this.#first[group] as number;
    }
    return this.#handOver(left, left.selection, partners, left.count);
  }

  /** The left columns as they are, and beside them the right rows `ids`. */
  #handOver(left: Batch, selection: Int32Array, ids: Int32Array, count: number): Step {
    const unique = this.#unique;
    const right = unique.columns.slice(-this.#rows.columns.length);
    const columns = this.#rows.columns.length === 0 ? [] : right;
    for (let i = 0; i < columns.length; i++) {
      const shape = this.#rows.shapes[i] as Shape;
      restart(columns[i] as ColumnBatch, shape, left.capacity);
      scatter(
        columns[i] as ColumnBatch,
        shape,
        this.#rows.columns[i] as ColumnBatch,
        ids,
        selection,
        count,
      );
    }
    unique.rows = left.rows;
    unique.capacity = left.capacity;
    unique.columns = [...left.columns, ...columns];
    unique.selection = selection;
    unique.count = count;
    this.#output = unique;
    return BATCH;
  }

  /** Right rows without partner. */
  #finish(): Step {
    const { type } = this.#plan;
    if ((type !== 'right' && type !== 'full') || this.#rest >= this.#rows.rows) return DONE;
    this.#rest = this.#pairs.endRight(this.#rows, this.#rest);
    this.#output = this.#pairs.output;
    return this.#output.count > 0 ? BATCH : MORE;
  }
}
