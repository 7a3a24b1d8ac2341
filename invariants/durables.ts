/**
 * What each node is known to have made durable in its superblock: the promises that a restart may
 * not take back. Learnt from `STEP_SUPERBLOCK` and `STEP_CHECKPOINT`. What a node shows right after
 * it opened may have been read from the page cache, and a power cut may take it back; once the node
 * has made it durable, and before it speaks, `STEP_SUPERBLOCK` reports it.
 *
 * One row of integers a node; every answer is a few compares.
 */
import type { SuperblockState } from '../core/vsr/interfaces.ts';
import type { World } from '../vopr/sim/checker.ts';

/** More than any membership has: six replicas and two standbys. */
export const NODES_MAX = 8;

export class Durables {
  readonly view: number[] = zeros();
  readonly logView: number[] = zeros();
  readonly checkpoint: number[] = zeros();
  /** Like `checkpoint`, but the target of a state sync counts from its beginning. */
  readonly covered: number[] = zeros();
  /** Like `checkpoint`, but a replaced disk takes nothing away. */
  private readonly held: number[] = zeros();
  /**
   * Highest checkpoint that each of a replication quorum has made durable.
   *
   * Not necessarily all at one time: r0 acknowledges op 30, which takes checkpoint 24; r0's disk is
   * replaced; r4 reaches checkpoint 24 and acknowledges. The commit proves that three had it, and
   * nobody can know that one of them has it no more: replacing a disk is what costs the copy.
   */
  clusterCheckpoint = 0;

  reset(): void {
    this.clusterCheckpoint = 0;
    fill(this.held, 0);
    for (let node = 0; node < NODES_MAX; node += 1) this.replaced(node);
  }

  /** An empty disk promises nothing. */
  replaced(node: number): void {
    this.view[node] = 0;
    this.logView[node] = 0;
    this.checkpoint[node] = 0;
    this.covered[node] = 0;
  }

  superblock(world: World, node: number, state: SuperblockState): void {
    this.promise(node, state.view, state.logView);
    if (state.syncTarget === null) this.checkpointed(world, node, state.checkpoint.op);
    else if (state.syncTarget.op > this.covered[node]!) this.covered[node] = state.syncTarget.op;
  }

  checkpointed(world: World, node: number, op: number): void {
    if (op <= this.checkpoint[node]!) return;
    this.checkpoint[node] = op;
    this.held[node] = Math.max(this.held[node]!, op);
    if (op > this.covered[node]!) this.covered[node] = op;
    if (op <= this.clusterCheckpoint || node >= world.replicaCount) return;
    // The candidates are the checkpoints held: the highest one that a quorum has reached.
    for (let candidate = 0; candidate < world.replicaCount; candidate += 1) {
      const height = this.held[candidate]!;
      if (height <= this.clusterCheckpoint) continue;
      let holders = 0;
      for (let other = 0; other < world.replicaCount; other += 1) {
        if (this.held[other]! >= height) holders += 1;
      }
      if (holders >= world.replicationQuorum) this.clusterCheckpoint = height;
    }
  }

  private promise(node: number, view: number, logView: number): void {
    if (view > this.view[node]!) this.view[node] = view;
    if (logView > this.logView[node]!) this.logView[node] = logView;
  }
}

/** A row of zeros, one for each node. */
export function zeros(): number[] {
  return [0, 0, 0, 0, 0, 0, 0, 0];
}

export function fill(row: number[], value: number): void {
  for (let i = 0; i < NODES_MAX; i += 1) row[i] = value;
}
