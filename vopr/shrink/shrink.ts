/**
 * Shrinking: from a failing run to one that a person can hold in the head.
 *
 * A candidate is a configuration and a list of choices, everything else being calm. Each candidate
 * is *run*, on the real core; it is kept only if it fails in the same way, and then it is replaced
 * by what its run recorded, so that choices nobody asked for any more fall away by themselves.
 *
 * Passes, repeated until none of them helps: a smaller world (fewer nodes, clients, operations, no
 * faults of a kind); choices in bulk by who asks; delta debugging (Zeller and Hildebrandt, 2002) on
 * the rest; smaller answers. A generator, so that the caller decides how long, and can stop with
 * the best so far.
 *
 * Cost: one run a candidate, some hundred to thousand candidates.
 */
import type { Choice } from '../sim/choose.ts';
import type { Configuration } from '../sim/configuration.ts';
import type { RunResult } from '../sim/run.ts';
import type { Violation } from '../sim/verdict.ts';
import { smallerWorlds, unusualSettings } from './smaller-world.ts';

/** What a run is made of, besides its seed and scenario. */
export interface Candidate {
  readonly configuration: Configuration;
  readonly choices: readonly Choice[];
}

export interface Attempt {
  readonly result: RunResult;
  /** The choices of this run that were not calm. */
  readonly choices: readonly Choice[];
}

/** Runs a candidate, recording. */
export type Run = (candidate: Candidate) => Attempt;

export interface Progress {
  /** Candidates run. */
  readonly runs: number;
  readonly best: Candidate;
  readonly result: RunResult;
}

/**
 * Yields after every candidate; returns the smallest that was found. `start` must fail.
 */
export function* shrink(start: Candidate, run: Run): Generator<Progress, Progress> {
  const search = new Search(start, run);
  yield search.progress();
  let before: Candidate;
  do {
    before = search.best;
    yield* shrinkWorld(search);
    yield* dropKinds(search);
    yield* dropChunks(search);
    yield* lowerAnswers(search);
  } while (isLess(search.best, before));
  return search.progress();
}

/**
 * What a reader has to take in, the most burdensome first: choices, the size of the world, settings
 * that are not the calm ones, the length of the storm, the sum of the answers.
 */
function burden({ choices, configuration: c }: Candidate): readonly number[] {
  const operations = c.operations.reduce((sum, count) => sum + count, 0);
  const nodes = c.replicaCount + c.standbyCount;
  const answers = choices.reduce((sum, { answer }) => sum + answer, 0);
  return [choices.length, operations + 10 * nodes, unusualSettings(c), c.stormMicros, answers];
}

function isLess(one: Candidate, other: Candidate): boolean {
  const theirs = burden(other);
  for (const [index, value] of burden(one).entries()) {
    const against = theirs[index] ?? 0;
    if (value !== against) return value < against;
  }
  return false;
}

class Search {
  readonly #run: Run;
  readonly #failure: string;
  best: Candidate;
  result: RunResult;
  runs = 1;

  constructor(start: Candidate, run: Run) {
    this.#run = run;
    const { result, choices } = run(start);
    if (result.violation === null) throw new Error('what is to be shrunk does not fail');
    this.#failure = failureOf(result.violation);
    this.result = result;
    this.best = { configuration: start.configuration, choices };
  }

  progress(): Progress {
    return { runs: this.runs, best: this.best, result: this.result };
  }

  /** Runs it; true, and the new best, if it fails in the same way and is no larger. */
  try(candidate: Candidate): boolean {
    this.runs += 1;
    const { result, choices } = this.#run(candidate);
    if (result.violation === null || failureOf(result.violation) !== this.#failure) return false;
    const found = { configuration: candidate.configuration, choices };
    if (!isLess(found, this.best)) return false;
    this.best = found;
    this.result = result;
    return true;
  }
}

/**
 * What must stay the same: the invariant; of an exception or a broken promise, which stand for many
 * different bugs, also what it says.
 */
function failureOf({ invariant, message }: Violation): string {
  const many = invariant === 'crash' || invariant === 'promise';
  return many ? `${invariant} ${message.replaceAll(/\d+/g, '#')}` : invariant;
}

function* shrinkWorld(search: Search): Generator<Progress> {
  for (const smaller of smallerWorlds()) {
    // One that helped may help again: half of the operations, then half of those.
    for (;;) {
      const { configuration, choices } = search.best;
      const next = smaller(configuration, search.result);
      if (next === null) break;
      const helped = search.try({ configuration: next, choices });
      yield search.progress();
      if (!helped) break;
    }
  }
}

/** All choices of one site, then of one site and actor: most have nothing to do with it. */
function* dropKinds(search: Search): Generator<Progress> {
  for (const keyOf of [bySite, byActor]) {
    const keys = new Set(search.best.choices.map(keyOf));
    for (const key of keys) {
      const { configuration, choices } = search.best;
      const kept = choices.filter((choice) => keyOf(choice) !== key);
      if (kept.length === choices.length) continue;
      search.try({ configuration, choices: kept });
      yield search.progress();
    }
  }
}

function bySite(choice: Choice): string {
  return choice.site;
}

function byActor(choice: Choice): string {
  return `${choice.site} ${choice.actor}`;
}

/** Removes chunks, halving their size down to one. From the end: the last ones cause the least. */
function* dropChunks(search: Search): Generator<Progress> {
  let size = Math.ceil(search.best.choices.length / 2);
  while (size >= 1) {
    for (let end = search.best.choices.length; end > 0;) {
      const { configuration, choices } = search.best;
      end = Math.min(end, choices.length);
      const from = Math.max(0, end - size);
      const kept = [...choices.slice(0, from), ...choices.slice(end)];
      search.try({ configuration, choices: kept });
      yield search.progress();
      end = from;
    }
    if (size === 1) return;
    size = Math.ceil(size / 2);
  }
}

/** The smallest answer that still fails: a shorter delay, a gap that is reached sooner. */
function* lowerAnswers(search: Search): Generator<Progress> {
  for (let at = search.best.choices.length - 1; at >= 0; at -= 1) {
    const choice = search.best.choices[at];
    if (choice === undefined || choice.answer <= 1) continue;
    for (const answer of [1, choice.answer >> 1]) {
      const { configuration, choices } = search.best;
      const lower = choices.map((other, index) => (index === at ? { ...other, answer } : other));
      const helped = search.try({ configuration, choices: lower });
      yield search.progress();
      if (helped) break;
    }
  }
}
