/**
 * Log_view regression: a log is adopted, but the promise never reaches the disk.
 *
 *  1. r1 proposes op n to r2 alone and loses power, and with it its own copy.
 *  2. r2 leads view 2, whose log keeps n. r0 adopts it; the promise of log_view 2 is slow to sync.
 *  3. Were r0 to acknowledge n now, n would commit.
 *  4. r0 loses power: on its disk log_view is still 0. r2 dies.
 *  5. r1 and r0 choose a log, neither having promised n: they truncate it.
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
    const later = (view: number): boolean => view > 1;
    world.onStep({ kind: STEP_COMMIT, node: 1, nth: 4 }, () => world.delaySyncs(1, 60_000));
    world.onStep({ kind: STEP_PROPOSE, node: 1, nth: 6 }, (_, n) => {
      world.drop({ kind: 'prepare', to: 0, times: 1 });
      const reachesR2 = { kind: STEP_OVERWRITE, node: 2, when: (op: number) => op === n };
      world.onStep(reachesR2, () => world.powerCut(1));
    });
    const promised = { kind: STEP_DO_VIEW_CHANGE, node: 0, when: later };
    world.onStep(promised, () => world.delaySyncs(0, 400_000));
    world.onStep({ kind: STEP_START_VIEW, node: 0, when: later }, () => {
      world.delaySyncs(0, 0);
      world.after(20_000, () => {
        world.powerCut(0, 5_000);
        world.powerCut(2, 1_500_000);
        world.restart(1);
      });
    });
  },
};
