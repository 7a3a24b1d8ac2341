/**
 * Choices: the one mechanism behind run, replay, shrink and explore.
 *
 * Every decision of the world is an integer answer to a key (site, actor, subject, occurrence).
 * Option 0 is always the calm one. The seeded answer is a hash of (seed, key), never a draw from a
 * shared stream, so that changing one answer changes no other. The occurrence counts earlier
 * questions with the same site, actor and subject in this run; two such triples that collide in 32
 * bits share one count, identically in a run and in its replay.
 *
 * Cost: some 15 ns a choice; nothing is allocated unless the choices are being recorded.
 */
import { assert } from '../../core/types/assert.ts';
import { fold, mix, scale } from './mix.ts';

/** Who asks: the first part of a key. The index in this list is the site's integer. */
export const SITES = [
  'message',
  'corrupt_at',
  'replay_gap',
  'replay_which',
  'link_gap',
  'link_kind',
  'link_sides',
  'link_length',
  'read_gap',
  'read_from',
  'write_gap',
  'write_how',
  'sync_gap',
  'sync_delay',
  'sector_fate',
  'name_fate',
  'size_fate',
  'writeback',
  'damage_where',
  'damage_how',
  'crash_gap',
  'crash_how',
  'restart_delay',
  'restart_release',
  'crash_loop',
  'pause_gap',
  'pause_length',
  'clock_gap',
  'clock_how',
  'client_fault',
  'core_size',
  'core_members',
  'outside_fate',
  'flush_delay',
] as const;

export type SiteName = (typeof SITES)[number];

/** The integer of a site; look it up once, at module load. */
export function site(name: SiteName): number {
  return SITES.indexOf(name);
}

/** A recorded answer. In a trace these are what makes the run special. */
export interface Choice {
  readonly site: SiteName;
  readonly actor: number;
  readonly subject: number;
  readonly occurrence: number;
  readonly answer: number;
}

export const SOURCE_SEEDED = 0;
/** Recorded answers by key; elsewhere calm. */
export const SOURCE_RECORDED = 1;
/** Recorded answers by key; elsewhere the seed's answer. */
export const SOURCE_PATCHED = 2;
/** Options in turn, by an odometer over the run's choices. */
export const SOURCE_ENUMERATED = 3;

/** More choices than any run makes. */
const NO_TAIL = 0x3fffffff;
const TABLE_BITS = 13;
const TABLE_SIZE = 1 << TABLE_BITS;
/** Occurrences per triple that an override can name. */
const OCCURRENCE_SPAN = 1048576;

export class Choices {
  #seedHash = 0;
  #source: number = SOURCE_SEEDED;
  #overrides: Map<number, number> | null = null;
  #odometer: Odometer | null = null;
  #recording: Choice[] | null = null;

  // Open addressing on the 32-bit hash of (site, actor, subject). A slot belongs to this run when
  // its epoch is the current one: reset is one increment.
  #keys: Int32Array = new Int32Array(TABLE_SIZE);
  #counts: Int32Array = new Int32Array(TABLE_SIZE);
  #epochs: Int32Array = new Int32Array(TABLE_SIZE);
  #epoch = 0;
  #filled = 0;
  /** Choices made in this run. */
  made = 0;
  /** With this many choices made, answers begin to come from another seed. */
  #tailAfter = NO_TAIL;
  #tailSeed = 0;
  #onTail: (() => void) | null = null;

  /** Forgets the last run and answers from `seed` alone. */
  seeded(seed: number): void {
    this.#begin(seed, SOURCE_SEEDED);
  }

  /** Answers recorded choices; every other with calm, or with the seed's answer if `patched`. */
  overridden(seed: number, choices: readonly Choice[], patched: boolean): void {
    this.#begin(seed, patched ? SOURCE_PATCHED : SOURCE_RECORDED);
    const overrides = new Map<number, number>();
    for (const choice of choices) {
      const triple = tripleOf(SITES.indexOf(choice.site), choice.actor, choice.subject);
      overrides.set(overrideKey(triple, choice.occurrence), choice.answer);
    }
    this.#overrides = overrides;
  }

  /** Answers by `odometer`, which remembers over runs where the search stands. */
  enumerated(seed: number, odometer: Odometer): void {
    this.#begin(seed, SOURCE_ENUMERATED);
    odometer.begin();
    this.#odometer = odometer;
  }

  /**
   * Lets the run go on with other luck: all but the first `after` choices are answered from `seed`.
   * `begun` is called as the first of them is asked.
   */
  reseed(after: number, seed: number, begun: () => void): void {
    this.#tailAfter = after;
    this.#tailSeed = seed;
    this.#onTail = begun;
  }

  /** Records answers that are not calm, from now until the next run begins. */
  record(into: Choice[]): void {
    this.#recording = into;
  }

  /** One of n options, all equally likely; 0 is calm. */
  choose(atSite: number, actor: number, subject: number, n: number): number {
    assert(n >= 1 && n <= OCCURRENCE_SPAN, 'a choice has between one and 2^20 options');
    const triple = tripleOf(atSite, actor, subject);
    const occurrence = this.#occurrence(triple);
    const seeded = scale(mix(fold(this.#seedHash ^ triple, occurrence)), n);
    if (this.#source === SOURCE_SEEDED && this.#recording === null) return seeded;
    return this.#answer(atSite, actor, subject, triple, occurrence, n, seeded);
  }

  /**
   * One of the options in `table`, as likely as it is frequent there. Its length is a power of 2.
   */
  pick(atSite: number, actor: number, subject: number, table: Uint8Array): number {
    const triple = tripleOf(atSite, actor, subject);
    const occurrence = this.#occurrence(triple);
    const hash = mix(fold(this.#seedHash ^ triple, occurrence));
    const seeded = table[hash & (table.length - 1)] as number;
    if (this.#source === SOURCE_SEEDED && this.#recording === null) return seeded;
    const n = this.#source === SOURCE_ENUMERATED ? optionsOf(table) : 256;
    return this.#answer(atSite, actor, subject, triple, occurrence, n, seeded);
  }

  #begin(seed: number, source: number): void {
    this.#answersFrom(seed, source);
    this.#tailAfter = NO_TAIL;
    this.#onTail = null;
    this.#recording = null;
    this.#filled = 0;
    this.made = 0;
    this.#epoch += 1;
    if (this.#epoch === 0x7fffffff) {
      this.#epochs.fill(0);
      this.#epoch = 1;
    }
  }

  #answersFrom(seed: number, source: number): void {
    // Both halves of a seed above 2^32 count.
    this.#seedHash = fold(mix(seed | 0), Math.floor(seed / 4294967296));
    this.#source = source;
    this.#overrides = null;
    this.#odometer = null;
  }

  #beginTail(): void {
    this.#answersFrom(this.#tailSeed, SOURCE_SEEDED);
    this.#tailAfter = NO_TAIL;
    if (this.#onTail !== null) this.#onTail();
  }

  #answer(
    atSite: number,
    actor: number,
    subject: number,
    triple: number,
    occurrence: number,
    n: number,
    seeded: number,
  ): number {
    let answer = seeded;
    if (this.#source === SOURCE_ENUMERATED) {
      answer = (this.#odometer as Odometer).next(atSite, n);
    } else if (this.#source !== SOURCE_SEEDED) {
      const key = overrideKey(triple, occurrence);
      const recorded = (this.#overrides as Map<number, number>).get(key);
      if (recorded !== undefined) answer = recorded < n ? recorded : 0;
      else if (this.#source === SOURCE_RECORDED) answer = 0;
    }
    if (answer !== 0 && this.#recording !== null) {
      const name = SITES[atSite] as SiteName;
      this.#recording.push({ site: name, actor, subject, occurrence, answer });
    }
    return answer;
  }

  #occurrence(triple: number): number {
    if (this.made >= this.#tailAfter) this.#beginTail();
    this.made += 1;
    const keys = this.#keys;
    const epochs = this.#epochs;
    const epoch = this.#epoch;
    let at = (triple ^ (triple >>> 16)) & (keys.length - 1);
    while (epochs[at] === epoch) {
      if (keys[at] === triple) return (this.#counts[at] = (this.#counts[at] as number) + 1);
      at = (at + 1) & (keys.length - 1);
    }
    keys[at] = triple;
    epochs[at] = epoch;
    this.#counts[at] = 0;
    this.#filled += 1;
    if (this.#filled * 2 > keys.length) this.#grow();
    return 0;
  }

  #grow(): void {
    const { length } = this.#keys;
    const [keys, counts, epochs] = [this.#keys, this.#counts, this.#epochs];
    this.#keys = new Int32Array(length * 2);
    this.#counts = new Int32Array(length * 2);
    this.#epochs = new Int32Array(length * 2);
    for (let i = 0; i < length; i++) {
      if (epochs[i] !== this.#epoch) continue;
      const triple = keys[i] as number;
      let at = (triple ^ (triple >>> 16)) & (length * 2 - 1);
      while (this.#epochs[at] === this.#epoch) at = (at + 1) & (length * 2 - 1);
      this.#keys[at] = triple;
      this.#counts[at] = counts[i] as number;
      this.#epochs[at] = this.#epoch;
    }
  }
}

function tripleOf(atSite: number, actor: number, subject: number): number {
  return fold(fold(atSite + 1, actor), subject);
}

/** Options of a table: its answers are 0 … the largest one. Exploration alone asks. */
function optionsOf(table: Uint8Array): number {
  let largest = 0;
  for (let i = 0; i < table.length; i++) largest = Math.max(largest, table[i] as number);
  return largest + 1;
}

function overrideKey(triple: number, occurrence: number): number {
  assert(occurrence < OCCURRENCE_SPAN, 'occurrences of one key stay below 2^20');
  return (triple >>> 0) * OCCURRENCE_SPAN + occurrence;
}

/**
 * Depth-first enumeration of all answers at the given sites: each run replays a prefix and answers
 * 0 beyond it; `advance` turns the last digit that has an option left. Digits beyond `depth`, and
 * all other sites, stay calm.
 */
export class Odometer {
  readonly #depth: number;
  readonly #sites: readonly boolean[];
  #digits: number[] = [];
  #sizes: number[] = [];
  #at = 0;

  constructor(depth: number, sites: readonly SiteName[]) {
    this.#depth = depth;
    this.#sites = SITES.map((name) => sites.includes(name));
  }

  /** Answers of the run so far; what a caller keeps of an interesting run. */
  get answers(): readonly number[] {
    return this.#digits;
  }

  begin(): void {
    this.#at = 0;
  }

  next(atSite: number, n: number): number {
    if (this.#sites[atSite] !== true) return 0;
    const at = this.#at++;
    if (at >= this.#depth) return 0;
    if (at === this.#digits.length) {
      this.#digits.push(0);
      this.#sizes.push(n);
    }
    // The world is deterministic: after the same prefix it asks the same question.
    assert(this.#sizes[at] === n, 'the same prefix leads to the same options');
    return this.#digits[at] as number;
  }

  /** Moves to the next answers; false when all were tried. */
  advance(): boolean {
    this.#digits.length = Math.min(this.#digits.length, this.#at);
    this.#sizes.length = this.#digits.length;
    while (this.#digits.length > 0) {
      const last = this.#digits.length - 1;
      const digit = (this.#digits[last] as number) + 1;
      if (digit < (this.#sizes[last] as number)) {
        this.#digits[last] = digit;
        return true;
      }
      this.#digits.pop();
      this.#sizes.pop();
    }
    return false;
  }
}
