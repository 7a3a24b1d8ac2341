/**
 * `vopr shrink`: makes a failing run as small as it goes and still fail in the same way, says in
 * sentences what is left, and writes it as a trace. Every step is a run of the real core; Ctrl-C
 * and `--seconds` end the search with the best so far.
 */
import { accessSync, constants, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Trace } from '../sim/trace.ts';
import type { Candidate } from '../shrink/shrink.ts';
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
import { shrinkRun } from './shrink-run.ts';
import { UsageError, wholeNumber } from './usage.ts';

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
  const deadline = begun + seconds * 1000;
  const shrunk = await shrinkRun(engine, { seed, scenario, start, deadline });
  const took = (performance.now() - begun) / 1000;
  const { trace, result: again, runs } = shrunk;
  writeFileSync(path, shrunk.text);
  const before = start.choices.length;
  const after = trace.choices.length;
  if (args.json) {
    const { configuration, violation } = trace;
    const { replicaCount, operations } = configuration;
    const size = { replicas: replicaCount, operations };
    const report = { trace: path, before, after, runs, seconds: took, ...size };
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
    `${bold(`${before} choices → ${after}`)}, ${runs} runs in ${took.toFixed(1)} s`,
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
