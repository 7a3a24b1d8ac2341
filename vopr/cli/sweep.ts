/**
 * `vopr sweep`: many seeds on worker threads; totals, rate and histograms; a trace for each kind of
 * failure. Ctrl-C ends it early and still reports what was done; with `--resume` it goes on there
 * the next time.
 */
import { accessSync, constants, existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { loadBed } from './bed.ts';
import type { Bed } from './bed.ts';
import { createEngine } from './engine.ts';
import { judge, neverEvaluated, readExpectations, writeExpectations } from './expectations.ts';
import type { Expectations } from './expectations.ts';
import { groupFailures } from './failure-groups.ts';
import type { FailureGroup } from './failure-groups.ts';
import { rangeSeeds, runPool } from './pool.ts';
import type { PoolProgress } from './pool.ts';
import { startProgress } from './progress.ts';
import { scenarioArgument } from './run.ts';
import { shrinkGroups } from './shrink-groups.ts';
import { sweepHtml } from './sweep-html.ts';
import { sweepJson, sweepReportJson } from './sweep-json.ts';
import { formatSweep, GROUPS_SHOWN } from './sweep-report.ts';
import type { SweepReport } from './sweep-report.ts';
import { readSweep, writeSweep } from './sweep-state.ts';
import type { SweepIdentity } from './sweep-state.ts';
import { HANG } from './tally.ts';
import type { Failure, Tally } from './tally.ts';
import {
  EXIT_HELD,
  EXIT_INTERRUPTED,
  EXIT_VIOLATED,
  seedNumber,
  UsageError,
  wholeNumber,
} from './usage.ts';

const COUNT_MAX = 1_000_000_000;
const JOBS_MAX = 256;
const SHRINK_SECONDS_MAX = 3600;
const PATIENCE_SECONDS_MAX = 3600;
/** From so many seeds of the default swarm on, each invariant must have been evaluated. */
const HONEST_RUNS_MIN = 1_000;
/** How much work an interruption may cost. */
const KEEP_MILLIS = 2_000;
/** Of a sweep that fails all over, the rest would teach nothing. */
const TRACES_MAX = 100;

export interface SweepArguments {
  readonly count: string;
  readonly from: string;
  readonly jobs?: string | undefined;
  readonly out: string;
  readonly shrink: string;
  readonly patience: string;
  readonly scenario?: string | undefined;
  readonly system?: string | undefined;
  readonly expect?: string | undefined;
  readonly expectWrite?: string | undefined;
  readonly resume?: string | undefined;
  readonly report?: string | undefined;
  readonly json: boolean;
}

export async function sweepCommand(args: SweepArguments): Promise<number> {
  const { from, count } = seedsArgument(args);
  const jobs = jobsArgument(args.jobs);
  const seconds = wholeNumber('shrink', args.shrink, 0, SHRINK_SECONDS_MAX);
  const bed = await loadBed(args.system);
  const patience = wholeNumber('patience', args.patience, 1, PATIENCE_SECONDS_MAX);
  const scenario = scenarioArgument(bed, args.scenario);
  const expected = expectArgument(args, scenario, count);
  assertWritable(args.out, 'traces', '--out');
  if (args.report !== undefined) assertWritable(args.report, 'the report', '--report');
  const keep = keeper(
    args.resume,
    { build: bed.build, from, count, scenario },
    rangeSeeds(count, jobs),
  );
  let stopped = false;
  const stop = (): void => void (stopped = true);
  process.once('SIGINT', stop);
  const progress = startProgress(count, 'runs');
  const result = await runPool({
    worker: new URL('./worker.js', import.meta.url),
    system: bed.path,
    jobs,
    from,
    count,
    scenario,
    stopAtFailure: false,
    patienceMillis: patience * 1000,
    resumed: keep.resumed,
    onProgress: (now) => {
      const { runs, passed } = now.tally;
      progress.update(runs, runs - passed);
      keep.put(now, false);
    },
    interrupted: () => stopped,
  });
  progress.stop();
  process.removeListener('SIGINT', stop);
  keep.put(result, true);
  const { tally } = result;
  const isWhole = tally.runs === count;
  const complaints = isWhole ? complaintsOf(bed, tally, scenario, expected) : [];
  if (args.expectWrite !== undefined && isWhole) writeExpectations(args.expectWrite, tally);
  const kinds = groupFailures(tally.failures);
  const traces = writeTraces(bed, tally.failures, kinds, scenario, args.out);
  // Who ended the sweep wants its report, not more work.
  const most = stopped ? 0 : GROUPS_SHOWN;
  const groups = await shrinkGroups(kinds, { bed, scenario, seconds, most, traces });
  const report: SweepReport = {
    bed,
    result,
    from,
    count,
    jobs,
    scenario,
    traces,
    groups,
    complaints,
  };
  if (args.report !== undefined) writeReport(args.report, report);
  const text = args.json ? JSON.stringify(sweepJson(report)) : formatSweep(report);
  process.stdout.write(`${text}\n`);
  if (!isWhole) {
    const on = args.resume === undefined ? '' : '; the same command goes on from here';
    process.stderr.write(`stopped early: ${tally.runs} of ${count} seeds ran${on}\n`);
  }
  const held = tally.passed === tally.runs && complaints.length === 0;
  if (!held) return EXIT_VIOLATED;
  return isWhole ? EXIT_HELD : EXIT_INTERRUPTED;
}

function seedsArgument(args: SweepArguments): { readonly from: number; readonly count: number } {
  const count = wholeNumber('count', args.count, 1, COUNT_MAX);
  const from = seedNumber('from', args.from);
  if (from + count <= Number.MAX_SAFE_INTEGER) return { from, count };
  throw new UsageError('--from plus --count goes past the last seed (2^53 - 1); start lower');
}

function expectArgument(
  { expect, expectWrite, system }: SweepArguments,
  scenario: string | null,
  count: number,
): Expectations | null {
  if (system !== undefined && (expect !== undefined || expectWrite !== undefined)) {
    throw new UsageError('expectations are kept for Kimberlite alone; leave --system out');
  }
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
  { path }: Bed,
  tally: Tally,
  scenario: string | null,
  expected: Expectations | null,
): string[] {
  const swarm = path === null && scenario === null && tally.runs >= HONEST_RUNS_MIN;
  return [
    ...(swarm ? neverEvaluated(tally) : []),
    ...(expected === null ? [] : judge(tally, expected)),
  ];
}

export function jobsArgument(value: string | undefined): number {
  return value === undefined ? availableParallelism() : wholeNumber('jobs', value, 1, JOBS_MAX);
}

/** Refuses a folder that could not take the output, before any work is done. Creates nothing. */
function assertWritable(folder: string, what: string, option: string): void {
  let nearest = resolve(folder);
  while (!existsSync(nearest)) nearest = dirname(nearest);
  try {
    if (!statSync(nearest).isDirectory()) throw new UsageError('not a folder');
    accessSync(nearest, constants.W_OK);
  } catch {
    throw new UsageError(`cannot write ${what} to '${folder}'; name another folder with ${option}`);
  }
}

interface Keeper {
  readonly resumed: PoolProgress | undefined;
  put(progress: PoolProgress, last: boolean): void;
}

/** Puts the sweep away every so often, where it was asked to. */
function keeper(path: string | undefined, identity: SweepIdentity, range: number): Keeper {
  if (path === undefined) return { resumed: undefined, put: () => undefined };
  const resumed = readSweep(path, identity, range);
  let kept = performance.now();
  return {
    resumed,
    put: (progress, last) => {
      const now = performance.now();
      if (!last && now - kept < KEEP_MILLIS) return;
      kept = now;
      writeSweep(path, identity, progress);
    },
  };
}

function writeReport(folder: string, report: SweepReport): void {
  const json = sweepReportJson(report);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'sweep.json'), `${JSON.stringify(json)}\n`);
  writeFileSync(join(folder, 'sweep.html'), sweepHtml(json));
}

/**
 * Runs failing seeds again, recording, and writes their traces: the lowest, and one of each kind.
 * Seed → path.
 */
function writeTraces(
  bed: Bed,
  failures: readonly Failure[],
  groups: readonly FailureGroup[],
  scenario: string | null,
  folder: string,
): ReadonlyMap<number, string> {
  const written = new Map<number, string>();
  if (failures.length === 0) return written;
  const engine = createEngine(bed);
  mkdirSync(folder, { recursive: true });
  const leaders = new Set(groups.slice(0, GROUPS_SHOWN).map(({ seeds }) => seeds[0]));
  for (const [index, { seed, invariant }] of failures.entries()) {
    if (index >= TRACES_MAX && !leaders.has(seed)) continue;
    // To record it would take as long.
    if (invariant === HANG) continue;
    const name = `${scenario ?? 'swarm'}-${seed}-${invariant}.json`;
    const path = join(folder, name.replaceAll(/[^\w.-]+/g, '_'));
    writeFileSync(path, engine.trace(seed, scenario));
    written.set(seed, path);
  }
  return written;
}
