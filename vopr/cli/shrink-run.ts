/**
 * Shrinking one failing run within a time: what is left of it, as a trace that was run once more as
 * proof that it fails in the same way, and in sentences.
 */
import { formatTrace, TRACE_VERSION } from '../sim/trace.ts';
import type { Trace } from '../sim/trace.ts';
import { shrink } from '../shrink/shrink.ts';
import type { Candidate, Progress } from '../shrink/shrink.ts';
import type { RunResult, StateHash } from '../sim/run.ts';
import type { Engine } from './engine.ts';
import { takeSteps } from './take-steps.ts';

/** Runs between looks at the clock and at Ctrl-C. */
const RUNS_AT_ONCE = 4;

export interface ShrinkTask {
  readonly seed: number;
  readonly scenario: string | null;
  readonly start: Candidate;
  /** On the clock of `performance.now()`. */
  readonly deadline: number;
}

export interface ShrunkRun {
  readonly trace: Trace;
  /** As `formatTrace` writes it. */
  readonly text: string;
  /** Of the trace, executed once more. */
  readonly result: RunResult;
  /** Candidates executed. */
  readonly runs: number;
}

/** The best found until nothing helps any more, the time is over, or Ctrl-C. */
export async function shrinkRun(engine: Engine, task: ShrinkTask): Promise<ShrunkRun> {
  const { seed, scenario, start, deadline } = task;
  const steps = shrink(start, (candidate) => engine.attempt(seed, scenario, candidate));
  // The first step is the run itself: whatever happens, there is something to show.
  let found = steps.next().value;
  const onStep = (progress: Progress): string => {
    found = progress;
    return `${progress.runs} runs, ${progress.best.choices.length} choices left`;
  };
  const best = (await takeSteps(steps, { onStep, atOnce: RUNS_AT_ONCE, deadline })) ?? found;
  const hashes: StateHash[] = [];
  const trace = traceOf(engine, task, best, hashes);
  // The proof: what is written fails as it says, when it is run as it is written.
  const result = engine.replay(trace, hashes);
  const { violation, digest } = result;
  if (digest !== trace.digest || violation?.invariant !== trace.violation?.invariant) {
    throw new Error('the shrunk trace does not reproduce: determinism is broken');
  }
  return { trace, text: formatTrace(trace), result, runs: best.runs };
}

function traceOf(
  { bed }: Engine,
  { seed, scenario, start }: ShrinkTask,
  { best, result, runs }: Progress,
  hashes: readonly StateHash[],
): Trace {
  const note = `shrunk from ${start.choices.length} choices in ${runs} runs`;
  const { violation, digest } = result;
  const { name: system } = bed.testbed.system;
  return {
    version: TRACE_VERSION,
    system,
    build: bed.build,
    seed,
    scenario,
    ...best,
    violation,
    digest,
    hashes,
    note,
  };
}
