/**
 * A single replica and its power: there is nobody to ask.
 *
 *  1. It acknowledges after one sync, so its head may stand without a header.
 *  2. The power fails again and again, in the middle of appends and of checkpoints.
 *  3. A torn tail is cut, and never reaches below what was acknowledged.
 */
import { STEP_COMMIT, STEP_OVERWRITE } from '../core/observer.ts';
import type { Scenario } from '../vopr/sim/scenario.ts';
import { clients } from './stage.ts';

export const singleReplicaPowerCuts: Scenario = {
  name: 'single-replica-power-cuts',
  area: 'calm',
  injects: ['power_cut', 'lost_write'],
  holds: 'a single replica loses nothing that it acknowledged to power cuts',
  configure(configuration) {
    configuration.replicaCount = 1;
    clients(configuration, 3, 24);
    configuration.disk.oldOf16 = 7;
    configuration.disk.garbageOf16 = 5;
  },
  script(world) {
    for (const nth of [4, 9, 15, 22, 33]) {
      world.onStep({ kind: STEP_OVERWRITE, node: 0, nth }, () =>
        world.after(30 + 7 * nth, () => world.powerCut(0, 2_000)),
      );
    }
    const checkpoints = (op: number): boolean => op % 8 === 0;
    world.onStep({ kind: STEP_COMMIT, node: 0, nth: 2, when: checkpoints }, () =>
      world.after(300, () => world.powerCut(0, 2_000)),
    );
  },
};
