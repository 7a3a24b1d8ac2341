/** The remembering tree is the plain one, whatever it remembers. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MerkleBuilder } from '../crypto/merkle.ts';
import { RememberingTree } from './segment-tree.ts';

function rootOf(tree: MerkleBuilder | RememberingTree, leaves: readonly Uint8Array[]): Uint8Array {
  for (const leaf of leaves) tree.append(leaf, 0);
  const root = new Uint8Array(34);
  tree.rootInto(root, 1);
  return root;
}

test('a segment’s root is the builder’s, the first time and again', () => {
  const leaf = fc.uint8Array({ minLength: 32, maxLength: 32 });
  const segments = fc.array(fc.array(leaf, { maxLength: 40 }), { maxLength: 6 });
  fc.assert(
    fc.property(segments, (all) => {
      for (const leaves of [...all, ...all]) {
        const expected = rootOf(new MerkleBuilder(), leaves);
        expect(rootOf(new RememberingTree(), leaves)).toEqual(expected);
      }
    }),
    { numRuns: 60 },
  );
});

test('a tree that has told its root grows on', () => {
  const tree = new RememberingTree();
  const builder = new MerkleBuilder();
  for (let i = 0; i < 40; i += 1) {
    expect(rootOf(tree, [new Uint8Array(32).fill(i)])).toEqual(
      rootOf(builder, [new Uint8Array(32).fill(i)]),
    );
  }
});

test('one changed bit in one leaf is another segment', () => {
  const leaves = Array.from({ length: 8 }, (_, i) => new Uint8Array(32).fill(i));
  const before = rootOf(new RememberingTree(), leaves);
  leaves[3] = leaves[3]!.slice();
  leaves[3][7]! ^= 1;
  expect(rootOf(new RememberingTree(), leaves)).not.toEqual(before);
});
