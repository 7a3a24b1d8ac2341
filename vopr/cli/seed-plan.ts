/**
 * Which seeds of a sweep are done, under way and still to come. Ranges are handed out in order and
 * finish in any; what was handed out and never finished is handed out again first, so a plan that
 * is put away and taken up later skips no seed and runs none twice.
 */

import { assert } from '../../core/types/assert.ts';

/** Seeds `from` … `from + count - 1`. */
export interface SeedRange {
  readonly from: number;
  readonly count: number;
}

export class SeedPlan {
  readonly end: number;
  readonly #rangeSeeds: number;
  #next: number;
  /** To be handed out before `#next`. */
  readonly #again: SeedRange[];
  /** Handed out, by first seed. */
  readonly #underWay: Map<number, SeedRange> = new Map();

  constructor(next: number, end: number, rangeSeeds: number, again: readonly SeedRange[] = []) {
    this.#next = next;
    this.end = end;
    this.#rangeSeeds = rangeSeeds;
    this.#again = [...again];
  }

  /** The next range to run; null: nothing is left to hand out. */
  take(): SeedRange | null {
    const range = this.#again.shift() ?? this.#fresh();
    if (range !== null) this.#underWay.set(range.from, range);
    return range;
  }

  done(from: number): void {
    this.#underWay.delete(from);
  }

  /** Seed `at` of a range under way is done, and all others of it must be handed out again. */
  interrupted(from: number, at: number): void {
    const range = this.#underWay.get(from);
    assert(range !== undefined && at >= from && at < from + range.count, 'a seed of that range');
    this.#underWay.delete(from);
    const before = { from, count: at - from };
    const after = { from: at + 1, count: from + range.count - at - 1 };
    this.#again.push(...[before, after].filter(({ count }) => count > 0));
  }

  /** First seed that was never handed out. */
  get next(): number {
    return this.#next;
  }

  /** Handed out or waiting to be again, and not done. */
  outstanding(): SeedRange[] {
    return [...this.#again, ...this.#underWay.values()].sort((a, b) => a.from - b.from);
  }

  #fresh(): SeedRange | null {
    if (this.#next >= this.end) return null;
    const from = this.#next;
    const count = Math.min(this.#rangeSeeds, this.end - from);
    this.#next = from + count;
    return { from, count };
  }
}
