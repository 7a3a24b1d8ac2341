/** No seed is skipped and none runs twice, however often a sweep is broken off. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SeedPlan } from './seed-plan.ts';
import type { SeedRange } from './seed-plan.ts';

function seedsOf(ranges: readonly SeedRange[]): number[] {
  return ranges.flatMap(({ from, count }) => Array.from({ length: count }, (_, i) => from + i));
}

describe('a plan of seeds', () => {
  test('hands out all of them in order, the last range shorter', () => {
    const plan = new SeedPlan(10, 17, 3);
    expect([plan.take(), plan.take(), plan.take(), plan.take()]).toEqual([
      { from: 10, count: 3 },
      { from: 13, count: 3 },
      { from: 16, count: 1 },
      null,
    ]);
    expect(plan.next).toBe(17);
    plan.done(13);
    expect(plan.outstanding().map(({ from }) => from)).toEqual([10, 16]);
  });

  test('taken up again and again, runs every seed exactly once', () => {
    const moves = fc.array(fc.constantFrom('take', 'finish first', 'finish last', 'break off'), {
      maxLength: 200,
    });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 1, max: 9 }),
        moves,
        (n, r, m) => {
          let plan = new SeedPlan(0, n, r);
          let out: SeedRange[] = [];
          const finished: SeedRange[] = [];
          const finish = (range: SeedRange | undefined): void => {
            if (range === undefined) return;
            out = out.filter((other) => other !== range);
            plan.done(range.from);
            finished.push(range);
          };
          const take = (): boolean => {
            const range = plan.take();
            if (range !== null) out.push(range);
            return range !== null;
          };
          for (const move of m) {
            if (move === 'take') take();
            else if (move === 'finish first') finish(out[0]);
            else if (move === 'finish last') finish(out.at(-1));
            else {
              plan = new SeedPlan(plan.next, n, r, plan.outstanding());
              out = [];
            }
          }
          while (take()) finish(out[0]);
          while (out.length > 0) finish(out[0]);
          expect(seedsOf(finished).sort((a, b) => a - b)).toEqual(
            Array.from({ length: n }, (_, i) => i),
          );
          expect(plan.outstanding()).toEqual([]);
        },
      ),
    );
  });
});
