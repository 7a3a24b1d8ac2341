/**
 * SHA-256 (FIPS 180-4) into given buffers: one shot, two parts without joining them, and streaming.
 *
 * This is the hash of the compliance chain, of part commitments and of segment addresses: what an
 * auditor recomputes with any other implementation.
 *
 * Cost: about 0.28 µs per 64-byte block, plus one block for inputs that leave fewer than 9 bytes in
 * their last block. Synchronous; the one-shot forms share one state for the process; nothing
 * allocates but `new Sha256()`.
 */

import { assert } from '../types/assert.ts';
import { SHA256_BLOCK_BYTES, compressSha256, initSha256 } from './sha256-kernel.ts';

export const SHA256_BYTES = 32;

/** Where the bit count starts in the last block. */
const COUNT_OFFSET = SHA256_BLOCK_BYTES - 8;
/** 2^61 - 1 bytes are allowed by the standard; we stop where bit counts stay exact. */
const INPUT_BYTES_MAX = 0x1f_ffff_ffff_ffff;

/** A running SHA-256 that can be used again after `reset`. */
export class Sha256 {
  readonly #state: Int32Array = new Int32Array(8);
  readonly #tail: Uint8Array = new Uint8Array(SHA256_BLOCK_BYTES);
  #tailBytes = 0;
  #totalBytes = 0;

  constructor() {
    initSha256(this.#state);
  }

  /** Forgets everything absorbed so far. */
  reset(): void {
    initSha256(this.#state);
    this.#tailBytes = 0;
    this.#totalBytes = 0;
  }

  /** Absorbs `length` bytes at `offset`. */
  update(bytes: Uint8Array, offset: number, length: number): void {
    assert(offset >= 0 && length >= 0 && offset + length <= bytes.length, 'sha256: out of bounds');
    assert(this.#totalBytes + length <= INPUT_BYTES_MAX, 'sha256: input too long');
    this.#totalBytes += length;
    let at = offset;
    const end = offset + length;
    if (this.#tailBytes > 0) {
      const some = Math.min(SHA256_BLOCK_BYTES - this.#tailBytes, length);
      copyBytes(bytes, at, some, this.#tail, this.#tailBytes);
      this.#tailBytes += some;
      at += some;
      if (this.#tailBytes < SHA256_BLOCK_BYTES) return;
      compressSha256(this.#state, this.#tail, 0);
      this.#tailBytes = 0;
    }
    for (; at + SHA256_BLOCK_BYTES <= end; at += SHA256_BLOCK_BYTES) {
      compressSha256(this.#state, bytes, at);
    }
    copyBytes(bytes, at, end - at, this.#tail, 0);
    this.#tailBytes = end - at;
  }

  /** Writes the 32-byte hash of everything absorbed. Call `reset` before using this again. */
  digestInto(out: Uint8Array, outOffset: number): void {
    finish(this.#state, this.#tail, this.#tailBytes, this.#totalBytes);
    writeState(this.#state, out, outOffset);
  }
}

const state: Int32Array = new Int32Array(8);
const tail: Uint8Array = new Uint8Array(SHA256_BLOCK_BYTES);
const shared: Sha256 = new Sha256();

/** Writes the 32-byte hash of `input[offset..offset + length]` to `out[outOffset..]`. */
export function sha256Into(
  input: Uint8Array,
  offset: number,
  length: number,
  out: Uint8Array,
  outOffset: number,
): void {
  assert(offset >= 0 && length >= 0 && offset + length <= input.length, 'sha256: out of bounds');
  initSha256(state);
  let at = offset;
  const end = offset + length;
  for (; at + SHA256_BLOCK_BYTES <= end; at += SHA256_BLOCK_BYTES) compressSha256(state, input, at);
  copyBytes(input, at, end - at, tail, 0);
  finish(state, tail, end - at, length);
  writeState(state, out, outOffset);
}

/** The hash of two parts joined, such as a salt and the bytes it commits to. */
export function sha256PartsInto(
  first: Uint8Array,
  firstOffset: number,
  firstLength: number,
  second: Uint8Array,
  secondOffset: number,
  secondLength: number,
  out: Uint8Array,
  outOffset: number,
): void {
  shared.reset();
  shared.update(first, firstOffset, firstLength);
  shared.update(second, secondOffset, secondLength);
  shared.digestInto(out, outOffset);
}

/** Pads (a one bit, zeros, the bit count) and compresses the last one or two blocks. */
function finish(words: Int32Array, last: Uint8Array, lastBytes: number, totalBytes: number): void {
  assert(lastBytes < SHA256_BLOCK_BYTES, 'sha256: a whole block was left over');
  last[lastBytes] = 0x80;
  for (let i = lastBytes + 1; i < SHA256_BLOCK_BYTES; i += 1) last[i] = 0;
  if (lastBytes >= COUNT_OFFSET) {
    compressSha256(words, last, 0);
    for (let i = 0; i < COUNT_OFFSET; i += 1) last[i] = 0;
  }
  writeWord(Math.floor(totalBytes / 0x2000_0000), last, COUNT_OFFSET);
  writeWord(totalBytes << 3, last, COUNT_OFFSET + 4);
  compressSha256(words, last, 0);
}

function writeState(words: Int32Array, out: Uint8Array, outOffset: number): void {
  assert(outOffset >= 0 && outOffset + SHA256_BYTES <= out.length, 'sha256: output out of bounds');
  for (let i = 0; i < 8; i += 1) writeWord(words[i]!, out, outOffset + i * 4);
}

function writeWord(word: number, out: Uint8Array, at: number): void {
  out[at] = word >>> 24;
  out[at + 1] = word >>> 16;
  out[at + 2] = word >>> 8;
  out[at + 3] = word;
}

// A loop, not `set`: that would need a `subarray`, which costs more than a tail of a block.
function copyBytes(
  from: Uint8Array,
  fromOffset: number,
  length: number,
  to: Uint8Array,
  toOffset: number,
): void {
  for (let i = 0; i < length; i += 1) to[toOffset + i] = from[fromOffset + i]!;
}
