/**
 * `vopr sweep`: many seeds on worker threads; totals, rate and histograms; a trace for each failure.
 * Ctrl-C ends it early and still reports what was done.
 */
import { accessSync, constants, existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { createEngine } from './engine.ts';
import { mean, percentile, sparkline } from './histogram.ts';
import type { Histogram } from './histogram.ts';
import { bold, dim, green, red } from './paint.ts';
import { runPool } from './pool.ts';
import type { PoolResult } from './pool.ts';
import { startProgress } from './progress.ts';
import { reproduce, scenarioArgument } from './run.ts';
import { tallyDigest } from './tally.ts';
import type { Failure } from './tally.ts';
import { EXIT_HELD, EXIT_VIOLATED, seedNumber, UsageError, wholeNumber } from './usage.ts';

const COUNT_MAX = 1_000_000_000;
const JOBS_MAX = 256;
/** Traces are written for this many failures; the rest are listed by seed. */
const TRACES_MAX = 20;

export interface SweepArguments {
  readonly count: string;
  readonly from: string;
  readonly jobs?: string | undefined;
  readonly out: string;
  readonly scenario?: string | undefined;
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
    onProgress: progress.update,
    interrupted: () => stopped,
  });
  progress.stop();
  process.removeListener('SIGINT', stop);
  const traces = writeTraces(result.tally.failures, scenario, args.out);
  const text = args.json
    ? JSON.stringify(sweepJson(result, { from, count, jobs }, traces))
    : formatSweep(result, from, jobs, scenario, traces);
  process.stdout.write(`${text}\n`);
  if (stopped) process.stderr.write(`stopped early: ${result.tally.runs} of ${count} seeds ran\n`);
  return result.tally.passed === result.tally.runs ? EXIT_HELD : EXIT_VIOLATED;
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
  for (const failure of failures.slice(0, TRACES_MAX)) {
    const name = `${scenario ?? 'swarm'}-${failure.seed}-${failure.invariant}.json`;
    const path = join(folder, name.replaceAll(/[^\w.-]+/g, '_'));
    writeFileSync(path, engine.trace(failure.seed, scenario));
    written.set(failure.seed, path);
  }
  return written;
}

function sweepJson(
  { tally, seconds, peakRss }: PoolResult,
  asked: { readonly from: number; readonly count: number; readonly jobs: number },
  traces: ReadonlyMap<number, string>,
): object {
  const spread = (h: Histogram): object => ({
    p10: percentile(h, 10),
    median: percentile(h, 50),
    p90: percentile(h, 90),
  });
  return {
    from: asked.from,
    count: asked.count,
    passed: tally.passed,
    failed: tally.failures.map(({ seed, invariant, message }) => ({
      seed,
      invariant,
      message,
      trace: traces.get(seed) ?? null,
    })),
    seconds: Number(seconds.toFixed(3)),
    perSecond: Number((tally.runs / seconds).toFixed(1)),
    jobs: asked.jobs,
    digest: tallyDigest(tally),
    mean: {
      events: mean(tally.events),
      commits: mean(tally.commits),
      faults: mean(tally.faultCount),
      faultKinds: mean(tally.faultKinds),
      crashes: mean(tally.crashes),
    },
    spread: {
      events: spread(tally.events),
      commits: spread(tally.commits),
      faults: spread(tally.faultCount),
    },
    replicas: tally.replicas.counts,
    faults: tally.faults,
    checks: tally.checks,
    marks: tally.marks,
    excuses: tally.excuses,
    excusedRuns: tally.excusedRuns,
    peakRssMiB: Math.round(peakRss / (1 << 20)),
  };
}

function formatSweep(
  { tally, seconds }: PoolResult,
  from: number,
  jobs: number,
  scenario: string | null,
  traces: ReadonlyMap<number, string>,
): string {
  const lines: string[] = [];
  const rate = Math.round(tally.runs / seconds);
  lines.push(
    `${bold(String(tally.runs))} clusters from seed ${from} in ${seconds.toFixed(1)} s: ` +
      `${bold(String(rate))} runs/s on ${jobs} threads`,
  );
  lines.push(...histogramLines(tally.events, 'events'));
  lines.push(...histogramLines(tally.commits, 'commits'));
  lines.push(...histogramLines(tally.faultCount, 'faults'));
  lines.push(...histogramLines(tally.faultKinds, 'kinds of fault'));
  lines.push(...histogramLines(tally.crashes, 'crashes'));
  lines.push('', ...columns('faults delivered', tally.faults));
  lines.push('', ...columns('invariants evaluated', tally.checks));
  lines.push('', ...columns('runs that reached a mark', tally.marks));
  if (tally.excusedRuns > 0) lines.push('', ...columns('excuses proven', tally.excuses));
  lines.push('');
  if (tally.failures.length === 0) {
    lines.push(`${green(bold('PASS'))}  every invariant held in all ${tally.runs} runs`);
  } else {
    lines.push(`${red(bold('FAIL'))}  ${tally.runs - tally.passed} of ${tally.runs} runs`);
    for (const failure of tally.failures.slice(0, TRACES_MAX)) {
      const trace = traces.get(failure.seed);
      lines.push(`  ${bold(failure.invariant)}  ${failure.message.split('\n')[0] ?? ''}`);
      lines.push(dim(`    again: ${reproduce(failure.seed, scenario)}`));
      if (trace !== undefined) lines.push(dim(`    look:  npx vopr replay ${trace} --plain`));
    }
    const more = tally.failures.length - TRACES_MAX;
    if (more > 0) lines.push(`  … and ${more} more; --json lists them`);
  }
  return lines.join('\n');
}

function histogramLines(histogram: Histogram, name: string): string[] {
  const at = (percent: number): string => String(percentile(histogram, percent)).padStart(6);
  return [
    `  ${name.padEnd(15)} mean ${mean(histogram).toFixed(1).padStart(7)}   ` +
      `p10${at(10)}  median${at(50)}  p90${at(90)}   ${sparkline(histogram, 20)}`,
  ];
}

function columns(title: string, of: Readonly<Record<string, number>>): string[] {
  const entries = Object.entries(of).sort(([a], [b]) => (a < b ? -1 : 1));
  return [title, ...entries.map(([name, n]) => `  ${name.padEnd(30)} ${String(n).padStart(12)}`)];
}
