/**
 * A condition that is the same for every row of the input: asked for once, before the input is
 * asked for anything. Where it does not hold, the input does no work at all.
 */
import type { GatePlan } from '../plan/plan.ts';
import type { Batch } from './batch.ts';
import { Once } from './once.ts';
import { DONE, MORE } from './operator.ts';
import type { Operator, Scope, Step } from './operator.ts';

export class Gate implements Operator {
  readonly #input: Operator;
  readonly #condition: Once;
  /** Null: not asked for yet. */
  #open: boolean | null = null;

  constructor(plan: GatePlan, input: Operator, scope: Scope) {
    this.#input = input;
    this.#condition = new Once([plan.condition], scope);
  }

  get output(): Batch {
    return this.#input.output;
  }

  reset(): void {
    this.#input.reset();
    this.#condition.reset();
    this.#open = null;
  }

  step(want: number): Step {
    if (this.#open === null) {
      this.#open = this.#condition.values()[0] === true;
      return MORE;
    }
    return this.#open ? this.#input.step(want) : DONE;
  }
}
