/**
 * What a sweep adds up over its runs: plain data that crosses between workers and merges in any
 * order to the same totals, so that `--jobs` never changes a number.
 */
import { createHistogram, merge, record } from './histogram.ts';
import type { Histogram } from './histogram.ts';
import { FAULTS, isWeather } from '../sim/faults.ts';
import type { RunResult } from '../sim/run.ts';

export interface Failure {
  readonly seed: number;
  readonly invariant: string;
  readonly message: string;
}

export interface Tally {
  runs: number;
  passed: number;
  /** Order-independent digest of all runs' digests: the sum of each, in two 26-bit lanes. */
  digestLow: number;
  digestHigh: number;
  readonly events: Histogram;
  readonly commits: Histogram;
  /** Faults delivered per run, without message delay, loss and duplication. */
  readonly faultCount: Histogram;
  /** Different kinds of those per run. */
  readonly faultKinds: Histogram;
  readonly crashes: Histogram;
  readonly replicas: Histogram;
  readonly faults: Record<string, number>;
  readonly checks: Record<string, number>;
  readonly marks: Record<string, number>;
  /** The lowest seed that reached a mark. */
  readonly markSeeds: Record<string, number>;
  readonly excuses: Record<string, number>;
  excusedRuns: number;
  readonly failures: Failure[];
}

const FAILURES_KEPT = 1000;
const LANE = 0x400_0000;

/** Delay, loss, duplication and reordering are the weather of every network: no faults. */
const COUNTED = new Set(
  FAULTS.filter((_, index) => !isWeather(index)).map((f) => f.name as string),
);

export function createTally(): Tally {
  return {
    runs: 0,
    passed: 0,
    digestLow: 0,
    digestHigh: 0,
    events: createHistogram(),
    commits: createHistogram(),
    faultCount: createHistogram(),
    faultKinds: createHistogram(),
    crashes: createHistogram(),
    replicas: createHistogram(),
    faults: {},
    checks: {},
    marks: {},
    markSeeds: {},
    excuses: {},
    excusedRuns: 0,
    failures: [],
  };
}

/** The invariant under which a run is counted that never ends. */
export const HANG = 'hang';

/** Counts a run that was given up. */
export function tallyHang(tally: Tally, seed: number): void {
  tally.runs++;
  if (tally.failures.length >= FAILURES_KEPT) return;
  tally.failures.push({ seed, invariant: HANG, message: 'the run did not end' });
}

export function tallyRun(tally: Tally, run: RunResult): void {
  tally.runs++;
  tally.digestLow = (tally.digestLow + Number.parseInt(run.digest.slice(8), 16)) % LANE;
  tally.digestHigh = (tally.digestHigh + Number.parseInt(run.digest.slice(0, 8), 16)) % LANE;
  record(tally.events, run.events);
  record(tally.commits, run.commits);
  record(tally.crashes, run.crashes);
  record(tally.replicas, run.replicas);
  let count = 0;
  let kinds = 0;
  for (const kind in run.faults) {
    const delivered = run.faults[kind] ?? 0;
    bump(tally.faults, kind, delivered);
    if (delivered === 0 || !COUNTED.has(kind)) continue;
    count += delivered;
    kinds++;
  }
  record(tally.faultCount, count);
  record(tally.faultKinds, kinds);
  for (const name in run.checks) bump(tally.checks, name, run.checks[name] ?? 0);
  for (const mark of run.marks) {
    bump(tally.marks, mark, 1);
    lower(tally.markSeeds, mark, run.seed);
  }
  let excused = false;
  for (const name in run.excuses) {
    const times = run.excuses[name] ?? 0;
    bump(tally.excuses, name, times);
    excused ||= times > 0;
  }
  if (excused) tally.excusedRuns++;
  if (run.violation === null) {
    tally.passed++;
  } else if (tally.failures.length < FAILURES_KEPT) {
    const { invariant, message } = run.violation;
    tally.failures.push({ seed: run.seed, invariant, message });
  }
}

export function mergeTally(into: Tally, from: Tally): void {
  into.runs += from.runs;
  into.passed += from.passed;
  into.digestLow = (into.digestLow + from.digestLow) % LANE;
  into.digestHigh = (into.digestHigh + from.digestHigh) % LANE;
  merge(into.events, from.events);
  merge(into.commits, from.commits);
  merge(into.faultCount, from.faultCount);
  merge(into.faultKinds, from.faultKinds);
  merge(into.crashes, from.crashes);
  merge(into.replicas, from.replicas);
  mergeCounts(into.faults, from.faults);
  mergeCounts(into.checks, from.checks);
  mergeCounts(into.marks, from.marks);
  for (const mark in from.markSeeds) lower(into.markSeeds, mark, from.markSeeds[mark] ?? 0);
  mergeCounts(into.excuses, from.excuses);
  into.excusedRuns += from.excusedRuns;
  if (from.failures.length === 0) return;
  // The lowest seeds stay, whichever came first: else the list would depend on who was quicker.
  into.failures.push(...from.failures);
  into.failures.sort((a, b) => a.seed - b.seed);
  into.failures.length = Math.min(into.failures.length, FAILURES_KEPT);
}

/** Hex text of the order-independent digest. */
export function tallyDigest(tally: Tally): string {
  const lane = (value: number): string => value.toString(16).padStart(7, '0');
  return lane(tally.digestHigh) + lane(tally.digestLow);
}

function bump(counts: Record<string, number>, name: string, by: number): void {
  counts[name] = (counts[name] ?? 0) + by;
}

function lower(lowest: Record<string, number>, name: string, value: number): void {
  lowest[name] = Math.min(lowest[name] ?? value, value);
}

function mergeCounts(into: Record<string, number>, from: Record<string, number>): void {
  for (const name in from) bump(into, name, from[name] ?? 0);
}
