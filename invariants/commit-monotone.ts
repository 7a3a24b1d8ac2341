/**
 * Commit-monotone: within one incarnation what is committed only grows, whatever syncs and view
 * changes do; a restart may fall back, but never below the checkpoint that the disk promised.
 *
 * Cost: two compares a commit.
 */
import { STEP_CHECKPOINT, STEP_COMMIT, STEP_SUPERBLOCK, STEP_SYNC } from '../core/observer.ts';
import type { SuperblockState } from '../core/vsr/interfaces.ts';
import type { Checker, Invariant, World } from '../vopr/sim/checker.ts';
import type { Durables } from './durables.ts';
import { fill, zeros } from './durables.ts';
import { sharedOf } from './shared.ts';

class CommitMonotoneChecker implements Checker {
  private readonly world: World;
  private readonly index: number;
  private readonly durables: Durables;
  /** Highest op committed in this incarnation; 0: none. */
  private readonly commit: number[] = zeros();

  constructor(world: World, index: number) {
    this.world = world;
    this.index = index;
    this.durables = sharedOf(world).durables;
  }

  reset(): void {
    this.durables.reset();
    fill(this.commit, 0);
  }

  crashed(node: number): void {
    this.commit[node] = 0;
  }

  replaced(node: number): void {
    this.durables.replaced(node);
  }

  opened(node: number): void {
    const seen = this.world.inspect(node);
    if (seen === null) return;
    this.world.evaluated(this.index);
    const floor = this.durables.checkpoint[node]!;
    if (seen.checkpoint < floor || (!seen.syncing && seen.commit < floor)) {
      this.fail(
        `r${node} restarted at commit ${seen.commit}, checkpoint ${seen.checkpoint}, ` +
          `below its durable checkpoint ${floor}`,
      );
    }
    if (seen.commit > this.commit[node]!) this.commit[node] = seen.commit;
  }

  step(node: number, kind: number, a: number, b: number, _c: number, ref: unknown): void {
    if (kind === STEP_CHECKPOINT) this.durables.checkpointed(this.world, node, a);
    else if (kind === STEP_SUPERBLOCK) {
      this.durables.superblock(this.world, node, ref as SuperblockState);
    } else if (kind === STEP_COMMIT) this.advanced(node, a, 1);
    else if (b === 1) this.advanced(node, a, 0);
  }

  /** A commit must exceed what was; a sync may at least not fall below it. */
  private advanced(node: number, op: number, least: number): void {
    this.world.evaluated(this.index);
    const last = this.commit[node]!;
    if (op < last + least) this.fail(`r${node} committed op ${op} after op ${last}`);
    const floor = this.durables.checkpoint[node]!;
    if (op < floor + least) this.fail(`r${node} committed op ${op} below its checkpoint ${floor}`);
    this.commit[node] = op;
  }

  private fail(message: string): void {
    this.world.violate(this.index, message);
  }
}

export const commitMonotone: Invariant = {
  name: 'commit-monotone',
  holds:
    'commit never regresses within one incarnation, and a restart never puts it below the ' +
    'local checkpoint',
  suspendedBy: ['lying_sync', 'rollback'],
  watches: [STEP_COMMIT, STEP_SYNC, STEP_CHECKPOINT, STEP_SUPERBLOCK],
  create: (world, index) => new CommitMonotoneChecker(world, index),
};
