/**
 * The whole way, for a few bugs that fall within seeds: planted, hunted, killed; and a bug that
 * changes nothing survives. `vopr mutants` does the same for all of them.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { judgeAll } from '../cli/judge.ts';
import type { MutantReport } from '../cli/judge.ts';
import { MUTANTS } from './catalogue.ts';
import type { Mutant } from './mutant.ts';

const TIMEOUT = 5 * 60_000;
const SAMPLE = [
  'ack-before-header-sync',
  'durable-after-three-copies',
  'entry-chains-to-the-system-log',
];

const root = fileURLToPath(new URL('../..', import.meta.url));
let outDir = '';

beforeAll(() => {
  outDir = mkdtempSync(join(tmpdir(), 'vopr-plant-'));
});

afterAll(() => {
  rmSync(outDir, { recursive: true, force: true });
});

function judge(mutants: readonly Mutant[], max: number): Promise<readonly MutantReport[]> {
  const options = {
    root,
    outDir,
    runs: 1,
    max,
    patienceMillis: TIMEOUT,
    scenarioSeeds: 0,
    shrink: false,
  };
  const shown: string[] = [];
  const listener = {
    show: (report: MutantReport): void => void shown.push(report.name),
    update: (): void => undefined,
  };
  return judgeAll(mutants, 2, options, listener).then((reports) => {
    expect(shown).toEqual(mutants.map(({ name }) => name));
    return reports;
  });
}

describe('planted bugs: from the catalogue to the kill', () => {
  test(
    'bugs are killed by the invariants that they are meant for, and reported in order',
    async () => {
      const sample = MUTANTS.filter(({ name }) => SAMPLE.includes(name));
      expect(sample.length).toBe(SAMPLE.length);
      const reports = await judge(sample, 64);
      for (const { name, killed, caughtBy, invariant } of reports) {
        expect({ name, killed, caughtBy }).toEqual({ name, killed: true, caughtBy: [invariant] });
      }
    },
    TIMEOUT,
  );

  test(
    'a change without effect survives, and one whose text is gone is stale',
    async () => {
      const harmless: Mutant = {
        name: 'harmless',
        layer: 'normal',
        invariant: 'crash',
        story: 'a comment',
        file: 'core/vsr/normal.ts',
        find: 'let votes = 0;',
        replace: 'let votes = 0; // nobody yet',
      };
      const gone: Mutant = { ...harmless, name: 'gone', find: 'no such text' };
      const broken: Mutant = { ...harmless, name: 'broken', replace: 'let votes = ;' };
      const reports = await judge([harmless, gone, broken], 2);
      expect(reports.map(({ killed }) => killed)).toEqual([false, false, false]);
      expect(reports.map(({ stale }) => stale === null)).toEqual([true, false, false]);
    },
    TIMEOUT,
  );
});
