/**
 * State-equality: after applying the same op, every replica has the same running hash over all of
 * its kernel state; again after each restart, which applies again what the checkpoint lacks.
 *
 * When the core has converged, one seed in sixteen makes the state anew in two more ways: by
 * executing all requests once more, and by installing the outcomes found in the tenants' logs on
 * one member's platter, up to its checkpoint. Both must give the hash that the replicas had.
 *
 * Cost: two compares an applied op; about a millisecond for the rebuilding, where it is done.
 */
import type { Prepare } from '../core/codec/prepare.ts';
import { rebuildFromLogs, reexecute } from '../core/kernel/rebuild.ts';
import { STEP_COMMIT, STEP_STATE } from '../core/observer.ts';
import type { MemoryStore } from '../core/store/memory-store.ts';
import type { Checker, Invariant, World } from '../vopr/sim/checker.ts';
import { sharedOf } from './shared.ts';
import { logsOnPlatter } from './tenant-files.ts';
import type { Witness } from './witness.ts';

/** The state is made anew for one seed in this many. */
const REBUILT_OF = 16;
/** Tenants with a number from here on exist in no run. */
const TENANTS_MAX = 8;
const NODE_NAMES: readonly string[] = ['r0', 'r1', 'r2', 'r3', 'r4', 'r5', 'r6', 'r7'];

class StateEqualityChecker implements Checker {
  private readonly world: World;
  private readonly index: number;
  /** By op: the hash of the first replica that applied it, and whether there is one. */
  private readonly hashA: number[] = [];
  private readonly hashB: number[] = [];
  private readonly known: boolean[] = [];
  private ops: number = 0;
  private readonly witness: Witness;

  constructor(world: World, index: number) {
    this.world = world;
    this.index = index;
    this.witness = sharedOf(world).witness;
  }

  reset(): void {
    this.witness.reset();
    this.ops = 0;
  }

  step(node: number, kind: number, op: number, a: number, b: number, ref: unknown): void {
    if (kind === STEP_COMMIT) this.witness.commit(op, ref as Prepare);
    else this.compare(NODE_NAMES[node]!, op, a, b);
  }

  /** A state that was loaded, not applied, must be that of its op as well. */
  opened(node: number): void {
    this.look(node);
  }

  converged(): void {
    for (let node = 0; node < this.world.nodeCount; node += 1) {
      if (this.world.inCore(node)) this.look(node);
    }
    if (this.world.seed % REBUILT_OF !== 0) return;
    this.executesAgain();
    for (let node = 0; node < this.world.replicaCount; node += 1) {
      if (!this.world.inCore(node)) continue;
      this.installsAgain(node);
      return;
    }
  }

  private executesAgain(): void {
    const prepares: Prepare[] = [];
    for (let op = 1; op <= this.witness.head; op += 1) prepares.push(this.witness.at(op)!);
    if (prepares.length === 0) return;
    this.rebuilt('executing all requests again', reexecute(prepares, this.world.limits));
  }

  private installsAgain(node: number): void {
    const { checkpoint } = this.world.inspect(node)!;
    if (checkpoint === 0) return;
    const disk = this.world.disk(node);
    const rebuilt = rebuildFromLogs(
      logsOnPlatter(disk, this.world.limits, TENANTS_MAX, checkpoint),
    );
    if (typeof rebuilt === 'string')
      this.fail(`the logs of r${node} cannot be rebuilt: ${rebuilt}`);
    else this.rebuilt(`rebuilding from the logs of r${node}`, rebuilt, checkpoint);
  }

  private rebuilt(how: string, store: MemoryStore, op: number = this.witness.head): void {
    this.compare(how, op, store.stateHashA, store.stateHashB);
  }

  private look(node: number): void {
    const seen = this.world.inspect(node);
    // With damage about, the root that tells the hash may be what is damaged.
    if (seen === null || seen.syncing || seen.damaged > 0 || seen.commit === 0) return;
    if (seen.installing) return;
    this.compare(NODE_NAMES[node]!, seen.commit, seen.stateHashA, seen.stateHashB);
  }

  private compare(who: string, op: number, a: number, b: number): void {
    for (; this.ops <= op; this.ops += 1) this.known[this.ops] = false;
    if (!this.known[op]!) {
      this.known[op] = true;
      this.hashA[op] = a | 0;
      this.hashB[op] = b | 0;
      return;
    }
    this.world.evaluated(this.index);
    if (this.hashA[op] === (a | 0) && this.hashB[op] === (b | 0)) return;
    this.fail(`${who} gave another state than before after op ${op}`);
  }

  private fail(message: string): void {
    this.world.violate(this.index, message);
  }
}

export const stateEquality: Invariant = {
  name: 'state-equality',
  holds:
    'equal commit means equal hash over all kernel state, on every replica, after loading it ' +
    'from disk, after rebuilding it from the logs, and after executing the requests again',
  watches: [STEP_COMMIT, STEP_STATE],
  create: (world, index) => new StateEqualityChecker(world, index),
};
