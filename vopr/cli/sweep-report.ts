/**
 * A sweep's result for machines and for people.
 */
import { mean, percentile, sparkline } from './histogram.ts';
import type { Histogram } from './histogram.ts';
import { bold, dim, green, red } from './paint.ts';
import type { PoolResult } from './pool.ts';
import { reproduce } from './run.ts';
import { tallyDigest } from './tally.ts';

/** Failures told to people, and written as traces; the rest are listed by seed with `--json`. */
export const FAILURES_SHOWN = 20;

export interface SweepReport {
  readonly result: PoolResult;
  readonly from: number;
  /** Seeds asked for; fewer ran if it was stopped. */
  readonly count: number;
  readonly jobs: number;
  readonly scenario: string | null;
  /** Seed → path of its trace. */
  readonly traces: ReadonlyMap<number, string>;
  /** Why the sweep fails although its runs may have passed. */
  readonly complaints: readonly string[];
}

/** The object of `--json`; docs/vopr.md describes each field. */
export function sweepJson(report: SweepReport): object {
  const { tally, seconds, peakRss } = report.result;
  const spread = (h: Histogram): object => ({
    p10: percentile(h, 10),
    median: percentile(h, 50),
    p90: percentile(h, 90),
  });
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
    faults: Object.fromEntries(byName(tally.faults)),
    checks: Object.fromEntries(byName(tally.checks)),
    marks: Object.fromEntries(byName(tally.marks)),
    excuses: Object.fromEntries(byName(tally.excuses)),
    excusedRuns: tally.excusedRuns,
    complaints: report.complaints,
    peakRssMiB: Math.round(peakRss / (1 << 20)),
  };
}

export function formatSweep(report: SweepReport): string {
  const { tally, seconds } = report.result;
  const rate = Math.round(tally.runs / seconds);
  const lines = [
    `${bold(String(tally.runs))} clusters from seed ${report.from} in ${seconds.toFixed(1)} s: ` +
      `${bold(String(rate))} runs/s on ${report.jobs} threads`,
  ];
  lines.push(...histogramLines(tally.events, 'events'));
  lines.push(...histogramLines(tally.commits, 'commits'));
  lines.push(...histogramLines(tally.faultCount, 'faults'));
  lines.push(...histogramLines(tally.faultKinds, 'kinds of fault'));
  lines.push(...histogramLines(tally.crashes, 'crashes'));
  lines.push('', ...columns('faults delivered', tally.faults));
  lines.push('', ...columns('invariants evaluated', tally.checks));
  lines.push('', ...columns('runs that reached a mark', tally.marks));
  if (tally.excusedRuns > 0) lines.push('', ...columns('excuses proven', tally.excuses));
  lines.push('', ...formatVerdict(report));
  return lines.join('\n');
}

function formatVerdict({ result, scenario, traces, complaints }: SweepReport): string[] {
  const { tally } = result;
  const lines = complaints.map((complaint) => `${red(bold('FAIL'))}  ${complaint}`);
  if (tally.failures.length === 0) {
    const held = `every invariant held in all ${tally.runs} runs`;
    return [...lines, complaints.length === 0 ? `${green(bold('PASS'))}  ${held}` : held];
  }
  lines.push(`${red(bold('FAIL'))}  ${tally.runs - tally.passed} of ${tally.runs} runs`);
  for (const failure of tally.failures.slice(0, FAILURES_SHOWN)) {
    const trace = traces.get(failure.seed);
    lines.push(`  ${bold(failure.invariant)}  ${failure.message.split('\n')[0] ?? ''}`);
    lines.push(dim(`    again: ${reproduce(failure.seed, scenario)}`));
    if (trace !== undefined) lines.push(dim(`    look:  npx vopr replay ${trace} --plain`));
  }
  const more = tally.runs - tally.passed - FAILURES_SHOWN;
  if (more > 0) lines.push(`  … and ${more} more; --json lists up to 1,000`);
  return lines;
}

function histogramLines(histogram: Histogram, name: string): string[] {
  const at = (percent: number): string => String(percentile(histogram, percent)).padStart(6);
  return [
    `  ${name.padEnd(15)} mean ${mean(histogram).toFixed(1).padStart(7)}   ` +
      `p10${at(10)}  median${at(50)}  p90${at(90)}   ${sparkline(histogram, 20)}`,
  ];
}

/** In the order of the names: which thread reported first must not show. */
function byName(counts: Readonly<Record<string, number>>): [name: string, count: number][] {
  return Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1));
}

function columns(title: string, of: Readonly<Record<string, number>>): string[] {
  return [
    title,
    ...byName(of).map(([name, n]) => `  ${name.padEnd(30)} ${String(n).padStart(12)}`),
  ];
}
