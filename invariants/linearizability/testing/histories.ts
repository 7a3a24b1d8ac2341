/**
 * Random histories for property tests: calls with an instant each at which they really take effect,
 * outcomes from running them in that order, and then, in some, one outcome made wrong.
 */
import fc from 'fast-check';
import { UNKNOWN } from '../model.ts';
import type { Call } from '../model.ts';

/** When a call happens, and whether anyone hears of it. */
export interface Timing {
  readonly invoked: number;
  readonly effect: number;
  readonly returned: number;
  readonly fate: 'answered' | 'lost' | 'never-happened';
}

export interface Planned<Draft> extends Timing {
  readonly draft: Draft;
}

/** Calls in a narrow span of time, so that many of them overlap. */
export function planned<Draft>(
  draft: fc.Arbitrary<Draft>,
  maxCalls: number,
): fc.Arbitrary<readonly Planned<Draft>[]> {
  const moment = fc.nat(30);
  const fate = fc.constantFrom(
    'answered' as const,
    'answered' as const,
    'answered' as const,
    'lost' as const,
    'never-happened' as const,
  );
  const timing = fc.tuple(moment, moment, moment, fate, draft).map(([a, b, c, f, d]) => {
    const [invoked = 0, effect = 0, returned = 0] = [a, b, c].sort((x, y) => x - y);
    return { invoked, effect, returned, fate: f, draft: d };
  });
  return fc.array(timing, { minLength: 1, maxLength: maxCalls });
}

/**
 * Runs the plan: `perform` gets the drafts in the order of their effects and returns the operation
 * with its outcome. Calls that never happened are not performed, and have no known outcome.
 */
export function execute<Draft, Op>(
  plan: readonly Planned<Draft>[],
  perform: (draft: Draft, happened: boolean) => Op,
): readonly Call<Op>[] {
  const order = plan.map((_, i) => i).sort((a, b) => plan[a]!.effect - plan[b]!.effect || a - b);
  const ops: Op[] = [];
  for (const i of order) ops[i] = perform(plan[i]!.draft, plan[i]!.fate !== 'never-happened');
  return plan.map(({ invoked, returned, fate }, i) => ({
    op: ops[i]!,
    invoked,
    returned: fate === 'answered' ? returned : UNKNOWN,
  }));
}
