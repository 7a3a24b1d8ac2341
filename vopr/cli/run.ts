/**
 * `vopr run`: one seed, one verdict.
 */
import { loadBed } from './bed.ts';
import type { Bed } from './bed.ts';
import { createEngine } from './engine.ts';
import { EXIT_HELD, EXIT_VIOLATED, oneOf, seedNumber } from './usage.ts';
import type { RunResult } from '../sim/run.ts';
import { bold, dim, green, red } from './paint.ts';

export interface RunArguments {
  readonly seed: string;
  readonly scenario?: string | undefined;
  readonly system?: string | undefined;
  readonly json: boolean;
}

export async function runCommand(args: RunArguments): Promise<number> {
  const seed = seedNumber('seed', args.seed);
  const bed = await loadBed(args.system);
  const scenario = scenarioArgument(bed, args.scenario);
  const engine = createEngine(bed);
  if (!args.json) process.stdout.write(`${dim(engine.describe(seed, scenario))}\n\n`);
  const result = engine.run(seed, scenario);
  const text = args.json ? JSON.stringify(result) : formatRun(bed, result);
  process.stdout.write(`${text}\n`);
  return result.verdict === 'pass' ? EXIT_HELD : EXIT_VIOLATED;
}

export function scenarioArgument(bed: Bed, name: string | undefined): string | null {
  if (name === undefined) return null;
  const names = (bed.testbed.scenarios ?? []).map((scenario) => scenario.name);
  return oneOf('scenario', name, names, `npx vopr scenarios${bed.flag}`);
}

/** The command that repeats a run. */
export function reproduce({ flag }: Bed, seed: number, scenario: string | null): string {
  const which = scenario === null ? '' : ` --scenario ${scenario}`;
  return `npx vopr run${flag} --seed ${seed}${which}`;
}

export function formatRun(bed: Bed, run: RunResult): string {
  const lines: string[] = [];
  const faults = counts(run.faults);
  const checks = Object.values(run.checks).reduce((sum, count) => sum + count, 0);
  lines.push(
    `${run.replicas} replicas, ${run.events} events and ${run.commits} commits ` +
      `in ${run.virtualMs} virtual ms, ${run.crashes} crashes`,
  );
  lines.push(...wrapped('faults    ', faults === '' ? 'none' : faults));
  if (run.marks.length > 0) lines.push(...wrapped('marks     ', run.marks.join(', ')));
  const names = Object.keys(run.checks).filter((name) => (run.checks[name] ?? 0) > 0);
  lines.push(`checked   ${names.length} invariants, ${checks} times`);
  const excuses = counts(run.excuses);
  if (excuses !== '') lines.push(...wrapped('excused   ', excuses));
  lines.push(`digest    ${run.digest}`);
  lines.push('');
  if (run.violation === null) {
    lines.push(green(bold('PASS')) + '  every invariant held');
  } else {
    const { invariant, message, at } = run.violation;
    lines.push(`${red(bold('FAIL'))}  ${bold(invariant)} at ${(at / 1000).toFixed(3)} ms`);
    lines.push(`      ${message}`);
  }
  lines.push(dim(`again: ${reproduce(bed, run.seed, run.scenario)}`));
  return lines.join('\n');
}

function counts(of: Readonly<Record<string, number>>): string {
  return Object.entries(of)
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ');
}

const COLUMNS = 96;

/** `text`, a list with commas, broken at them into lines that begin below one another. */
export function wrapped(label: string, text: string): string[] {
  const lines: string[] = [];
  let line = label;
  for (const item of text.split(', ')) {
    const empty = line.length === label.length;
    if (!empty && line.length + item.length + 2 > COLUMNS) {
      lines.push(`${line},`);
      line = ' '.repeat(label.length) + item;
    } else line += empty ? item : `, ${item}`;
  }
  return [...lines, line];
}
