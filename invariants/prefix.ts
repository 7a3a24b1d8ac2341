/**
 * Prefix: a replica commits op after op, from its checkpoint on, and never one that stands beyond
 * the next op of the cluster's log. With `agreement`, committed logs are then prefixes of each
 * other.
 *
 * Cost: a few integer compares a commit.
 */
import type { Prepare } from '../core/codec/prepare.ts';
import { STEP_COMMIT, STEP_SYNC } from '../core/observer.ts';
import type { Checker, Invariant, World } from '../vopr/sim/checker.ts';
import { fill, zeros } from './durables.ts';
import { sharedOf } from './shared.ts';
import type { Witness } from './witness.ts';
import { WITNESS_GAP } from './witness.ts';

/** Nothing committed yet in this incarnation. */
const FRESH = -1;

class PrefixChecker implements Checker {
  private readonly world: World;
  private readonly index: number;
  private readonly witness: Witness;
  private readonly last: number[] = zeros();

  constructor(world: World, index: number) {
    this.world = world;
    this.index = index;
    this.witness = sharedOf(world).witness;
  }

  reset(): void {
    this.witness.reset();
    fill(this.last, FRESH);
  }

  crashed(node: number): void {
    this.last[node] = FRESH;
  }

  step(node: number, kind: number, op: number, phase: number, _c: number, ref: unknown): void {
    if (kind === STEP_SYNC) {
      if (phase === 1) this.synced(node, op);
      return;
    }
    this.world.evaluated(this.index);
    if (this.witness.commit(op, ref as Prepare) === WITNESS_GAP) {
      this.fail(
        `op ${op} committed by r${node}, but the cluster's log ends at ${this.witness.head}`,
      );
      return;
    }
    const last = this.last[node]!;
    this.last[node] = op;
    if (last !== FRESH) {
      if (op !== last + 1) this.fail(`r${node} committed op ${op} right after op ${last}`);
      return;
    }
    // An incarnation starts where a checkpoint ended, and those stand at multiples of the interval.
    const base = op - 1;
    if (base % this.world.limits.checkpointInterval !== 0) {
      this.fail(`r${node} began to commit at op ${op}, which follows no checkpoint`);
    }
  }

  private synced(node: number, target: number): void {
    this.world.evaluated(this.index);
    this.last[node] = target;
    if (target > this.witness.head) {
      this.fail(`r${node} synced to op ${target}; the log ends at ${this.witness.head}`);
    }
  }

  private fail(message: string): void {
    this.world.violate(this.index, message);
  }
}

export const prefix: Invariant = {
  name: 'prefix',
  holds: 'committed logs are prefixes of one another, without a gap',
  watches: [STEP_COMMIT, STEP_SYNC],
  create: (world, index) => new PrefixChecker(world, index),
};
