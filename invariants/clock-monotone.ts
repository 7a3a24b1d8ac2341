/**
 * Clock-monotone: timestamps increase with op, strictly; and as long as a majority of the voters'
 * clocks have been within tolerance, an op is stamped within a bound of true time.
 *
 * The bound is the sum of what the agreement may be off by: tolerance for the clock itself,
 * tolerance for the padding of its interval, as much again for the longest round trip that is
 * accepted as a sample, and drift over the age of a sample.
 *
 * Cost: two compares a commit; a proposal reads each clock's error once.
 */
import type { Prepare } from '../core/codec/prepare.ts';
import { STEP_COMMIT, STEP_PROPOSE } from '../core/observer.ts';
import type { Checker, Invariant, World } from '../vopr/sim/checker.ts';

const TOLERANCES = 3;
/** Parts of a sample's age by which two clocks may drift apart meanwhile: generous. */
const DRIFT_PART = 1000;

class ClockMonotoneChecker implements Checker {
  private readonly world: World;
  private readonly index: number;
  private readonly timestamps: number[] = [0];
  private head: number = 0;
  /** Whether a majority of clocks was within tolerance whenever anyone looked. */
  private sound: boolean = true;

  constructor(world: World, index: number) {
    this.world = world;
    this.index = index;
  }

  reset(): void {
    this.head = 0;
    this.sound = true;
  }

  step(node: number, kind: number, op: number, view: number, _c: number, ref: unknown): void {
    const { header } = ref as Prepare;
    // A new primary proposes what it inherited with the old timestamp.
    if (kind === STEP_PROPOSE) {
      if (header.view === view) this.stamped(node, op, header.timestamp);
      return;
    }
    this.world.evaluated(this.index);
    if (op > this.head) {
      this.head = op;
      this.timestamps[op] = header.timestamp;
    }
    const before = op === 1 ? 0 : this.timestamps[op - 1]!;
    if (header.timestamp > before) return;
    this.world.violate(
      this.index,
      `op ${op} is stamped ${header.timestamp}, op ${op - 1} ${before}`,
    );
  }

  private stamped(node: number, op: number, timestamp: number): void {
    const { world } = this;
    const tolerance = world.limits.clockToleranceMicros;
    let within = 0;
    for (let voter = 0; voter < world.replicaCount; voter += 1) {
      if (Math.abs(world.clockError(voter)) <= tolerance) within += 1;
    }
    if (2 * within <= world.replicaCount) this.sound = false;
    // Once wrong, the strict order of timestamps may keep them wrong for long.
    if (!this.sound) return;
    world.evaluated(this.index);
    const bound = TOLERANCES * tolerance + world.limits.clockSampleMicros / DRIFT_PART;
    const error = timestamp - world.trueTime;
    if (Math.abs(error) <= bound) return;
    world.violate(this.index, `r${node} stamped op ${op} ${error} µs away from true time`);
  }
}

export const clockMonotone: Invariant = {
  name: 'clock-monotone',
  holds:
    'log timestamps increase, and while a majority of clocks is within tolerance they stay ' +
    'within the agreed bound of true time',
  suspendedBy: ['clocks_wrong'],
  watches: [STEP_PROPOSE, STEP_COMMIT],
  create: (world, index) => new ClockMonotoneChecker(world, index),
};
