/**
 * State-equality: after applying the same op, every replica has the same running hash over all of
 * its kernel state; again after each restart, which applies again what the checkpoint lacks.
 *
 * Cost: two compares an applied op.
 */
import { STEP_STATE } from '../core/observer.ts';
import type { Checker, Invariant, World } from '../vopr/sim/checker.ts';

class StateEqualityChecker implements Checker {
  private readonly world: World;
  private readonly index: number;
  /** By op: the hash of the first replica that applied it, and whether there is one. */
  private readonly hashA: number[] = [];
  private readonly hashB: number[] = [];
  private readonly known: boolean[] = [];
  private ops: number = 0;

  constructor(world: World, index: number) {
    this.world = world;
    this.index = index;
  }

  reset(): void {
    this.ops = 0;
  }

  step(node: number, _kind: number, op: number, a: number, b: number): void {
    this.compare(node, op, a, b);
  }

  /** A state that was loaded, not applied, must be that of its op as well. */
  opened(node: number): void {
    this.look(node);
  }

  converged(): void {
    for (let node = 0; node < this.world.nodeCount; node += 1) {
      if (this.world.inCore(node)) this.look(node);
    }
  }

  private look(node: number): void {
    const seen = this.world.inspect(node);
    // With damage about, the root that tells the hash may be what is damaged.
    if (seen === null || seen.syncing || seen.damaged > 0 || seen.commit === 0) return;
    this.compare(node, seen.commit, seen.stateHashA, seen.stateHashB);
  }

  private compare(node: number, op: number, a: number, b: number): void {
    for (; this.ops <= op; this.ops += 1) this.known[this.ops] = false;
    if (!this.known[op]!) {
      this.known[op] = true;
      this.hashA[op] = a | 0;
      this.hashB[op] = b | 0;
      return;
    }
    this.world.evaluated(this.index);
    if (this.hashA[op] === (a | 0) && this.hashB[op] === (b | 0)) return;
    this.world.violate(this.index, `r${node} has another state than others after op ${op}`);
  }
}

export const stateEquality: Invariant = {
  name: 'state-equality',
  holds:
    'equal commit means equal hash over all kernel state, on every replica, after loading it ' +
    'from disk and after applying the log again',
  watches: [STEP_STATE],
  create: (world, index) => new StateEqualityChecker(world, index),
};
