/**
 * Log_view regression: a log is adopted, but the promise never reaches the disk.
 *
 *  1. r0 proposes op n to r1 alone and loses power, and with it its own copy.
 *  2. r1 leads view 1, whose log keeps n. r2 adopts it; the promise of log_view 1 is slow to sync.
 *  3. Were r2 to acknowledge n now, n would commit.
 *  4. r2 loses power: on its disk log_view is still 0. r1 dies.
 *  5. r0 and r2 choose a log, neither having promised n: they truncate it.
 */
import { STEP_COMMIT, STEP_DO_VIEW_CHANGE, STEP_OVERWRITE } from '../core/observer.ts';
import { STEP_PROPOSE, STEP_START_VIEW } from '../core/observer.ts';
import type { Scenario } from '../vopr/sim/scenario.ts';
import { loseUnsynced, oneClient } from './stage.ts';

export const logViewRegression: Scenario = {
  name: 'log-view-regression',
  area: 'view-change',
  injects: ['loss', 'power_cut', 'lost_write'],
  holds: 'what a replica acknowledged in a view outlives a crash, because its log_view was durable',
  configure(configuration) {
    oneClient(configuration, 30);
    loseUnsynced(configuration);
  },
  script(world) {
    world.onStep({ kind: STEP_COMMIT, node: 0, nth: 4 }, () => world.delaySyncs(0, 60_000));
    world.onStep({ kind: STEP_PROPOSE, node: 0, nth: 6 }, (_, n) => {
      world.drop({ kind: 'prepare', to: 2, times: 1 });
      const reachedR1 = { kind: STEP_OVERWRITE, node: 1, when: (op: number) => op === n };
      world.onStep(reachedR1, () => world.powerCut(0));
    });
    world.onStep({ kind: STEP_DO_VIEW_CHANGE, node: 2 }, () => world.delaySyncs(2, 400_000));
    world.onStep({ kind: STEP_START_VIEW, node: 2 }, () => {
      world.delaySyncs(2, 0);
      world.after(20_000, () => {
        world.powerCut(2, 5_000);
        world.powerCut(1, 1_500_000);
        world.restart(0);
      });
    });
  },
};
