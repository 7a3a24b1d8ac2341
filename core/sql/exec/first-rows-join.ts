/**
 * A join of which only the first rows may be wanted: what goes with the first left rows is looked
 * up; when more come than that is worth, the right side is hashed for the others.
 */
import type { FirstRowsJoinPlan } from '../plan/plan.ts';
import { areIndependent, isIndependent } from './analysis.ts';
import type { Batch } from './batch.ts';
import { HashJoin } from './hash-join.ts';
import { LoopJoin } from './loop-join.ts';
import { BATCH, DONE, MORE } from './operator.ts';
import type { Operator, Scope, Step } from './operator.ts';

export class FirstRowsJoin implements Operator {
  readonly #first: FirstRows;
  readonly #lookUp: LoopJoin;
  readonly #hash: HashJoin;
  /** What is hashed once stays so, and goes for when the join starts over, too. */
  readonly #stays: boolean;
  #active: Operator;

  constructor(plan: FirstRowsJoinPlan, left: Operator, right: Operator, scope: Scope) {
    this.#first = new FirstRows(left, plan.rows);
    this.#lookUp = new LoopJoin(plan.lookUp, this.#first, scope);
    this.#hash = new HashJoin(plan.hash, left, right, scope);
    this.#stays = isIndependent(plan.hash.right) && areIndependent(plan.hash.rightKeys);
    this.#active = this.#lookUp;
  }

  get output(): Batch {
    return this.#active.output;
  }

  reset(): void {
    this.#lookUp.reset();
    this.#hash.reset();
    if (!this.#stays) this.#first.startOver();
    this.#active = this.#first.isSpent ? this.#hash : this.#lookUp;
  }

  step(want: number): Step {
    const step = this.#active.step(want);
    if (step !== DONE || this.#active === this.#hash || this.#first.isAll) return step;
    this.#active = this.#hash;
    return MORE;
  }
}

/** The first rows of the input, as if they were all; the input goes on from there for others. */
class FirstRows implements Operator {
  readonly #input: Operator;
  readonly #count: number;
  #left: number;
  /** The input has ended. */
  isAll = false;

  constructor(input: Operator, count: number) {
    this.#input = input;
    this.#count = count;
    this.#left = count;
  }

  get output(): Batch {
    return this.#input.output;
  }

  /** None are left to give. */
  get isSpent(): boolean {
    return this.#left <= 0;
  }

  startOver(): void {
    this.#left = this.#count;
  }

  reset(): void {
    this.#input.reset();
    this.isAll = false;
  }

  step(want: number): Step {
    if (this.isSpent) return DONE;
    const step = this.#input.step(Math.min(want, this.#left));
    if (step === BATCH) this.#left -= this.#input.output.count;
    else if (step === DONE) this.isAll = true;
    return step;
  }
}
