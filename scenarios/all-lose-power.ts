/**
 * Crash: the whole cluster loses power at one moment.
 *
 *  1. All three lose power together, in the middle of work; half of what was not synced is gone.
 *  2. Nobody is left who remembers a view: what is on the disks must do. They come back at
 *     different times, in a different order each time.
 *  3. Five times. Whatever a client was told is there.
 */
import { STEP_COMMIT } from '../core/observer.ts';
import type { Scenario } from '../vopr/sim/scenario.ts';
import { clients } from './stage.ts';

export const allLosePower: Scenario = {
  name: 'all-lose-power',
  area: 'crash',
  injects: ['power_cut', 'lost_write'],
  holds:
    'what was acknowledged survives the loss of power of all replicas at once, time after time',
  configure(configuration) {
    clients(configuration, 3, 50);
    configuration.disk.oldOf16 = 8;
    configuration.disk.garbageOf16 = 1;
  },
  script(world) {
    for (const nth of [10, 24, 41, 60, 77]) {
      world.onStep({ kind: STEP_COMMIT, node: nth % 3, nth }, (node) => {
        for (const other of [0, 1, 2]) {
          const back = 3_000 + 40_000 * ((other + nth) % 3);
          if (other !== node && world.up(other)) world.powerCut(other, back);
        }
        world.powerCut(node, 20_000);
      });
    }
  },
};
