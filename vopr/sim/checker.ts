/**
 * What an invariant is, and the ground truth that the world gives it.
 *
 * An invariant watches the protocol steps of `core/observer.ts`; the simulator dispatches each step
 * of a running node to the checkers that asked for its kind: one array lookup and one call a
 * checker, nothing allocated. A checker lives as long as its simulator and is `reset` before every
 * run, so that its tables are pooled. It reads the world, reports through `violate`, and never
 * changes anything: a run's digest is the same with and without checkers.
 */
import type { Limits } from '../../core/limits.ts';
import type { Hash128 } from '../../core/types/hash128.ts';
import type { Configuration } from './configuration.ts';
import type { FaultName } from './faults.ts';
import type { NodeInspection, SimClient } from './sim-node.ts';

export interface Invariant {
  readonly name: string;
  /** One sentence: holds when … */
  readonly holds: string;
  /** Beyond-the-model faults under which it need not hold: a violation is then only reported. */
  readonly suspendedBy?: readonly FaultName[];
  /** Step kinds (`STEP_…`) that `step` wants; none is fine. */
  readonly watches: readonly number[];
  /** Called once for each simulator. `index` is what `violate` and `evaluated` take. */
  create(world: World, index: number): Checker;
}

/**
 * Order of calls in a run: `reset`, then `opened` for each node, then steps, crashes and restarts
 * as they happen, `healed` once, `converged` only if the core converged, and `finish` always last
 * (after a violation too: only the first violation of a run is its verdict).
 */
export interface Checker {
  reset(): void;
  /** One protocol step of the running node `node`; `ref` as `core/observer.ts` says. */
  step?(node: number, kind: number, a: number, b: number, c: number, ref: unknown): void;
  /**
   * A node opened on its disk, at boot and after each restart. Its own steps during open come
   * first.
   */
  opened?(node: number): void;
  /** The running node stopped existing; with `power` its unsynced sectors have met their fate. */
  crashed?(node: number, power: boolean): void;
  /** The running node stopped itself, and says why. */
  stopped?(node: number, reason: string): void;
  /** The disk was replaced by an empty one (the node was down). */
  replaced?(node: number): void;
  /** The core is chosen and repaired; no new fault strikes inside it from now on. */
  healed?(): void;
  /** Every core member agrees and every core client is answered. */
  converged?(): void;
  /** Last look at the world, whatever happened. */
  finish?(): void;
}

export const PHASE_BOOT = 0;
export const PHASE_STORM = 1;
/** The core is healed and must converge. */
export const PHASE_CORE = 2;
export const PHASE_VERDICT = 3;

/** Ground truth, never what a replica says of itself (but for `inspect`, which is just that). */
export interface World {
  readonly configuration: Configuration;
  readonly limits: Limits;
  readonly seed: number;
  readonly cluster: Hash128;
  /** Voters are nodes 0 … replicaCount − 1; standbys follow. */
  readonly replicaCount: number;
  readonly standbyCount: number;
  /** replicaCount + standbyCount. */
  readonly nodeCount: number;
  readonly clientCount: number;
  readonly replicationQuorum: number;
  readonly viewChangeQuorum: number;
  /** `PHASE_…`. */
  readonly phase: number;
  /** Virtual microseconds since boot, and the world's true wall clock in microseconds. */
  readonly now: number;
  readonly trueTime: number;
  /** The node's wall clock minus the true time, now, in microseconds. */
  clockError(node: number): number;
  /** Events handled so far: names a moment of this run. */
  readonly events: number;

  /** Running now: not crashed, not stopped. A paused node is up. */
  up(node: number): boolean;
  /** Starts at 1 with the first open, grows with each restart. */
  incarnation(node: number): number;
  /** The disk was replaced at some time in this run. */
  lost(node: number): boolean;
  /** Member of the healed core; false for all before `PHASE_CORE`. */
  inCore(node: number): boolean;
  /** Bit set of the core. */
  readonly core: number;
  /**
   * The running node's own view of itself; null while it is down. Reused: read it, do not keep it.
   */
  inspect(node: number): NodeInspection | null;
  client(index: number): SimClient<unknown>;
  /** How many faults of this kind were delivered so far. */
  delivered(fault: FaultName): number;

  /** The node's disk, below. */
  disk(node: number): DiskTruth;

  /** Adds one to the invariant's evaluations: call it where the claim is really compared. */
  evaluated(invariant: number): void;
  /** Ends the run with this violation, if it is the first. Cheap to call again. */
  violate(invariant: number, message: string): void;
}

/**
 * What a node's disk durably holds (the platter), without the damage that was injected since.
 * Bytes that a power cut tore or turned to garbage are platter truth, not damage.
 */
export interface DiskTruth {
  /** Durable names, in the order of their creation; allocates. */
  names(): readonly string[];
  /** Durable size of the file in bytes; -1 when there is no such file. */
  size(name: string): number;
  /**
   * Copies pristine durable bytes; beyond the durable size nothing. Returns the bytes copied, or -1
   * when there is no such file. Costs a map lookup and the copy.
   */
  readDurable(
    name: string,
    offset: number,
    length: number,
    into: Uint8Array,
    intoOffset: number,
  ): number;
  /**
   * Whether the pristine durable bytes at `offset` are the first `length` of `bytes`: compared at
   * every `stride`th byte and in the last sixteen. False beyond the durable size. Copies nothing.
   */
  sampleDurable(
    name: string,
    offset: number,
    bytes: Uint8Array,
    length: number,
    stride: number,
  ): boolean;
  /** As `readDurable`, of what a read by the node would give if nothing had been damaged. */
  readCached(
    name: string,
    offset: number,
    length: number,
    into: Uint8Array,
    intoOffset: number,
  ): number;
  /**
   * Whether the durable bytes at `offset`, as injected damage leaves them, are the first `length`
   * of `bytes`. Compares all of them.
   */
  intact(name: string, offset: number, bytes: Uint8Array, length: number): boolean;
  /** Whether injected damage stands in any sector of this range and has not been overwritten. */
  damaged(name: string, offset: number, length: number): boolean;
  /** Whether this range was ever damaged by injection in this run, repaired since or not. */
  everDamaged(name: string, offset: number, length: number): boolean;
  /** Whether bytes of this range were written and no good sync has covered them yet. */
  unsynced(name: string, offset: number, length: number): boolean;
  /** Injected damage standing on this disk, in sectors. */
  readonly damagedSectors: number;
}

/**
 * A reason why a healed core may fail to converge, proven from pristine truth. The list given to a
 * simulator is closed; each use is counted in the result.
 */
export interface Excuse {
  readonly name: string;
  /** Why nothing could have been done. */
  readonly because: string;
  /** Called only when convergence failed. Must be certain: "maybe" is false. */
  proven(world: World): boolean;
}
