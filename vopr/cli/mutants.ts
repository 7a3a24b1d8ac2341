/**
 * `vopr mutants`: plants each bug of the catalogue in the core, one at a time, and runs seeds until
 * an invariant fails. Reports killed or survived, and the median number of seeds to kill over
 * several independent starts: the simulator's own report card.
 *
 * With `--generate` the bugs are mechanical changes at places drawn by a hash: how much of what
 * nobody thought of is found all the same, by the swarm or in one of the scenarios. A survivor is
 * then a question, not a failure: some of these changes are no bugs.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MUTANTS } from '../mutants/catalogue.ts';
import { generate, sample } from '../mutants/generate.ts';
import type { Mutant } from '../mutants/mutant.ts';
import { judgeAll } from './judge.ts';
import type { MutantReport } from './judge.ts';
import { bold, dim, green, red } from './paint.ts';
import { startProgress } from './progress.ts';
import { jobsArgument } from './sweep.ts';
import { EXIT_HELD, EXIT_VIOLATED, oneOf, seedNumber, UsageError, wholeNumber } from './usage.ts';

const PATIENCE_SECONDS_MAX = 3600;

/** Characters of a change on a line. */
const CHANGE_MAX = 90;

/** Where bugs are generated unless `--in` says otherwise: what the default swarm is there for. */
const PLACES = 'core/vsr,core/storage,core/node,core/store,core/kernel';
/** Starts per bug and seeds per start; a generated bug is one of hundreds. */
const USUAL = { runs: '5', max: '20000' };
const USUAL_GENERATED = { runs: '1', max: '300', scenarios: '2', seed: '1' };

export interface MutantsArguments {
  readonly only?: string | undefined;
  readonly generate?: string | undefined;
  readonly in?: string | undefined;
  readonly seed?: string | undefined;
  readonly runs?: string | undefined;
  readonly max?: string | undefined;
  readonly patience: string;
  readonly scenarios?: string | undefined;
  readonly jobs?: string | undefined;
  readonly shrink: boolean;
  readonly json: boolean;
}

export async function mutantsCommand(args: MutantsArguments): Promise<number> {
  const generated = args.generate !== undefined || (args.only ?? '').includes('.ts:');
  const usual = generated ? USUAL_GENERATED : USUAL;
  const runs = wholeNumber('runs', args.runs ?? usual.runs, 1, 100);
  const max = wholeNumber('max', args.max ?? usual.max, 1, 10_000_000);
  const patience = wholeNumber('patience', args.patience, 1, PATIENCE_SECONDS_MAX);
  const scenarioSeeds = wholeNumber(
    'scenarios',
    args.scenarios ?? USUAL_GENERATED.scenarios,
    0,
    1000,
  );
  const jobs = jobsArgument(args.jobs);
  const root = fileURLToPath(new URL('..', import.meta.url));
  if (!existsSync(join(root, 'core'))) {
    throw new UsageError('vopr mutants changes the sources: run it in a clone of the repository');
  }
  const chosen = generated ? await chooseGenerated(args, root) : choose(args);
  const outDir = mkdtempSync(join(tmpdir(), 'vopr-mutants-'));
  const progress = startProgress(chosen.length, 'bugs');
  const show = (report: MutantReport): void => {
    progress.stop();
    if (!args.json) process.stdout.write(`${formatReport(report)}\n`);
  };
  try {
    const { shrink } = args;
    const options = {
      root,
      outDir,
      runs,
      max,
      patienceMillis: patience * 1000,
      scenarioSeeds,
      shrink,
    };
    const reports = await judgeAll(chosen, jobs, options, { show, update: progress.update });
    process.stdout.write(args.json ? `${reportsJson(reports)}\n` : summary(reports));
    return generated || reports.every(({ killed }) => killed) ? EXIT_HELD : EXIT_VIOLATED;
  } finally {
    progress.stop();
    rmSync(outDir, { recursive: true, force: true });
  }
}

function choose({ only, in: places, seed, scenarios }: MutantsArguments): readonly Mutant[] {
  if ((places ?? seed ?? scenarios) !== undefined) {
    throw new UsageError('--in, --seed and --scenarios are about bugs to --generate: say how many');
  }
  if (only === undefined) return MUTANTS;
  const names = MUTANTS.map((mutant) => mutant.name);
  const wanted = only.split(',').map((n) => oneOf('planted bug', n, names, 'npx vopr invariants'));
  return MUTANTS.filter((mutant) => wanted.includes(mutant.name));
}

/** By name, or as many as wanted from the places wanted. */
async function chooseGenerated(args: MutantsArguments, root: string): Promise<readonly Mutant[]> {
  const names = args.only?.split(',');
  if (names !== undefined && (args.generate ?? args.in ?? args.seed) !== undefined) {
    throw new UsageError('--only names the bugs; leave --generate, --in and --seed out');
  }
  const places = names?.map((name) => name.split(':')[0] ?? '') ?? (args.in ?? PLACES).split(',');
  for (const place of places) {
    if (!place.startsWith('core') || place.includes('..') || !existsSync(join(root, place))) {
      throw new UsageError(`'${place}' is no file or folder of core; try --in core/vsr`);
    }
  }
  const all = await generate(root, places);
  if (all.length === 0) throw new UsageError(`${places.join(',')} holds no code to change`);
  if (names === undefined) {
    const count = wholeNumber('generate', args.generate, 1, 1_000_000);
    return sample(all, count, seedNumber('seed', args.seed ?? USUAL_GENERATED.seed));
  }
  const known = all.map(({ name }) => name);
  const list = `npx vopr mutants --generate 1000000 --in ${places.join(',')} --max 1 --scenarios 0`;
  const wanted = names.map((name) => oneOf('generated bug', name, known, list));
  return all.filter(({ name }) => wanted.includes(name));
}

function reportsJson(reports: readonly MutantReport[]): string {
  return JSON.stringify({ mutants: reports });
}

function summary(reports: readonly MutantReport[]): string {
  const killed = reports.filter((report) => report.killed).length;
  const medians = reports.flatMap((report) => report.seeds ?? []).sort((a, b) => a - b);
  const middle = medians[Math.floor(medians.length / 2)] ?? 0;
  const verdict = bold(`${killed} of ${reports.length} killed`);
  const unreached = reports.filter(({ reached }) => reached === false).length;
  const idle = unreached === 0 ? '' : `; ${unreached} in code that no run reached`;
  return `\n${verdict}${idle}; median of the medians: ${middle} seeds\n${shrinkSummary(reports)}`;
}

function shrinkSummary(reports: readonly MutantReport[]): string {
  const all = reports.flatMap(({ shrunk }) => shrunk ?? []);
  if (all.length === 0) return '';
  const median = (values: number[]): number =>
    values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
  const before = median(all.map((shrunk) => shrunk.before));
  const after = median(all.map((shrunk) => shrunk.after));
  const seconds = median(all.map((shrunk) => shrunk.seconds)).toFixed(1);
  return `${all.length} shrunk; medians: ${before} choices → ${after}, in ${seconds} s\n`;
}

function formatReport(report: MutantReport): string {
  const { change } = report;
  const name =
    change === null
      ? `${report.layer.padEnd(13)} ${report.name.padEnd(42)}`
      : report.name.padEnd(56);
  if (report.stale !== null) return `${name} ${red('stale')}     ${report.stale}`;
  if (!report.killed) {
    const idle = report.reached === false ? ', not reached' : '';
    const what = change === null ? '' : `\n  ${oneLine(change.before)} → ${oneLine(change.after)}`;
    return `${name} ${red('survived')}${idle}${dim(what)}`;
  }
  const seeds = String(report.seeds).padStart(6);
  const { shrunk } = report;
  const small =
    shrunk === null
      ? ''
      : `  ${shrunk.before} choices → ${shrunk.after} in ${shrunk.seconds.toFixed(1)} s`;
  const where = report.scenario === null ? '' : ` in ${report.scenario}`;
  const by = dim(`${report.caughtBy.join(', ')}${where}`);
  return `${name} ${green('killed')} ${seeds} seeds${small}  ${by}`;
}

/** A change as it fits on a line; nothing means that a statement is gone. */
function oneLine(text: string): string {
  const flat = text.replaceAll(/\s+/g, ' ');
  if (flat === '') return '(gone)';
  return flat.length <= CHANGE_MAX ? flat : `${flat.slice(0, CHANGE_MAX - 1)}…`;
}
