/**
 * The committed log of a run as the simulator saw it happen: for each op, the prepare of the first
 * commit that any replica reported. `agreement` fills it; the other invariants read it.
 *
 * Reading is an array index. Memory is kept from run to run; `reset` only forgets the length.
 */
import type { Prepare } from '../core/codec/prepare.ts';
import { assert } from '../core/types/assert.ts';
import { equal128 } from '../core/types/hash128.ts';

/** The op was not known yet and now is. */
export const WITNESS_NEW = 0;
/** The op was known, with this very entry. */
export const WITNESS_SAME = 1;
/** The op was known, with another entry. */
export const WITNESS_DIFFERS = 2;
/** The op lies beyond the next one: what is between was never committed anywhere. */
export const WITNESS_GAP = 3;

export class Witness {
  /** Highest op committed anywhere. Op 0 is the root, which nobody commits. */
  head = 0;
  private readonly prepares: (Prepare | null)[] = [null];

  reset(): void {
    this.head = 0;
  }

  /** Folds in one replica's commit; answers with a `WITNESS_…` code. */
  commit(op: number, prepare: Prepare): number {
    assert(op >= 1, 'the root is never committed');
    if (op > this.head) {
      if (op !== this.head + 1) return WITNESS_GAP;
      this.prepares[op] = prepare;
      this.head = op;
      return WITNESS_NEW;
    }
    const known = this.prepares[op]!;
    // Replicas share the object unless it came through bytes or off a disk.
    if (known === prepare) return WITNESS_SAME;
    return sameEntry(known, prepare) ? WITNESS_SAME : WITNESS_DIFFERS;
  }

  /** The entry at `op`, or null where none was committed (and for the root). */
  at(op: number): Prepare | null {
    return op >= 1 && op <= this.head ? this.prepares[op]! : null;
  }
}

/** The checksum covers the header and, by the body's checksum in it, everything else. */
function sameEntry(a: Prepare, b: Prepare): boolean {
  return (
    equal128(a.header.checksum, b.header.checksum) &&
    equal128(a.header.bodyChecksum, b.header.bodyChecksum) &&
    a.header.op === b.header.op &&
    a.bytes.length === b.bytes.length
  );
}
