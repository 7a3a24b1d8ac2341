/** A sweep is held to its expectations: what it was written from passes, what drifted does not. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { record } from './histogram.ts';
import {
  expectationsOf,
  judge,
  measures,
  neverEvaluated,
  readExpectations,
  writeExpectations,
} from './expectations.ts';
import { createTally } from './tally.ts';
import type { Tally } from './tally.ts';

const RUNS = 4000;

/** A sweep that meets every bar. */
function goodSweep(): Tally {
  const tally = createTally();
  tally.runs = RUNS;
  tally.passed = RUNS;
  for (let run = 0; run < RUNS; run++) {
    record(tally.events, 900);
    record(tally.commits, 60);
    record(tally.faultCount, 20);
    record(tally.faultKinds, 6);
    record(tally.crashes, 2);
    record(tally.replicas, run % 10 < 6 ? 3 : run % 10 < 8 ? 5 : 1);
  }
  Object.assign(tally.faults, { crash: 2 * RUNS, bit_rot: RUNS / 2, replaced_disk: 40 });
  Object.assign(tally.marks, { view_change: RUNS, journal_wrapped: 3 });
  Object.assign(tally.checks, { prefix: 10, chain: 1 });
  return tally;
}

describe('expectations', () => {
  test('the sweep that they were written from is as expected', () => {
    expect(judge(goodSweep(), expectationsOf(goodSweep()))).toEqual([]);
  });

  test('a kind that dries up, or floods, or is new is noticed', () => {
    const expected = expectationsOf(goodSweep());
    const drifted = goodSweep();
    drifted.faults['crash'] = RUNS;
    drifted.faults['bit_rot'] = 2 * RUNS;
    drifted.faults['no_space'] = 1;
    expect(judge(drifted, expected)).toEqual([
      'fault bit_rot: 2 a run, outside 0.171 to 0.829',
      'fault no_space: 0.00025 a run, outside 0 to 0',
      'fault crash: 1 a run, outside 1.2 to 3.2',
    ]);
  });

  test('a rare kind may miss by chance; a common one may not vanish', () => {
    const { faults } = expectationsOf(goodSweep());
    expect(faults['replaced_disk']?.[0]).toBe(0);
    expect(faults['crash']?.[0]).toBeGreaterThan(0);
  });

  test('marks reached often must be reached; rare ones need not', () => {
    const expected = expectationsOf(goodSweep());
    expect(expected.marks).toEqual(['view_change']);
    const drifted = goodSweep();
    delete drifted.marks['view_change'];
    expect(judge(drifted, expected)).toEqual(['mark view_change was never reached']);
  });

  test('a poorer swarm and too many excuses are noticed', () => {
    const drifted = goodSweep();
    drifted.commits.sum = 40 * RUNS;
    drifted.excusedRuns = RUNS / 50;
    expect(judge(drifted, expectationsOf(goodSweep()))).toEqual([
      'mean commits is 40, less than 50',
      '80 runs were excused: more than 1 %',
    ]);
    expect(measures(drifted)['share of 3 replicas']).toBeCloseTo(0.6);
    expect(measures(createTally())['share of 3 replicas']).toBe(0);
  });

  test('too few runs say nothing, and say so', () => {
    const few = goodSweep();
    few.runs = 100;
    expect(judge(few, expectationsOf(goodSweep()))[0]).toContain('100 runs are too few');
  });

  test('an invariant that nobody evaluated is named', () => {
    const sweep = goodSweep();
    sweep.checks['chain'] = 0;
    expect(neverEvaluated(sweep)).toEqual([`invariant chain was never evaluated in ${RUNS} runs`]);
  });
});

describe('expectations: the file', () => {
  test('is read back as written, and refused when it makes no sense', () => {
    const folder = mkdtempSync(join(tmpdir(), 'expect-'));
    try {
      const path = join(folder, 'expectations.json');
      writeExpectations(path, goodSweep());
      const good = readExpectations(path);
      expect(good).toEqual(expectationsOf(goodSweep()));
      for (const [wrong, says] of [
        [{ ...good, faults: { flood: [0, 1] } }, /flood is no fault kind/],
        [{ ...good, faults: { crash: [0] } }, /the range of crash is not two numbers/],
        [{ ...good, marks: ['nowhere'] }, /nowhere is no mark/],
        [{ ...good, least: { 'mean fun': 1 } }, /mean fun is not measured/],
        [{ ...good, seedsMin: 'many' }, /seedsMin is no number/],
        [[], /not an object/],
      ] as const) {
        writeFileSync(path, JSON.stringify(wrong));
        expect(() => readExpectations(path)).toThrow(says);
      }
      expect(() => writeExpectations(join(folder, 'no/such'), goodSweep())).toThrow(/cannot write/);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
