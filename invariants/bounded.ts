/**
 * Bounded: every queue, table and buffer that reports its size stays within the limit that the
 * run's own `Limits` give it. The limit that the node believes in must be that one too.
 *
 * Cost: three compares each time a bounded thing grows.
 */
import {
  BOUND_PIPELINE,
  BOUND_READ_QUEUE,
  BOUND_REPAIRS,
  BOUND_REQUEST_QUEUE,
  BOUND_SESSIONS,
  BOUND_UNIT_REPAIRS,
  STEP_BOUND,
} from '../core/observer.ts';
import type { Checker, Invariant, World } from '../vopr/sim/checker.ts';

const NAMES: readonly string[] = [
  'pipeline',
  'request queue',
  'read queue',
  'repairs in flight',
  'sessions',
  'unit repairs',
];

class BoundedChecker implements Checker {
  private readonly world: World;
  private readonly index: number;

  constructor(world: World, index: number) {
    this.world = world;
    this.index = index;
  }

  reset(): void {
    // Nothing is remembered.
  }

  step(node: number, _kind: number, what: number, size: number, limit: number): void {
    this.world.evaluated(this.index);
    const own = limitOf(what, this.world);
    if (size <= limit && limit <= own) return;
    this.world.violate(
      this.index,
      `r${node}: ${NAMES[what] ?? `bound ${what}`} holds ${size} of ${limit}; the limit is ${own}`,
    );
  }
}

function limitOf(what: number, world: World): number {
  const { limits } = world;
  switch (what) {
    case BOUND_PIPELINE:
      return limits.pipelineMax;
    case BOUND_REQUEST_QUEUE:
      return limits.requestQueueMax;
    case BOUND_READ_QUEUE:
      return limits.readQueueMax;
    case BOUND_REPAIRS:
      return limits.repairsPerPeerMax * Math.max(1, world.nodeCount - 1);
    case BOUND_SESSIONS:
      return limits.sessionsMax;
    case BOUND_UNIT_REPAIRS:
      return limits.unitRepairsMax;
    default:
      // A bound without a limit is no bound: -1 fails it.
      return -1;
  }
}

export const bounded: Invariant = {
  name: 'bounded',
  holds: 'no queue, table or buffer exceeds its limit',
  watches: [STEP_BOUND],
  create: (world, index) => new BoundedChecker(world, index),
};
