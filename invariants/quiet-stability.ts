/**
 * Quiet-stability: from the moment at which every node has committed something until the first
 * fault of the run is delivered nobody changes the view, nobody asks for repair, and nobody syncs.
 * A cluster that cannot sit still when nothing is wrong will not when something is. (Before that
 * moment it starts: the first primary may not take view 0 up, so all go to view 1.)
 *
 * The weather (delay, reordering) is no fault as long as it stays well below a timeout: repair is
 * judged only where delays cannot reach the repair timeout, view changes and syncs where they
 * cannot reach half the silence that deposes a primary. Cost: one flag a step of these rare kinds;
 * the counts of all faults are summed only when one of them happens in a run that was quiet so far.
 */
import { STEP_COMMIT, STEP_REPAIR, STEP_STATUS, STEP_SYNC } from '../core/observer.ts';
import type { Checker, Invariant, World } from '../vopr/sim/checker.ts';
import { PHASE_STORM } from '../vopr/sim/checker.ts';
import { FAULTS } from '../vopr/sim/faults.ts';

/** The longest delay, in units of the configuration's scale, with room. */
const DELAY_SCALES = 128;
/** Hops and syncs between a cause and the heartbeat or answer that calms a timer. */
const STEPS = 4;

class QuietStabilityChecker implements Checker {
  private readonly world: World;
  private readonly index: number;
  private quiet: boolean = true;
  /** Delays are so short that nobody needs to ask for repair. */
  private judgesRepair: boolean = false;
  /** Set of the nodes that have committed something. */
  private started: number = 0;

  constructor(world: World, index: number) {
    this.world = world;
    this.index = index;
  }

  reset(): void {
    this.started = 0;
    const { primaryDeadMicros, repairMicros } = this.world.limits;
    this.quiet = this.calmWithin(primaryDeadMicros / 2);
    this.judgesRepair = this.calmWithin(repairMicros);
  }

  crashed(): void {
    this.judge();
  }

  healed(): void {
    this.judge();
  }

  finish(): void {
    this.judge();
  }

  step(node: number, kind: number, a: number, view: number): void {
    if (!this.quiet) return;
    if (kind === STEP_COMMIT) {
      this.started |= 1 << node;
      return;
    }
    if (!this.allStarted() || (kind === STEP_REPAIR && !this.judgesRepair)) return;
    if (this.world.phase !== PHASE_STORM || this.faulty()) {
      this.judge();
      return;
    }
    const what =
      kind === STEP_STATUS
        ? `went to view ${view}`
        : kind === STEP_REPAIR
          ? `asked for repair (message kind ${a})`
          : `began to sync to op ${a}`;
    this.world.violate(this.index, `r${node} ${what} though nothing was wrong`);
  }

  /** The quiet part of the run is over; it counts if it began at all. */
  private judge(): void {
    if (this.quiet && this.allStarted()) this.world.evaluated(this.index);
    this.quiet = false;
  }

  private allStarted(): boolean {
    return this.started === (1 << this.world.nodeCount) - 1;
  }

  private faulty(): boolean {
    for (const { name } of FAULTS) {
      if (name !== 'delay' && name !== 'reorder' && this.world.delivered(name) > 0) return true;
    }
    return false;
  }

  private calmWithin(micros: number): boolean {
    const { network, disk } = this.world.configuration;
    const hop = network.delayMinMicros + DELAY_SCALES * network.delayScaleMicros;
    const sync = disk.syncMinMicros + DELAY_SCALES * disk.syncScaleMicros;
    return STEPS * (hop + sync) < micros;
  }
}

export const quietStability: Invariant = {
  name: 'quiet-stability',
  holds: 'without faults there is no view change, no repair traffic and no state sync',
  watches: [STEP_COMMIT, STEP_STATUS, STEP_REPAIR, STEP_SYNC],
  create: (world, index) => new QuietStabilityChecker(world, index),
};
