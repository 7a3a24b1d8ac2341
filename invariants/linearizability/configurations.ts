/**
 * A set of configurations of the search: exact, deduplicated, and mostly without dominated ones.
 *
 * A configuration is a row of 32-bit words: first a key (the object's state, and bits), then a
 * burden, of which less is better: bits of what is owed or used up, and counters, four to a word.
 * If two rows have one key and the burden of the first is nowhere greater, whatever the second can
 * still do the first can too, so the second is dropped if the first is found soon enough. Rows and
 * keys are compared in full: a hash only finds the place to look, so no collision can change a
 * verdict.
 *
 * Memory: open addressing over typed arrays, growing to `limit` rows, and `perKey` rows of one key,
 * and no further. A full set turns away what comes and says so: `complete` turns false.
 */
import { assert } from '../../core/types/assert.ts';
import { mix32 } from '../../core/crypto/fasthash.ts';

const NONE = -1;
const ROWS_MIN = 64;
const SLOTS_MIN = 128;
/** Members of one key looked at for dominance. More would cost more than the rows they save. */
const LOOK_MAX = 48;

/** The row is dominated, already present, or there is no room for it. */
export const NOT_ADDED = -1;

/** A counter of a burden word: seven bits, so that four compare at once without borrows meeting. */
export const COUNTER_BITS = 8;
export const COUNTERS_PER_WORD = 4;
export const COUNTER_MAX = 127;
const BORROW_GUARD: number = 0x80808080 | 0;

export interface RowShape {
  readonly keyWords: number;
  /** Words of the burden that are bits. */
  readonly bitWords: number;
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
  readonly #bitsEnd: number;
  readonly #limit: number;
  readonly #perKey: number;
  #dropped: Uint8Array;
  /** Links the rows of one key. */
  #next: Int32Array;
  /** Open addressing by key: first and last row of the key's chain. */
  #heads: Int32Array;
  #tails: Int32Array;
  /** Rows ever added to the key. */
  #sizes: Int32Array;
  /** Open addressing by all words of the row. */
  #whole: Int32Array;
  /**
   * Slots in use, a power of two. Few again after `clear`, so that clearing costs what was used.
   */
  #slots = SLOTS_MIN;

  constructor(shape: RowShape, limit: number, perKey: number) {
    assert(shape.keyWords >= 1 && limit >= 1, 'configurations: a row has a key, a set has room');
    this.width = shape.keyWords + shape.bitWords + shape.counterWords;
    this.#keyWords = shape.keyWords;
    this.#bitsEnd = shape.keyWords + shape.bitWords;
    this.#limit = limit;
    this.#perKey = perKey;
    const rows = Math.min(ROWS_MIN, limit);
    this.rows = new Int32Array(rows * this.width);
    this.#dropped = new Uint8Array(rows);
    this.#next = new Int32Array(rows);
    this.#heads = new Int32Array(SLOTS_MIN).fill(NONE);
    this.#tails = new Int32Array(SLOTS_MIN);
    this.#sizes = new Int32Array(SLOTS_MIN);
    this.#whole = new Int32Array(SLOTS_MIN).fill(NONE);
  }

  clear(): void {
    this.count = 0;
    this.#slots = SLOTS_MIN;
    this.#heads.fill(NONE, 0, SLOTS_MIN);
    this.#whole.fill(NONE, 0, SLOTS_MIN);
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
    if (this.#isPresent(from, offset)) return NOT_ADDED;
    const slot = this.#find(from, offset);
    const head = this.#heads[slot]!;
    if (!this.#clearWay(head, from, offset)) return NOT_ADDED;
    if (this.count === this.#limit || (head !== NONE && this.#sizes[slot]! >= this.#perKey)) {
      this.complete = false;
      return NOT_ADDED;
    }
    return this.#append(from, offset);
  }

  /**
   * Looks through the first members of a key: those that the new row dominates are dropped; false
   * if one dominates it. One that did so is likely to do it again, and moves to the front.
   */
  #clearWay(head: number, from: Int32Array, offset: number): boolean {
    const next = this.#next;
    let previous = NONE;
    let row = head;
    for (let seen = 0; row !== NONE && seen < LOOK_MAX; seen += 1) {
      const after = next[row]!;
      if (this.#isNoWorse(this.rows, row * this.width, from, offset)) {
        if (previous !== NONE && previous !== head) {
          next[previous] = after;
          next[row] = next[head]!;
          next[head] = row;
        }
        return false;
      }
      // No other member can dominate the new row then: it would dominate the dropped one as well.
      const drops = this.#isNoWorse(from, offset, this.rows, row * this.width);
      if (drops) this.#dropped[row] = 1;
      // The head stays in its chain, dropped or not, because the slot finds its key there, and so
      // does the tail, because the next row is linked to it.
      if (drops && previous !== NONE && after !== NONE) next[previous] = after;
      else previous = row;
      row = after;
    }
    return true;
  }

  /** Burden of `a` nowhere greater than that of `b`. */
  #isNoWorse(a: Int32Array, aOffset: number, b: Int32Array, bOffset: number): boolean {
    for (let i = this.#keyWords; i < this.#bitsEnd; i += 1) {
      if ((a[aOffset + i]! & ~b[bOffset + i]!) !== 0) return false;
    }
    for (let i = this.#bitsEnd; i < this.width; i += 1) {
      const spare = (b[bOffset + i]! | BORROW_GUARD) - a[aOffset + i]!;
      if ((spare & BORROW_GUARD) !== BORROW_GUARD) return false;
    }
    return true;
  }

  #append(from: Int32Array, offset: number): number {
    if (this.count === this.#next.length) this.#growRows();
    if (2 * this.count >= this.#slots) this.#growSlots();
    const row = this.count;
    this.count += 1;
    const at = row * this.width;
    for (let i = 0; i < this.width; i += 1) this.rows[at + i] = from[offset + i]!;
    this.#dropped[row] = 0;
    this.#next[row] = NONE;
    this.#enlist(row);
    const slot = this.#find(this.rows, at);
    if (this.#heads[slot] === NONE) {
      this.#heads[slot] = row;
      this.#sizes[slot] = 0;
    } else {
      this.#next[this.#tails[slot]!] = row;
    }
    this.#tails[slot] = row;
    this.#sizes[slot]! += 1;
    return row;
  }

  /** Puts a row among those found by all of their words. */
  #enlist(row: number): void {
    const mask = this.#slots - 1;
    const at = row * this.width;
    let slot = this.#hash(this.rows, at, this.width) & mask;
    while (this.#whole[slot] !== NONE) slot = (slot + 1) & mask;
    this.#whole[slot] = row;
  }

  #isPresent(from: Int32Array, offset: number): boolean {
    const mask = this.#slots - 1;
    for (let slot = this.#hash(from, offset, this.width) & mask; ; slot = (slot + 1) & mask) {
      const row = this.#whole[slot]!;
      if (row === NONE) return false;
      if (this.#agree(row * this.width, from, offset, this.width)) return true;
    }
  }

  /** The slot of the row's key, or the free slot where it belongs. */
  #find(from: Int32Array, offset: number): number {
    const mask = this.#slots - 1;
    for (let slot = this.#hash(from, offset, this.#keyWords) & mask; ; slot = (slot + 1) & mask) {
      const head = this.#heads[slot]!;
      if (head === NONE || this.#agree(head * this.width, from, offset, this.#keyWords)) {
        return slot;
      }
    }
  }

  #hash(from: Int32Array, offset: number, words: number): number {
    let hash = 0;
    for (let i = 0; i < words; i += 1) hash = mix32(hash, from[offset + i]!);
    return hash;
  }

  #agree(at: number, from: Int32Array, offset: number, words: number): boolean {
    for (let i = 0; i < words; i += 1) {
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

  /** Doubles the slots in use. Chains keep their links; only where they begin moves. */
  #growSlots(): void {
    const heads = this.#heads.slice(0, this.#slots);
    const tails = this.#tails.slice(0, this.#slots);
    const sizes = this.#sizes.slice(0, this.#slots);
    this.#slots *= 2;
    if (this.#slots > this.#heads.length) {
      this.#heads = new Int32Array(this.#slots);
      this.#tails = new Int32Array(this.#slots);
      this.#sizes = new Int32Array(this.#slots);
      this.#whole = new Int32Array(this.#slots);
    }
    this.#heads.fill(NONE, 0, this.#slots);
    this.#whole.fill(NONE, 0, this.#slots);
    for (let i = 0; i < heads.length; i += 1) {
      const head = heads[i]!;
      if (head === NONE) continue;
      const slot = this.#find(this.rows, head * this.width);
      this.#heads[slot] = head;
      this.#tails[slot] = tails[i]!;
      this.#sizes[slot] = sizes[i]!;
    }
    for (let row = 0; row < this.count; row += 1) this.#enlist(row);
  }
}

function grown(from: Int32Array, length: number): Int32Array {
  const to = new Int32Array(length);
  to.set(from);
  return to;
}
