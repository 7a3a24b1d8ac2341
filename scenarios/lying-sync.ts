/**
 * Beyond the model: a disk that says "synced" and syncs nothing.
 *
 *  1. For a while every sync of r0 lies. It acknowledges what is only in its cache.
 *  2. It loses power: its disk is as it was before, whole and old.
 *  3. Suspended: the invariants that trust a sync. The honest two still have everything, nobody
 *     crashes, and r0 catches up to a log whose chain it can check.
 */
import { STEP_COMMIT } from '../core/observer.ts';
import type { Scenario } from '../vopr/sim/scenario.ts';
import { clients, loseUnsynced } from './stage.ts';

export const lyingSync: Scenario = {
  name: 'lying-sync',
  area: 'beyond',
  injects: ['lying_sync', 'power_cut'],
  holds: 'one disk that lies about syncs neither crashes an honest replica nor changes the log',
  configure(configuration) {
    clients(configuration, 2, 40);
    loseUnsynced(configuration);
    configuration.core.members = 0b111;
  },
  script(world) {
    world.onStep({ kind: STEP_COMMIT, node: 0, nth: 5 }, () => world.lieAboutSyncs(0, true));
    world.onStep({ kind: STEP_COMMIT, node: 0, nth: 22 }, () => {
      world.powerCut(0, 5_000);
      world.lieAboutSyncs(0, false);
    });
  },
};
