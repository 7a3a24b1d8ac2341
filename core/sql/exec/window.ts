/** Window functions: refused until they are here. */
import type { WindowPlan } from '../plan/plan.ts';
import { unsupported } from '../error.ts';
import type { Operator, Scope } from './operator.ts';
export class Window implements Operator {
  readonly output: never = undefined as never;
  constructor(_plan: WindowPlan, _input: Operator, _scope: Scope) {
    throw unsupported('window', -1);
  }
  step(): never {
    throw unsupported('x', -1);
  }
  reset(): void {}
}
