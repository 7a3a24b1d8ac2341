/**
 * Judges planted bugs: hunts each from independent starts, and compares what kills it with the
 * unchanged system.
 *
 * A kill must be the bug's doing: a seed on which the unchanged system fails too proves nothing and
 * is passed over. Each lane takes one bug at a time through all its starts; reports are told in the
 * order of the bugs, whatever finishes first.
 */
import { pathToFileURL } from 'node:url';
import { SCENARIOS } from '../../scenarios/index.ts';
import type { Change, Mutant } from '../mutants/mutant.ts';
import { plant, plantNothing } from '../mutants/plant.ts';
import { Hunter } from './hunt.ts';
import type { Shrunk } from './pool.ts';
import type { Failure } from './tally.ts';

/** Independent starts lie far apart, and away from the seeds that everybody tries first. */
const START_STRIDE = 10_000_019;
const SHRINK_MILLIS = 60_000;

export interface MutantReport {
  readonly name: string;
  readonly layer: string;
  readonly invariant: string;
  readonly killed: boolean;
  /** What became of what, if it was generated; else null. */
  readonly change: Change | null;
  /** Whether a run reached the place of a generated bug; null of others. */
  readonly reached: boolean | null;
  /** Median seeds to kill; null if it survived. */
  readonly seeds: number | null;
  /** Independent starts. */
  readonly runs: number;
  /** Invariants that caught it, most often first. */
  readonly caughtBy: readonly string[];
  /** The scenario that caught a generated bug, if the swarm did not; else null. */
  readonly scenario: string | null;
  /** Seeds passed over, because the unchanged system fails on them too. */
  readonly passedOver: number;
  /** Why it could not be planted, else null. */
  readonly stale: string | null;
  /** What its first failing seed shrinks to; null unless asked for, and where it cannot be run. */
  readonly shrunk: Shrunk | null;
}

export interface JudgeOptions {
  readonly root: string;
  readonly outDir: string;
  readonly runs: number;
  readonly max: number;
  readonly patienceMillis: number;
  /** Seeds of each scenario, for a generated bug that the swarm lets through. */
  readonly scenarioSeeds: number;
  readonly shrink: boolean;
}

/** What is told while it goes on: each report once, in order, and how many there are. */
export interface Listener {
  show(report: MutantReport): void;
  update(done: number, failed: number): void;
}

/** Judges all of them, `jobs` at a time. */
export async function judgeAll(
  mutants: readonly Mutant[],
  jobs: number,
  options: JudgeOptions,
  listener: Listener,
): Promise<readonly MutantReport[]> {
  const unchanged = pathToFileURL(await plantNothing(options.root, options.outDir));
  const reports: (MutantReport | undefined)[] = mutants.map(() => undefined);
  let next = 0;
  let shown = 0;
  let failed = 0;
  const lane = async (): Promise<void> => {
    const sound = new Hunter(unchanged, options.patienceMillis);
    for (let at = next++; at < mutants.length; at = next++) {
      const report = await judge(mutants[at] as Mutant, sound, options);
      reports[at] = report;
      if (!report.killed) failed++;
      for (let ready = reports[shown]; ready !== undefined; ready = reports[++shown]) {
        listener.show(ready);
      }
      listener.update(reports.filter((done) => done !== undefined).length, failed);
    }
    await sound.close();
  };
  await Promise.all(Array.from({ length: Math.min(jobs, mutants.length) }, lane));
  return reports.flatMap((report) => report ?? []);
}

async function judge(mutant: Mutant, sound: Hunter, options: JudgeOptions): Promise<MutantReport> {
  const { name, layer, invariant, change = null } = mutant;
  const { runs, patienceMillis } = options;
  const planted = await plant(mutant, options.root, options.outDir);
  if (planted.kind === 'stale') {
    const where = { name, layer, invariant, change, reached: null };
    const unplanted = { killed: false, seeds: null, runs, caughtBy: [], scenario: null };
    return { ...where, ...unplanted, passedOver: 0, stale: planted.reason, shrunk: null };
  }
  const hunter = new Hunter(pathToFileURL(planted.bundle), patienceMillis);
  const seeds: number[] = [];
  const caught = new Map<string, number>();
  let shrunk: Shrunk | null = null;
  let passedOver = 0;
  let scenario: string | null = null;
  for (let start = 1; start <= runs; start++) {
    const kill = await firstKill(mutant, hunter, sound, start * START_STRIDE, options);
    passedOver += kill.passedOver;
    if (kill.failure === null) break;
    const { seed, invariant: by } = kill.failure;
    seeds.push(kill.tried);
    if (change !== null) scenario ??= kill.scenario;
    if (options.shrink && start === 1) {
      shrunk = await hunter.shrink(seed, kill.scenario, SHRINK_MILLIS);
    }
    caught.set(by, (caught.get(by) ?? 0) + 1);
  }
  await hunter.close();
  const killed = seeds.length === runs;
  seeds.sort((a, b) => a - b);
  const median = killed ? (seeds[Math.floor(seeds.length / 2)] ?? null) : null;
  const caughtBy = [...caught].sort(([, a], [, b]) => b - a).map(([by]) => by);
  const kill = { killed, seeds: median, runs, caughtBy, scenario, passedOver, shrunk };
  const reached = change === null ? null : killed || hunter.reached;
  return { name, layer, invariant, change, reached, stale: null, ...kill };
}

interface Kill {
  readonly failure: Failure | null;
  /** Where it failed; null: in the swarm. */
  readonly scenario: string | null;
  /** Runs up to the one that failed. */
  readonly tried: number;
  readonly passedOver: number;
}

/**
 * Where the bug shows first from that start on: in its own scenario or the swarm; and, since nobody
 * says where a generated one shows, then in each scenario.
 */
async function firstKill(
  mutant: Mutant,
  hunter: Hunter,
  sound: Hunter,
  from: number,
  { max, scenarioSeeds }: JudgeOptions,
): Promise<Kill> {
  const scenario = mutant.scenario ?? null;
  const others = mutant.change === undefined ? [] : SCENARIOS.map(({ name }) => name);
  let tried = 0;
  let passedOver = 0;
  for (const place of [scenario, ...others]) {
    const count = place === scenario ? max : scenarioSeeds;
    const found = await firstOwnFailure(hunter, sound, { from, count, scenario: place });
    const { failure } = found;
    passedOver += found.passedOver;
    if (failure !== null) {
      return { failure, scenario: place, tried: tried + failure.seed - from + 1, passedOver };
    }
    tried += count;
  }
  return { failure: null, scenario: null, tried, passedOver };
}

/** The first seed that the bug fails and the unchanged system does not. */
async function firstOwnFailure(
  hunter: Hunter,
  sound: Hunter,
  { from, count, scenario }: { from: number; count: number; scenario: string | null },
): Promise<{ readonly failure: Failure | null; readonly passedOver: number }> {
  let passedOver = 0;
  for (let next = from; next < from + count; passedOver++) {
    const failure = await hunter.firstFailure({ from: next, count: from + count - next, scenario });
    if (failure === null) break;
    const without = await sound.firstFailure({ from: failure.seed, count: 1, scenario });
    if (without === null) return { failure, passedOver };
    next = failure.seed + 1;
  }
  return { failure: null, passedOver };
}
