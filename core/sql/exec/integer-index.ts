/**
 * Finds groups by integer keys that lie close together: an array with a place for every integer
 * between the smallest and the largest, instead of hashing.
 *
 * It grows as long as there are not too many places for the keys there are; a key that lies too far
 * away ends it (`DENSE_FACTOR`), and the table hashes from then on.
 */

/** Most places for each key. */
const DENSE_FACTOR = 8;
/** As many places are always in order. */
const PLACES_MIN = 1024;

export class IntegerIndex {
  #base = 0;
  /** By key less `#base`: the group plus 1; 0: none. */
  #places: Int32Array = new Int32Array(0);

  get bytes(): number {
    return this.#places.length * 4;
  }

  /** Over the keys of groups 0 to `size - 1`; null when they do not lie close together. */
  static of(keys: Float64Array, size: number, skip: number): IntegerIndex | null {
    let low = Infinity;
    let high = -Infinity;
    for (let group = 0; group < size; group++) {
      if (group === skip) continue;
      const key = keys[group] as number;
      if (!Number.isSafeInteger(key)) return null;
      if (key < low) low = key;
      if (key > high) high = key;
    }
    if (low > high || !isDense(low, high, size)) return null;
    const index = new IntegerIndex();
    index.#base = low;
    index.#places = new Int32Array(high - low + 1);
    for (let group = 0; group < size; group++) {
      if (group !== skip) index.#places[(keys[group] as number) - low] = group + 1;
    }
    return index;
  }

  /**
   * Looks up the rows from number `from` of the selection on, none of them null. Answers the first
   * one whose key is in no group, or `count`.
   */
  find(
    codes: Float64Array,
    selection: Int32Array,
    from: number,
    count: number,
    groups: Int32Array,
  ): number {
    const places = this.#places;
    const base = this.#base;
    const { length } = places;
    for (let k = from; k < count; k++) {
      const place = (codes[selection[k] as number] as number) - base;
      // A place that is no whole number within bounds reads as undefined.
      if (place >= 0 && place < length) {
        const group = places[place | 0] as number;
        if (group !== 0 && (place | 0) === place) {
          groups[k] = group - 1;
          continue;
        }
      }
      return k;
    }
    return count;
  }

  /** Makes a place for a key; false when it lies too far away. */
  insert(key: number, group: number): boolean {
    const place = key - this.#base;
    if (!Number.isSafeInteger(key)) return false;
    if (place < 0 || place >= this.#places.length) {
      if (!this.#grow(key, group + 1)) return false;
    }
    this.#places[key - this.#base] = group + 1;
    return true;
  }

  #grow(key: number, size: number): boolean {
    const end = this.#base + this.#places.length;
    const low = Math.min(key, this.#base);
    const high = Math.max(key, end - 1);
    if (!isDense(low, high, size)) return false;
    // Twice as many places, on the side where the keys go.
    const length = Math.max(high - low + 1, this.#places.length * 2);
    const base = key < this.#base ? high - length + 1 : low;
    const places = new Int32Array(length);
    places.set(this.#places, this.#base - base);
    this.#base = base;
    this.#places = places;
    return true;
  }
}

function isDense(low: number, high: number, size: number): boolean {
  return high - low + 1 <= Math.max(PLACES_MIN, size * DENSE_FACTOR);
}
