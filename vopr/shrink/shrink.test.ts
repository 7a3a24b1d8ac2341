/**
 * Shrinking, on worlds made of nothing but a rule: which choices make it fail. What is left is what
 * the rule needs, whatever else there was.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Choice } from '../sim/choose.ts';
import { calmConfiguration } from '../sim/configuration.ts';
import type { Configuration } from '../sim/configuration.ts';
import type { RunResult } from '../sim/run.ts';
import { shrink } from './shrink.ts';
import type { Candidate, Progress, Run } from './shrink.ts';

const choice = (subject: number, answer = 1, actor = 0): Choice => {
  return { site: 'message', actor, subject, occurrence: 0, answer };
};

function worldOf(replicaCount = 3, operations: number[] = [4, 4]): Configuration {
  const clientCount = operations.length;
  return { ...calmConfiguration(), replicaCount, clientCount, operations };
}

type Rule = (candidate: Candidate) => { invariant: string; message?: string } | null;

/** Runs a rule, and counts. A run asks for every choice it was given. */
function world(rule: Rule): { run: Run; runs: () => number } {
  let runs = 0;
  const run: Run = (candidate) => {
    runs += 1;
    const failed = rule(candidate);
    const violation = failed === null ? null : { message: 'm', at: 5, event: 1, ...failed };
    return { result: { violation } as RunResult, choices: candidate.choices };
  };
  return { run, runs: () => runs };
}

function finish(steps: Generator<Progress, Progress>): Progress {
  let step = steps.next();
  while (step.done !== true) step = steps.next();
  return step.value;
}

const has = ({ choices }: Candidate, subject: number): boolean =>
  choices.some((made) => made.subject === subject);

describe('shrink', () => {
  test('leaves what the failure needs and nothing else, whatever the noise', () => {
    const subjects = fc.uniqueArray(fc.integer({ min: 0, max: 999 }), {
      minLength: 1,
      maxLength: 80,
    });
    fc.assert(
      fc.property(subjects, fc.integer({ min: 1, max: 4 }), (all, count) => {
        const needed = all.slice(0, count);
        const { run } = world((c) =>
          needed.every((subject) => has(c, subject)) ? { invariant: 'prefix' } : null,
        );
        const start = { configuration: worldOf(), choices: all.map((subject) => choice(subject)) };
        const { best } = finish(shrink(start, run));
        const left = new Set(best.choices.map(({ subject }) => subject));
        expect(left).toEqual(new Set(needed));
      }),
      { numRuns: 60 },
    );
  });

  test('takes the world apart as far as the failure allows', () => {
    const { run } = world(({ configuration: c }) =>
      c.replicaCount >= 2 && c.operations.reduce((sum, n) => sum + n, 0) >= 5
        ? { invariant: 'agreement' }
        : null,
    );
    const configuration = { ...worldOf(6, [20, 20, 20]), standbyCount: 2 };
    const { best } = finish(shrink({ configuration, choices: [] }, run));
    const { replicaCount, standbyCount, operations, clientCount, stormMicros } = best.configuration;
    expect({ replicaCount, standbyCount, operations, clientCount }).toEqual({
      replicaCount: 2,
      standbyCount: 0,
      operations: [5],
      clientCount: 1,
    });
    expect(stormMicros).toBe(6);
  });

  test('lowers answers: a delay as short as still does it', () => {
    const { run } = world(({ choices }) =>
      choices.some(({ answer }) => answer >= 5) ? { invariant: 'prefix' } : null,
    );
    const start = { configuration: worldOf(), choices: [choice(1, 200), choice(2, 3)] };
    const { best } = finish(shrink(start, run));
    expect(best.choices).toHaveLength(1);
    expect(best.choices[0]?.answer).toBeGreaterThanOrEqual(5);
    expect(best.choices[0]?.answer).toBeLessThan(10);
  });

  test('never takes one failure for another', () => {
    const rule: Rule = (c) => (has(c, 7) ? { invariant: 'chain' } : { invariant: 'convergence' });
    const { run } = world(rule);
    const start = { configuration: worldOf(), choices: [choice(7), choice(8)] };
    const { best, result } = finish(shrink(start, run));
    expect(best.choices.map(({ subject }) => subject)).toEqual([7]);
    expect(result.violation?.invariant).toBe('chain');
  });

  test('nor one crash for another: there what it says must stay, but for numbers', () => {
    const { run } = world((c) => {
      const message = has(c, 7) ? `node ${c.configuration.replicaCount}: torn` : 'node 0: lost';
      return { invariant: 'crash', message };
    });
    const start = { configuration: worldOf(5), choices: [choice(7), choice(8)] };
    const { best } = finish(shrink(start, run));
    expect(best.choices.map(({ subject }) => subject)).toEqual([7]);
    expect(best.configuration.replicaCount).toBe(1);
  });

  test('keeps what the run recorded, so that choices nobody asks for fall away', () => {
    const run: Run = ({ choices }) => {
      const asked = choices.filter(({ subject }) => subject < 2);
      const violation = { invariant: 'prefix', message: 'm', at: 5, event: 1 };
      return { result: { violation } as RunResult, choices: asked };
    };
    const choices = Array.from({ length: 50 }, (_, subject) => choice(subject));
    const steps = shrink({ configuration: worldOf(), choices }, run);
    const first = steps.next().value;
    expect(first.best.choices).toHaveLength(2);
  });

  test('can be stopped at any step with the best so far, and says what it cost', () => {
    const { run, runs } = world((c) => (has(c, 3) ? { invariant: 'prefix' } : null));
    const choices = Array.from({ length: 40 }, (_, subject) => choice(subject, 1, subject));
    let last: Progress | null = null;
    for (const progress of shrink({ configuration: worldOf(), choices }, run)) {
      expect(progress.runs).toBe(runs());
      if (last !== null) {
        expect(progress.best.choices.length).toBeLessThanOrEqual(last.best.choices.length);
      }
      expect(has(progress.best, 3)).toBe(true);
      last = progress;
    }
  });

  test('refuses what does not fail', () => {
    const { run } = world(() => null);
    expect(() => finish(shrink({ configuration: worldOf(), choices: [] }, run))).toThrow(
      'does not fail',
    );
  });
});
