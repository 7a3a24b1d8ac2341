/**
 * What a zone's clocks have shown: the changes that happened, then a rule for all years after them.
 *
 * Times are seconds since 2000-01-01 UTC. A lookup is a binary search, or, near the one before it,
 * nothing at all.
 */
import { civilFromDays } from './calendar.ts';
import { ruleChanges } from './zone-posix.ts';
import type { PosixZone, ZonePeriod } from './zone-posix.ts';

/** A while in which a zone does not change. */
export interface Stretch {
  /** -Infinity: since ever. */
  readonly from: number;
  /** The change after it, no more part of it. Infinity: for ever. */
  readonly until: number;
  readonly period: ZonePeriod;
}

const DAY = 86400;
/** Longer than any offset. */
const FAR = 8 * DAY;

export class ZoneHistory {
  readonly #first: ZonePeriod;
  readonly #times: readonly number[];
  /** Since the change in the same place of `times`. */
  readonly #periods: readonly ZonePeriod[];
  readonly #rule: PosixZone;
  #latest: Stretch;

  constructor(
    first: ZonePeriod,
    times: readonly number[],
    periods: readonly ZonePeriod[],
    rule: PosixZone,
  ) {
    this.#first = first;
    this.#times = times;
    this.#periods = periods;
    this.#rule = rule;
    this.#latest = this.#find(0);
  }

  /** That never changes, or null. */
  get only(): ZonePeriod | null {
    return this.#times.length === 0 && this.#rule.daylight === null ? this.#first : null;
  }

  at(seconds: number): Stretch {
    const { from, until } = this.#latest;
    if (!(seconds >= from && seconds < until)) this.#latest = this.#find(seconds);
    return this.#latest;
  }

  /**
   * The period in which clocks showed this. Of a time that they skipped or showed twice it is, as
   * in PostgreSQL, the one whose clocks are behind: before the change of those skipped, after it of
   * the others. Only the first change from a day before on is looked at.
   */
  ofLocal(seconds: number): ZonePeriod {
    const { period: before, until } = this.at(seconds - DAY);
    if (seconds + FAR < until) return before;
    const after = this.at(until).period;
    const early = seconds - before.seconds;
    const late = seconds - after.seconds;
    if (early < until && late < until) return before;
    if (early > until && late >= until) return after;
    return early > late ? before : after;
  }

  /** What an abbreviation last meant at that time, or first after it; null: it never did. */
  meaning(abbreviation: string, seconds: number): ZonePeriod | null {
    const last = this.#times.at(-1) ?? -Infinity;
    let stretch = this.at(seconds);
    // The rule alternates between two periods; before it come those that happened.
    for (let back = 0; back < 2 && stretch.from > last; back += 1) {
      if (stretch.period.abbreviation === abbreviation) return stretch.period;
      stretch = this.at(stretch.from - 1);
    }
    const found = this.#periods.findLast(
      (period, i) => this.#times[i]! <= seconds && period.abbreviation === abbreviation,
    );
    if (found !== undefined) return found;
    const { standard, daylight } = this.#rule;
    const later = this.#periods.filter((_, i) => this.#times[i]! > seconds);
    if (daylight !== null) later.push(standard, daylight.period);
    return later.find((period) => period.abbreviation === abbreviation) ?? null;
  }

  #find(seconds: number): Stretch {
    const times = this.#times;
    let low = 0;
    let high = times.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (times[middle]! <= seconds) low = middle + 1;
      else high = middle;
    }
    const from = times[low - 1] ?? -Infinity;
    const period = this.#periods[low - 1] ?? this.#first;
    const until = times[low];
    return until === undefined ? this.#ruled(seconds, from, period) : { from, until, period };
  }

  /** After the last change that is written down. */
  #ruled(seconds: number, start: number, last: ZonePeriod): Stretch {
    const rule = this.#rule;
    if (rule.daylight === null) return { from: start, until: Infinity, period: last };
    const { year } = civilFromDays(Math.floor((seconds + rule.standard.seconds) / DAY));
    let from = start;
    let period = last;
    for (const near of [year - 1, year, year + 1]) {
      for (const change of ruleChanges(rule, near)) {
        if (change.time <= start) continue;
        if (change.time > seconds) return { from, until: change.time, period };
        from = change.time;
        ({ period } = change);
      }
    }
    return { from, until: Infinity, period };
  }
}
