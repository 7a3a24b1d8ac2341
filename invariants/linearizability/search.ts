/**
 * The search for a linearization of the calls of one part.
 *
 * It follows the history once, keeping the set of all configurations that some order of effects can
 * have led to. Effects are decided as late as possible ("just in time": Lowe, 2017; the same space
 * as Wing and Gong's search with memory): only when a call returns must it have taken effect, so
 * only then are orders tried that let it, each ending with it. The set is the memo table; what is
 * behind the present moment needs no memory.
 *
 * What keeps the set small:
 *  1. A call that never changes the state (a read) takes effect at the first moment it can. It is
 *     owed until then, and owing less is better (`ConfigurationSet`).
 *  2. Calls of unknown outcome are counted by kind, not told apart, since none has a deadline; using
 *     up fewer is better. So one is used only where it makes a difference.
 *  3. Of open calls of one kind the one that returns first goes first; those of unknown outcome last.
 *
 * Time and memory are bounded by an `Effort`. Where configurations are turned away, an end that is
 * reached is still a proof of linearizability; where more is allowed than the truth, an end that is
 * not reached is still a proof of the contrary. Otherwise the answer is `unknown`.
 */
import { assert } from '../../core/types/assert.ts';
import { COUNTER_BITS, COUNTERS_PER_WORD, ConfigurationSet } from './configurations.ts';
import { REFUSED } from './model.ts';
import type { Machine } from './model.ts';
import { NO_SLOT } from './schedule.ts';
import type { Schedule } from './schedule.ts';

export type SearchResult =
  | { readonly kind: 'linearizable'; readonly call: number; readonly configurations: number }
  /** `call` returned when no order was left that explains it and all before it. */
  | { readonly kind: 'not-linearizable'; readonly call: number; readonly configurations: number }
  | { readonly kind: 'unknown'; readonly call: number; readonly configurations: number };

/** How thorough a search is. */
export interface Effort {
  /** Configurations kept at a moment, in all and with one state and one set of effects. */
  readonly limit: number;
  readonly perKey: number;
  /**
   * False: calls of unknown outcome are never used up. That makes far fewer configurations, allows
   * more than the truth, and so can only prove that a history is *not* linearizable.
   */
  readonly counting: boolean;
}

const STATE = 0;

export class Search {
  readonly #machine: Machine;
  readonly #schedule: Schedule;
  /** First word of the bits "this open call has taken effect", "… is owed", and of the counters. */
  readonly #owedAt: number;
  readonly #countersAt: number;
  readonly #width: number;

  /** Configurations now; those after the return at hand; those on the way there. */
  #now: ConfigurationSet;
  #then: ConfigurationSet;
  readonly #between: ConfigurationSet;
  readonly #row: Int32Array;

  /** By slot: the open call in it. */
  readonly #effectCalls: Int32Array;
  readonly #readCalls: Int32Array;
  readonly #available: Int32Array;

  readonly #counting: boolean;
  #examined = 0;
  #complete = true;

  constructor(machine: Machine, schedule: Schedule, effort: Effort) {
    this.#machine = machine;
    this.#schedule = schedule;
    const shape = {
      keyWords: 1 + ((schedule.effectSlots + 31) >>> 5),
      owedWords: (schedule.readSlots + 31) >>> 5,
      counterWords: effort.counting ? Math.ceil(schedule.pools.length / COUNTERS_PER_WORD) : 0,
    };
    this.#owedAt = shape.keyWords;
    this.#countersAt = shape.keyWords + shape.owedWords;
    this.#width = this.#countersAt + shape.counterWords;
    this.#now = new ConfigurationSet(shape, effort.limit, effort.perKey);
    this.#then = new ConfigurationSet(shape, effort.limit, effort.perKey);
    this.#between = new ConfigurationSet(shape, effort.limit, effort.perKey);
    this.#row = new Int32Array(this.#width);
    this.#counting = effort.counting;
    this.#effectCalls = new Int32Array(schedule.effectSlots).fill(NO_SLOT);
    this.#readCalls = new Int32Array(schedule.readSlots).fill(NO_SLOT);
    this.#available = new Int32Array(schedule.pools.length);
  }

  run(): SearchResult {
    const { events, slotOf, poolOf } = this.#schedule;
    this.#row.fill(0);
    this.#row[STATE] = this.#machine.initial;
    this.#now.add(this.#row, 0);
    for (const event of events) {
      const call = event >>> 1;
      if ((event & 1) === 0) {
        if (poolOf[call] !== NO_SLOT) this.#available[poolOf[call]!]! += 1;
        else if (this.#machine.pure(call)) this.#openRead(call, slotOf[call]!);
        else this.#effectCalls[slotOf[call]!] = call;
        continue;
      }
      this.#return(call, slotOf[call]!);
      if (this.#now.count === 0) {
        const kind = this.#complete ? 'not-linearizable' : 'unknown';
        return { kind, call, configurations: this.#examined };
      }
    }
    const kind = this.#isExactAbove() ? 'linearizable' : 'unknown';
    return { kind, call: NO_SLOT, configurations: this.#examined };
  }

  /** False when more was allowed than the truth, so that reaching the end proves nothing. */
  #isExactAbove(): boolean {
    return this.#counting || this.#schedule.pools.length === 0;
  }

  /** The read is owed by every configuration whose state does not show what it returned. */
  #openRead(call: number, slot: number): void {
    this.#readCalls[slot] = call;
    const { rows, count } = this.#now;
    const at = this.#owedAt + (slot >>> 5);
    const bit = 1 << (slot & 31);
    // Rows with one key have one state, so all gain the bit or none does: dominance stays as it is.
    for (let i = 0, row = 0; i < count; i += 1, row += this.#width) {
      if (this.#machine.step(rows[row + STATE]!, call) === REFUSED) rows[row + at]! |= bit;
    }
  }

  /** Keeps what the return allows, and what other open calls, taking effect first, lead to. */
  #return(call: number, slot: number): void {
    const read = this.#machine.pure(call);
    const at = (read ? this.#owedAt : 1) + (slot >>> 5);
    const bit = 1 << (slot & 31);
    const [now, then, between, row] = [this.#now, this.#then, this.#between, this.#row];
    then.clear();
    between.clear();
    // A call that has returned is not among the open ones that may go before it.
    if (read) this.#readCalls[slot] = NO_SLOT;
    else this.#effectCalls[slot] = NO_SLOT;
    for (let i = 0; i < now.count; i += 1) {
      if (!now.has(i)) continue;
      this.#take(now, i);
      const bitSet = (row[at]! & bit) !== 0;
      if (bitSet === read) {
        between.add(row, 0);
        continue;
      }
      if (!read) row[at]! &= ~bit;
      then.add(row, 0);
    }
    for (let i = 0; i < between.count; i += 1) {
      if (!between.has(i)) continue;
      this.#examined += 1;
      this.#letItReturn(i, call, read, at, bit);
      this.#letOthersGoFirst(i, call, read, at, bit);
    }
    this.#complete &&= then.complete && between.complete;
    this.#now = then;
    this.#then = now;
  }

  #letItReturn(i: number, call: number, read: boolean, at: number, bit: number): void {
    const state = this.#machine.step(this.#between.rows[i * this.#width + STATE]!, call);
    if (state === REFUSED) return;
    this.#take(this.#between, i);
    if (read) this.#row[at]! &= ~bit;
    this.#enter(state);
    this.#then.add(this.#row, 0);
  }

  #letOthersGoFirst(i: number, call: number, read: boolean, at: number, bit: number): void {
    const machine = this.#machine;
    const { slotOf, pools, twinOf } = this.#schedule;
    const from = this.#between.rows[i * this.#width + STATE]!;
    for (const other of this.#effectCalls) {
      // A twin of the call that returns need not go first: they could trade places.
      if (other === NO_SLOT || twinOf[other] === twinOf[call]) continue;
      const slot = slotOf[other]!;
      if (this.#isUsed(i, slot) || this.#hasEarlierTwin(i, other)) continue;
      const state = machine.step(from, other);
      if (state === REFUSED) continue;
      this.#take(this.#between, i);
      this.#row[1 + (slot >>> 5)]! |= 1 << (slot & 31);
      this.#advance(state, call, read, at, bit);
    }
    for (let pool = 0; pool < pools.length; pool += 1) {
      if (!this.#hasSpare(i, pool)) continue;
      const other = pools[pool]!;
      if (twinOf[other] === twinOf[call]) continue;
      const state = machine.step(from, other);
      if (state === from || state === REFUSED || this.#hasEarlierTwin(i, other)) continue;
      this.#take(this.#between, i);
      if (this.#counting) {
        this.#row[this.#countersAt + (pool >>> 2)]! += 1 << ((pool & 3) * COUNTER_BITS);
      }
      this.#advance(state, call, read, at, bit);
    }
  }

  /** The configuration in `#row` moves on to `state`; a read that returns may be satisfied by that. */
  #advance(state: number, call: number, read: boolean, at: number, bit: number): void {
    this.#enter(state);
    if (read && this.#machine.step(state, call) !== REFUSED) {
      this.#row[at]! &= ~bit;
      this.#then.add(this.#row, 0);
    } else {
      this.#between.add(this.#row, 0);
    }
  }

  /** Sets the state of `#row` and settles every open read that it shows. */
  #enter(state: number): void {
    const row = this.#row;
    if (row[STATE] === state) return;
    row[STATE] = state;
    for (let slot = 0; slot < this.#readCalls.length; slot += 1) {
      const call = this.#readCalls[slot]!;
      if (call === NO_SLOT) continue;
      const at = this.#owedAt + (slot >>> 5);
      const bit = 1 << (slot & 31);
      if ((row[at]! & bit) !== 0 && this.#machine.step(state, call) !== REFUSED) row[at]! &= ~bit;
    }
  }

  /** True when an open call of the same kind, not yet used, returns before `call`. */
  #hasEarlierTwin(i: number, call: number): boolean {
    const { twinOf, slotOf } = this.#schedule;
    const kind = twinOf[call]!;
    for (const other of this.#effectCalls) {
      if (other === NO_SLOT || other === call || twinOf[other] !== kind) continue;
      if (this.#schedule.returnsBefore(other, call) && !this.#isUsed(i, slotOf[other]!))
        return true;
    }
    return false;
  }

  #isUsed(i: number, slot: number): boolean {
    const word = this.#between.rows[i * this.#width + 1 + (slot >>> 5)]!;
    return (word & (1 << (slot & 31))) !== 0;
  }

  /** A call of the pool is open and not used up; nor is there one in the pool that comes first. */
  #hasSpare(i: number, pool: number): boolean {
    if (!this.#counting) return this.#available[pool]! > 0;
    const earlier = this.#schedule.earlierPool[pool]!;
    if (earlier !== NO_SLOT && this.#usedOf(i, earlier) < this.#available[earlier]!) return false;
    return this.#usedOf(i, pool) < this.#available[pool]!;
  }

  #usedOf(i: number, pool: number): number {
    const word = this.#between.rows[i * this.#width + this.#countersAt + (pool >>> 2)]!;
    return (word >>> ((pool & 3) * COUNTER_BITS)) & 0x7f;
  }

  #take(set: ConfigurationSet, i: number): void {
    const at = i * this.#width;
    for (let word = 0; word < this.#width; word += 1) this.#row[word] = set.rows[at + word]!;
    assert(this.#row[STATE]! >= 0, 'search: states are not negative');
  }
}
