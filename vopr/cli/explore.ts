/**
 * `vopr explore`: every execution of a small cluster within a bound, by the real core. Says what
 * was covered and what was not; a violation is written as a path that can be executed again. With
 * `--mutants` it explores cores with a bug planted, and says after how many states each was found.
 */
import {
  accessSync,
  constants,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { getHeapStatistics } from 'node:v8';
import type { Message } from '../../core/vsr/message.ts';
import { boundWords } from '../explore/bounds.ts';
import type { Bounds } from '../explore/bounds.ts';
import type { Exploration } from '../explore/explore.ts';
import type { Reduction } from '../explore/reduction.ts';
import type { Account, Found } from '../explore/search.ts';
import { MUTANTS } from '../mutants/catalogue.ts';
import type { Mutant } from '../mutants/mutant.ts';
import { BUILD } from './build-id.ts';
import { bundleExplorer } from './explore-bundle.ts';
import type { Explorer } from './explore-bundle.ts';
import { formatPath, parsePath } from './explore-path.ts';
import type { PathFile } from './explore-path.ts';
import { bold, dim, green, red, yellow } from './paint.ts';
import { takeSteps } from './take-steps.ts';
import { EXIT_HELD, EXIT_VIOLATED, oneOf, UsageError, wholeNumber } from './usage.ts';

const MAX = 1_000_000_000;
/** Reports of progress between two looks at the heap. */
const LOOK_AT_HEAP = 256;
const HEAP_SHARE = 0.85;
const HEAP_FULL =
  'ended: no memory is left; more: NODE_OPTIONS=--max-old-space-size=8000 npx vopr explore …';

export interface ExploreArguments {
  readonly replicas: string;
  readonly clients: string;
  readonly ops: string;
  readonly crashes: string;
  readonly power: boolean;
  readonly drops: string;
  readonly duplicates: string;
  readonly timeouts: string;
  readonly depth: string;
  readonly links: string;
  readonly timers: string;
  readonly restarts: string;
  readonly seconds: string;
  readonly states: string;
  readonly out: string;
  readonly path?: string | undefined;
  readonly mutants?: string | undefined;
  readonly doubleCheck: boolean;
  readonly json: boolean;
}

/** How one exploration ended. */
export interface Outcome {
  readonly account: Account;
  readonly found: Found | null;
  readonly seconds: number;
  /** Transitions executed again from another history; null if nobody asked. */
  readonly doubleChecked: number | null;
}

export async function exploreCommand(args: ExploreArguments): Promise<number> {
  const root = fileURLToPath(new URL('..', import.meta.url));
  if (!existsSync(join(root, 'core'))) {
    throw new UsageError('vopr explore compiles the sources: run it in a clone of the repository');
  }
  const outDir = mkdtempSync(join(tmpdir(), 'vopr-explore-'));
  try {
    if (args.path !== undefined) return await again(args, args.path, root, outDir);
    const bounds = boundsOf(args);
    if (args.mutants !== undefined) return await hunt(args, bounds, args.mutants, root, outDir);
    assertWritable(args.out);
    return await search(args, bounds, root, outDir);
  } finally {
    rmSync(outDir, { recursive: true, force: true });
  }
}

function assertWritable(path: string): void {
  try {
    accessSync(dirname(path), constants.W_OK);
  } catch {
    throw new UsageError(`cannot write '${path}'; name another file with --out`);
  }
}

function boundsOf(args: ExploreArguments): Bounds {
  const { links, timers, restarts } = args;
  return {
    replicas: wholeNumber('replicas', args.replicas, 1, 6),
    clients: wholeNumber('clients', args.clients, 1, 4),
    ops: wholeNumber('ops', args.ops, 0, 100),
    crashes: wholeNumber('crashes', args.crashes, 0, 100),
    power: args.power,
    drops: wholeNumber('drops', args.drops, 0, 100),
    duplicates: wholeNumber('duplicates', args.duplicates, 0, 100),
    timeouts: wholeNumber('timeouts', args.timeouts, 0, 1000),
    depth: wholeNumber('depth', args.depth, 0, 100_000),
    links: links === 'any' ? 'any' : choice('links', links, 'fifo', ['fifo', 'any']),
    restarts: restarts === 'any' ? 'any' : choice('restarts', restarts, 'late', ['late', 'any']),
    timers: timers === 'each' ? 'each' : choice('timers', timers, 'first', ['first', 'each']),
  };
}

function choice<T extends string>(flag: string, given: string, only: T, all: readonly string[]): T {
  if (given === only) return only;
  throw new UsageError(`--${flag} takes ${all.join(' or ')}, not '${given}'`);
}

async function search(
  args: ExploreArguments,
  bounds: Bounds,
  root: string,
  outDir: string,
): Promise<number> {
  const explorer = await need(bundleExplorer(root, outDir, null));
  if (!args.json) process.stdout.write(`${boundWords(bounds).join('\n')}\n\n`);
  const explored = explorer.explore(bounds);
  const outcome = await run(explored, args);
  const { found } = outcome;
  const file = found === null ? null : keep(args.out, explored, found, null);
  if (args.json)
    process.stdout.write(`${JSON.stringify(report(bounds, outcome, explored, file))}\n`);
  else {
    const lines = found === null ? [] : violationLines(explorer, explored, found, args.out);
    process.stdout.write(`${[...accountLines(outcome, explored), ...lines].join('\n')}\n`);
  }
  return found === null ? EXIT_HELD : EXIT_VIOLATED;
}

/** Searches until all is covered, something fails, the limits are met, or Ctrl-C. */
async function run(explored: Exploration<Message>, args: ExploreArguments): Promise<Outcome> {
  const seconds = wholeNumber('seconds', args.seconds, 1, MAX);
  const states = wholeNumber('states', args.states, 1, MAX);
  const begun = performance.now();
  const { search: searched } = explored;
  const steps = limited(searched.run(), states);
  const onStep = (account: Account): string =>
    `${account.states} states, ${account.transitions} transitions, depth ${account.depth}, ` +
    `${account.open} open`;
  const deadline = begun + seconds * 1000;
  const ended = await takeSteps(steps, { onStep, atOnce: 1, deadline });
  const took = (performance.now() - begun) / 1000;
  const doubleChecked = args.doubleCheck ? await doubleCheck(explored) : null;
  return { account: searched.account, found: ended?.found ?? null, seconds: took, doubleChecked };
}

async function doubleCheck({ locals }: Exploration<Message>): Promise<number> {
  let checked = 0;
  const onStep = (count: number): string => {
    checked += count;
    return `${checked} transitions executed again from another history`;
  };
  const steps = locals.doubleCheck();
  await takeSteps(steps, { onStep, atOnce: 16, deadline: Number.POSITIVE_INFINITY });
  return checked;
}

/** Ends at so many states, or before the heap is full: a report is worth more than a crash. */
function* limited<R>(steps: Generator<Account, R>, states: number): Generator<Account, R | null> {
  for (let n = 0, step = steps.next(); ; step = steps.next(), n++) {
    if (step.done === true) return step.value;
    if (step.value.states >= states) return null;
    if (n % LOOK_AT_HEAP === 0 && heapIsFull()) {
      process.stderr.write(`${HEAP_FULL}\n`);
      return null;
    }
    yield step.value;
  }
}

function heapIsFull(): boolean {
  const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics();
  return used > HEAP_SHARE * limit;
}

/** Executes what was found once more, as proof, and writes it. */
function keep(
  out: string,
  { judge, space }: Exploration<Message>,
  found: Found,
  mutant: string | null,
): string {
  const again = judge.judge(found.path);
  if (again?.invariant !== found.failure.invariant) {
    throw new Error('the path does not reproduce: determinism is broken');
  }
  const { path, failure } = found;
  const file: PathFile = { build: BUILD, mutant, bounds: space.bounds, failure, path };
  writeFileSync(out, formatPath(file));
  return out;
}

async function again(
  args: ExploreArguments,
  path: string,
  root: string,
  outDir: string,
): Promise<number> {
  if (!existsSync(path)) throw new UsageError(`there is no file '${path}'`);
  const file = parsePath(readFileSync(path, 'utf8'));
  if (file === null) throw new UsageError(`'${path}' is no path of vopr explore`);
  const mutant = file.mutant === null ? null : (mutantsOf(file.mutant)[0] ?? null);
  const explorer = await need(bundleExplorer(root, outDir, mutant));
  const explored = explorer.explore(file.bounds);
  const failure = explored.judge.judge(file.path);
  const reproduces = failure?.invariant === file.failure.invariant;
  if (args.json) {
    process.stdout.write(`${JSON.stringify({ path, reproduces, violation: failure })}\n`);
  } else {
    const lines = explorer.pathWords(explored, file.path).map(numbered);
    const verdict =
      failure === null ? green('held') : red(`${failure.invariant}: ${failure.message}`);
    process.stdout.write(`${[...lines, verdict].join('\n')}\n`);
  }
  return failure === null ? EXIT_HELD : EXIT_VIOLATED;
}

/** Explores each mutated core. */
async function hunt(
  args: ExploreArguments,
  bounds: Bounds,
  names: string,
  root: string,
  outDir: string,
): Promise<number> {
  const rows: object[] = [];
  let missed = 0;
  for (const mutant of mutantsOf(names)) {
    const explorer = await bundleExplorer(root, outDir, mutant);
    if (typeof explorer === 'string') throw new Error(`${mutant.name}: ${explorer}`);
    const { account, found, seconds } = await run(explorer.explore(bounds), args);
    if (found === null) missed += 1;
    const { states, transitions, complete } = account;
    const invariant = found?.failure.invariant ?? null;
    const size = { states, transitions, seconds, events: found?.path.length ?? null };
    rows.push({ name: mutant.name, found: found !== null, invariant, complete, ...size });
    if (args.json) continue;
    const name = mutant.name.padEnd(36);
    const how = found === null ? yellow(complete ? 'not in it' : 'not yet') : green('found');
    const after = `${String(states).padStart(8)} states ${seconds.toFixed(1).padStart(6)} s`;
    const what = found === null ? '' : `${found.path.length} events  ${dim(invariant ?? '')}`;
    process.stdout.write(`${name} ${how} ${after}  ${what}\n`);
  }
  if (args.json) process.stdout.write(`${JSON.stringify({ bounds, mutants: rows })}\n`);
  else process.stdout.write(`\n${bold(`${rows.length - missed} of ${rows.length} found`)}\n`);
  return missed === 0 ? EXIT_HELD : EXIT_VIOLATED;
}

function mutantsOf(names: string): readonly Mutant[] {
  const known = MUTANTS.map(({ name }) => name);
  const wanted = names
    .split(',')
    .map((name) => oneOf('planted bug', name, known, 'npx vopr invariants'));
  return MUTANTS.filter(({ name }) => wanted.includes(name));
}

async function need(bundled: Promise<Explorer | string>): Promise<Explorer> {
  const explorer = await bundled;
  if (typeof explorer === 'string') throw new Error(explorer);
  return explorer;
}

function accountLines(
  outcome: Outcome,
  { locals, reduction }: Exploration<Message>,
): readonly string[] {
  const { account: a, seconds, found } = outcome;
  const verdict =
    found !== null ? red('violated') : a.complete ? green('complete') : yellow('incomplete');
  const open = a.complete || found !== null ? '' : `; ${a.open} states found and not gone on from`;
  return [
    `${bold(`${a.states} states, ${a.transitions} transitions`)} in ${seconds.toFixed(1)} s: ${verdict}${open}`,
    `depth ${a.depth}; ${a.merged} transitions led to a state known already; ${a.finished} states ` +
      'in which all is done',
    `cut: ${a.cutByTimeouts} states by --timeouts, ${a.cutByDepth} by --depth`,
    `${locals.count} states of single nodes and clients; ${locals.executed} inputs executed, ` +
      `${locals.replayed} more to get back`,
    ...(reduction === null ? [] : [reductionWords(a, reduction)]),
    `${a.judged} paths executed from boot under all invariants`,
    ...(outcome.doubleChecked === null
      ? []
      : [`${outcome.doubleChecked} transitions executed again from another history: all alike`]),
  ];
}

function reductionWords(account: Account, { squares, bans }: Reduction<Message>): string {
  return (
    `reduction: ${squares} squares executed, ${bans} did not close; ` +
    `${account.again} states gone on from once more`
  );
}

function violationLines(
  explorer: Explorer,
  explored: Exploration<Message>,
  { path, failure }: Found,
  out: string,
): readonly string[] {
  return [
    '',
    red(`${failure.invariant}: ${failure.message}`),
    ...explorer.pathWords(explored, path).map(numbered),
    dim(`again: npx vopr explore --path ${out}`),
  ];
}

function numbered(line: string, index: number): string {
  return `${String(index + 1).padStart(4)}  ${line}`;
}

function report(
  bounds: Bounds,
  { account, found, seconds, doubleChecked }: Outcome,
  { locals, judge, reduction }: Exploration<Message>,
  path: string | null,
): object {
  const { count, executed, replayed, merged } = locals;
  return {
    bounds,
    bound: boundWords(bounds),
    ...account,
    seconds,
    doubleChecked,
    squares: reduction?.squares ?? 0,
    local: { states: count, executed, replayed, merged },
    checks: Object.fromEntries(judge.evaluations),
    violation: found?.failure ?? null,
    path,
  };
}
