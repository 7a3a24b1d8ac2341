/**
 * The state of every link between ports, and the link faults (*episodes*) that now weigh on it.
 *
 * A port is a node (0–7) or a client (8–15); a link is `from · 16 + to`. An episode counts as one
 * delivered fault at the first message that it really affects. Cost: array reads a message; an
 * episode touches at most 256 links when it begins and ends.
 */
import { assert } from '../../core/types/assert.ts';
import type { FaultCounts } from './faults.ts';

export const PORTS = 16;
export const CLIENT_PORT = 8;
const LINKS = PORTS * PORTS;
const EPISODES_MAX = 4096;

export const LINK_CUT = 0;
export const LINK_CLOG = 1;
export const LINK_SLOW = 2;
export const LINK_LARGE = 3;
const EFFECTS = 4;

export class Links {
  readonly #faults: FaultCounts;
  /** For each effect and link: how many episodes, and the latest of them. */
  readonly #counts: Int16Array = new Int16Array(EFFECTS * LINKS);
  readonly #latest: Int16Array = new Int16Array(EFFECTS * LINKS);
  /** Links with any effect at all: one read decides the common case. */
  readonly #any: Int16Array = new Int16Array(LINKS);
  /** When a clog ends, a link. */
  readonly clogUntil: Float64Array = new Float64Array(LINKS);

  #episodes = 0;
  readonly #kinds: number[] = [];
  readonly #effects: number[] = [];
  readonly #met: boolean[] = [];
  readonly #ended: boolean[] = [];
  readonly #masks: Uint16Array[] = [];

  constructor(faults: FaultCounts) {
    this.#faults = faults;
  }

  reset(): void {
    this.#counts.fill(0);
    this.#latest.fill(0);
    this.#any.fill(0);
    this.clogUntil.fill(0);
    this.#episodes = 0;
  }

  /** Whether anything weighs on this link. */
  affected(link: number): boolean {
    return this.#any[link] !== 0;
  }

  has(link: number, effect: number): boolean {
    return this.#counts[effect * LINKS + link] !== 0;
  }

  /** A message of a live receiver was affected: the episode is delivered, once. */
  meet(link: number, effect: number): void {
    const episode = this.#latest[effect * LINKS + link] as number;
    if (this.#met[episode] === true) return;
    this.#met[episode] = true;
    const kind = this.#kinds[episode] as number;
    if (kind >= 0) this.#faults.delivered(kind);
  }

  /**
   * Begins an episode: messages from each port in `from` (bit set) to each in `to` suffer `effect`.
   * `fault` −1 is a cut that counts as no fault (the broken outside of a healed core).
   */
  begin(fault: number, effect: number, from: number, to: number, both: boolean): number {
    assert(this.#episodes < EPISODES_MAX, 'link faults of a run are bounded');
    const episode = this.#episodes++;
    this.#kinds[episode] = fault;
    this.#effects[episode] = effect;
    this.#met[episode] = false;
    this.#ended[episode] = false;
    const mask = this.#masks[episode] ?? new Uint16Array(PORTS);
    this.#masks[episode] = mask;
    for (let i = 0; i < PORTS; i++) {
      let row = 0;
      if ((from & (1 << i)) !== 0) row |= to & ~(1 << i);
      if (both && (to & (1 << i)) !== 0) row |= from & ~(1 << i);
      mask[i] = row;
    }
    this.#apply(episode, 1);
    return episode;
  }

  end(episode: number): void {
    if (episode >= this.#episodes || this.#ended[episode] === true) return;
    this.#ended[episode] = true;
    this.#apply(episode, -1);
  }

  endAll(): void {
    for (let episode = 0; episode < this.#episodes; episode++) this.end(episode);
    this.clogUntil.fill(0);
  }

  #apply(episode: number, change: number): void {
    const effect = this.#effects[episode] as number;
    const mask = this.#masks[episode] as Uint16Array;
    for (let from = 0; from < PORTS; from++) {
      const row = mask[from] as number;
      if (row === 0) continue;
      for (let to = 0; to < PORTS; to++) {
        if ((row & (1 << to)) === 0) continue;
        const link = from * PORTS + to;
        const at = effect * LINKS + link;
        this.#counts[at] = (this.#counts[at] as number) + change;
        this.#any[link] = (this.#any[link] as number) + change;
        if (change > 0) this.#latest[at] = episode;
      }
    }
  }
}
