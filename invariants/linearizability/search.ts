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
 *  2. Calls of unknown outcome are counted by kind, not told apart, since none has a deadline;
 *     using up fewer is better. So one is used only where it makes a difference.
 *  3. A call that never looks at the state (a write) may have taken effect just before any other
 *     such call, and nobody could tell. So once one takes effect, the others that are open are owed
 *     no more; each can still take effect visibly, and having done so is a burden too.
 *  4. Of open calls of one kind the one that returns first goes first; those of unknown outcome
 *     last.
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
  /** Configurations examined in all, which bounds the time. */
  readonly examined: number;
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
  /**
   * First word of the burden, and of its counters. Before them are the state and the key's bits.
   */
  readonly #burdenAt: number;
  readonly #countersAt: number;
  readonly #width: number;

  /** Configurations now; those after the return at hand; those on the way there. */
  #now: ConfigurationSet;
  #then: ConfigurationSet;
  readonly #between: ConfigurationSet;
  readonly #row: Int32Array;

  /** Open calls of known outcome: those that take effect at one moment of their own, and reads. */
  readonly #openEffects: number[] = [];
  readonly #openReads: number[] = [];
  /** By pool: calls of unknown outcome invoked so far. */
  readonly #available: Int32Array;

  readonly #counting: boolean;
  readonly #examinedMax: number;
  #examined = 0;
  #complete = true;

  constructor(machine: Machine, schedule: Schedule, effort: Effort) {
    this.#machine = machine;
    this.#schedule = schedule;
    const shape = {
      keyWords: 1 + ((schedule.keyBits + 31) >>> 5),
      bitWords: (schedule.burdenBits + 31) >>> 5,
      counterWords: effort.counting ? Math.ceil(schedule.pools.length / COUNTERS_PER_WORD) : 0,
    };
    this.#burdenAt = shape.keyWords;
    this.#countersAt = shape.keyWords + shape.bitWords;
    this.#width = this.#countersAt + shape.counterWords;
    this.#now = new ConfigurationSet(shape, effort.limit, effort.perKey);
    this.#then = new ConfigurationSet(shape, effort.limit, effort.perKey);
    this.#between = new ConfigurationSet(shape, effort.limit, effort.perKey);
    this.#row = new Int32Array(this.#width);
    this.#counting = effort.counting;
    this.#examinedMax = effort.examined;
    this.#available = new Int32Array(schedule.pools.length);
  }

  run(): SearchResult {
    const { events, poolOf } = this.#schedule;
    this.#row.fill(0);
    this.#row[STATE] = this.#machine.initial;
    this.#now.add(this.#row, 0);
    for (const event of events) {
      const call = event >>> 1;
      if ((event & 1) === 0) {
        if (poolOf[call] !== NO_SLOT) this.#available[poolOf[call]!]! += 1;
        else this.#open(call);
        continue;
      }
      this.#return(call);
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

  /** A read is owed unless the state shows what it returned; a blind call is owed at first. */
  #open(call: number): void {
    const read = this.#schedule.pure[call] === 1;
    (read ? this.#openReads : this.#openEffects).push(call);
    if (!read && this.#schedule.blind[call] === 0) return;
    const slot = this.#schedule.owedBitOf[call]!;
    const { rows, count } = this.#now;
    // Rows with one key have one state, so all gain the bit or none does: dominance stays as it is.
    for (let i = 0, row = 0; i < count; i += 1, row += this.#width) {
      if (read && this.#machine.step(rows[row + STATE]!, call) !== REFUSED) continue;
      rows[row + this.#burdenAt + (slot >>> 5)]! |= 1 << (slot & 31);
    }
  }

  /** Keeps what the return allows, and what other open calls, taking effect first, lead to. */
  #return(call: number): void {
    const [now, then, between, row] = [this.#now, this.#then, this.#between, this.#row];
    then.clear();
    between.clear();
    for (let i = 0; i < now.count; i += 1) {
      if (!now.has(i)) continue;
      this.#take(now, i);
      // A blind call that is owed no more may still take effect visibly, now or never.
      if (!this.#isSettled(call)) between.add(row, 0);
      else if (this.#schedule.blind[call] === 0 || this.#isUsed(call)) this.#keep(call);
      else {
        between.add(row, 0);
        this.#keep(call);
      }
    }
    for (let i = 0; i < between.count; i += 1) {
      if (!between.has(i)) continue;
      if (this.#examined === this.#examinedMax) {
        this.#complete = false;
        break;
      }
      this.#examined += 1;
      this.#letItReturn(i, call);
      this.#letOthersGoFirst(i, call);
    }
    this.#complete &&= then.complete && between.complete;
    const open = this.#schedule.pure[call] === 1 ? this.#openReads : this.#openEffects;
    open.splice(open.indexOf(call), 1);
    this.#now = then;
    this.#then = now;
  }

  /** In `#row`, `call` may return: it has taken effect, or nothing is owed any more. */
  #isSettled(call: number): boolean {
    return this.#schedule.owedBitOf[call] === NO_SLOT ? this.#isUsed(call) : !this.#isOwed(call);
  }

  /** `#row` outlives the return of `call`, and forgets its bits, which others will get. */
  #keep(call: number): void {
    if (this.#schedule.owedBitOf[call] !== NO_SLOT) this.#setOwed(call, false);
    if (this.#schedule.usedBitOf[call] !== NO_SLOT) this.#setUsed(call, false);
    this.#then.add(this.#row, 0);
  }

  #letItReturn(i: number, call: number): void {
    // A read takes effect as soon as it can: here, where it is owed, it cannot.
    if (this.#schedule.pure[call] === 1) return;
    this.#take(this.#between, i);
    const state = this.#machine.step(this.#row[STATE]!, call);
    if (state === REFUSED) return;
    this.#enter(state, this.#schedule.blind[call] === 1);
    this.#keep(call);
  }

  #letOthersGoFirst(i: number, call: number): void {
    const machine = this.#machine;
    const { pools, twinOf } = this.#schedule;
    const from = this.#between.rows[i * this.#width + STATE]!;
    for (const other of this.#openEffects) {
      // A twin of the call that returns need not go first: they could trade places. Nor can itself.
      if (twinOf[other] === twinOf[call]) continue;
      this.#take(this.#between, i);
      if (this.#isUsed(other) || this.#hasEarlierTwin(other)) continue;
      const state = machine.step(from, other);
      if (state === REFUSED) continue;
      this.#setUsed(other, true);
      this.#goOn(other, state, call);
    }
    for (let pool = 0; pool < pools.length; pool += 1) {
      const other = pools[pool]!;
      if (twinOf[other] === twinOf[call]) continue;
      this.#take(this.#between, i);
      if (!this.#hasSpare(pool)) continue;
      const state = machine.step(from, other);
      if (state === from || state === REFUSED || this.#hasEarlierTwin(other)) continue;
      if (this.#counting) {
        this.#row[this.#countersAt + (pool >>> 2)]! += 1 << ((pool & 3) * COUNTER_BITS);
      }
      this.#goOn(other, state, call);
    }
  }

  /** In `#row`, `other` takes effect before `call`; perhaps that is all that `call` waited for. */
  #goOn(other: number, state: number, call: number): void {
    const settled = this.#isSettled(call);
    this.#enter(state, this.#schedule.blind[other] === 1);
    const settles = !settled && this.#isSettled(call);
    // A read is done then; a blind call that was passed over may also still be seen.
    if (!settles || this.#schedule.blind[call] === 1) this.#between.add(this.#row, 0);
    if (settles) this.#keep(call);
  }

  /** Sets the state of `#row` and settles what that settles. */
  #enter(state: number, blindly: boolean): void {
    if (blindly) {
      // Every open blind call may have taken effect just before this one, unseen.
      for (const call of this.#openEffects) {
        if (this.#schedule.blind[call] === 1) this.#setOwed(call, false);
      }
    }
    if (this.#row[STATE] === state) return;
    this.#row[STATE] = state;
    for (const call of this.#openReads) {
      if (this.#isOwed(call) && this.#machine.step(state, call) !== REFUSED) {
        this.#setOwed(call, false);
      }
    }
  }

  /**
   * True when an open call of the same kind may as well go before `call`: it is not used, returns
   * earlier, and `call` has no debt that it does not have.
   */
  #hasEarlierTwin(call: number): boolean {
    const { twinOf, poolOf } = this.#schedule;
    const kind = twinOf[call]!;
    const pooled = poolOf[call] !== NO_SLOT;
    for (const other of this.#openEffects) {
      if (other === call || twinOf[other] !== kind || this.#isUsed(other)) continue;
      if (!pooled && !this.#schedule.returnsBefore(other, call)) continue;
      if (pooled || this.#schedule.blind[call] === 0) return true;
      if (this.#isOwed(other) || !this.#isOwed(call)) return true;
    }
    return false;
  }

  /** A call of the pool is open and not used up; nor is there one in the pool that comes first. */
  #hasSpare(pool: number): boolean {
    if (!this.#counting) return this.#available[pool]! > 0;
    const earlier = this.#schedule.earlierPool[pool]!;
    if (earlier !== NO_SLOT && this.#usedOf(earlier) < this.#available[earlier]!) return false;
    return this.#usedOf(pool) < this.#available[pool]!;
  }

  #usedOf(pool: number): number {
    const word = this.#row[this.#countersAt + (pool >>> 2)]!;
    return (word >>> ((pool & 3) * COUNTER_BITS)) & 0x7f;
  }

  #isOwed(call: number): boolean {
    return this.#bit(this.#burdenAt, this.#schedule.owedBitOf[call]!);
  }

  #setOwed(call: number, owed: boolean): void {
    this.#setBit(this.#burdenAt, this.#schedule.owedBitOf[call]!, owed);
  }

  #isUsed(call: number): boolean {
    return this.#bit(this.#usedAt(call), this.#schedule.usedBitOf[call]!);
  }

  #setUsed(call: number, used: boolean): void {
    this.#setBit(this.#usedAt(call), this.#schedule.usedBitOf[call]!, used);
  }

  /** That a blind call was used up is a burden; of another call, it is part of what is the case. */
  #usedAt(call: number): number {
    return this.#schedule.blind[call] === 1 ? this.#burdenAt : STATE + 1;
  }

  #bit(at: number, slot: number): boolean {
    return (this.#row[at + (slot >>> 5)]! & (1 << (slot & 31))) !== 0;
  }

  #setBit(at: number, slot: number, value: boolean): void {
    assert(slot !== NO_SLOT, 'search: this call has no such bit');
    const bit = 1 << (slot & 31);
    if (value) this.#row[at + (slot >>> 5)]! |= bit;
    else this.#row[at + (slot >>> 5)]! &= ~bit;
  }

  #take(set: ConfigurationSet, i: number): void {
    const at = i * this.#width;
    for (let word = 0; word < this.#width; word += 1) this.#row[word] = set.rows[at + word]!;
    assert(this.#row[STATE]! >= 0, 'search: states are not negative');
  }
}
