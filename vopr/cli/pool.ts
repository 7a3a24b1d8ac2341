/**
 * Runs ranges of seeds on worker threads. Each worker is one simulator, reused over all its seeds;
 * the pool hands out small ranges, so that a slow one does not hold up the rest, and merges tallies
 * that do not depend on who ran what.
 */
import { Worker } from 'node:worker_threads';
import { SeedPlan } from './seed-plan.ts';
import type { SeedRange } from './seed-plan.ts';
import { progressCell, watchStillness } from './stillness.ts';
import { createTally, mergeTally, tallyHang } from './tally.ts';
import type { Tally } from './tally.ts';

/** One range of work. */
export interface WorkRange extends SeedRange {
  readonly scenario: string | null;
  /** Give up the rest of the range after the first failing run. */
  readonly stopAtFailure: boolean;
}

/** A failing seed to be made small, in at most so many milliseconds. */
export interface ShrinkWork {
  readonly shrink: number;
  readonly scenario: string | null;
  readonly millis: number;
}

/** What shrinking came to: choices that were not calm, before and after. */
export interface Shrunk {
  readonly before: number;
  readonly after: number;
  readonly runs: number;
  readonly seconds: number;
}

export type WorkerReply =
  | { readonly kind: 'ready' }
  /** How far it is in its work; only from a process of its own. */
  | { readonly kind: 'at'; readonly at: number }
  | { readonly kind: 'shrunk'; readonly shrunk: Shrunk }
  | {
      readonly kind: 'done';
      readonly from: number;
      readonly tally: Tally;
      readonly rss: number;
      /** Whether the place of a generated bug was reached. */
      readonly reached: boolean;
    };

export interface PoolOptions {
  readonly worker: URL;
  /** Module with the testbed; null for ours. */
  readonly system: string | null;
  readonly jobs: number;
  readonly from: number;
  readonly count: number;
  readonly scenario: string | null;
  readonly stopAtFailure: boolean;
  /** A run that takes longer is a failure: it hangs. */
  readonly patienceMillis: number;
  /** Continues here instead of at `from`. */
  readonly resumed?: PoolProgress | undefined;
  readonly onProgress: (progress: PoolProgress) => void;
  /** Asked between ranges: true ends the sweep early, keeping what was done. */
  readonly interrupted: () => boolean;
}

/** Where a sweep stands: what it has added up, and what is left. */
export interface PoolProgress {
  readonly tally: Tally;
  readonly plan: SeedPlan;
  /** Seconds of work, those before an interruption included. */
  readonly seconds: number;
  /** How fast it went: runs done after so many seconds, in order. */
  readonly pace: readonly Pace[];
}

export interface Pace {
  readonly seconds: number;
  readonly runs: number;
}

export interface PoolResult extends PoolProgress {
  /** Highest resident set seen in the process, in bytes. */
  readonly peakRss: number;
}

const RANGE_SEEDS_MAX = 250;
/** Past so many points every second one is dropped: enough for a plot of any sweep. */
const PACE_MAX = 400;

/** As many seeds at once as keep all threads busy to the end. */
export function rangeSeeds(count: number, jobs: number): number {
  return Math.max(1, Math.min(RANGE_SEEDS_MAX, Math.ceil(count / jobs / 8)));
}

/** Throws only if a worker dies: that is a fault of the simulator itself. */
export async function runPool(options: PoolOptions): Promise<PoolResult> {
  const { from, count, jobs, scenario, stopAtFailure, resumed } = options;
  const total = resumed?.tally ?? createTally();
  const plan = resumed?.plan ?? new SeedPlan(from, from + count, rangeSeeds(count, jobs));
  let pace: Pace[] = [...(resumed?.pace ?? [])];
  let peakRss = 0;
  const started = performance.now() - (resumed?.seconds ?? 0) * 1000;
  const progress = (): PoolProgress => {
    const seconds = (performance.now() - started) / 1000;
    return { tally: total, plan, seconds, pace };
  };
  const take = (): WorkRange | null => {
    const stop = options.interrupted() || (stopAtFailure && total.failures.length > 0);
    const range = stop ? null : plan.take();
    return range === null ? null : { ...range, scenario, stopAtFailure };
  };
  const told = (): void => {
    pace.push({ seconds: progress().seconds, runs: total.runs });
    if (pace.length > PACE_MAX) pace = pace.filter((_, index) => index % 2 === 1);
    options.onProgress(progress());
  };
  const drive = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const cell = progressCell();
      let unwatch = (): void => undefined;
      const start = (): void => {
        const workerData = { system: options.system, progress: cell };
        const worker = new Worker(options.worker, { workerData });
        let ended = false;
        const hangs = (from: number): void => {
          ended = true;
          const seed = from + Atomics.load(cell, 0);
          tallyHang(total, seed);
          plan.interrupted(from, seed);
          told();
          void worker.terminate().then(start);
        };
        const give = (): void => {
          const work = take();
          if (work === null) return void worker.terminate().then(() => resolve());
          Atomics.store(cell, 0, 0);
          unwatch = watchStillness(cell, options.patienceMillis, () => hangs(work.from));
          worker.postMessage(work);
        };
        worker.on('error', reject);
        worker.on('exit', (code) => {
          if (code > 1) reject(new Error(`a simulator worker exited with code ${code}`));
        });
        worker.on('message', (reply: WorkerReply) => {
          if (ended || reply.kind === 'at') return;
          unwatch();
          if (reply.kind === 'done') {
            mergeTally(total, reply.tally);
            plan.done(reply.from);
            peakRss = Math.max(peakRss, reply.rss);
            told();
          }
          give();
        });
      };
      start();
    });
  await Promise.all(Array.from({ length: Math.min(jobs, count) }, drive));
  total.failures.sort((a, b) => a.seed - b.seed);
  return { ...progress(), peakRss };
}
