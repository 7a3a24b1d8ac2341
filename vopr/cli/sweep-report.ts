/**
 * A sweep's result for people; `sweep-json.ts` has it for machines.
 */
import type { Bed } from './bed.ts';
import type { FailureGroup } from './failure-groups.ts';
import { mean, percentile, sparkline } from './histogram.ts';
import type { Histogram } from './histogram.ts';
import { bold, dim, green, red } from './paint.ts';
import type { PoolResult } from './pool.ts';
import { reproduce } from './run.ts';
import { byName } from './sweep-json.ts';

/** Kinds of failure told to people; each has a trace of its lowest seed. */
export const GROUPS_SHOWN = 20;

export interface SweepReport {
  /** Failures of one kind together, the most frequent first. */
  readonly groups: readonly FailureGroup[];
  readonly bed: Bed;
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
  if (Object.keys(tally.marks).length > 0) {
    lines.push('', ...columns('runs that reached a mark', tally.marks));
  }
  if (tally.excusedRuns > 0) lines.push('', ...columns('excuses proven', tally.excuses));
  lines.push('', ...formatVerdict(report));
  return lines.join('\n');
}

function formatVerdict({
  bed,
  result,
  scenario,
  traces,
  groups,
  complaints,
}: SweepReport): string[] {
  const { tally } = result;
  const lines = complaints.map((complaint) => `${red(bold('FAIL'))}  ${complaint}`);
  if (tally.failures.length === 0) {
    const held = `every invariant held in all ${tally.runs} runs`;
    return [...lines, complaints.length === 0 ? `${green(bold('PASS'))}  ${held}` : held];
  }
  lines.push(`${red(bold('FAIL'))}  ${tally.runs - tally.passed} of ${tally.runs} runs`);
  for (const { invariant, shape, count, seeds, causes, shrunk } of groups.slice(0, GROUPS_SHOWN)) {
    const [seed = 0, ...others] = seeds;
    const failure = tally.failures.find((candidate) => candidate.seed === seed);
    const trace = shrunk ?? traces.get(seed);
    const times = count === 1 ? '' : `  ${count} runs`;
    lines.push(`  ${bold(invariant)}${times}  ${failure?.message.split('\n')[0] ?? shape}`);
    if (causes.length > 0) lines.push(`    shrunk: ${causes.join('; ')}`);
    lines.push(dim(`    again: ${reproduce(bed, seed, scenario)}`));
    if (trace !== undefined) lines.push(dim(`    look:  npx vopr replay${bed.flag} ${trace}`));
    if (others.length > 0) lines.push(dim(`    also:  seeds ${others.join(', ')}`));
  }
  const more = groups.length - GROUPS_SHOWN;
  if (more > 0) lines.push(`  … and ${more} other kinds of failure; --report lists them`);
  return lines;
}

function histogramLines(histogram: Histogram, name: string): string[] {
  const at = (percent: number): string => String(percentile(histogram, percent)).padStart(6);
  return [
    `  ${name.padEnd(15)} mean ${mean(histogram).toFixed(1).padStart(7)}   ` +
      `p10${at(10)}  median${at(50)}  p90${at(90)}   ${sparkline(histogram, 20)}`,
  ];
}

function columns(title: string, of: Readonly<Record<string, number>>): string[] {
  return [
    title,
    ...byName(of).map(([name, n]) => `  ${name.padEnd(30)} ${String(n).padStart(12)}`),
  ];
}
