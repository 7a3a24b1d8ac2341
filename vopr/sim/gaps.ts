/**
 * Spontaneous faults as gaps: "after r1's 9th write" is one choice, made when the last such fault
 * has struck, instead of a question at every write.
 *
 * A `GapCounter` counts one thing (the writes of one node, say) for several kinds of fault.
 * Counting is an increment and a compare; nothing is allocated after construction.
 */
import { assert } from '../../core/types/assert.ts';
import type { Choices } from './choose.ts';

/** Options of a gap: 0 is never, which is calm. */
const GAP_OPTIONS = 32;

/**
 * Quantiles of the exponential distribution in 1/64 of its mean, as integers: no floats, no log.
 */
const GAP_64THS: readonly number[] = [
  0, 1, 3, 5, 8, 10, 12, 15, 18, 21, 23, 26, 30, 33, 37, 40, 44, 49, 53, 58, 63, 69, 76, 83, 91,
  100, 111, 124, 140, 161, 194, 264,
];
const NEVER_COUNT = 2147483647;

/** The drawn distance of option `option` around `mean`; at least 1; never for option 0. */
export function gapOf(option: number, mean: number): number {
  assert(option >= 0 && option < GAP_OPTIONS, 'a gap has 32 options');
  if (option === 0 || mean <= 0) return NEVER_COUNT;
  return Math.floor(((GAP_64THS[option] as number) * mean) / 64) + 1;
}

/** Draws a gap around `mean`. A mean of 0 is no fault at all, and no question is asked. */
export function drawGap(
  choices: Choices,
  site: number,
  actor: number,
  subject: number,
  mean: number,
): number {
  if (mean <= 0) return NEVER_COUNT;
  return gapOf(choices.choose(site, actor, subject, GAP_OPTIONS), mean);
}

export class GapCounter {
  readonly #site: number;
  readonly #actor: number;
  readonly #choices: Choices;
  /** Mean gap, and the count at which the next fault is due, of each kind. */
  readonly #means: Float64Array;
  readonly #due: Float64Array;
  #nextDue: number = NEVER_COUNT;
  /** Counted so far in this run. */
  count = 0;

  constructor(choices: Choices, site: number, actor: number, kinds: number) {
    this.#choices = choices;
    this.#site = site;
    this.#actor = actor;
    this.#means = new Float64Array(kinds);
    this.#due = new Float64Array(kinds);
  }

  /** Begins a run: no kind exists until `arm`. */
  reset(): void {
    this.count = 0;
    this.#means.fill(0);
    this.#due.fill(NEVER_COUNT);
    this.#nextDue = NEVER_COUNT;
  }

  /** Lets a kind exist with this mean gap, and draws its first. */
  arm(kind: number, mean: number): void {
    this.#means[kind] = mean;
    this.#draw(kind);
    this.#settle();
  }

  /** Makes a kind due after exactly `distance` more counts. */
  set(kind: number, distance: number): void {
    assert(distance >= 1, 'the past cannot be hit');
    this.#due[kind] = this.count + distance;
    this.#settle();
  }

  /** No more faults of any kind. */
  stop(): void {
    this.#means.fill(0);
    this.#due.fill(NEVER_COUNT);
    this.#nextDue = NEVER_COUNT;
  }

  /** Counts one; true when a fault is due: then call `take` until it gives −1. */
  tick(): boolean {
    this.count += 1;
    return this.count >= this.#nextDue;
  }

  /** A kind that is due, its next gap drawn; −1 when none is left. */
  take(): number {
    for (let kind = 0; kind < this.#due.length; kind++) {
      if ((this.#due[kind] as number) > this.count) continue;
      this.#due[kind] = NEVER_COUNT;
      this.#draw(kind);
      this.#settle();
      return kind;
    }
    return -1;
  }

  #draw(kind: number): void {
    const mean = this.#means[kind] as number;
    if (mean <= 0) return;
    const gap = drawGap(this.#choices, this.#site, this.#actor, kind, mean);
    this.#due[kind] = this.count + gap;
  }

  #settle(): void {
    let least = NEVER_COUNT;
    for (let i = 0; i < this.#due.length; i++) {
      const due = this.#due[i] as number;
      if (due < least) least = due;
    }
    this.#nextDue = least;
  }
}
