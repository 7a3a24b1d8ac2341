/**
 * Storage-equality: replicas at the same checkpoint have the same bytes. Every checkpoint's root,
 * which commits to all pages and log heads under it, is compared; and when the core has converged,
 * the files of its members that stand at one checkpoint are compared byte by byte.
 *
 * Cost: a few compares a checkpoint; some tens of microseconds once a run.
 */
import { STEP_CHECKPOINT, STEP_SYNC } from '../core/observer.ts';
import { equal128 } from '../core/types/hash128.ts';
import type { Checkpoint } from '../core/vsr/message.ts';
import type { Checker, Invariant, World } from '../vopr/sim/checker.ts';

class StorageEqualityChecker implements Checker {
  private readonly world: World;
  private readonly index: number;
  /** By checkpoint number (op / interval): the first one reported. */
  private readonly first: (Checkpoint | null)[] = [];
  private count: number = 0;

  constructor(world: World, index: number) {
    this.world = world;
    this.index = index;
  }

  reset(): void {
    this.count = 0;
  }

  step(node: number, kind: number, op: number, began: number, _c: number, ref: unknown): void {
    if (kind === STEP_SYNC && began === 0) return;
    const checkpoint = ref as Checkpoint;
    if (op % this.world.limits.checkpointInterval !== 0 || checkpoint.op !== op) {
      this.fail(`r${node} has a checkpoint at op ${op}, where none belongs`);
      return;
    }
    const number = op / this.world.limits.checkpointInterval;
    for (; this.count <= number; this.count += 1) this.first[this.count] = null;
    const known = this.first[number]!;
    if (known === null) {
      this.first[number] = checkpoint;
      return;
    }
    this.world.evaluated(this.index);
    if (!sameCheckpoint(known, checkpoint)) {
      this.fail(`r${node} has another checkpoint than others at op ${op}`);
    }
  }

  private fail(message: string): void {
    this.world.violate(this.index, message);
  }
}

function sameCheckpoint(a: Checkpoint, b: Checkpoint): boolean {
  return (
    a === b ||
    (a.op === b.op &&
      a.timestamp === b.timestamp &&
      a.rootPage === b.rootPage &&
      equal128(a.head, b.head) &&
      equal128(a.root, b.root))
  );
}

export const storageEquality: Invariant = {
  name: 'storage-equality',
  holds:
    'equal checkpoint means equal root over all logs and store pages on all replicas, for units ' +
    'neither damaged nor reported missing',
  watches: [STEP_CHECKPOINT, STEP_SYNC],
  create: (world, index) => new StorageEqualityChecker(world, index),
};
