/**
 * Clock: one clock is wrong from the start, by ten minutes.
 *
 *  1. r1 leads the first view, and its wall clock agrees with nobody’s. It must not stamp by it,
 *     and may stamp by the agreement of the others only within its bounds.
 *  2. Each of the others restarts once, and has to find the agreement anew, from r1 among others.
 */
import { STEP_COMMIT } from '../core/observer.ts';
import type { Scenario } from '../vopr/sim/scenario.ts';
import { clients } from './stage.ts';

export const clockOffsetBeyondTolerance: Scenario = {
  name: 'clock-offset-beyond-tolerance',
  area: 'clock',
  injects: ['clock_forward', 'power_cut'],
  holds:
    'a clock that is wrong from the start, by far, neither stamps an entry nor stops the cluster',
  configure(configuration) {
    clients(configuration, 3, 40);
  },
  script(world) {
    world.at(1, () => world.jumpClock(1, 600_000_000));
    world.onStep({ kind: STEP_COMMIT, node: 0, nth: 30 }, (node) => world.powerCut(node, 10_000));
    world.onStep({ kind: STEP_COMMIT, node: 2, nth: 60 }, (node) => world.powerCut(node, 10_000));
  },
};
