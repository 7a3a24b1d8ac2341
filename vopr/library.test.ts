/**
 * What we publish serves a system that is not ours: the lock service of docs/examples, whose bug is
 * found, made small and replayed, and which passes without it.
 */
import { describe, expect, test } from 'vitest';
import { createEngine } from './cli/engine.ts';
import { loadBed } from './cli/bed.ts';
import { shrink, Simulator } from './library.ts';
import type { Candidate, Choice, Testbed } from './library.ts';
import { press } from './tui/keys.ts';
import { beginSession } from './tui/work.ts';

const FOLDER = 'docs/examples/lock-service';
/** Of the sweep in docs/library.md. */
const FAILING_SEED = 3185;

async function load(name: string): Promise<Testbed<unknown>> {
  return (await loadBed(`${FOLDER}/${name}.mjs`)).testbed;
}

describe('a system of one’s own', () => {
  test('passes a sweep, its invariant was evaluated, and faults were delivered', async () => {
    const testbed = await load('fixed');
    const simulator = new Simulator(testbed.system, testbed);
    let [evaluated, faults, commits] = [0, 0, 0];
    for (let seed = 0; seed < 400; seed++) {
      const run = simulator.run(seed);
      expect(run.violation, `seed ${seed}`).toBeNull();
      expect(run.configuration.standbyCount).toBe(0);
      evaluated += run.checks['mutual-exclusion'] ?? 0;
      faults += (run.faults['power_cut'] ?? 0) + (run.faults['partition'] ?? 0);
      commits += run.commits;
    }
    expect(evaluated).toBeGreaterThan(10_000);
    expect(faults).toBeGreaterThan(20);
    expect(commits).toBeGreaterThan(4_000);
  });

  test('has its bug found, made small, and fails again as it was written', async () => {
    const testbed = await load('buggy');
    const simulator = new Simulator(testbed.system, testbed);
    const choices: Choice[] = [];
    const first = simulator.run(FAILING_SEED, { record: choices });
    expect(first.violation?.invariant).toBe('mutual-exclusion');
    const start = { configuration: first.configuration, choices };
    const run = (candidate: Candidate): { result: typeof first; choices: Choice[] } => {
      const record: Choice[] = [];
      const overrides = { choices: candidate.choices, patched: false };
      const { configuration } = candidate;
      const result = simulator.run(FAILING_SEED, { configuration, overrides, record });
      return { result, choices: record };
    };
    const steps = shrink(start, run);
    let step = steps.next();
    while (step.done !== true) step = steps.next();
    const { best } = step.value;
    expect(best.choices.length).toBeLessThanOrEqual(12);
    expect(run(best).result.violation?.invariant).toBe('mutual-exclusion');
    const sound = await load('fixed');
    const other = new Simulator(sound.system, sound);
    expect(other.run(FAILING_SEED).violation).toBeNull();
  });

  test('is walked through in its own words', async () => {
    const bed = await loadBed(`${FOLDER}/buggy.mjs`);
    const subject = { kind: 'seed', bed, seed: FAILING_SEED, scenario: null } as const;
    const session = beginSession(subject);
    const alone = createEngine(bed).run(FAILING_SEED, null);
    expect(session.track.recording.result.digest).toBe(alone.digest);
    press(session, 'x');
    const words = session.view.tape.lines.map((line) => line.words);
    expect(words.some((text) => /^grants the lock to c\d, attempt \d/.test(text))).toBe(true);
    expect(words.at(-1)).toMatch(/^mutual-exclusion: c\d and c\d held the lock/);
  });
});
