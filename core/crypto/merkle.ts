/**
 * Merkle trees over 32-byte entry hashes, and proofs that an entry is in one.
 *
 * The tree is that of RFC 6962, section 2.1: SHA-256, with a 0x00 byte before a leaf and 0x01
 * before two children, so that neither can be taken for the other. It is computed level by level:
 * pairing neighbours and passing an odd last node up unchanged gives the same tree as the RFC's
 * recursion on the largest power of two below the size.
 *
 * Cost: about 0.4 µs a leaf and 0.7 µs a node. `MerkleBuilder` keeps one hash a level; a proof is
 * at most 53 hashes.
 */

import { assert } from '../types/assert.ts';
import { SHA256_BYTES, sha256Into } from './sha256.ts';

const LEAF_PREFIX = 0;
const NODE_PREFIX = 1;
const LEVELS_MAX = 53;

const leafInput: Uint8Array = new Uint8Array(1 + SHA256_BYTES);
const nodeInput: Uint8Array = new Uint8Array(1 + 2 * SHA256_BYTES);

/** Grows a tree one entry hash at a time. The order of `append` is the order of the leaves. */
export class MerkleBuilder {
  // Level k holds the root of the last complete subtree of 2^k leaves, if bit k of #leaves is set.
  readonly #levels: Uint8Array = new Uint8Array(LEVELS_MAX * SHA256_BYTES);
  readonly #carry: Uint8Array = new Uint8Array(SHA256_BYTES);
  #leaves = 0;

  get leaves(): number {
    return this.#leaves;
  }

  reset(): void {
    this.#leaves = 0;
  }

  /** Adds the entry hash at `hashes[offset..offset + 32]` as the next leaf. */
  append(hashes: Uint8Array, offset: number): void {
    assert(this.#leaves < Number.MAX_SAFE_INTEGER, 'merkle: too many leaves');
    leafInto(hashes, offset, this.#carry, 0);
    let level = 0;
    for (let n = this.#leaves; n % 2 === 1; n = (n - 1) / 2, level += 1) {
      nodeInto(this.#levels, level * SHA256_BYTES, this.#carry, 0, this.#carry, 0);
    }
    copyHash(this.#carry, 0, this.#levels, level * SHA256_BYTES);
    this.#leaves += 1;
  }

  /** Writes the root of the leaves so far; of none, the hash of the empty string (RFC 6962). */
  rootInto(out: Uint8Array, outOffset: number): void {
    if (this.#leaves === 0) {
      sha256Into(leafInput, 0, 0, out, outOffset);
      return;
    }
    let started = false;
    for (let n = this.#leaves, level = 0; n > 0; n = Math.floor(n / 2), level += 1) {
      if (n % 2 === 0) continue;
      const at = level * SHA256_BYTES;
      if (started) nodeInto(this.#levels, at, this.#carry, 0, this.#carry, 0);
      else copyHash(this.#levels, at, this.#carry, 0);
      started = true;
    }
    copyHash(this.#carry, 0, out, outOffset);
  }
}

/** Writes the root over `count` entry hashes that lie one after the other in `hashes`. */
export function merkleRootInto(
  hashes: Uint8Array,
  count: number,
  out: Uint8Array,
  outOffset: number,
): void {
  assert(count >= 0 && count * SHA256_BYTES <= hashes.length, 'merkle: hashes are missing');
  const builder = new MerkleBuilder();
  for (let i = 0; i < count; i += 1) builder.append(hashes, i * SHA256_BYTES);
  builder.rootInto(out, outOffset);
}

/** The audit path of leaf `index`: sibling hashes, one after the other, from the leaf upwards. */
export function merkleProof(hashes: Uint8Array, count: number, index: number): Uint8Array {
  assert(index >= 0 && index < count, 'merkle: no such leaf');
  assert(count * SHA256_BYTES <= hashes.length, 'merkle: hashes are missing');
  const level = new Uint8Array(count * SHA256_BYTES);
  for (let i = 0; i < count; i += 1) leafInto(hashes, i * SHA256_BYTES, level, i * SHA256_BYTES);
  const path = new Uint8Array(LEVELS_MAX * SHA256_BYTES);
  let steps = 0;
  let at = index;
  for (let width = count; width > 1; width = (width + 1) >>> 1, at >>>= 1) {
    const sibling = at ^ 1;
    if (sibling < width) {
      copyHash(level, sibling * SHA256_BYTES, path, steps * SHA256_BYTES);
      steps += 1;
    }
    joinPairs(level, width);
  }
  return path.slice(0, steps * SHA256_BYTES);
}

/** True when `proof` shows that `entryHash` is leaf `index` of the tree of `count` with `root`. */
export function verifyMerkleProof(
  root: Uint8Array,
  count: number,
  index: number,
  entryHash: Uint8Array,
  proof: Uint8Array,
): boolean {
  // All arguments come from outside: anything malformed is a proof that fails.
  if (!Number.isSafeInteger(count) || !Number.isSafeInteger(index)) return false;
  if (index < 0 || index >= count || proof.length % SHA256_BYTES !== 0) return false;
  if (root.length !== SHA256_BYTES || entryHash.length !== SHA256_BYTES) return false;
  const hash = new Uint8Array(SHA256_BYTES);
  leafInto(entryHash, 0, hash, 0);
  let used = 0;
  let at = index;
  for (let last = count - 1; last > 0; last = Math.floor(last / 2), at = Math.floor(at / 2)) {
    // An even node that is the last of its level has no sibling and passes up unchanged.
    if (at % 2 === 0 && at === last) continue;
    if (used === proof.length) return false;
    if (at % 2 === 1) nodeInto(proof, used, hash, 0, hash, 0);
    else nodeInto(hash, 0, proof, used, hash, 0);
    used += SHA256_BYTES;
  }
  if (used !== proof.length) return false;
  for (let i = 0; i < SHA256_BYTES; i += 1) if (hash[i] !== root[i]) return false;
  return true;
}

/** Replaces a level by the one above it, in place. */
function joinPairs(level: Uint8Array, width: number): void {
  for (let i = 0; i < width; i += 2) {
    const left = i * SHA256_BYTES;
    const up = (i >>> 1) * SHA256_BYTES;
    if (i + 1 < width) nodeInto(level, left, level, left + SHA256_BYTES, level, up);
    else copyHash(level, left, level, up);
  }
}

function leafInto(hashes: Uint8Array, at: number, out: Uint8Array, outAt: number): void {
  assert(at >= 0 && at + SHA256_BYTES <= hashes.length, 'merkle: an entry hash has 32 bytes');
  leafInput[0] = LEAF_PREFIX;
  copyHash(hashes, at, leafInput, 1);
  sha256Into(leafInput, 0, leafInput.length, out, outAt);
}

function nodeInto(
  left: Uint8Array,
  leftAt: number,
  right: Uint8Array,
  rightAt: number,
  out: Uint8Array,
  outAt: number,
): void {
  nodeInput[0] = NODE_PREFIX;
  copyHash(left, leftAt, nodeInput, 1);
  copyHash(right, rightAt, nodeInput, 1 + SHA256_BYTES);
  sha256Into(nodeInput, 0, nodeInput.length, out, outAt);
}

function copyHash(from: Uint8Array, at: number, to: Uint8Array, toAt: number): void {
  for (let i = 0; i < SHA256_BYTES; i += 1) to[toAt + i] = from[at + i]!;
}
