/**
 * Every prepare that any primary proposed in a run, by op: what a checksum found on a disk or in an
 * acknowledgement stands for. Several prepares at one op are normal: views come and go.
 *
 * Adding and finding are array indexes and one or two compares; lists are kept from run to run.
 */
import type { Prepare } from '../core/codec/prepare.ts';
import type { Hash128 } from '../core/types/hash128.ts';
import { equal128 } from '../core/types/hash128.ts';

export class Proposals {
  /** Highest op ever proposed. */
  head = 0;
  private readonly lists: Prepare[][] = [[]];
  private readonly counts: number[] = [0];

  reset(): void {
    this.head = 0;
    this.counts[0] = 0;
  }

  add(op: number, prepare: Prepare): void {
    while (this.head < op) {
      this.head += 1;
      this.counts[this.head] = 0;
      if (this.lists.length <= this.head) this.lists.push([]);
    }
    const list = this.lists[op]!;
    const count = this.counts[op]!;
    for (let i = 0; i < count; i += 1) {
      const known = list[i]!;
      if (known === prepare || equal128(known.header.checksum, prepare.header.checksum)) return;
    }
    list[count] = prepare;
    this.counts[op] = count + 1;
  }

  /** How many different prepares were proposed at `op`. */
  count(op: number): number {
    return op <= this.head ? this.counts[op]! : 0;
  }

  at(op: number, index: number): Prepare {
    return this.lists[op]![index]!;
  }

  find(op: number, checksum: Hash128): Prepare | null {
    const count = this.count(op);
    const list = this.lists[op];
    for (let i = 0; i < count; i += 1) {
      const known = list![i]!;
      if (equal128(known.header.checksum, checksum)) return known;
    }
    return null;
  }
}
