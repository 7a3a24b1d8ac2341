/**
 * Superblock: one new copy and three old ones, one of which rots.
 *
 *  1. The primary dies. r0 promises view 2: the first of the four copies is durable.
 *  2. The power fails while the second is being written, and the last old copy rots.
 *  3. The new copy is the child of an intact one: it counts, although it stands alone.
 */
import { STATUS_VIEW_CHANGE, STEP_COMMIT, STEP_STATUS } from '../core/observer.ts';
import type { Scenario } from '../vopr/sim/scenario.ts';
import { clients, copyOf, loseUnsynced } from './stage.ts';

export const superblockOneNewThreeOld: Scenario = {
  name: 'superblock-one-new-three-old',
  area: 'superblock',
  injects: ['power_cut', 'sector_rot'],
  holds: 'the newest superblock copy counts once a single intact copy vouches for it',
  configure(configuration) {
    clients(configuration, 2, 24);
    loseUnsynced(configuration);
  },
  script(world) {
    world.onStep({ kind: STEP_COMMIT, node: 1, nth: 11 }, () => world.powerCut(1));
    const changes = (status: number, view: number): boolean =>
      status === STATUS_VIEW_CHANGE && view > 1;
    world.onStep({ kind: STEP_STATUS, node: 0, when: changes }, (_node, _status, promised) => {
      // Each copy takes 5 to 6 ms: after 8, one is durable and the next is under way.
      world.delaySyncs(0, 5_000);
      world.after(8_000, () => {
        world.delaySyncs(0, 0);
        world.powerCut(0, 5_000);
        world.require(world.damage(0, 'superblock', copyOf(3), 'sector_rot'), 'copy 3 is durable');
        world.onStep({ kind: STEP_STATUS, node: 0 }, (_n, _s, view) => {
          world.require(view >= promised, `r0 came back in view ${view}, not ${promised}`);
          world.restart(1);
        });
      });
    });
  },
};
