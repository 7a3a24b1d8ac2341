/**
 * A longer log of an older view against a shorter one of a newer view.
 *
 *  1. r1, alone, proposes as many ops as its pipeline takes. Nobody else ever gets them.
 *  2. r2 and r0 change to view 2 without it, and commit other ops there.
 *  3. r0 dies. r2 restarts, so that it cannot go on with view 2, and meets r1.
 *  4. r1's log is as long or longer, but of view 1: what r2 committed in view 2 must stand.
 */
import { STEP_COMMIT, STEP_PROPOSE, STEP_START_VIEW } from '../core/observer.ts';
import type { Scenario } from '../vopr/sim/scenario.ts';
import { clients, keeps } from './stage.ts';

export const longerLogOfOlderView: Scenario = {
  name: 'longer-log-of-older-view',
  area: 'view-change',
  injects: ['isolate', 'power_cut', 'crash'],
  holds: 'a log of a newer view stands against a longer one of an older view',
  configure(configuration) {
    clients(configuration, 6, 20);
  },
  script(world) {
    world.onStep({ kind: STEP_PROPOSE, node: 1, nth: 12 }, () => world.isolate(1));
    world.onStep({ kind: STEP_START_VIEW, node: 2, when: (view) => view > 1 }, (_, __, head) => {
      world.onStep({ kind: STEP_COMMIT, node: 2, when: (op) => op > head }, (___, op) => {
        keeps(world, op);
        world.crash(0, 1_500_000);
        world.powerCut(2, 5_000);
        world.reconnect();
      });
    });
  },
};
