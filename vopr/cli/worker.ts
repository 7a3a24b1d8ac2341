/**
 * One simulator on a thread, or in a process, of its own: takes ranges of seeds, returns tallies.
 * Also the entry that `vopr mutants` bundles anew for every planted bug.
 */
import { setFlagsFromString } from 'node:v8';
import { parentPort, workerData } from 'node:worker_threads';
import { loadBed } from './bed.ts';
import { createEngine } from './engine.ts';
import type { Choice } from '../sim/choose.ts';
import { shrink } from '../shrink/shrink.ts';
import type { ShrinkWork, Shrunk, WorkerReply, WorkRange } from './pool.ts';
import { createTally, tallyRun } from './tally.ts';

/**
 * What a run executes is many times larger than a processor's instruction cache, and no loop of it
 * is long: smaller machine code runs faster, by some 4 %. Must come before anything is compiled.
 */
const V8_FLAGS = ['--max-inlined-bytecode-size-cumulative=300', '--no-turbo-loop-peeling'];
for (const flag of V8_FLAGS) setFlagsFromString(flag);

/** Where a generated bug says that its place was reached (`vopr/mutants/generate.ts`). */
const PLANT = globalThis as { readonly voprReached?: boolean };

/** To whom it answers: on a thread the sweep, in a process of its own the hunter. */
const port = parentPort ?? {
  on: (_: 'message', listener: (work: WorkRange | ShrinkWork) => void): unknown =>
    process.on('message', listener),
  postMessage: (reply: WorkerReply): unknown => process.send?.(reply),
};

interface WorkerData {
  /** Where a watcher sees which seed of the range is under way; absent in a process of its own. */
  readonly progress?: Int32Array;
  /** Module with the testbed. */
  readonly system?: string | null;
}

const { progress, system } = (workerData ?? {}) as WorkerData;
const engine = createEngine(await loadBed(system));

port.on('message', (work: WorkRange | ShrinkWork) => {
  const reply: WorkerReply =
    'shrink' in work ? { kind: 'shrunk', shrunk: shrinkSeed(work) } : runRange(work);
  port.postMessage(reply);
});

function tellProgress(at: number): void {
  if (progress === undefined) port.postMessage({ kind: 'at', at } satisfies WorkerReply);
  else Atomics.store(progress, 0, at);
}

function runRange(work: WorkRange): WorkerReply {
  const tally = createTally();
  for (let seed = work.from; seed < work.from + work.count; seed++) {
    tellProgress(seed - work.from);
    tallyRun(tally, engine.run(seed, work.scenario));
    if (work.stopAtFailure && tally.failures.length > 0) break;
  }
  const rss = process.memoryUsage.rss();
  return { kind: 'done', from: work.from, tally, rss, reached: PLANT.voprReached === true };
}

function shrinkSeed({ shrink: seed, scenario, millis }: ShrinkWork): Shrunk {
  const choices: Choice[] = [];
  const { configuration } = engine.record(seed, scenario, choices);
  const begun = performance.now();
  const steps = shrink({ configuration, choices }, (candidate) =>
    engine.attempt(seed, scenario, candidate),
  );
  let step = steps.next();
  for (let at = 1; step.done !== true && performance.now() - begun < millis; at++) {
    tellProgress(at);
    step = steps.next();
  }
  const { best, runs } = step.value;
  const seconds = (performance.now() - begun) / 1000;
  return { before: choices.length, after: best.choices.length, runs, seconds };
}

const ready: WorkerReply = { kind: 'ready' };
port.postMessage(ready);
