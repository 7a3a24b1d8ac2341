/**
 * Loop join: for each left row the right plan.
 *
 * With arguments (LATERAL, look-ups by an index) the right plan is started again for each left row,
 * unless the row's arguments are those of the row before. Without, it is run once and kept; where
 * only rows with equal keys can be partners, those are found by hashing.
 */
import type { LoopJoinPlan } from '../plan/plan.ts';
import type { Value } from '../types/type.ts';
import { isIndependent } from './analysis.ts';
import { BATCH_ROWS } from './batch.ts';
import type { Batch, ColumnBatch } from './batch.ts';
import { valueAt } from './column.ts';
import { makeCompiler } from './expression/compile.ts';
import type { Compiled, Compiler } from './expression/compiled.ts';
import { JoinOutput } from './join-output.ts';
import { exactKey } from './key.ts';
import { BATCH, DONE, MORE } from './operator.ts';
import type { Frame, Operator, Scope, Step } from './operator.ts';
import { Partners } from './partners.ts';
import { RowStore } from './row-store.ts';

/** Right steps in one step of ours. */
const STEPS_MAX = 256;
/** Right rows of past left rows that are kept before room is made. */
const KEPT_ROWS = 4096;

export class LoopJoin implements Operator {
  readonly #plan: LoopJoinPlan;
  readonly #left: Operator;
  readonly #right: Operator;
  readonly #frame: Frame = { values: [] };
  readonly #compiler: Compiler;
  readonly #arguments: readonly Compiled[];
  readonly #pairs: JoinOutput;
  /** Right rows: all of them, or those of the left rows whose pairs are being collected. */
  readonly #rows: RowStore;
  readonly #once: boolean;
  readonly #partners: Partners | null;
  #loadedRight = false;
  #values: ColumnBatch[] = [];
  /** The right rows of the arguments last used; from -1: not all of them are kept. */
  #from = -1;
  #until = 0;
  #last: unknown[] = [];
  #rightDone = false;
  /** The right plan is under way for the left row `#at`. */
  #running = false;
  /** The left row `#at` has its right rows, or is getting them. */
  #started = false;
  #partnered = false;
  #loaded = false;
  #prepared = false;
  #at = 0;
  #candidate = 0;
  #flushing = false;
  #ended = false;
  #rest = 0;

  constructor(plan: LoopJoinPlan, left: Operator, scope: Scope) {
    this.#plan = plan;
    this.#left = left;
    this.#compiler = makeCompiler(scope);
    this.#arguments = plan.right.arguments.map(this.#compiler.compile);
    this.#once = plan.right.arguments.length === 0;
    const right = plan.right.plan;
    this.#right = scope.build(right, { ...scope, frame: this.#frame });
    this.#pairs = new JoinOutput(plan.type, plan.left.types, right.types, plan.condition, scope);
    this.#rows = new RowStore(right.types, scope.run);
    const { alternatives } = plan;
    this.#partners = alternatives === undefined ? null : new Partners(alternatives, scope);
  }

  get output(): Batch {
    return this.#pairs.output;
  }

  reset(): void {
    this.#left.reset();
    this.#pairs.reset();
    this.#partners?.reset();
    for (const query of this.#compiler.queries) query.reset();
    this.#loaded = false;
    this.#running = false;
    this.#started = false;
    this.#partnered = false;
    this.#flushing = false;
    this.#ended = false;
    this.#rest = 0;
    this.#from = -1;
    this.#until = 0;
    this.#candidate = 0;
    if (this.#once && isIndependent(this.#plan.right.plan)) return;
    this.#rows.clear();
    this.#partners?.clear();
    this.#loadedRight = false;
    this.#right.reset();
    this.#rightDone = false;
  }

  step(_want: number): Step {
    if (this.#once && !this.#rightDone) return this.#readRight();
    if (this.#ended) return this.#finish();
    if (!this.#loaded) {
      const { type } = this.#plan;
      const needsRight = type === 'inner' || type === 'semi' || type === 'right';
      if (this.#once && needsRight && this.#rows.rows === 0) return DONE;
      const step = this.#left.step(BATCH_ROWS);
      if (step === DONE) this.#ended = true;
      if (step !== BATCH) return MORE;
      this.#compiler.attempt++;
      this.#loaded = true;
      this.#prepared = false;
    }
    if (!this.#prepared) this.#prepare();
    if (this.#pairs.drain(this.#left.output, this.#rows)) return BATCH;
    if (!this.#flushing) {
      const ready = this.#once ? this.#pairOnce() : this.#pairEach();
      if (!ready) return MORE;
      this.#flushing = true;
    }
    return this.#flush();
  }

  #readRight(): Step {
    if (!this.#loadedRight) {
      const step = this.#right.step(BATCH_ROWS);
      if (step === DONE) this.#rightDone = true;
      if (step !== BATCH) return MORE;
      this.#loadedRight = true;
    }
    const { output } = this.#right;
    this.#partners?.add(output);
    this.#rows.append(output);
    this.#loadedRight = false;
    return MORE;
  }

  #prepare(): void {
    const left = this.#left.output;
    this.#values = this.#arguments.map((part) => part.evaluate(left, left.selection, left.count));
    this.#partners?.start(left);
    this.#pairs.startBatch();
    this.#at = 0;
    if (this.#once) this.#candidate = 0;
    this.#partners?.find(0);
    this.#prepared = true;
  }

  /** Whether more partners of the left row under way change anything. */
  #isSettled(): boolean {
    const { type, condition } = this.#plan;
    if (type !== 'semi' && type !== 'anti') return false;
    return condition === null ? this.#partnered : this.#pairs.isMatched(this.#at);
  }

  #pairOnce(): boolean {
    return this.#partners === null ? this.#pairAll() : this.#pairFound(this.#partners);
  }

  /** Pairs left rows with those right rows that may be partners. */
  #pairFound(partners: Partners): boolean {
    const left = this.#left.output;
    const pairs = this.#pairs;
    while (!pairs.isFull && this.#at < left.count) {
      if (this.#candidate >= partners.count || this.#isSettled()) {
        this.#at++;
        this.#candidate = 0;
        if (this.#at < left.count) partners.find(this.#at);
      } else {
        const row = left.selection[this.#at] as number;
        pairs.add(this.#at, row, partners.rows[this.#candidate++] as number);
      }
    }
    return true;
  }

  /** Pairs left rows with all right rows; true when there is something to flush. */
  #pairAll(): boolean {
    const left = this.#left.output;
    const pairs = this.#pairs;
    const { rows } = this.#rows;
    while (!pairs.isFull && this.#at < left.count) {
      if (this.#candidate >= rows || this.#isSettled()) {
        this.#at++;
        this.#candidate = 0;
        this.#partnered = false;
      } else {
        pairs.add(this.#at, left.selection[this.#at] as number, this.#candidate++);
        this.#partnered = true;
      }
    }
    return true;
  }

  /** Pairs left rows with what their arguments yield; false when the step has done enough. */
  #pairEach(): boolean {
    const left = this.#left.output;
    let steps = 0;
    while (this.#at < left.count) {
      if (this.#pairs.isFull) return true;
      if (this.#candidate < this.#until) {
        this.#pairNext(left.selection[this.#at] as number);
      } else if (this.#running) {
        if (++steps > STEPS_MAX) return false;
        this.#stepRight();
      } else if (this.#started) {
        this.#at++;
        this.#started = false;
      } else {
        this.#start(left.selection[this.#at] as number);
      }
    }
    return true;
  }

  #pairNext(row: number): void {
    if (this.#isSettled()) {
      this.#candidate = this.#until;
      return;
    }
    this.#pairs.add(this.#at, row, this.#candidate++);
    this.#partnered = true;
  }

  #stepRight(): void {
    if (this.#isSettled()) {
      // What it has read is not all: the next row must not take it for that.
      this.#running = false;
      this.#from = -1;
      return;
    }
    const { type, condition } = this.#plan;
    const oneIsEnough = (type === 'semi' || type === 'anti') && condition === null;
    const step = this.#right.step(oneIsEnough ? 1 : BATCH_ROWS);
    if (step === DONE) this.#running = false;
    if (step !== BATCH) return;
    this.#rows.append(this.#right.output);
    this.#until = this.#rows.rows;
  }

  #start(row: number): void {
    const values = this.#argumentsOf(row);
    const keys = values.map(exactKey);
    this.#started = true;
    this.#partnered = false;
    if (this.#from >= 0 && keys.every((key, i) => key === this.#last[i])) {
      this.#candidate = this.#from;
      return;
    }
    this.#frame.values = values;
    this.#right.reset();
    this.#last = keys;
    this.#from = this.#rows.rows;
    this.#until = this.#from;
    this.#candidate = this.#from;
    this.#running = true;
  }

  #argumentsOf(row: number): Value[] {
    return this.#arguments.map(({ shape }, i) =>
      valueAt(this.#values[i] as ColumnBatch, shape, row),
    );
  }

  #flush(): Step {
    const left = this.#left.output;
    const pairs = this.#pairs;
    if (pairs.count > 0) {
      const found = pairs.flush(left, this.#rows, this.#at);
      this.#flushing = false;
      if (!this.#once && !pairs.hasMore) this.#forgetPaired();
      if (found) return BATCH;
    }
    this.#flushing = false;
    if (this.#at < left.count) return MORE;
    this.#loaded = false;
    return pairs.endBatch(left, this.#rows) ? BATCH : MORE;
  }

  /** Right rows whose pairs have been handed over, when there are many of them. */
  #forgetPaired(): void {
    if (this.#candidate < this.#until) return;
    const useful = this.#running || this.#from < 0 ? 0 : this.#until - this.#from;
    if (this.#rows.rows - useful < KEPT_ROWS) return;
    this.#rows.truncate();
    this.#from = -1;
    this.#until = 0;
    this.#candidate = 0;
  }

  #finish(): Step {
    const { type } = this.#plan;
    if ((type !== 'right' && type !== 'full') || this.#rest >= this.#rows.rows) return DONE;
    this.#rest = this.#pairs.endRight(this.#rows, this.#rest);
    return this.output.count > 0 ? BATCH : MORE;
  }
}
