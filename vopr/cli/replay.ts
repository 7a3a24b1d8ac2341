/**
 * `vopr replay TRACE`: executes a trace again on this build's core. In a terminal it opens the
 * interface of `vopr/tui`; with `--plain`, or where there is no terminal, it prints text: what was
 * special about the run, what happened step by step, and how it ended. A trace that no longer
 * reproduces says so. `--seed` replays a run that was not kept.
 */
import { readFileSync } from 'node:fs';
import type { Choice } from '../sim/choose.ts';
import type { RunResult, StateHash } from '../sim/run.ts';
import type { Candidate } from '../shrink/shrink.ts';
import type { System } from '../sim/sim-node.ts';
import type { Words } from '../testbed.ts';
import { divergence, parseTrace } from '../sim/trace.ts';
import type { Trace } from '../sim/trace.ts';
import { loadBed } from './bed.ts';
import type { Bed } from './bed.ts';
import { choiceWords, isIncidental } from './choices.ts';
import { createEngine } from './engine.ts';
import type { Engine } from './engine.ts';
import { Glossary } from './glossary.ts';
import { bold, dim, green, red, yellow } from './paint.ts';
import { scenarioArgument } from './run.ts';
import { legendOf, timelineInvariant } from './timeline.ts';
import type { Timeline, TimelineOptions } from './timeline.ts';
import { EXIT_HELD, EXIT_VIOLATED, seedNumber, UsageError, wholeNumber } from './usage.ts';

const LAST_DEFAULT = 200;
const LAST_MAX = 10_000_000;
const NODES_MAX = 8;
/** Choices printed without `--all`. */
const CHOICES_SHOWN = 40;

export interface ReplayArguments {
  readonly trace?: string | undefined;
  readonly seed?: string | undefined;
  readonly scenario?: string | undefined;
  readonly system?: string | undefined;
  readonly plain: boolean;
  readonly json: boolean;
  readonly last?: string | undefined;
  readonly all: boolean;
  readonly only?: string | undefined;
  readonly node?: string | undefined;
  readonly frame?: string | undefined;
  readonly size?: string | undefined;
}

/** A run to be shown: a trace, or a seed that is recorded as it runs. */
export interface Shown {
  readonly bed: Bed;
  readonly result: RunResult;
  readonly choices: readonly Choice[];
  readonly trace: Trace | null;
  /** Of a trace: the digest on the way, on this build. */
  readonly hashes: readonly StateHash[];
}

export async function replayCommand(args: ReplayArguments): Promise<number> {
  const options = timelineOptions(args);
  const [columns, rows] = sizeArgument(args);
  const what = await subjectOf(args);
  if (isInteractive(args)) {
    const { openScreen } = await import('../tui/open.ts');
    return openScreen(what, args.frame ?? null);
  }
  if (args.frame !== undefined) {
    const { printStill } = await import('../tui/open.ts');
    return printStill(what, args.frame, columns, rows);
  }
  if (args.json) {
    const { result, trace } = show(createEngine(what.bed), what);
    const reproduces = trace === null || result.digest === trace.digest;
    process.stdout.write(`${JSON.stringify({ ...result, reproduces })}\n`);
    return exitOf(result);
  }
  const { shown, glossary, timeline } = look(what, options);
  const lines = [
    ...formatHead(shown),
    ...formatChoices(shown, glossary, args.all),
    ...formatTimeline(what.bed.words, timeline, options),
    ...formatEnd(shown),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
  return exitOf(shown.result);
}

/** In a terminal, unless text was asked for: by name, or by an option that only text has. */
function isInteractive({ plain, json, last, all, only, node }: ReplayArguments): boolean {
  const asText = plain || json || all || [last, only, node].some((option) => option !== undefined);
  return !asText && process.stdout.isTTY && process.stdin.isTTY;
}

const STILL_SIZE = '80x24';
const SIZE_MAX = 1000;

function isGiven(option: string | boolean | undefined): boolean {
  return option !== undefined && option !== false;
}

/** Columns and rows of a still. */
function sizeArgument(args: ReplayArguments): readonly [number, number] {
  const { size, frame, json, all, last, only, node } = args;
  if (frame !== undefined && [json, all, last, only, node].some(isGiven)) {
    throw new UsageError(
      '--frame shows one screen; leave --json, --all, --last, --only, --node out',
    );
  }
  if (size !== undefined && frame === undefined) {
    throw new UsageError('--size is that of a still: name its moment with --frame');
  }
  const [columns, rows, ...more] = (size ?? STILL_SIZE).split('x');
  if (more.length > 0) throw new UsageError(`--size is columns x rows, 80x24 say, not '${size}'`);
  return [wholeNumber('size', columns, 1, SIZE_MAX), wholeNumber('size', rows ?? '', 1, SIZE_MAX)];
}

/** Runs it, noting what happens and what hashes stand for. */
export function look(
  what: Subject,
  options: TimelineOptions,
): { readonly shown: Shown; readonly glossary: Glossary; readonly timeline: Timeline | null } {
  let timeline: Timeline | null = null;
  const { bed } = what;
  const glossary = new Glossary(bed.words);
  const invariant = timelineInvariant(bed, options, glossary, (made) => (timeline = made));
  const watch = (system: System<unknown>): System<unknown> => glossary.watch(system);
  const engine = createEngine(bed, { invariant, watch });
  const shown = show(engine, what);
  return { shown, glossary, timeline };
}

export function exitOf(result: RunResult): number {
  return result.verdict === 'pass' ? EXIT_HELD : EXIT_VIOLATED;
}

function timelineOptions(args: ReplayArguments): TimelineOptions {
  const { all, last, only, node } = args;
  if (all && last !== undefined) throw new UsageError('--all and --last exclude each other');
  const lines = wholeNumber('last', last ?? LAST_DEFAULT, 1, LAST_MAX);
  return {
    limit: all ? Number.POSITIVE_INFINITY : lines,
    quiet: all,
    only: only === undefined ? null : patternArgument(only),
    node: node === undefined ? null : wholeNumber('node', node, 0, NODES_MAX - 1),
  };
}

function patternArgument(text: string): RegExp {
  try {
    return new RegExp(text, 'u');
  } catch (error) {
    const why = error instanceof Error ? error.message.replace(/^.*?: /, '') : String(error);
    throw new UsageError(`--only takes a regular expression, not '${text}': ${why}`);
  }
}

export type Subject =
  | { readonly kind: 'trace'; readonly bed: Bed; readonly trace: Trace }
  | {
      readonly kind: 'seed';
      readonly bed: Bed;
      readonly seed: number;
      readonly scenario: string | null;
    };

/** What the arguments name: exactly one of a trace file and a seed. */
export async function subjectOf(
  args: Partial<Pick<ReplayArguments, 'trace' | 'seed' | 'scenario' | 'system'>>,
  command: string = 'replay',
): Promise<Subject> {
  if ((args.trace === undefined) === (args.seed === undefined)) {
    throw new UsageError(`name a trace file or a seed: npx vopr ${command} --seed 42`);
  }
  const bed = await loadBed(args.system);
  if (args.trace === undefined) {
    const scenario = scenarioArgument(bed, args.scenario);
    return { kind: 'seed', bed, seed: seedNumber('seed', args.seed), scenario };
  }
  if (args.scenario !== undefined) {
    throw new UsageError('a trace names its own scenario; leave --scenario out');
  }
  return { kind: 'trace', bed, trace: traceOf(bed, args.trace) };
}

/** A trace of this very system. */
function traceOf({ testbed }: Bed, path: string): Trace {
  const trace = readTrace(path);
  const { name } = testbed.system;
  if (trace.system === name) return trace;
  throw new UsageError(
    `'${path}' was recorded on the system '${trace.system}', this is '${name}': ` +
      `--system names the module`,
  );
}

function show(engine: Engine, what: Subject): Shown {
  if (what.kind === 'trace') {
    const { trace } = what;
    const hashes: StateHash[] = [];
    const result = engine.replay(trace, hashes);
    return { bed: what.bed, result, choices: trace.choices, trace, hashes };
  }
  const choices: Choice[] = [];
  const result = engine.record(what.seed, what.scenario, choices);
  return { bed: what.bed, result, choices, trace: null, hashes: [] };
}

/** What to run again, and to change: a trace as it is, a seed with the choices that it made. */
export function candidateOf(engine: Engine, what: Subject): Candidate {
  if (what.kind === 'trace') return what.trace;
  const choices: Choice[] = [];
  const { configuration } = engine.record(what.seed, what.scenario, choices);
  return { configuration, choices };
}

export function readTrace(path: string): Trace {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    throw new UsageError(`cannot read the trace '${path}'; name a file that a sweep wrote`);
  }
  const parsed = parseTrace(text);
  if (parsed.ok) return parsed.trace;
  const why = parsed.error.replaceAll(/\s*\n\s*/g, ' ');
  throw new UsageError(`'${path}' is not a trace: ${why}; record it anew with a sweep`);
}

export function formatHead({ bed, result, trace }: Shown): string[] {
  const { seed, scenario, configuration } = result;
  const { replicaCount, standbyCount, clientCount } = configuration;
  const lines = [
    `${bold(`seed ${seed}`)}${scenario === null ? '' : `, scenario ${scenario}`}: ` +
      `${replicaCount} replicas, ${standbyCount} standbys, ${clientCount} clients, build ${bed.build}`,
  ];
  if (trace === null) return lines;
  const { violation, note } = trace;
  if (violation !== null) lines.push(`recorded: ${violation.invariant}: ${violation.message}`);
  if (note !== '') lines.push(note);
  return lines;
}

export function formatChoices(
  { choices, result }: Shown,
  glossary: Glossary,
  all: boolean,
): string[] {
  const told = all
    ? choices
    : choices.filter((choice) => !isIncidental(choice, result.configuration));
  const shown = told.slice(0, all ? told.length : CHOICES_SHOWN);
  const incidental = choices.length - told.length;
  const lines = ['', bold('everything calm, except:')];
  if (choices.length === 0) lines.push('  nothing');
  for (const choice of shown) {
    lines.push(`  ${choiceWords(choice, result.configuration, glossary)}`);
  }
  const more = [
    ...(told.length > shown.length ? [`${told.length - shown.length} more choices`] : []),
    ...(incidental > 0 ? [`${incidental} delays and the like`] : []),
  ];
  if (more.length > 0) lines.push(dim(`  and ${more.join(' and ')}; --all lists them`));
  return lines;
}

function formatTimeline(
  words: Words<unknown>,
  timeline: Timeline | null,
  options: TimelineOptions,
): string[] {
  if (timeline === null) return [];
  const { lines, matched, header } = timeline;
  const lanes = Object.entries(legendOf(words)).map(([letter, meaning]) => `${letter} ${meaning}`);
  const out = ['', dim(`${lanes.join(', ')}; [.] acts, * everybody`), dim(header)];
  if (matched > lines.length) {
    const next = Math.min(LAST_MAX, options.limit * 10);
    out.push(dim(`… ${matched - lines.length} lines before; --last ${next} or --all shows more`));
  }
  if (matched === 0) out.push(dim('no line matches'));
  out.push(...lines);
  return out;
}

export function formatEnd({ bed, result, trace, hashes }: Shown): string[] {
  const lines: string[] = [''];
  if (result.violation === null) {
    lines.push(`${green(bold('PASS'))}  every invariant held`);
  } else {
    const { invariant, message, at, event } = result.violation;
    const when = `${(at / 1000).toFixed(3)} ms, event ${event}`;
    lines.push(`${red(bold('FAIL'))}  ${bold(invariant)} at ${when}`, `      ${message}`);
  }
  if (trace === null) {
    lines.push(dim(`digest ${result.digest}`));
  } else if (result.digest === trace.digest) {
    lines.push(dim(`the digest is that of the trace: ${trace.digest}`));
  } else {
    const why =
      trace.build === bed.build
        ? 'although it is the same build: determinism is broken, please report this'
        : `as may be under another build (recorded by ${trace.build}, this is ${bed.build})`;
    lines.push(yellow(`does not reproduce, ${why}`));
    lines.push(yellow(`digest ${result.digest}, recorded ${trace.digest}`));
    lines.push(yellow(divergence(trace, hashes)));
  }
  return lines;
}
