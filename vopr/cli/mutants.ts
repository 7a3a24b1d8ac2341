/**
 * `vopr mutants`: plants each bug of the catalogue in the core, one at a time, and sweeps until an
 * invariant fails. Reports killed or survived, and the median number of seeds to kill over several
 * independent starts: the simulator's own report card.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { MUTANTS } from '../mutants/catalogue.ts';
import type { Mutant } from '../mutants/mutant.ts';
import { plant } from '../mutants/plant.ts';
import { bold, dim, green, red } from './paint.ts';
import { runPool } from './pool.ts';
import { jobsArgument } from './sweep.ts';
import { EXIT_HELD, EXIT_VIOLATED, oneOf, UsageError, wholeNumber } from './usage.ts';

/** Independent starts lie far apart, and away from the seeds that everybody tries first. */
const START_STRIDE = 10_000_019;

export interface MutantsArguments {
  readonly only?: string | undefined;
  readonly runs: string;
  readonly max: string;
  readonly jobs?: string | undefined;
  readonly json: boolean;
}

export interface MutantReport {
  readonly name: string;
  readonly layer: string;
  readonly invariant: string;
  /** Invariants that caught it, most often first. */
  readonly caughtBy: readonly string[];
  readonly killed: boolean;
  /** Median seeds to kill; null if it survived. */
  readonly seeds: number | null;
  readonly runs: number;
  /** Why it could not be planted, else null. */
  readonly stale: string | null;
}

export async function mutantsCommand(args: MutantsArguments): Promise<number> {
  const runs = wholeNumber('runs', args.runs, 1, 100);
  const max = wholeNumber('max', args.max, 1, 10_000_000);
  const jobs = jobsArgument(args.jobs);
  const chosen = choose(args.only);
  const root = fileURLToPath(new URL('..', import.meta.url));
  if (!existsSync(join(root, 'core'))) {
    throw new UsageError('vopr mutants changes the sources: run it in a clone of the repository');
  }
  // Beside dist/, so that the bundles find the installed packages.
  const outDir = mkdtempSync(join(root, 'dist', 'mutants-'));
  const reports: MutantReport[] = [];
  try {
    for (const mutant of chosen) {
      const report = await judge(mutant, { root, outDir, runs, max, jobs });
      reports.push(report);
      if (!args.json) process.stdout.write(`${formatReport(report)}\n`);
    }
  } finally {
    rmSync(outDir, { recursive: true, force: true });
  }
  const killed = reports.filter((report) => report.killed).length;
  if (args.json) {
    process.stdout.write(`${JSON.stringify({ mutants: reports })}\n`);
  } else {
    const medians = reports.flatMap((report) => report.seeds ?? []).sort((a, b) => a - b);
    const middle = medians[Math.floor(medians.length / 2)] ?? 0;
    process.stdout.write(
      `\n${bold(`${killed} of ${reports.length} killed`)}; median of medians ${middle} seeds\n`,
    );
  }
  return killed === reports.length ? EXIT_HELD : EXIT_VIOLATED;
}

function choose(only: string | undefined): readonly Mutant[] {
  if (only === undefined) return MUTANTS;
  const names = MUTANTS.map((mutant) => mutant.name);
  const wanted = only.split(',').map((n) => oneOf('planted bug', n, names, 'npx vopr invariants'));
  return MUTANTS.filter((mutant) => wanted.includes(mutant.name));
}

interface JudgeOptions {
  readonly root: string;
  readonly outDir: string;
  readonly runs: number;
  readonly max: number;
  readonly jobs: number;
}

async function judge(mutant: Mutant, options: JudgeOptions): Promise<MutantReport> {
  const { name, layer, invariant } = mutant;
  const planted = await plant(mutant, options.root, options.outDir);
  if (planted.kind === 'stale') {
    const stale = planted.reason;
    return { name, layer, invariant, caughtBy: [], killed: false, seeds: null, runs: 0, stale };
  }
  const seeds: number[] = [];
  const caught = new Map<string, number>();
  for (let start = 1; start <= options.runs; start++) {
    const from = start * START_STRIDE;
    const result = await runPool({
      worker: pathToFileURL(planted.bundle),
      jobs: options.jobs,
      from,
      count: options.max,
      scenario: mutant.scenario ?? null,
      stopAtFailure: true,
      onProgress: () => undefined,
      interrupted: () => false,
    });
    const first = result.tally.failures[0];
    if (first === undefined) break;
    seeds.push(first.seed - from + 1);
    caught.set(first.invariant, (caught.get(first.invariant) ?? 0) + 1);
  }
  const killed = seeds.length === options.runs;
  seeds.sort((a, b) => a - b);
  const median = killed ? (seeds[Math.floor(seeds.length / 2)] ?? null) : null;
  const caughtBy = [...caught].sort(([, a], [, b]) => b - a).map(([by]) => by);
  return { name, layer, invariant, caughtBy, killed, seeds: median, runs: options.runs, stale: null };
}

function formatReport(report: MutantReport): string {
  const name = `${report.layer.padEnd(12)} ${report.name.padEnd(38)}`;
  if (report.stale !== null) return `${name} ${red('stale')}     ${report.stale}`;
  if (!report.killed) return `${name} ${red('survived')}`;
  const seeds = String(report.seeds).padStart(6);
  return `${name} ${green('killed')} ${seeds} seeds  ${dim(report.caughtBy.join(', '))}`;
}
