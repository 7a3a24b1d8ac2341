/**
 * Crash: power fails as the superblock has come to name a checkpoint whose files are slow to sync.
 *
 *  1. Syncs of r2's tenant files take long; those of its superblock and journal do not.
 *  2. A checkpoint is durable, says r2, and loses power at that moment.
 *  3. Every page and entry of the checkpoint is there: the superblock waited for them.
 */
import { STEP_CHECKPOINT } from '../core/observer.ts';
import type { Scenario } from '../vopr/sim/scenario.ts';
import { clients, loseUnsynced } from './stage.ts';

const SLOW_MICROS = 20_000;

export const checkpointWaitsForItsFiles: Scenario = {
  name: 'checkpoint-waits-for-its-files',
  area: 'crash',
  injects: ['power_cut', 'slow_disk'],
  holds: 'a superblock names a checkpoint only when all files of the checkpoint are durable',
  configure(configuration) {
    clients(configuration, 3, 50);
    loseUnsynced(configuration);
  },
  script(world) {
    world.delaySyncs(2, SLOW_MICROS, 'tenants/');
    for (const nth of [1, 2, 3]) {
      world.onStep({ kind: STEP_CHECKPOINT, node: 2, nth }, (node) => world.powerCut(node, 5_000));
    }
  },
};
