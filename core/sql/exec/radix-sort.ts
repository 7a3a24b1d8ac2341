/**
 * A stable radix sort of row numbers by one number each.
 *
 * Numbers become pairs of 32-bit words whose unsigned order is theirs (NaN last, null not allowed),
 * which are sorted by 11 bits at a time from the lowest; digits in which all rows agree are left
 * out, so that small integers take two passes. A step is one pass.
 */

const DIGIT_BITS = 11;
const BUCKETS = 1 << DIGIT_BITS;
const MASK = BUCKETS - 1;

/** Two words of a double, in this machine's order, which does not show in the result. */
const DOUBLE = new Float64Array(1);
const WORDS = new Uint32Array(DOUBLE.buffer);
const HIGH = highWord();

function highWord(): 0 | 1 {
  DOUBLE[0] = 1;
  return WORDS[0] === 0 ? 1 : 0;
}

export class RadixSort {
  /** Row numbers in order, once `step` has answered true. */
  rows: Int32Array;
  #spare: Int32Array;
  /** By row number; null: all zero. */
  readonly #low: Uint32Array;
  readonly #high: Uint32Array | null;
  #pass = 0;

  /** `rows`: which rows to sort, in their present order; `keys` by row number. */
  constructor(rows: Int32Array, keys: Float64Array, descending: boolean) {
    this.rows = rows;
    this.#spare = new Int32Array(rows.length);
    this.#low = new Uint32Array(keys.length);
    const base = integerBase(rows, keys);
    this.#high = base === null ? new Uint32Array(keys.length) : null;
    if (this.#high === null) integerWords(rows, keys, base as number, descending, this.#low);
    else doubleWords(rows, keys, descending, this.#low, this.#high);
  }

  /** The key's rank among equal ones: rows with the same words are equal. */
  isSame(a: number, b: number): boolean {
    if (this.#low[a] !== this.#low[b]) return false;
    return this.#high === null || this.#high[a] === this.#high[b];
  }

  /** True when all is sorted. */
  step(): boolean {
    const passes = this.#high === null ? 3 : 6;
    if (this.#pass >= passes) return true;
    const isLow = this.#pass < 3;
    const words = isLow ? this.#low : (this.#high as Uint32Array);
    this.#sortBy(words, (this.#pass % 3) * DIGIT_BITS);
    this.#pass++;
    return this.#pass >= passes;
  }

  #sortBy(words: Uint32Array, shift: number): void {
    const { rows } = this;
    const out = this.#spare;
    const ends = new Int32Array(BUCKETS);
    const { length } = rows;
    for (let i = 0; i < length; i++) {
      const digit = ((words[rows[i] as number] as number) >>> shift) & MASK;
      ends[digit] = (ends[digit] as number) + 1;
    }
    if (length > 0) {
      const first = ((words[rows[0] as number] as number) >>> shift) & MASK;
      if (ends[first] === length) return;
    }
    let start = 0;
    for (let digit = 0; digit < BUCKETS; digit++) {
      const count = ends[digit] as number;
      ends[digit] = start;
      start += count;
    }
    for (let i = 0; i < length; i++) {
      const row = rows[i] as number;
      const digit = ((words[row] as number) >>> shift) & MASK;
      const at = ends[digit] as number;
      out[at] = row;
      ends[digit] = at + 1;
    }
    this.#spare = rows;
    this.rows = out;
  }
}

/** The smallest key, when all are integers that differ by less than 2^32; else null. */
function integerBase(rows: Int32Array, keys: Float64Array): number | null {
  let low = Infinity;
  let high = -Infinity;
  for (let i = 0; i < rows.length; i++) {
    const key = keys[rows[i] as number] as number;
    if (Math.floor(key) !== key) return null;
    if (key < low) low = key;
    if (key > high) high = key;
  }
  if (rows.length === 0) return 0;
  return Number.isSafeInteger(low) && high - low < 4_294_967_296 ? low : null;
}

function integerWords(
  rows: Int32Array,
  keys: Float64Array,
  base: number,
  descending: boolean,
  low: Uint32Array,
): void {
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as number;
    const offset = (keys[row] as number) - base;
    low[row] = descending ? 4_294_967_295 - offset : offset;
  }
}

function doubleWords(
  rows: Int32Array,
  keys: Float64Array,
  descending: boolean,
  low: Uint32Array,
  high: Uint32Array,
): void {
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as number;
    const key = keys[row] as number;
    // Adding 0 makes -0 and 0 one; a NaN is made the plain one, which stands above infinity.
    DOUBLE[0] = key !== key ? NaN : key + 0;
    let a = WORDS[HIGH] as number;
    let b = WORDS[1 - HIGH] as number;
    if (key !== key) {
      a = 0x7ff8_0000;
      b = 0;
    }
    const flip = a >= 0x8000_0000;
    a = flip ? ~a : a ^ 0x8000_0000;
    if (flip) b = ~b;
    high[row] = descending ? ~a : a;
    low[row] = descending ? ~b : b;
  }
}
