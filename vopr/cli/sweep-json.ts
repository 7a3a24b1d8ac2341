/**
 * A sweep's result for machines: the object of `--json`, and the longer one that `--report` writes
 * and draws. Names stand in alphabetical order: which thread reported first must not show.
 */
import type { FailureGroup } from './failure-groups.ts';
import { mean, percentile } from './histogram.ts';
import type { Histogram } from './histogram.ts';
import type { Pace } from './pool.ts';
import type { SweepReport } from './sweep-report.ts';
import { tallyDigest } from './tally.ts';
import type { Failure } from './tally.ts';

type Counts = Readonly<Record<string, number>>;

export interface Spread {
  readonly p10: number;
  readonly median: number;
  readonly p90: number;
}

export interface FailureJson extends Failure {
  readonly trace: string | null;
}

/** The object of `--json`; docs/vopr.md describes each field. */
export interface SweepJson {
  readonly from: number;
  readonly count: number;
  readonly scenario: string | null;
  readonly runs: number;
  readonly passed: number;
  readonly failed: readonly FailureJson[];
  readonly seconds: number;
  readonly perSecond: number;
  readonly jobs: number;
  readonly digest: string;
  readonly mean: Readonly<
    Record<'events' | 'commits' | 'faults' | 'faultKinds' | 'crashes', number>
  >;
  readonly spread: Readonly<Record<'events' | 'commits' | 'faults', Spread>>;
  readonly replicas: readonly number[];
  readonly faults: Counts;
  readonly checks: Counts;
  readonly marks: Counts;
  readonly excuses: Counts;
  readonly excusedRuns: number;
  readonly complaints: readonly string[];
  readonly peakRssMiB: number;
}

/** What `--report` writes as `sweep.json`, and draws as `sweep.html`. */
export interface SweepReportJson extends SweepJson {
  readonly build: string;
  /** Module of the system that ran; null for ours. */
  readonly system: string | null;
  /** Failures that are likely the same bug. */
  readonly groups: readonly FailureGroup[];
  /** How many runs had each count; the index is the count. */
  readonly histograms: Readonly<Record<'events' | 'commits' | 'faults', readonly number[]>>;
  /** The lowest seed that reached each mark. */
  readonly markSeeds: Counts;
  readonly pace: readonly Pace[];
}

export function sweepJson(report: SweepReport): SweepJson {
  const { tally, seconds, peakRss } = report.result;
  return {
    from: report.from,
    count: report.count,
    scenario: report.scenario,
    runs: tally.runs,
    passed: tally.passed,
    failed: tally.failures.map(({ seed, invariant, message }) => ({
      seed,
      invariant,
      message,
      trace: report.traces.get(seed) ?? null,
    })),
    seconds: Number(seconds.toFixed(3)),
    perSecond: Number((seconds > 0 ? tally.runs / seconds : 0).toFixed(1)),
    jobs: report.jobs,
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
    faults: sorted(tally.faults),
    checks: sorted(tally.checks),
    marks: sorted(tally.marks),
    excuses: sorted(tally.excuses),
    excusedRuns: tally.excusedRuns,
    complaints: report.complaints,
    peakRssMiB: Math.round(peakRss / (1 << 20)),
  };
}

export function sweepReportJson(report: SweepReport): SweepReportJson {
  const { tally, pace } = report.result;
  return {
    build: report.bed.build,
    system: report.bed.path,
    ...sweepJson(report),
    groups: report.groups,
    histograms: {
      events: tally.events.counts,
      commits: tally.commits.counts,
      faults: tally.faultCount.counts,
    },
    markSeeds: sorted(tally.markSeeds),
    pace,
  };
}

/** Names and counts in the order of the names. */
export function byName(counts: Counts): [name: string, count: number][] {
  return Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1));
}

function sorted(counts: Counts): Counts {
  return Object.fromEntries(byName(counts));
}

function spread(h: Histogram): Spread {
  return { p10: percentile(h, 10), median: percentile(h, 50), p90: percentile(h, 90) };
}
