/**
 * The running state hash: a sum, over all records, of a 2 × 32-bit hash of (tenant, key, value).
 *
 * Because it is a sum, a put adds the new record's hash and subtracts the old one's: the cost is
 * that of what changed, and the order of records does not matter. It compares replicas; it is not
 * cryptographic and nobody outside relies on it.
 *
 * Cost: about a nanosecond a byte.
 */

const MIX_A = 0x9e3779b1 | 0;
const MIX_B = 0x85ebca77 | 0;
const MIX_C = 0xc2b2ae3d | 0;

export class RecordHash {
  a = 0;
  b = 0;
  #laneA = 0;
  #laneB = 0;

  /** `sign` 1: the record is put; -1: it is taken out. */
  fold(
    tenant: number,
    key: Uint8Array,
    keyFrom: number,
    keyBytes: number,
    value: Uint8Array,
    valueFrom: number,
    valueBytes: number,
    sign: number,
  ): void {
    this.#laneA = (tenant + MIX_C) | 0;
    this.#laneB = Math.imul(tenant ^ MIX_A, MIX_B);
    this.#absorb(key, keyFrom, keyBytes);
    this.#absorb(value, valueFrom, valueBytes);
    const a = finish(this.#laneA ^ this.#laneB);
    const b = finish((this.#laneB + Math.imul(a, MIX_C)) | 0);
    this.a = (this.a + (sign > 0 ? a : -a)) >>> 0;
    this.b = (this.b + (sign > 0 ? b : -b)) >>> 0;
  }

  /** Length first, so that moving a byte from key to value changes the hash. */
  #absorb(bytes: Uint8Array, from: number, length: number): void {
    let a = Math.imul(this.#laneA ^ length, MIX_A);
    let b = Math.imul(this.#laneB + length, MIX_B);
    const end = from + length;
    const whole = end - (length & 3);
    let at = from;
    for (; at < whole; at += 4) {
      const word =
        bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
      a = Math.imul(((a << 13) | (a >>> 19)) ^ word, MIX_A);
      b = Math.imul(((b << 17) | (b >>> 15)) + word, MIX_B);
    }
    let word = 0;
    for (let shift = 0; at < end; at += 1, shift += 8) word |= bytes[at]! << shift;
    this.#laneA = Math.imul(((a << 13) | (a >>> 19)) ^ word, MIX_A);
    this.#laneB = Math.imul(((b << 17) | (b >>> 15)) + word, MIX_B);
  }
}

function finish(value: number): number {
  let h = value ^ (value >>> 15);
  h = Math.imul(h, MIX_B);
  h ^= h >>> 13;
  h = Math.imul(h, MIX_C);
  return h ^ (h >>> 16);
}
