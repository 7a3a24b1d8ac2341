/**
 * Corrupt head of a committed op on its only reachable holder.
 *
 *  1. r0 is cut off; r1 and r2 commit op n, the head.
 *  2. r1 loses power. So does r2, whose copy of n then turns out to be rotten.
 *  3. r2 and r0 meet: r0 denies n, r2 can neither deny nor show it. They must wait for r1.
 */
import { STEP_COMMIT } from '../core/observer.ts';
import type { Scenario } from '../vopr/sim/scenario.ts';
import { headersAlone, keeps, oneClient, prepareOf } from './stage.ts';

export const corruptHeadStalls: Scenario = {
  name: 'corrupt-head-stalls',
  area: 'view-change',
  injects: ['isolate', 'power_cut', 'sector_rot'],
  holds: 'a committed op whose only reachable copy is rotten stalls the view change',
  configure(configuration) {
    headersAlone(configuration);
    oneClient(configuration, 40);
  },
  script(world) {
    world.onStep({ kind: STEP_COMMIT, node: 1, nth: 10 }, () => world.isolate(0));
    world.onStep({ kind: STEP_COMMIT, node: 1, nth: 13 }, (_, n) => {
      world.require(world.damage(2, 'journal', prepareOf(n), 'sector_rot'), 'r2 holds n');
      world.powerCut(1, 1_500_000);
      world.powerCut(2, 10_000);
      world.reconnect();
      keeps(world, n);
    });
  },
};
