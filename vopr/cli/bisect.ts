/**
 * `vopr bisect`: when was a failure baked in? Repeats the failing run up to some moment and goes on
 * with other luck, again and again, and plots how often it fails over virtual time.
 */
import { bisect, turningPoint } from '../shrink/bisect.ts';
import type { Probe } from '../shrink/bisect.ts';
import { createEngine } from './engine.ts';
import { bold } from './paint.ts';
import { candidateOf, subjectOf } from './replay.ts';
import type { Subject } from './replay.ts';
import type { Violation } from '../sim/verdict.ts';
import { takeSteps } from './take-steps.ts';
import { EXIT_HELD, UsageError, wholeNumber } from './usage.ts';
import { millis } from './words.ts';

const BAR_CELLS = 32;
/** Tails begin at seeds that no sweep starts with. */
const TAIL_SEEDS = 0x7ff0_0000;

export interface BisectArguments {
  readonly trace?: string | undefined;
  readonly seed?: string | undefined;
  readonly scenario?: string | undefined;
  readonly system?: string | undefined;
  readonly points: string;
  readonly tails: string;
  readonly json: boolean;
}

export async function bisectCommand(args: BisectArguments): Promise<number> {
  const points = wholeNumber('points', args.points, 1, 1_000);
  const tails = wholeNumber('tails', args.tails, 1, 1_000);
  const what = await subjectOf(args, 'bisect');
  const bisection = beginBisection(what, points, tails);
  if (bisection === null) {
    throw new UsageError('this run holds in this build: there is nothing to bisect');
  }
  const { seed, scenario, violation, choices } = bisection;
  const { invariant, at } = violation;
  const probes = await collect(bisection.steps);
  const turn = probes[turningPoint(probes)] ?? null;
  if (args.json) {
    const baked = turn === null ? null : { after: turn.after, atMicros: turn.atMicros };
    process.stdout.write(
      `${JSON.stringify({ seed, scenario, violation, choices, baked, probes })}\n`,
    );
    return EXIT_HELD;
  }
  const lines = [
    `${bold(invariant)} at ${millis(at)}, after ${choices} choices: ${violation.message}`,
    '',
    `  virtual time   of ${tails} tails that begin here, so many fail`,
    ...probes.map((probe) => row(probe, probe === turn)),
    '',
    ...verdict(probes, turn),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
  return EXIT_HELD;
}

/** A bisection about to begin: each step of it is a probe, of `tails` runs. */
export interface Bisection {
  readonly seed: number;
  readonly scenario: string | null;
  readonly violation: Violation;
  /** Choices that the failing run made. */
  readonly choices: number;
  readonly steps: Generator<Probe, readonly Probe[]>;
}

/** Null when the run holds in this build. */
export function beginBisection(what: Subject, points: number, tails: number): Bisection | null {
  const engine = createEngine(what.bed);
  const { seed, scenario } = what.kind === 'trace' ? what.trace : what;
  const candidate = candidateOf(engine, what);
  const { violation } = engine.attempt(seed, scenario, candidate).result;
  if (violation === null) return null;
  const choices = engine.choicesMade(candidate.configuration.limits);
  const steps = bisect({ choices, points, tails }, (after, tail) => {
    const end = engine.withTail(seed, scenario, candidate, after, TAIL_SEEDS + tail);
    const failed = end.result.violation?.invariant === violation.invariant;
    return { failed, atMicros: after >= choices ? violation.at : end.atMicros };
  });
  return { seed, scenario, violation, choices, steps };
}

/** All probes; on Ctrl-C those so far. */
async function collect(steps: Generator<Probe, readonly Probe[]>): Promise<readonly Probe[]> {
  const seen: Probe[] = [];
  const onStep = (probe: Probe): string => `${seen.push(probe)} moments probed`;
  const all = await takeSteps(steps, { onStep, atOnce: 1, deadline: Number.POSITIVE_INFINITY });
  return all ?? seen.sort((a, b) => a.after - b.after);
}

function row(probe: Probe, turns: boolean): string {
  return probeRow(probe) + (turns ? bold('  ← baked in') : '');
}

/** How many tails that begin at this moment fail, as a bar and a number. */
export function probeRow({ atMicros, failed, tails }: Probe): string {
  const cells = Math.round((BAR_CELLS * failed) / tails);
  const bar = '█'.repeat(cells) + '·'.repeat(BAR_CELLS - cells);
  return `${millis(atMicros).padStart(14)}   ${bar} ${String(failed).padStart(3)}`;
}

function verdict(probes: readonly Probe[], turn: Probe | null): string[] {
  if (turn === null) return ['no moment was found from which the failure is likely'];
  const before = probes[probes.indexOf(turn) - 1];
  if (before === undefined) return ['it fails more often than not whatever the luck'];
  const share = ({ failed, tails }: Probe): string => `${failed} of ${tails}`;
  return [
    `baked in between ${millis(before.atMicros)} and ${millis(turn.atMicros)} ` +
      `(choices ${before.after} and ${turn.after}):`,
    `tails that begin before fail ${share(before)} times, those that begin after ${share(turn)}`,
  ];
}
