/**
 * Durable-quorum: when an op is committed for the first time, as many replicas as make a
 * replication quorum have acknowledged exactly that entry with a durable, intact copy on their own
 * platters at the moment they did. What was removed since was removed by injected damage alone,
 * because no slot is overwritten early (`journal-evidence`).
 *
 * Cost: that of `acks.ts`; a commit reads one array element a replica.
 */
import type { Prepare, PrepareHeader } from '../core/codec/prepare.ts';
import {
  STEP_ACK,
  STEP_CHECKPOINT,
  STEP_COMMIT,
  STEP_PROPOSE,
  STEP_SUPERBLOCK,
} from '../core/observer.ts';
import type { SuperblockState } from '../core/vsr/interfaces.ts';
import type { Checker, Invariant, World } from '../vopr/sim/checker.ts';
import { HELD_BOTH, HELD_PREPARE } from './platter.ts';
import type { Shared } from './shared.ts';
import { sharedOf } from './shared.ts';

class DurableQuorumChecker implements Checker {
  private readonly world: World;
  private readonly index: number;
  private readonly shared: Shared;
  /** Highest op whose first commit was looked at. */
  private committed: number = 0;

  constructor(world: World, index: number) {
    this.world = world;
    this.index = index;
    this.shared = sharedOf(world);
  }

  reset(): void {
    this.shared.reset();
    this.committed = 0;
  }

  replaced(node: number): void {
    this.shared.durables.replaced(node);
  }

  step(node: number, kind: number, a: number, _b: number, _c: number, ref: unknown): void {
    const { shared, world } = this;
    switch (kind) {
      case STEP_PROPOSE:
        shared.proposals.add(a, ref as Prepare);
        return;
      case STEP_ACK:
        if (node < world.replicaCount) {
          shared.acks.acknowledged(world, node, ref as PrepareHeader);
        }
        return;
      case STEP_COMMIT:
        if (a > this.committed) this.firstCommit(node, a, ref as Prepare);
        return;
      case STEP_CHECKPOINT:
        shared.durables.checkpointed(world, node, a);
        return;
      default:
        shared.durables.superblock(world, node, ref as SuperblockState);
    }
  }

  private firstCommit(node: number, op: number, prepare: Prepare): void {
    this.committed = op;
    this.world.evaluated(this.index);
    const { replicaCount, replicationQuorum } = this.world;
    const enough = replicaCount === 1 ? HELD_PREPARE : HELD_BOTH;
    let holders = 0;
    for (let other = 0; other < replicaCount; other += 1) {
      if (this.shared.acks.proves(other, op, prepare.header.checksum, enough)) holders += 1;
    }
    if (holders >= replicationQuorum) return;
    this.world.violate(
      this.index,
      `r${node} committed op ${op} with ${holders} durable acknowledgements of ` +
        `${replicationQuorum} needed`,
    );
  }
}

export const durableQuorum: Invariant = {
  name: 'durable-quorum',
  holds:
    'at commit, each member of a replication quorum had, when it acknowledged, a durable intact ' +
    'copy',
  suspendedBy: ['lying_sync', 'rollback', 'traitor'],
  watches: [STEP_PROPOSE, STEP_ACK, STEP_COMMIT, STEP_CHECKPOINT, STEP_SUPERBLOCK],
  create: (world, index) => new DurableQuorumChecker(world, index),
};
