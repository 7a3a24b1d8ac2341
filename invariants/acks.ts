/**
 * What each replica has acknowledged, and what its platter held at that moment.
 *
 * An acknowledgement is cumulative: it promises its op and, by the parent chain, every op below it
 * down to the sender's checkpoint. So each one is walked down until it meets what was already found
 * in order; every (replica, op, entry) is thus looked at once. Evidence is kept over restarts: it
 * says what *was* durable when the promise was made.
 *
 * Cost: two platter reads for each op that a replica newly acknowledges.
 */
import type { Prepare, PrepareHeader } from '../core/codec/prepare.ts';
import type { Hash128 } from '../core/types/hash128.ts';
import { equal128 } from '../core/types/hash128.ts';
import type { World } from '../vopr/sim/checker.ts';
import type { Durables } from './durables.ts';
import { NODES_MAX } from './durables.ts';
import { HELD_BOTH, HELD_PREPARE, held } from './platter.ts';
import type { Proposals } from './proposals.ts';

/** All that was acknowledged was where it must be. */
export const ACK_PROVEN = -1;

export class Acks {
  private readonly proposals: Proposals;
  private readonly durables: Durables;
  /** By node, by op: the entry acknowledged last, and the `HELD_…` bits found then. */
  private readonly entry: (Prepare | null)[][] = [];
  private readonly bits: number[][] = [];
  private readonly tops: number[] = [];

  constructor(proposals: Proposals, durables: Durables) {
    this.proposals = proposals;
    this.durables = durables;
    for (let node = 0; node < NODES_MAX; node += 1) {
      this.entry.push([null]);
      this.bits.push([0]);
      this.tops.push(0);
    }
  }

  reset(): void {
    for (let node = 0; node < NODES_MAX; node += 1) this.tops[node] = 0;
  }

  /**
   * Takes an acknowledgement down; returns the highest op that it promised without the evidence, or
   * `ACK_PROVEN`.
   */
  acknowledged(world: World, node: number, header: PrepareHeader): number {
    const entry = this.entry[node]!;
    const bits = this.bits[node]!;
    for (let top = this.tops[node]!; top < header.op;) {
      top += 1;
      entry[top] = null;
      bits[top] = 0;
      this.tops[node] = top;
    }
    const floor = this.durables.checkpoint[node]!;
    const enough = world.replicaCount === 1 ? HELD_PREPARE : HELD_BOTH;
    const disk = world.disk(node);
    let checksum = header.checksum;
    let missing = ACK_PROVEN;
    for (let op = header.op; op > floor; op -= 1) {
      const known = entry[op]!;
      if (known !== null && equal128(known.header.checksum, checksum)) {
        if ((bits[op]! & enough) === enough) break;
      }
      const prepare = this.proposals.find(op, checksum);
      entry[op] = prepare;
      bits[op] = prepare === null ? 0 : held(disk, world.limits, prepare);
      if ((bits[op]! & enough) !== enough && missing === ACK_PROVEN) missing = op;
      if (prepare === null) break;
      checksum = prepare.header.parent;
    }
    return missing;
  }

  /** Whether `node` acknowledged exactly this entry, with its prepare durable. */
  proves(node: number, op: number, checksum: Hash128, enough: number): boolean {
    if (op > this.tops[node]!) return false;
    const known = this.entry[node]![op]!;
    if (known === null || (this.bits[node]![op]! & enough) !== enough) return false;
    return equal128(known.header.checksum, checksum);
  }

  /** The entry that `node` acknowledged last at `op`, or null. */
  at(node: number, op: number): Prepare | null {
    return op <= this.tops[node]! ? this.entry[node]![op]! : null;
  }

  /** Highest op that `node` ever acknowledged. */
  top(node: number): number {
    return this.tops[node]!;
  }
}
