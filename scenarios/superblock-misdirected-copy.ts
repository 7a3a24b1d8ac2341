/**
 * Superblock: a copy written to the place of another.
 *
 *  1. r0's superblock names checkpoint 8. Its first copy went astray onto the second: the first
 *     place shows an old state, the second a copy that says it belongs elsewhere.
 *  2. r0 loses power. Of the four only the last two are right, and they must win.
 */
import { STEP_CHECKPOINT, STEP_COMMIT } from '../core/observer.ts';
import { TINY } from '../core/limits.ts';
import type { Scenario } from '../vopr/sim/scenario.ts';
import { clients, copyOf } from './stage.ts';

export const superblockMisdirectedCopy: Scenario = {
  name: 'superblock-misdirected-copy',
  area: 'superblock',
  injects: ['power_cut', 'misdirected_write'],
  holds: 'a superblock copy in the wrong place neither counts nor hides the newest state',
  configure(configuration) {
    clients(configuration, 2, 24);
  },
  script(world) {
    world.onStep({ kind: STEP_COMMIT, node: 0, nth: 4 }, () => world.saveDisk(0));
    world.onStep({ kind: STEP_CHECKPOINT, node: 0 }, () => {
      for (let at = copyOf(0); at < copyOf(1); at += TINY.sectorBytes) {
        world.require(world.misdirect(0, 'superblock', at, at + copyOf(1)), 'all is durable');
      }
      world.powerCut(0, 5_000);
    });
  },
};
