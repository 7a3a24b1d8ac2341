/**
 * Runs ranges of seeds on worker threads. Each worker is one simulator, reused over all its seeds;
 * the pool hands out small ranges, so that a slow one does not hold up the rest, and merges tallies
 * that do not depend on who ran what.
 */
import { Worker } from 'node:worker_threads';
import { createTally, mergeTally } from './tally.ts';
import type { Tally } from './tally.ts';

/** One range of work: seeds `from` … `from + count - 1`. */
export interface WorkRange {
  readonly from: number;
  readonly count: number;
  readonly scenario: string | null;
  /** Give up the rest of the range after the first failing run. */
  readonly stopAtFailure: boolean;
}

export type WorkerReply =
  | { readonly kind: 'ready' }
  | { readonly kind: 'done'; readonly from: number; readonly tally: Tally; readonly rss: number };

export interface PoolOptions {
  readonly worker: URL;
  readonly jobs: number;
  readonly from: number;
  readonly count: number;
  readonly scenario: string | null;
  readonly stopAtFailure: boolean;
  readonly onProgress: (done: number, failed: number) => void;
  /** Asked between ranges: true ends the sweep early, keeping what was done. */
  readonly interrupted: () => boolean;
}

export interface PoolResult {
  readonly tally: Tally;
  readonly seconds: number;
  /** Highest resident set seen in the process, in bytes. */
  readonly peakRss: number;
}

const RANGE_SEEDS_MAX = 250;

/** Throws only if a worker dies: that is a fault of the simulator itself. */
export async function runPool(options: PoolOptions): Promise<PoolResult> {
  const total = createTally();
  const end = options.from + options.count;
  const range = Math.max(1, Math.min(RANGE_SEEDS_MAX, Math.ceil(options.count / options.jobs / 8)));
  let next = options.from;
  let peakRss = 0;
  const started = performance.now();
  const take = (): WorkRange | null => {
    const stop = options.interrupted() || (options.stopAtFailure && total.failures.length > 0);
    if (next >= end || stop) return null;
    const from = next;
    next = Math.min(end, from + range);
    const { scenario, stopAtFailure } = options;
    return { from, count: next - from, scenario, stopAtFailure };
  };
  const drive = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const worker = new Worker(options.worker);
      const give = (): void => {
        const work = take();
        if (work === null) void worker.terminate().then(() => resolve());
        else worker.postMessage(work);
      };
      worker.on('error', reject);
      worker.on('exit', (code) => {
        if (code > 1) reject(new Error(`a simulator worker exited with code ${code}`));
      });
      worker.on('message', (reply: WorkerReply) => {
        if (reply.kind === 'done') {
          mergeTally(total, reply.tally);
          peakRss = Math.max(peakRss, reply.rss);
          options.onProgress(total.runs, total.runs - total.passed);
        }
        give();
      });
    });
  await Promise.all(Array.from({ length: Math.min(options.jobs, options.count) }, drive));
  total.failures.sort((a, b) => a.seed - b.seed);
  return { tally: total, seconds: (performance.now() - started) / 1000, peakRss };
}
