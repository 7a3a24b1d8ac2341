/**
 * Convergence: the healed core answers everything, agrees and repairs itself in bounded virtual
 * time. That it gets there in time is watched by the simulator's clock, which fails this invariant
 * (or finds a proven excuse) when it does not; here is checked that it truly is there.
 *
 * Cost: one inspection of each member, once a run.
 */
import type { Checker, Invariant, World } from '../vopr/sim/checker.ts';

class ConvergenceChecker implements Checker {
  private readonly world: World;
  private readonly index: number;

  constructor(world: World, index: number) {
    this.world = world;
    this.index = index;
  }

  reset(): void {
    // Nothing is remembered.
  }

  converged(): void {
    const { world } = this;
    world.evaluated(this.index);
    let commit = -1;
    let first = -1;
    for (let node = 0; node < world.replicaCount; node += 1) {
      if (!world.inCore(node)) continue;
      const seen = world.inspect(node);
      if (seen === null) {
        this.fail(`r${node} of the core is down`);
        return;
      }
      if (seen.opening) this.fail(`r${node} has not begun to speak`);
      if (seen.syncing || seen.damaged > 0) {
        this.fail(`r${node} still syncs or knows of ${seen.damaged} damaged units`);
      }
      if (commit >= 0 && seen.commit !== commit) {
        this.fail(`r${node} is at op ${seen.commit}, r${first} at op ${commit}`);
      }
      commit = seen.commit;
      first = node;
    }
    for (let i = 0; i < world.clientCount; i += 1) {
      if (!world.client(i).idle) this.fail(`c${i} still waits for an answer`);
    }
  }

  private fail(message: string): void {
    this.world.violate(this.index, message);
  }
}

export const convergence: Invariant = {
  name: 'convergence',
  holds: 'the healed core answers everything, agrees and is repaired in bounded virtual time',
  watches: [],
  create: (world, index) => new ConvergenceChecker(world, index),
};
