/**
 * Failed syncs: the page cache serves what the platter does not hold.
 *
 *  1. A sync of r2's journal fails. What it covered reads back, and is called clean, but is lost.
 *  2. It must be written again and covered by a good sync before it is acknowledged: the next sync
 *     would succeed and prove nothing.
 *  3. r2 loses power soon after.
 */
import { STEP_OVERWRITE } from '../core/observer.ts';
import type { Scenario } from '../vopr/sim/scenario.ts';
import { clients, loseUnsynced } from './stage.ts';

export const failedSyncs: Scenario = {
  name: 'failed-syncs',
  area: 'journal',
  injects: ['failed_sync', 'power_cut'],
  holds: 'nothing that a failed sync covered is acknowledged before it was written again',
  configure(configuration) {
    clients(configuration, 3, 30);
    loseUnsynced(configuration);
  },
  script(world) {
    for (const nth of [5, 11, 20, 34]) {
      const node = 1 + (nth & 1);
      world.onStep({ kind: STEP_OVERWRITE, node, nth }, () => world.failSync(node));
      world.onStep({ kind: STEP_OVERWRITE, node, nth: nth + 3 }, () =>
        world.after(200, () => world.powerCut(node, 3_000)),
      );
    }
  },
};
