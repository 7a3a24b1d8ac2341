/**
 * The Merkle tree of a log segment, remembering the roots of short ones.
 *
 * Every replica of a simulated cluster seals the same segments. The root is a pure function of the
 * entry hashes, so one table for the process keeps the last roots by the exact hashes below them;
 * nothing of a node's behaviour depends on it. Longer segments go straight to the builder.
 *
 * Cost of a hit: copying and comparing 32 bytes a leaf. Memory: at most `SLOTS` short segments.
 */
import { MerkleBuilder } from '../crypto/merkle.ts';
import { equalBytes } from '../kernel/entry.ts';
import type { SegmentTree } from '../storage/tenant-log-segment.ts';
import { copyBytes } from '../store/arena.ts';

const HASH_BYTES = 32;
const LEAVES_MAX = 16;
const SLOTS = 256;

interface Known {
  readonly hashes: Uint8Array;
  readonly root: Uint8Array;
}

const table: (Known | null)[] = [];
for (let i = 0; i < SLOTS; i += 1) table.push(null);

/** Shared: used within one call of one node at a time. */
const builder: MerkleBuilder = new MerkleBuilder();

export class RememberingTree implements SegmentTree {
  readonly #hashes: Uint8Array = new Uint8Array(LEAVES_MAX * HASH_BYTES);
  #leaves = 0;
  /** Made when a segment is longer than what is remembered. */
  #long: MerkleBuilder | null = null;

  get leaves(): number {
    return this.#leaves;
  }

  append(hashes: Uint8Array, offset: number): void {
    if (this.#leaves < LEAVES_MAX) {
      copyBytes(hashes, offset, HASH_BYTES, this.#hashes, this.#leaves * HASH_BYTES);
    } else {
      if (this.#leaves === LEAVES_MAX) this.#long = this.#feed(new MerkleBuilder());
      this.#long!.append(hashes, offset);
    }
    this.#leaves += 1;
  }

  rootInto(out: Uint8Array, outOffset: number): void {
    if (this.#leaves > LEAVES_MAX) {
      this.#long!.rootInto(out, outOffset);
      return;
    }
    const bytes = this.#leaves * HASH_BYTES;
    // Entry hashes are uniform: the last byte chooses the slot.
    const slot = bytes === 0 ? 0 : this.#hashes[bytes - 1]! % SLOTS;
    const known = table[slot]!;
    if (
      known !== null &&
      known.hashes.length === bytes &&
      equalBytes(known.hashes, 0, this.#hashes, 0, bytes)
    ) {
      copyBytes(known.root, 0, HASH_BYTES, out, outOffset);
      return;
    }
    this.#feed(builder).rootInto(out, outOffset);
    const root = out.slice(outOffset, outOffset + HASH_BYTES);
    table[slot] = { hashes: this.#hashes.slice(0, bytes), root };
  }

  /** Gives the leaves held here to a builder. */
  #feed(to: MerkleBuilder): MerkleBuilder {
    to.reset();
    const count = Math.min(this.#leaves, LEAVES_MAX);
    for (let i = 0; i < count; i += 1) to.append(this.#hashes, i * HASH_BYTES);
    return to;
  }
}
