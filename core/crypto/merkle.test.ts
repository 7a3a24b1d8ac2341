/** Merkle trees against the recursion that RFC 6962 prints, and proofs that cannot be bent. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MerkleBuilder, merkleProof, merkleRootInto, verifyMerkleProof } from './merkle.ts';
import { sha256Into } from './sha256.ts';
import { toHex } from './testing/vectors.ts';

function sha(...parts: readonly (Uint8Array | number)[]): Uint8Array {
  const input = new Uint8Array(
    parts.flatMap((part) => (typeof part === 'number' ? part : [...part])),
  );
  const out = new Uint8Array(32);
  sha256Into(input, 0, input.length, out, 0);
  return out;
}

/** RFC 6962, section 2.1, word for word. */
function rfcRoot(leaves: readonly Uint8Array[]): Uint8Array {
  if (leaves.length === 0) return sha();
  if (leaves.length === 1) return sha(0, leaves[0]!);
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  return sha(1, rfcRoot(leaves.slice(0, split)), rfcRoot(leaves.slice(split)));
}

/** RFC 6962, section 2.1.1: the audit path. */
function rfcPath(index: number, leaves: readonly Uint8Array[]): Uint8Array[] {
  if (leaves.length === 1) return [];
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  const [left, right] = [leaves.slice(0, split), leaves.slice(split)];
  return index < split
    ? [...rfcPath(index, left), rfcRoot(right)]
    : [...rfcPath(index - split, right), rfcRoot(left)];
}

const entry = (i: number): Uint8Array => sha(i & 255, i >>> 8);
const entries = (count: number): Uint8Array[] => Array.from({ length: count }, (_, i) => entry(i));
const joined = (parts: readonly Uint8Array[]): Uint8Array =>
  new Uint8Array(parts.flatMap((part) => [...part]));

function rootOf(leaves: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(32);
  merkleRootInto(joined(leaves), leaves.length, out, 0);
  return out;
}

describe('merkle: roots', () => {
  test('of no entry: the hash of nothing', () => {
    expect(toHex(rootOf([]))).toBe(
      'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    );
  });

  test('of 0 to 70 entries: the recursion of the RFC', () => {
    for (let count = 0; count <= 70; count += 1) {
      expect(rootOf(entries(count)), `${count} entries`).toEqual(rfcRoot(entries(count)));
    }
  });

  test('a builder has the right root after every append, and again after reset', () => {
    const builder = new MerkleBuilder();
    const out = new Uint8Array(32);
    for (let lap = 0; lap < 2; lap += 1) {
      builder.reset();
      for (let count = 1; count <= 33; count += 1) {
        builder.append(entry(count - 1), 0);
        builder.rootInto(out, 0);
        expect(builder.leaves).toBe(count);
        expect(out, `${count} entries`).toEqual(rfcRoot(entries(count)));
      }
    }
  });

  test('a leaf cannot pass for a node: two children and one leaf of their bytes differ', () => {
    const [a, b] = [entry(1), entry(2)];
    const asNode = rfcRoot([a, b]);
    const forged = sha(0, sha(0, a), sha(0, b));
    expect(toHex(asNode)).not.toBe(toHex(forged));
  });
});

describe('merkle: proofs', () => {
  test('of every entry of trees of 1 to 40: the path of the RFC, and it verifies', () => {
    for (let count = 1; count <= 40; count += 1) {
      const leaves = entries(count);
      const hashes = joined(leaves);
      const root = rootOf(leaves);
      for (let index = 0; index < count; index += 1) {
        const proof = merkleProof(hashes, count, index);
        expect(proof).toEqual(joined(rfcPath(index, leaves)));
        expect(verifyMerkleProof(root, count, index, leaves[index]!, proof)).toBe(true);
      }
    }
  });

  test('no other index, entry, root or size, and no flipped bit, verifies', () => {
    const size = fc.integer({ min: 2, max: 30 });
    fc.assert(
      fc.property(size, fc.nat(), fc.nat(), fc.nat(), (count, which, where, bit) => {
        const leaves = entries(count);
        const index = which % count;
        const proof = merkleProof(joined(leaves), count, index);
        const root = rootOf(leaves);
        const other = (index + 1 + (where % (count - 1))) % count;
        expect(verifyMerkleProof(root, count, other, leaves[index]!, proof)).toBe(false);
        expect(verifyMerkleProof(root, count, index, leaves[other]!, proof)).toBe(false);
        const flipped = Uint8Array.from(proof);
        flipped[where % flipped.length]! ^= 1 << (bit & 7);
        expect(verifyMerkleProof(root, count, index, leaves[index]!, flipped)).toBe(false);
        const otherRoot = Uint8Array.from(root);
        otherRoot[where % 32]! ^= 1 << (bit & 7);
        expect(verifyMerkleProof(otherRoot, count, index, leaves[index]!, proof)).toBe(false);
      }),
    );
  });

  test('malformed proofs from outside are a plain no', () => {
    const leaves = entries(5);
    const root = rootOf(leaves);
    const proof = merkleProof(joined(leaves), 5, 2);
    const leaf = leaves[2]!;
    expect(verifyMerkleProof(root, 5, 2, leaf, proof.subarray(32))).toBe(false);
    expect(verifyMerkleProof(root, 5, 2, leaf, proof.subarray(1))).toBe(false);
    expect(verifyMerkleProof(root, 5, 2, leaf, joined([proof, leaf]))).toBe(false);
    expect(verifyMerkleProof(root, 5, 5, leaf, proof)).toBe(false);
    expect(verifyMerkleProof(root, 5, -1, leaf, proof)).toBe(false);
    expect(verifyMerkleProof(root, 5, 0.5, leaf, proof)).toBe(false);
    expect(verifyMerkleProof(root, Number.NaN, 2, leaf, proof)).toBe(false);
    expect(verifyMerkleProof(root.subarray(1), 5, 2, leaf, proof)).toBe(false);
    expect(verifyMerkleProof(root, 5, 2, leaf.subarray(1), proof)).toBe(false);
  });
});
