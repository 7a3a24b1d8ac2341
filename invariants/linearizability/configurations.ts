/**
 * A set of configurations of the search: exact, deduplicated, without dominated ones.
 *
 * A configuration is a row of 32-bit words: first a key (the object's state, and which open calls
 * have taken effect), then a burden, of which less is better: bits of reads still owed, and counters
 * of unknown-outcome calls used up, four to a word. If two rows have one key and the burden of the
 * first is nowhere greater, whatever the second can still do the first can too, so the second is
 * dropped. Keys are compared in full: a hash only finds the place to look, so no collision can change
 * a verdict.
 *
 * Memory: open addressing over typed arrays, growing to `limit` rows and no further. A full set
 * drops what comes and says so: `complete` turns false.
 */
import { assert } from '../../core/types/assert.ts';
import { mix32 } from '../../core/crypto/fasthash.ts';

const NONE = -1;
const ROWS_MIN = 64;
const SLOTS_MIN = 128;

/** The row is dominated, already present, or there is no room for it. */
export const NOT_ADDED = -1;

/** A counter of a burden word: seven bits, so that four compare at once without borrows meeting. */
export const COUNTER_BITS = 8;
export const COUNTERS_PER_WORD = 4;
export const COUNTER_MAX = 127;
const BORROW_GUARD: number = 0x80808080 | 0;

export interface RowShape {
  readonly keyWords: number;
  /** Words of "owed" bits. */
  readonly owedWords: number;
  /** Words of four counters. */
  readonly counterWords: number;
}

export class ConfigurationSet {
  readonly width: number;
  /** Rows `0 … count - 1`, `width` words each; those in `dropped` are no longer members. */
  rows: Int32Array;
  count = 0;
  /** False once a row was turned away for want of room. */
  complete = true;

  readonly #keyWords: number;
  readonly #owedEnd: number;
  #limit: number;
  #dropped: Uint8Array;
  /** Links the rows of one key. */
  #next: Int32Array;
  /** Open addressing by key: first row of the key's chain. Only the first `#slots` are in use. */
  #heads: Int32Array;
  /** A power of two. Starts small again after `clear`, so that clearing costs what was used. */
  #slots = SLOTS_MIN;
  #keys = 0;

  constructor(shape: RowShape, limit: number) {
    assert(shape.keyWords >= 1 && limit >= 1, 'configurations: a row has a key, a set has room');
    this.width = shape.keyWords + shape.owedWords + shape.counterWords;
    this.#keyWords = shape.keyWords;
    this.#owedEnd = shape.keyWords + shape.owedWords;
    this.#limit = limit;
    const rows = Math.min(ROWS_MIN, limit);
    this.rows = new Int32Array(rows * this.width);
    this.#dropped = new Uint8Array(rows);
    this.#next = new Int32Array(rows);
    this.#heads = new Int32Array(SLOTS_MIN).fill(NONE);
  }

  clear(): void {
    this.count = 0;
    this.#keys = 0;
    this.#slots = SLOTS_MIN;
    this.#heads.fill(NONE, 0, SLOTS_MIN);
    this.complete = true;
  }

  /** True while row `index` is a member: no later row has dominated it. */
  has(index: number): boolean {
    return this.#dropped[index] === 0;
  }

  /** Members, for reports. */
  members(): number {
    let members = 0;
    for (let i = 0; i < this.count; i += 1) members += 1 - this.#dropped[i]!;
    return members;
  }

  /** Adds the row at `from[offset..]` unless a member is as good. Returns its index. */
  add(from: Int32Array, offset: number): number {
    const slot = this.#find(from, offset);
    const head = this.#heads[slot]!;
    if (head !== NONE && !this.#clearWay(slot, from, offset)) return NOT_ADDED;
    if (this.count === this.#limit) {
      this.complete = false;
      return NOT_ADDED;
    }
    return this.#append(from, offset);
  }

  /** Removes members of the slot's key that the new row dominates; false if one dominates it. */
  #clearWay(slot: number, from: Int32Array, offset: number): boolean {
    const next = this.#next;
    let previous = NONE;
    for (let row = this.#heads[slot]!; row !== NONE; row = next[row]!) {
      if (this.#isNoWorse(this.rows, row * this.width, from, offset)) return false;
      if (this.#isNoWorse(from, offset, this.rows, row * this.width)) {
        // No member can dominate the new row any more: it would dominate this one as well.
        this.#dropped[row] = 1;
        // The head stays in its chain, dropped, because the slot finds its key there.
        if (previous !== NONE) next[previous] = next[row]!;
        else previous = row;
      } else {
        previous = row;
      }
    }
    return true;
  }

  /** Burden of `a` nowhere greater than that of `b`. */
  #isNoWorse(a: Int32Array, aOffset: number, b: Int32Array, bOffset: number): boolean {
    for (let i = this.#keyWords; i < this.#owedEnd; i += 1) {
      if ((a[aOffset + i]! & ~b[bOffset + i]!) !== 0) return false;
    }
    for (let i = this.#owedEnd; i < this.width; i += 1) {
      const spare = (b[bOffset + i]! | BORROW_GUARD) - a[aOffset + i]!;
      if ((spare & BORROW_GUARD) !== BORROW_GUARD) return false;
    }
    return true;
  }

  #append(from: Int32Array, offset: number): number {
    if (this.count === this.#next.length) this.#growRows();
    const row = this.count;
    this.count += 1;
    const at = row * this.width;
    for (let i = 0; i < this.width; i += 1) this.rows[at + i] = from[offset + i]!;
    this.#dropped[row] = 0;
    // Growing may have moved the slots.
    const slot = this.#find(this.rows, at);
    const head = this.#heads[slot]!;
    if (head === NONE) {
      this.#next[row] = NONE;
      this.#heads[slot] = row;
      this.#keys += 1;
      if (this.#keys * 2 > this.#slots) this.#growHeads();
    } else {
      this.#next[row] = this.#next[head]!;
      this.#next[head] = row;
    }
    return row;
  }

  /** The slot of the row's key, or the free slot where it belongs. */
  #find(from: Int32Array, offset: number): number {
    const mask = this.#slots - 1;
    let hash = 0;
    for (let i = 0; i < this.#keyWords; i += 1) hash = mix32(hash, from[offset + i]!);
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const head = this.#heads[slot]!;
      if (head === NONE || this.#sameKey(head * this.width, from, offset)) return slot;
    }
  }

  #sameKey(at: number, from: Int32Array, offset: number): boolean {
    for (let i = 0; i < this.#keyWords; i += 1) {
      if (this.rows[at + i] !== from[offset + i]) return false;
    }
    return true;
  }

  #growRows(): void {
    const rows = Math.min(this.#limit, this.#next.length * 2);
    assert(rows > this.#next.length, 'configurations: grown past the limit');
    this.rows = grown(this.rows, rows * this.width);
    this.#next = grown(this.#next, rows);
    const dropped = new Uint8Array(rows);
    dropped.set(this.#dropped);
    this.#dropped = dropped;
  }

  #growHeads(): void {
    const old = this.#heads.slice(0, this.#slots);
    this.#slots *= 2;
    if (this.#slots > this.#heads.length) this.#heads = new Int32Array(this.#slots);
    this.#heads.fill(NONE, 0, this.#slots);
    for (const head of old) {
      if (head !== NONE) this.#heads[this.#find(this.rows, head * this.width)] = head;
    }
  }
}

function grown(from: Int32Array, length: number): Int32Array {
  const to = new Int32Array(length);
  to.set(from);
  return to;
}
