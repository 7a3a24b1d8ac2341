/**
 * The stage's places are where storage puts things, and its helpers wait for what they say.
 */
import { describe, expect, test } from 'vitest';
import { KIMBERLITE } from '../vopr/kimberlite/system.ts';
import { slotUnit, units } from '../vopr/kimberlite/units.ts';
import { TINY } from '../core/limits.ts';
import { journalBytes } from '../core/storage/journal-format.ts';
import { superblockCopyBytes } from '../core/storage/superblock-format.ts';
import { STEP_COMMIT, STEP_TRUNCATE } from '../core/observer.ts';
import type { Controls } from '../vopr/sim/controls.ts';
import { Simulator } from '../vopr/sim/run.ts';
import type { RunResult } from '../vopr/sim/run.ts';
import type { Scenario } from '../vopr/sim/scenario.ts';
import { clients, copyOf, headerOf, holdRequests, keeps, onMark } from './stage.ts';
import { oneClient, prepareOf, watch } from './stage.ts';

const simulator = new Simulator(KIMBERLITE);

function run(script: (world: Controls) => void, operations = 12): RunResult {
  const scenario: Scenario = {
    name: 'stage',
    area: 'test',
    injects: [],
    holds: 'what the test says',
    configure: (configuration) => oneClient(configuration, operations),
    script,
  };
  return simulator.run(7, { scenario });
}

describe('stage: places', () => {
  test('an op and its next lap share a slot, its neighbour does not', () => {
    expect(prepareOf(5 + TINY.journalSlots)).toBe(prepareOf(5));
    expect(prepareOf(6) - prepareOf(5)).toBe(TINY.prepareBytesMax);
    expect(headerOf(6) - headerOf(5)).toBe(TINY.sectorBytes);
    expect(headerOf(TINY.journalSlots - 1) + TINY.sectorBytes).toBe(journalBytes(TINY));
  });

  test('the atlas finds the same slot and half at those offsets', () => {
    const prepare = { ...units.locate('journal', prepareOf(21), TINY) };
    const header = { ...units.locate('journal', headerOf(21), TINY) };
    expect(prepare).toEqual({ unit: slotUnit(5), half: 1 });
    expect(header).toEqual({ unit: slotUnit(5), half: 0 });
  });

  test('the four superblock copies stand one after the other', () => {
    expect([0, 1, 2, 3].map(copyOf)).toEqual(
      [0, 1, 2, 3].map((i) => i * superblockCopyBytes(TINY)),
    );
  });

  test('clients all get the same number of operations', () => {
    const { configuration } = run(() => undefined, 3);
    clients(configuration, 4, 9);
    expect(configuration.clientCount).toBe(4);
    expect(configuration.operations).toEqual([9, 9, 9, 9]);
  });
});

describe('stage: helpers', () => {
  test('watch sees every step of its kind, of its node alone', () => {
    const commits: number[] = [];
    run((world) => watch(world, { kind: STEP_COMMIT, node: 1 }, (op) => commits.push(op)));
    expect(commits.length).toBeGreaterThan(8);
    expect(commits).toEqual(commits.map((_, i) => i + 1));
  });

  test('onMark acts once, when the mark is first reached', () => {
    let reached = 0;
    const { marks } = run((world) => onMark(world, 'view_change', () => (reached += 1)));
    expect(marks).toContain('view_change');
    expect(reached).toBe(1);
  });

  test('keeps fails the run in which a view change cuts below the op', () => {
    const { violation } = run((world) => keeps(world, 1));
    expect(violation?.invariant).toBe('promise');
    expect(violation?.message).toMatch(/cut the log to op 0, below op 1/);
    // The first view of a cluster is decided on an empty log, hence the failure above.
    expect(run((world) => keeps(world, 0)).violation).toBeNull();
    expect(STEP_TRUNCATE).toBeGreaterThan(0);
  });

  test('a write gone astray reads wrong in two places, and counts when it is met', () => {
    const { faults, violation } = run((world) => {
      world.onStep({ kind: STEP_COMMIT, node: 1, nth: 4 }, () => world.saveDisk(2));
      world.onStep({ kind: STEP_COMMIT, node: 1, nth: 8 }, (_, op) => {
        expect(world.misdirect(2, 'journal', headerOf(op - 1), headerOf(op - 2))).toBe(true);
        expect(world.misdirect(2, 'no such file', 0, 512)).toBe(false);
        world.powerCut(2, 5_000);
      });
    });
    expect(violation).toBeNull();
    expect(faults['misdirected_write']).toBe(2);
  });

  test('holdRequests silences the clients for a while, and loses nothing', () => {
    const times: number[] = [];
    const { violation, commits } = run((world) => {
      world.onStep({ kind: STEP_COMMIT, node: 1, nth: 4 }, () => holdRequests(world, 500_000));
      watch(world, { kind: STEP_COMMIT, node: 1 }, () => times.push(world.now));
    });
    expect(violation).toBeNull();
    expect(commits).toBeGreaterThan(4);
    expect((times[4] ?? 0) - (times[3] ?? 0)).toBeGreaterThanOrEqual(500_000);
  });
});
