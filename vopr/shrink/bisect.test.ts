/** Bisecting worlds that fail for certain from some choice on, and by luck before. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bisect, turningPoint } from './bisect.ts';
import type { Probe, RunTail } from './bisect.ts';

function probesOf(choices: number, run: RunTail, tails = 8): readonly Probe[] {
  const steps = bisect({ choices, points: 12, tails }, run);
  let step = steps.next();
  while (step.done !== true) step = steps.next();
  return step.value;
}

/** Fails for certain if the prefix holds choice `baked`; before, one tail in four does. */
function baked(at: number): RunTail {
  return (after, tail) => ({ failed: after >= at || tail % 4 === 0, atMicros: after * 10 });
}

describe('bisect', () => {
  test('finds the very choice with which the failure was baked in', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 3_000 }), fc.nat(), (choices, where) => {
        const at = 1 + (where % choices);
        const probes = probesOf(choices, baked(at));
        const turn = turningPoint(probes);
        expect(probes[turn]?.after).toBe(at);
        expect(probes[turn - 1]?.after).toBe(at - 1);
        expect(probes[turn]?.atMicros).toBe(at * 10);
      }),
      { numRuns: 200 },
    );
  });

  test('says so when the world itself fails, whatever the luck', () => {
    const probes = probesOf(100, () => ({ failed: true, atMicros: 0 }));
    expect(turningPoint(probes)).toBe(0);
  });

  test('and when no prefix makes it likely', () => {
    const probes = probesOf(100, (after) => ({ failed: after === 100, atMicros: 0 }));
    expect(probes[turningPoint(probes)]?.after).toBe(100);
  });

  test('runs every prefix as often as asked, and lists them in order', () => {
    let runs = 0;
    const probes = probesOf(
      500,
      (after, tail) => {
        runs += 1;
        return baked(77)(after, tail);
      },
      5,
    );
    expect(runs).toBe(probes.length * 5);
    const afters = probes.map(({ after }) => after);
    expect(afters).toEqual([...new Set(afters)].sort((a, b) => a - b));
    expect(afters[0]).toBe(0);
    expect(afters.at(-1)).toBe(500);
  });
});
