/**
 * What a sweep of the default swarm must look like, kept in `traces/expectations.json`: the range
 * of each fault kind's mean, the marks that must be reached, least means, most excuses. A change
 * that quietly stops a fault from being delivered fails CI here, though every invariant holds.
 *
 * Ranges are written around the means of one sweep, wide enough that a sweep of `seedsMin` other
 * seeds falls outside by chance about never.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { BEYOND, FAULTS, isFaultName } from '../sim/faults.ts';
import { MARKS } from '../../core/marks.ts';
import { mean, percentile } from './histogram.ts';
import type { Tally } from './tally.ts';
import { UsageError } from './usage.ts';

export interface Expectations {
  readonly note: string;
  /** Fewer runs than this say nothing. */
  readonly seedsMin: number;
  /**
   * Mean delivered in a run, least and most, by fault kind. A kind that is absent must not occur.
   */
  readonly faults: Readonly<Record<string, readonly [number, number]>>;
  /** Each must be reached by some run. */
  readonly marks: readonly string[];
  /** Least values of `measures`. */
  readonly least: Readonly<Record<string, number>>;
  /** Share of runs that may be excused. */
  readonly excusedMax: number;
}

/** The bars of the default swarm: what makes a run worth its while. */
const LEAST: Readonly<Record<string, number>> = {
  'mean events': 500,
  'mean commits': 50,
  'p10 commits': 20,
  'mean faults': 10,
  'mean kinds of fault': 5,
  'mean crashes': 1,
  'share of 3 replicas': 0.5,
  'share of 5 or more replicas': 0.15,
};
const EXCUSED_MAX = 0.01;

/** How far a mean may move by a change of behaviour before somebody has to look. */
const FACTOR_LEAST = 0.6;
const FACTOR_MOST = 1.6;
/** Faults come in bursts: the variance of a count is about so many times its mean. */
const BURST = 12;
const SIGMAS = 6;
/** A mark expected this often in `seedsMin` seeds is missed with probability e^-12. */
const MARK_EXPECTED_MIN = 12;

export function measures(tally: Tally): Readonly<Record<string, number>> {
  const share = (from: number, to: number): number => {
    const runs = tally.replicas.counts.slice(from, to + 1).reduce((sum, n) => sum + n, 0);
    return tally.runs === 0 ? 0 : runs / tally.runs;
  };
  return {
    'mean events': mean(tally.events),
    'mean commits': mean(tally.commits),
    'p10 commits': percentile(tally.commits, 10),
    'mean faults': mean(tally.faultCount),
    'mean kinds of fault': mean(tally.faultKinds),
    'mean crashes': mean(tally.crashes),
    'share of 3 replicas': share(3, 3),
    'share of 5 or more replicas': share(5, 6),
  };
}

/** What is wrong with the sweep, a line each; empty when it is as expected. */
export function judge(tally: Tally, expected: Expectations): string[] {
  const out: string[] = [];
  if (tally.runs < expected.seedsMin) {
    return [`${tally.runs} runs are too few to judge; expectations want ${expected.seedsMin}`];
  }
  for (const { name } of FAULTS) {
    const perRun = (tally.faults[name] ?? 0) / tally.runs;
    const [least, most] = expected.faults[name] ?? [0, 0];
    if (perRun >= least && perRun <= most) continue;
    out.push(`fault ${name}: ${short(perRun)} a run, outside ${short(least)} to ${short(most)}`);
  }
  for (const mark of expected.marks) {
    if ((tally.marks[mark] ?? 0) === 0) out.push(`mark ${mark} was never reached`);
  }
  const measured = measures(tally);
  for (const [name, least] of Object.entries(expected.least)) {
    const value = measured[name] ?? 0;
    if (value < least) out.push(`${name} is ${short(value)}, less than ${short(least)}`);
  }
  const excused = tally.excusedRuns / tally.runs;
  if (excused > expected.excusedMax) {
    out.push(`${tally.excusedRuns} runs were excused: more than ${expected.excusedMax * 100} %`);
  }
  return out;
}

/** Invariants that no run evaluated. */
export function neverEvaluated(tally: Tally): string[] {
  return Object.entries(tally.checks)
    .filter(([, evaluations]) => evaluations === 0)
    .map(([name]) => `invariant ${name} was never evaluated in ${tally.runs} runs`);
}

/** Expectations around what this sweep measured. */
export function expectationsOf(tally: Tally): Expectations {
  const seedsMin = Math.ceil(tally.runs / 2);
  const faults: Record<string, readonly [number, number]> = {};
  for (const { name, class: kind } of FAULTS) {
    const perRun = (tally.faults[name] ?? 0) / tally.runs;
    if (perRun === 0 || kind === BEYOND) continue;
    const noise = SIGMAS * Math.sqrt((BURST * perRun) / seedsMin);
    const least = Math.max(0, Math.min(perRun * FACTOR_LEAST, perRun - noise));
    faults[name] = [rounded(least), rounded(Math.max(perRun * FACTOR_MOST, perRun + noise))];
  }
  const often = (mark: string): number => ((tally.marks[mark] ?? 0) * seedsMin) / tally.runs;
  return {
    note: 'What a sweep of the default swarm must look like; docs/vopr.md says how to renew it',
    seedsMin,
    faults,
    marks: MARKS.filter((mark) => often(mark) >= MARK_EXPECTED_MIN),
    least: LEAST,
    excusedMax: EXCUSED_MAX,
  };
}

export function writeExpectations(path: string, tally: Tally): void {
  try {
    writeFileSync(path, `${JSON.stringify(expectationsOf(tally), null, 2)}\n`);
  } catch {
    throw new UsageError(`cannot write '${path}'; name a file in a folder that exists`);
  }
}

export function readExpectations(path: string): Expectations {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    throw new UsageError(`cannot read expectations from '${path}'; see --expect-write`);
  }
  const wrong = expectationsError(value);
  if (wrong === null) return value as Expectations;
  throw new UsageError(`'${path}' holds no expectations: ${wrong}; see --expect-write`);
}

function expectationsError(value: unknown): string | null {
  if (!isRecord(value)) return 'not an object';
  const { seedsMin, faults, marks, least, excusedMax } = value as Record<string, unknown>;
  if (!isNumber(seedsMin)) return 'seedsMin is no number';
  if (!isNumber(excusedMax)) return 'excusedMax is no number';
  if (!isRecord(faults)) return 'faults is no object';
  for (const [name, range] of Object.entries(faults)) {
    if (!isFaultName(name)) return `${name} is no fault kind`;
    if (!Array.isArray(range) || range.length !== 2 || !range.every(isNumber)) {
      return `the range of ${name} is not two numbers`;
    }
  }
  if (!Array.isArray(marks)) return 'marks is no list';
  const unknown = marks.find((mark) => !MARKS.includes(mark));
  if (unknown !== undefined) return `${String(unknown)} is no mark`;
  if (!isRecord(least) || !Object.values(least).every(isNumber)) return 'least is no object';
  const measure = Object.keys(least).find((name) => !Object.hasOwn(LEAST, name));
  return measure === undefined ? null : `${measure} is not measured`;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

/** Three significant digits. */
function rounded(value: number): number {
  return Number(value.toPrecision(3));
}

function short(value: number): string {
  return String(rounded(value));
}
