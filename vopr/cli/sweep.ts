/**
 * `vopr sweep`: many seeds on worker threads; totals, rate and histograms; a trace for each
 * failure. Ctrl-C ends it early and still reports what was done.
 */
import { accessSync, constants, existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { createEngine } from './engine.ts';
import { judge, neverEvaluated, readExpectations, writeExpectations } from './expectations.ts';
import type { Expectations } from './expectations.ts';
import { runPool } from './pool.ts';
import { startProgress } from './progress.ts';
import { scenarioArgument } from './run.ts';
import { FAILURES_SHOWN, formatSweep, sweepJson } from './sweep-report.ts';
import type { SweepReport } from './sweep-report.ts';
import type { Failure, Tally } from './tally.ts';
import { EXIT_HELD, EXIT_VIOLATED, seedNumber, UsageError, wholeNumber } from './usage.ts';

const COUNT_MAX = 1_000_000_000;
const JOBS_MAX = 256;
/** From so many seeds of the default swarm on, each invariant must have been evaluated. */
const HONEST_RUNS_MIN = 1_000;

export interface SweepArguments {
  readonly count: string;
  readonly from: string;
  readonly jobs?: string | undefined;
  readonly out: string;
  readonly scenario?: string | undefined;
  readonly expect?: string | undefined;
  readonly expectWrite?: string | undefined;
  readonly json: boolean;
}

export async function sweepCommand(args: SweepArguments): Promise<number> {
  const count = wholeNumber('count', args.count, 1, COUNT_MAX);
  const from = seedNumber('from', args.from);
  if (from + count > Number.MAX_SAFE_INTEGER) {
    throw new UsageError('--from plus --count goes past the last seed (2^53 - 1); start lower');
  }
  const jobs = jobsArgument(args.jobs);
  const scenario = scenarioArgument(args.scenario);
  const expected = expectArgument(args, scenario, count);
  assertWritable(args.out);
  let stopped = false;
  const stop = (): void => void (stopped = true);
  process.once('SIGINT', stop);
  const progress = startProgress(count, 'runs');
  const result = await runPool({
    worker: new URL('./worker.js', import.meta.url),
    jobs,
    from,
    count,
    scenario,
    stopAtFailure: false,
    onProgress: (done, failed) => progress.update(done, failed),
    interrupted: () => stopped,
  });
  progress.stop();
  process.removeListener('SIGINT', stop);
  const { tally } = result;
  const complaints = stopped ? [] : complaintsOf(tally, scenario, expected);
  if (args.expectWrite !== undefined && !stopped) writeExpectations(args.expectWrite, tally);
  const traces = writeTraces(tally.failures, scenario, args.out);
  const report: SweepReport = { result, from, count, jobs, scenario, traces, complaints };
  const text = args.json ? JSON.stringify(sweepJson(report)) : formatSweep(report);
  process.stdout.write(`${text}\n`);
  if (stopped) process.stderr.write(`stopped early: ${tally.runs} of ${count} seeds ran\n`);
  const held = tally.passed === tally.runs && complaints.length === 0;
  return held ? EXIT_HELD : EXIT_VIOLATED;
}

function expectArgument(
  { expect, expectWrite }: SweepArguments,
  scenario: string | null,
  count: number,
): Expectations | null {
  if (scenario !== null && (expect !== undefined || expectWrite !== undefined)) {
    throw new UsageError('expectations are about the default swarm; leave --scenario out');
  }
  if (expect === undefined) return null;
  const expected = readExpectations(expect);
  if (count >= expected.seedsMin) return expected;
  throw new UsageError(`these expectations take at least --count ${expected.seedsMin}`);
}

/** What makes a sweep dishonest though every invariant held. */
function complaintsOf(
  tally: Tally,
  scenario: string | null,
  expected: Expectations | null,
): string[] {
  const swarm = scenario === null && tally.runs >= HONEST_RUNS_MIN;
  return [
    ...(swarm ? neverEvaluated(tally) : []),
    ...(expected === null ? [] : judge(tally, expected)),
  ];
}

export function jobsArgument(value: string | undefined): number {
  return value === undefined ? availableParallelism() : wholeNumber('jobs', value, 1, JOBS_MAX);
}

/** Refuses a folder that could not take a trace, before any work is done. Creates nothing. */
function assertWritable(folder: string): void {
  let nearest = resolve(folder);
  while (!existsSync(nearest)) nearest = dirname(nearest);
  try {
    if (!statSync(nearest).isDirectory()) throw new UsageError('not a folder');
    accessSync(nearest, constants.W_OK);
  } catch {
    throw new UsageError(`cannot write traces to '${folder}'; name another folder with --out`);
  }
}

/** Runs each failing seed again, recording, and writes its trace. Seed → path. */
function writeTraces(
  failures: readonly Failure[],
  scenario: string | null,
  folder: string,
): ReadonlyMap<number, string> {
  const written = new Map<number, string>();
  if (failures.length === 0) return written;
  const engine = createEngine();
  mkdirSync(folder, { recursive: true });
  for (const failure of failures.slice(0, FAILURES_SHOWN)) {
    const name = `${scenario ?? 'swarm'}-${failure.seed}-${failure.invariant}.json`;
    const path = join(folder, name.replaceAll(/[^\w.-]+/g, '_'));
    writeFileSync(path, engine.trace(failure.seed, scenario));
    written.set(failure.seed, path);
  }
  return written;
}
