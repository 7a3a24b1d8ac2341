/** Aggregation: refused until it is here. */
import type { AggregatePlan } from '../plan/plan.ts';
import { unsupported } from '../error.ts';
import type { Operator, Scope } from './operator.ts';
export class Aggregate implements Operator {
  readonly output: never = undefined as never;
  constructor(_plan: AggregatePlan, _input: Operator, _scope: Scope) {
    throw unsupported('aggregate', -1);
  }
  step(): never {
    throw unsupported('x', -1);
  }
  reset(): void {}
}
