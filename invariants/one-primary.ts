/**
 * One-primary: a view has one primary, the replica whose turn it is, in one incarnation, and it
 * proposes at most one entry at an op. A restarted primary must not take its own view up again: it
 * no longer knows what it proposed in it.
 *
 * Cost: two array reads a proposal or fresh reply.
 */
import type { Prepare } from '../core/codec/prepare.ts';
import { STEP_PROPOSE, STEP_REPLY, STEP_STATUS } from '../core/observer.ts';
import { equal128 } from '../core/types/hash128.ts';
import type { Checker, Invariant, World } from '../vopr/sim/checker.ts';
import { fill, zeros } from './durables.ts';

class OnePrimaryChecker implements Checker {
  private readonly world: World;
  private readonly index: number;
  private readonly view: number[] = zeros();
  /** By view: node + 1 and incarnation of who worked as its primary; 0: nobody. */
  private readonly worker: number[] = [];
  private readonly life: number[] = [];
  private views: number = 0;
  /** By op: view and entry of the newest proposal. */
  private readonly proposalView: number[] = [];
  private readonly proposal: (Prepare | null)[] = [];
  private ops: number = 0;

  constructor(world: World, index: number) {
    this.world = world;
    this.index = index;
  }

  reset(): void {
    this.views = 0;
    this.ops = 0;
    fill(this.view, 0);
  }

  step(node: number, kind: number, a: number, b: number, c: number, ref: unknown): void {
    if (kind === STEP_STATUS) {
      this.view[node] = b;
    } else if (kind === STEP_REPLY) {
      // Resent replies come from the session table, which any former primary may still hold.
      if (c === 0) this.works(node, this.view[node]!);
    } else {
      this.works(node, b);
      this.proposes(node, a, b, ref as Prepare);
    }
  }

  private works(node: number, view: number): void {
    this.world.evaluated(this.index);
    const { replicaCount } = this.world;
    if (node !== view % replicaCount) {
      this.fail(`r${node} works as primary of view ${view}, which is r${view % replicaCount}'s`);
      return;
    }
    for (; this.views <= view; this.views += 1) this.worker[this.views] = 0;
    const life = this.world.incarnation(node);
    if (this.worker[view] === 0) {
      this.worker[view] = node + 1;
      this.life[view] = life;
    } else if (this.worker[view] !== node + 1 || (this.life[view] !== life && replicaCount > 1)) {
      // A single replica has nobody who could have moved on without it.
      this.fail(`r${node} works as primary of view ${view} again after a restart`);
    }
  }

  private proposes(node: number, op: number, view: number, prepare: Prepare): void {
    for (; this.ops <= op; this.ops += 1) {
      this.proposal[this.ops] = null;
      this.proposalView[this.ops] = -1;
    }
    const before = this.proposal[op]!;
    if (before !== null && this.proposalView[op] === view) {
      if (!equal128(before.header.checksum, prepare.header.checksum)) {
        this.fail(`r${node} proposed two entries at op ${op} in view ${view}`);
      }
    }
    this.proposal[op] = prepare;
    this.proposalView[op] = view;
  }

  private fail(message: string): void {
    this.world.violate(this.index, message);
  }
}

export const onePrimary: Invariant = {
  name: 'one-primary',
  holds: 'at most one primary, in one incarnation, does normal work in a view',
  watches: [STEP_STATUS, STEP_PROPOSE, STEP_REPLY],
  create: (world, index) => new OnePrimaryChecker(world, index),
};
