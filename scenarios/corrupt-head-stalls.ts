/**
 * Corrupt head of a committed op on its only reachable holder.
 *
 *  1. r2 is cut off; r0 and r1 commit op n, the head.
 *  2. r0 loses power. So does r1, whose copy of n then turns out to be rotten.
 *  3. r1 and r2 meet: r2 denies n, r1 can neither deny nor show it. They must wait for r0.
 */
import { STEP_COMMIT } from '../core/observer.ts';
import type { Scenario } from '../vopr/sim/scenario.ts';
import { keeps, oneClient, prepareOf } from './stage.ts';

export const corruptHeadStalls: Scenario = {
  name: 'corrupt-head-stalls',
  area: 'view-change',
  injects: ['isolate', 'power_cut', 'sector_rot'],
  holds: 'a committed op whose only reachable copy is rotten stalls the view change',
  configure(configuration) {
    oneClient(configuration, 40);
  },
  script(world) {
    world.onStep({ kind: STEP_COMMIT, node: 0, nth: 10 }, () => world.isolate(2));
    world.onStep({ kind: STEP_COMMIT, node: 0, nth: 13 }, (_, n) => {
      world.require(world.damage(1, 'journal', prepareOf(n), 'sector_rot'), 'r1 holds n');
      world.powerCut(0, 1_500_000);
      world.powerCut(1, 10_000);
      world.reconnect();
      keeps(world, n);
    });
  },
};
