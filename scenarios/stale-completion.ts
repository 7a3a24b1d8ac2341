/**
 * Stale completion: a sync begun in one view ends after the views have come round again.
 *
 *  1. r1 dies: r2 and r0 need one another for every view change.
 *  2. Their disks are so slow that views pass before a promise is durable: 1, 2, 3, and with 4 the
 *     lead is r2's again.
 *  3. What completes then was promised for view 2, and must decide nothing.
 */
import { STEP_COMMIT, STEP_STATUS } from '../core/observer.ts';
import type { Scenario } from '../vopr/sim/scenario.ts';
import { clients } from './stage.ts';

export const staleCompletion: Scenario = {
  name: 'stale-completion',
  area: 'view-change',
  injects: ['power_cut'],
  holds: 'a completion of an old view may help and never decides',
  configure(configuration) {
    clients(configuration, 2, 30);
  },
  script(world) {
    world.onStep({ kind: STEP_COMMIT, node: 1, nth: 9 }, () => {
      world.powerCut(1);
      world.delaySyncs(2, 160_000);
      world.delaySyncs(0, 90_000);
    });
    const roundAgain = (_status: number, view: number): boolean => view >= 5;
    world.onStep({ kind: STEP_STATUS, node: 2, when: roundAgain }, () => {
      world.delaySyncs(2, 0);
      world.delaySyncs(0, 0);
      world.after(1_500_000, () => world.restart(1));
    });
  },
};
