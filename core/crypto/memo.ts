/**
 * A `Crypto` that remembers BLAKE3 hashes by the exact bytes hashed.
 *
 * In a simulated cluster every replica hashes the same pages and prepares; with this, all but the
 * first pay for a copy and a compare. SHA-256 passes straight through: it is asked for entries, and
 * those are remembered whole (`core/node/seal-memo.ts`). A fingerprint only picks the slot: a slot
 * answers when its stored input has the same algorithm, length and bytes, so a wrong answer is
 * impossible, whatever collides. Damaged bytes are other bytes and are hashed afresh.
 *
 * Memory is fixed: `MEMO_BYTES_MAX + 48` bytes a slot. A new input evicts the old one of its slot.
 *
 * Cost of a hit: about 0.13 µs for 128 bytes, 0.2 µs for 256, 0.5 µs for 1 KiB. For short inputs
 * that is no better than BLAKE3 itself, so those pass straight through (`npm run bench` shows
 * both).
 */

import { assert } from '../types/assert.ts';
import { type Hash128, ZERO128 } from '../types/hash128.ts';
import type { Crypto } from './crypto.ts';
import { finish32 } from './fasthash.ts';

/** Longer inputs are hashed each time. */
export const MEMO_BYTES_MAX = 1024;
/** Shorter inputs of BLAKE3 are hashed each time: that is as fast as looking them up. */
export const MEMO_BLAKE3_BYTES_MIN = 128;

const DIGEST_BYTES = 32;

// What a slot holds: the algorithm in the two lowest bits, the input's length above. 0 is empty.
const BLAKE3 = 2;
const CHECKSUM = 3;
const ALGORITHM_BITS = 2;

/** Words from either end, and in between, that choose the slot. */
const SAMPLE_WORDS = 8;

/** Any odd number with mixed bits. */
const FACTOR: number = 0x9e3779b1 | 0;

/** Wraps `inner`; `slots` is a power of two. Everything but BLAKE3 passes straight through. */
export function memoCrypto(inner: Crypto, slots: number): Crypto {
  const table = new MemoTable(slots);
  return {
    sha256Into: (input, offset, length, out, outOffset) =>
      inner.sha256Into(input, offset, length, out, outOffset),
    sha256PartsInto: (first, firstAt, firstBytes, second, secondAt, secondBytes, out, at) =>
      inner.sha256PartsInto(first, firstAt, firstBytes, second, secondAt, secondBytes, out, at),

    blake3Into(input, offset, length, out, outOffset) {
      if (length > MEMO_BYTES_MAX || length < MEMO_BLAKE3_BYTES_MIN) {
        inner.blake3Into(input, offset, length, out, outOffset);
        return;
      }
      table.load(input, offset, length, 0);
      const known = table.find(BLAKE3, length);
      if (!known) inner.blake3Into(input, offset, length, table.digests, table.slot * DIGEST_BYTES);
      table.copyDigest(out, outOffset);
    },

    checksum128(input, offset, length) {
      if (length > MEMO_BYTES_MAX || length < MEMO_BLAKE3_BYTES_MIN) {
        return inner.checksum128(input, offset, length);
      }
      table.load(input, offset, length, 0);
      if (!table.find(CHECKSUM, length)) {
        table.sums[table.slot] = inner.checksum128(input, offset, length);
      }
      return table.sums[table.slot]!;
    },

    aeadSeal: (cipher, key, nonce, associated, plaintext) =>
      inner.aeadSeal(cipher, key, nonce, associated, plaintext),
    aeadOpen: (cipher, key, nonce, associated, sealed) =>
      inner.aeadOpen(cipher, key, nonce, associated, sealed),
    sign: (secretKey, message) => inner.sign(secretKey, message),
    verify: (publicKey, message, signature) => inner.verify(publicKey, message, signature),
    random: (bytes) => inner.random(bytes),
  };
}

/** The direct-mapped table. After `find`, `slot` is where the result is, or where to write it. */
class MemoTable {
  readonly input: Uint8Array = new Uint8Array(MEMO_BYTES_MAX);
  readonly digests: Uint8Array;
  readonly sums: Hash128[];
  slot = 0;

  readonly #mask: number;
  readonly #inputWords: Int32Array = new Int32Array(this.input.buffer);
  readonly #kinds: Int32Array;
  readonly #keyWords: Int32Array;

  constructor(slots: number) {
    assert(slots > 0 && (slots & (slots - 1)) === 0, 'memo: slots must be a power of two');
    this.#mask = slots - 1;
    this.digests = new Uint8Array(slots * DIGEST_BYTES);
    this.sums = Array.from<Hash128>({ length: slots }).fill(ZERO128);
    this.#kinds = new Int32Array(slots);
    this.#keyWords = new Int32Array(slots * (MEMO_BYTES_MAX / 4));
  }

  /** Copies a part of the input to where its words can be read, whatever its alignment. */
  load(from: Uint8Array, offset: number, length: number, at: number): void {
    assert(
      offset >= 0 && length >= 0 && offset + length <= from.length && at + length <= MEMO_BYTES_MAX,
      'memo: out of bounds',
    );
    const whole = offset === 0 && length === from.length;
    this.input.set(whole ? from : from.subarray(offset, offset + length), at);
  }

  /** True when the result for the loaded input is in `slot`; otherwise the slot is now its own. */
  find(algorithm: number, length: number): boolean {
    const input = this.input;
    // Zero the bytes that share the last word with the input.
    for (let i = length; (i & 3) !== 0; i += 1) input[i] = 0;
    const words = (length + 3) >>> 2;
    const kind = (length << ALGORITHM_BITS) | algorithm;
    const slot = this.#pick(kind, words) & this.#mask;
    this.slot = slot;
    const from = this.#inputWords;
    const keys = this.#keyWords;
    const base = slot * (MEMO_BYTES_MAX / 4);
    if (this.#kinds[slot] === kind) {
      let i = 0;
      while (i < words && keys[base + i] === from[i]) i += 1;
      if (i === words) return true;
    }
    for (let i = 0; i < words; i += 1) keys[base + i] = from[i]!;
    this.#kinds[slot] = kind;
    return false;
  }

  copyDigest(out: Uint8Array, outOffset: number): void {
    assert(outOffset >= 0 && outOffset + DIGEST_BYTES <= out.length, 'memo: output out of bounds');
    const digests = this.digests;
    const base = this.slot * DIGEST_BYTES;
    for (let i = 0; i < DIGEST_BYTES; i += 1) out[outOffset + i] = digests[base + i]!;
  }

  /** A sample is enough: inputs that agree in all of it merely evict one another. */
  #pick(kind: number, words: number): number {
    const from = this.#inputWords;
    // A sum of products with different odd factors, not a chain of mixes: the products do not wait
    // for one another, and one finisher at the end spreads what the sum has gathered.
    let h = kind;
    if (words <= 3 * SAMPLE_WORDS) {
      for (let i = 0; i < words; i += 1) h = (h + Math.imul(from[i]!, FACTOR + 2 * i)) | 0;
      return finish32(h);
    }
    const stride = Math.trunc((words - 2 * SAMPLE_WORDS) / SAMPLE_WORDS);
    for (let i = 0; i < SAMPLE_WORDS; i += 1) {
      h = (h + Math.imul(from[i]!, FACTOR + 2 * i)) | 0;
      h = (h + Math.imul(from[SAMPLE_WORDS + i * stride]!, FACTOR + 100 + 2 * i)) | 0;
      h = (h + Math.imul(from[words - 1 - i]!, FACTOR + 200 + 2 * i)) | 0;
    }
    return finish32(h);
  }
}
