/**
 * `vopr shrink`: makes a failing run as small as it goes and still fail in the same way, says in
 * sentences what is left, and writes it as a trace. Every step is a run of the real core; Ctrl-C
 * and `--seconds` end the search with the best so far.
 */
import { accessSync, constants, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { formatTrace, TRACE_VERSION } from '../sim/trace.ts';
import type { Trace } from '../sim/trace.ts';
import { shrink } from '../shrink/shrink.ts';
import type { Candidate, Progress } from '../shrink/shrink.ts';
import type { StateHash } from '../sim/run.ts';
import type { Bed } from './bed.ts';
import { createEngine } from './engine.ts';
import type { Engine } from './engine.ts';
import { bold, dim } from './paint.ts';
import {
  candidateOf,
  exitOf,
  formatChoices,
  formatEnd,
  formatHead,
  look,
  subjectOf,
} from './replay.ts';
import type { Subject } from './replay.ts';
import { takeSteps } from './take-steps.ts';
import { UsageError, wholeNumber } from './usage.ts';

/** Runs between looks at the clock and at Ctrl-C. */
const RUNS_AT_ONCE = 4;
const SECONDS_MAX = 86_400;
const NOTHING = { limit: 0, quiet: false, only: null, node: null } as const;

export interface ShrinkArguments {
  readonly trace?: string | undefined;
  readonly seed?: string | undefined;
  readonly scenario?: string | undefined;
  readonly system?: string | undefined;
  readonly out?: string | undefined;
  readonly seconds: string;
  readonly json: boolean;
}

export async function shrinkCommand(args: ShrinkArguments): Promise<number> {
  const seconds = wholeNumber('seconds', args.seconds, 1, SECONDS_MAX);
  const what = await subjectOf(args, 'shrink');
  const path = args.out ?? defaultPath(args);
  assertWritable(path);
  const { bed } = what;
  const engine = createEngine(bed);
  const { seed, scenario } = what.kind === 'trace' ? what.trace : what;
  const start = startOf(engine, what);
  const begun = performance.now();
  const found = await search(engine, { seed, scenario, start }, begun + seconds * 1000);
  const took = (performance.now() - begun) / 1000;
  const hashes: StateHash[] = [];
  const trace = traceOf(bed, found, start, { seed, scenario, hashes });
  // The proof: what is written fails as it says, when it is run as it is written.
  const again = engine.replay(trace, hashes);
  if (again.digest !== trace.digest || again.violation?.invariant !== trace.violation?.invariant) {
    throw new Error('the shrunk trace does not reproduce: determinism is broken');
  }
  writeFileSync(path, formatTrace(trace));
  const before = start.choices.length;
  const after = trace.choices.length;
  if (args.json) {
    const { configuration, violation } = trace;
    const { replicaCount, operations } = configuration;
    const size = { replicas: replicaCount, operations };
    const report = { trace: path, before, after, runs: found.runs, seconds: took, ...size };
    process.stdout.write(`${JSON.stringify({ ...report, violation })}\n`);
    return exitOf(again);
  }
  const { shown, glossary } = look({ kind: 'trace', bed, trace }, NOTHING);
  const lines = [
    ...formatHead(shown),
    worldWords(trace),
    ...formatChoices(shown, glossary, true),
    ...formatEnd(shown),
    '',
    `${bold(`${before} choices → ${after}`)}, ${found.runs} runs in ${took.toFixed(1)} s`,
    dim(`look: npx vopr replay${bed.flag} ${path}`),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
  return exitOf(again);
}

/** The run to begin with, which must fail. */
function startOf(engine: Engine, what: Subject): Candidate {
  const start = candidateOf(engine, what);
  const { seed, scenario } = what.kind === 'trace' ? what.trace : what;
  if (engine.attempt(seed, scenario, start).result.violation !== null) return start;
  if (what.kind === 'seed') throw new UsageError(`seed ${seed} holds: there is nothing to shrink`);
  const { bed, trace } = what;
  const other = trace.build === bed.build ? '' : ` (it was recorded by build ${trace.build})`;
  throw new UsageError(
    `this trace no longer fails in build ${bed.build}${other}: nothing to shrink`,
  );
}

interface Task {
  readonly seed: number;
  readonly scenario: string | null;
  readonly start: Candidate;
}

/** Searches until nothing helps any more, the time is over, or Ctrl-C. */
async function search(engine: Engine, task: Task, deadline: number): Promise<Progress> {
  const { seed, scenario, start } = task;
  const steps = shrink(start, (candidate) => engine.attempt(seed, scenario, candidate));
  // The first step is the run itself: whatever happens, there is something to show.
  let found = steps.next().value;
  const onStep = (progress: Progress): string => {
    found = progress;
    return `${progress.runs} runs, ${progress.best.choices.length} choices left`;
  };
  return (await takeSteps(steps, { onStep, atOnce: RUNS_AT_ONCE, deadline })) ?? found;
}

function traceOf(
  { build, testbed }: Bed,
  { best, result, runs }: Progress,
  start: Candidate,
  { seed, scenario, hashes }: Pick<Trace, 'seed' | 'scenario' | 'hashes'>,
): Trace {
  const note = `shrunk from ${start.choices.length} choices in ${runs} runs`;
  const { violation, digest } = result;
  const { name: system } = testbed.system;
  return {
    version: TRACE_VERSION,
    system,
    build,
    seed,
    scenario,
    ...best,
    violation,
    digest,
    hashes,
    note,
  };
}

function worldWords({ configuration }: Trace): string {
  const { operations, stormMicros } = configuration;
  const counts = operations.map((count, client) => `c${client} ${count}`);
  return `operations: ${counts.join(', ')}; the storm ends at ${(stormMicros / 1000).toFixed(3)} ms`;
}

function defaultPath({ trace, seed, scenario }: ShrinkArguments): string {
  if (trace !== undefined) return `${trace.replace(/\.json$/, '')}-shrunk.json`;
  return `${scenario ?? 'swarm'}-${seed ?? ''}-shrunk.json`;
}

function assertWritable(path: string): void {
  try {
    accessSync(dirname(path), constants.W_OK);
  } catch {
    throw new UsageError(`cannot write '${path}'; name another file with --out`);
  }
}
