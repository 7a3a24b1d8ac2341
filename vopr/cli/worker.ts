/**
 * One simulator on a thread of its own: takes ranges of seeds, returns tallies. Also the entry that
 * `vopr mutants` bundles anew for every planted bug.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { createEngine } from './engine.ts';
import type { WorkerReply, WorkRange } from './pool.ts';
import { createTally, tallyRun } from './tally.ts';

const port = parentPort;
if (port === null) throw new Error('worker.ts runs only as a worker thread');

/** Where a watcher sees which seed of the range is under way, if anyone watches. */
const progress = (workerData as { readonly progress?: Int32Array } | null)?.progress;

const engine = createEngine();

port.on('message', (work: WorkRange) => {
  const tally = createTally();
  for (let seed = work.from; seed < work.from + work.count; seed++) {
    if (progress !== undefined) Atomics.store(progress, 0, seed - work.from);
    tallyRun(tally, engine.run(seed, work.scenario));
    if (work.stopAtFailure && tally.failures.length > 0) break;
  }
  const reply: WorkerReply = {
    kind: 'done',
    from: work.from,
    tally,
    rss: process.memoryUsage.rss(),
  };
  port.postMessage(reply);
});

const ready: WorkerReply = { kind: 'ready' };
port.postMessage(ready);
