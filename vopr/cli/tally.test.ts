/** Totals that do not depend on who ran what, or in which order it was reported. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { calmConfiguration } from '../sim/configuration.ts';
import type { RunResult } from '../sim/run.ts';
import { createTally, mergeTally, tallyDigest, tallyRun } from './tally.ts';
import type { Tally } from './tally.ts';

/** A run as it could have been. */
function aRun(seed: number, failing = false): RunResult {
  return {
    seed,
    scenario: null,
    verdict: failing ? 'fail' : 'pass',
    violation: failing ? { invariant: 'prefix', message: 'm', at: 1, event: 1 } : null,
    digest: (Math.imul(seed + 1, 0x9e3779b1) >>> 0).toString(16).padStart(16, 'a'),
    virtualMs: 1,
    events: 100 + (seed % 7),
    commits: seed % 50,
    replicas: 1 + (seed % 6),
    crashes: seed % 3,
    restarts: 0,
    stops: 0,
    messages: 1,
    convergeMs: 1,
    faults: { loss: 3, crash: seed % 3, bit_rot: 1 },
    checks: { prefix: seed, chain: 0 },
    marks: seed % 2 === 0 ? ['view_change'] : [],
    excuses: seed % 10 === 0 ? { lost: 1 } : {},
    configuration: calmConfiguration(),
  };
}

function tallyOf(runs: readonly RunResult[]): Tally {
  const tally = createTally();
  for (const run of runs) tallyRun(tally, run);
  return tally;
}

const cuts = fc.array(fc.integer({ min: 1, max: 39 }), { maxLength: 6 });

describe('tally', () => {
  test('weather is no fault: loss is listed but not counted', () => {
    const tally = tallyOf([aRun(5)]);
    expect(tally.faults).toEqual({ loss: 3, crash: 2, bit_rot: 1 });
    expect(tally.faultCount.sum).toBe(3);
    expect(tally.faultKinds.sum).toBe(2);
  });

  test('ranges merged in any order give the tally of all', () => {
    const runs = Array.from({ length: 40 }, (_, seed) => aRun(seed, seed % 4 === 0));
    const whole = tallyOf(runs);
    fc.assert(
      fc.property(cuts, fc.boolean(), (at, backwards) => {
        const ends = [0, ...at.toSorted((a, b) => a - b), runs.length];
        const ranges = ends.slice(1).map((end, i) => tallyOf(runs.slice(ends[i], end)));
        const total = createTally();
        for (const range of backwards ? ranges.reverse() : ranges) mergeTally(total, range);
        expect(total).toEqual(whole);
        expect(tallyDigest(total)).toBe(tallyDigest(whole));
      }),
    );
  });

  test('of too many failures the lowest seeds are kept, whoever came first', () => {
    const low = tallyOf(Array.from({ length: 800 }, (_, i) => aRun(i, true)));
    const high = tallyOf(Array.from({ length: 800 }, (_, i) => aRun(800 + i, true)));
    const one = createTally();
    mergeTally(one, high);
    mergeTally(one, low);
    const two = createTally();
    mergeTally(two, low);
    mergeTally(two, high);
    expect(one).toEqual(two);
    expect(one.failures.map(({ seed }) => seed)).toEqual(Array.from({ length: 1000 }, (_, i) => i));
    expect(one.runs - one.passed).toBe(1600);
  });

  test('one run that differs changes the digest', () => {
    const runs = [1, 2, 3].map((seed) => aRun(seed));
    const other = runs.map((run) => (run.seed === 2 ? { ...run, digest: '0'.repeat(16) } : run));
    expect(tallyDigest(tallyOf(other))).not.toBe(tallyDigest(tallyOf(runs)));
    expect(tallyDigest(tallyOf(runs))).toMatch(/^[0-9a-f]{14}$/);
  });

  test('an excused run is counted once, and what was never evaluated stays in the list', () => {
    const tally = tallyOf([aRun(0), aRun(10), aRun(11)]);
    expect(tally.excusedRuns).toBe(2);
    expect(tally.checks).toEqual({ prefix: 21, chain: 0 });
  });
});
