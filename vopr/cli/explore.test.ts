/**
 * The search over the real core: a small space completes with and without reduction and ends alike;
 * planted bugs are found without luck; a violating path survives being written and read.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Bounds } from '../explore/bounds.ts';
import type { Report } from '../explore/search.ts';
import { MUTANTS } from '../mutants/catalogue.ts';
import { bundleExplorer, revealed } from './explore-bundle.ts';
import type { Explorer } from './explore-bundle.ts';
import { formatPath, parsePath } from './explore-path.ts';

const TIMEOUT = 5 * 60_000;
const BOUNDS: Bounds = {
  replicas: 3,
  clients: 1,
  ops: 1,
  crashes: 0,
  power: true,
  drops: 1,
  duplicates: 0,
  timeouts: 8,
  depth: 1000,
  links: 'fifo',
  timers: 'first',
  restarts: 'late',
};

const root = fileURLToPath(new URL('../..', import.meta.url));
let outDir = '';
beforeAll(() => {
  outDir = mkdtempSync(join(tmpdir(), 'vopr-explore-test-'));
});
afterAll(() => {
  rmSync(outDir, { recursive: true, force: true });
});

async function explorerOf(name: string | null): Promise<Explorer> {
  const mutant = MUTANTS.find((candidate) => candidate.name === name) ?? null;
  const explorer = await bundleExplorer(root, outDir, mutant);
  if (typeof explorer === 'string') throw new Error(explorer);
  return explorer;
}

function toTheEnd(steps: Generator<unknown, Report>): Report {
  let step = steps.next();
  while (step.done !== true) step = steps.next();
  return step.value;
}

describe('explore: the real core', () => {
  test(
    'three replicas, one operation, one lost message: complete, clean, and alike either way',
    async () => {
      const explorer = await explorerOf(null);
      const [full, reduced] = [false, true].map((reduce) => {
        const { search, locals, judge } = explorer.explore(BOUNDS, reduce);
        const { account, found } = toTheEnd(search.run());
        expect(found).toBe(null);
        expect(account.complete).toBe(true);
        expect(account.cutByDepth).toBe(0);
        let checked = 0;
        for (const count of locals.doubleCheck()) checked += count;
        expect(checked).toBeGreaterThan(0);
        expect(judge.evaluations.get('agreement')).toBeGreaterThan(0);
        expect(judge.evaluations.get('durable-quorum')).toBeGreaterThan(0);
        return account;
      });
      expect(reduced?.finished).toBe(full?.finished);
      expect(reduced?.cutByTimeouts).toBe(full?.cutByTimeouts);
      expect(reduced?.states).toBeLessThan(full?.states ?? 0);
    },
    TIMEOUT,
  );

  test.each([
    ['primary-acks-before-sync', { drops: 0 }, 'durable-quorum'],
    ['replication-quorum-off-by-one', { drops: 0 }, 'durable-quorum'],
    ['whole-in-both-and-told-unsynced', { drops: 0, crashes: 1 }, 'journal-evidence'],
  ])(
    'finds %s, and its path reproduces after a round trip through text',
    async (name, change, invariant) => {
      const explorer = await explorerOf(name);
      const bounds = { ...BOUNDS, ...change };
      const { found } = toTheEnd(explorer.explore(bounds).search.run());
      expect(found?.failure.invariant).toBe(invariant);
      const { path, failure } = found!;
      const text = formatPath({ build: 'test', mutant: name, bounds, failure, path });
      const file = parsePath(text);
      expect(file).toEqual({ build: 'test', mutant: name, bounds, failure, path });
      const again = explorer.explore(file!.bounds);
      expect(again.judge.judge(file!.path)).toEqual(failure);
      expect(explorer.pathWords(again, path)).toHaveLength(path.length);
    },
    TIMEOUT,
  );

  test('what is no path is refused', () => {
    for (const text of ['', '{}', '[]', '{"explored":1,"bounds":{},"events":[["fly",0,0]]}']) {
      expect(parsePath(text)).toBe(null);
    }
  });

  test('private names become public, and text that merely looks like them stays', () => {
    expect(revealed('this.#op = other.#op; // slot #1')).toBe(
      'this.private_op = other.private_op; // slot #1',
    );
    expect(revealed("const colour = '#fff';")).toBe("const colour = '#fff';");
  });
});
