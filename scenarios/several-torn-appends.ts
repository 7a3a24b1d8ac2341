/**
 * Several torn appends in one crash.
 *
 *  1. Four clients keep the pipeline full: a backup has up to three prepares under way.
 *  2. It loses power in the middle; most of what was unsynced is garbage.
 *  3. If every torn slot lies above the highest header, all of them were never acknowledged and are
 *     cut together; else none is, and the replica waits to be told.
 */
import { STEP_OVERWRITE } from '../core/observer.ts';
import type { Scenario } from '../vopr/sim/scenario.ts';
import { clients } from './stage.ts';

export const severalTornAppends: Scenario = {
  name: 'several-torn-appends',
  area: 'journal',
  injects: ['power_cut', 'garbage_write'],
  holds: 'torn appends are cut only where nothing acknowledged can have stood',
  configure(configuration) {
    clients(configuration, 4, 20);
    configuration.disk.oldOf16 = 2;
    configuration.disk.garbageOf16 = 11;
  },
  script(world) {
    for (const cut of [0, 1, 2, 3, 4]) {
      const write = { kind: STEP_OVERWRITE, node: 2 * (cut & 1), nth: 5 + 7 * cut };
      world.onStep(write, (node) => {
        world.after(120, () => world.powerCut(node, 8_000));
      });
    }
  },
};
