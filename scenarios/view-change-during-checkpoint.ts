/**
 * View change during a checkpoint: two superblock updates meet.
 *
 *  1. The superblock of r2 and r0 is about to name checkpoint 8; their disks are slow.
 *  2. r1 restarts and gives up its view: the promise of view 2 has to wait for the checkpoint's
 *     update, and must then name both.
 *  3. r0 loses power somewhere between the eight syncs.
 */
import { STEP_COMMIT } from '../core/observer.ts';
import type { Scenario } from '../vopr/sim/scenario.ts';
import { clients } from './stage.ts';

export const viewChangeDuringCheckpoint: Scenario = {
  name: 'view-change-during-checkpoint',
  area: 'superblock',
  injects: ['crash', 'power_cut'],
  holds: 'a promise made while a checkpoint is being recorded loses neither',
  configure(configuration) {
    clients(configuration, 2, 30);
    configuration.disk.oldOf16 = 8;
    configuration.disk.garbageOf16 = 2;
  },
  script(world) {
    for (const op of [8, 16, 24]) {
      world.onStep({ kind: STEP_COMMIT, node: 0, when: (at) => at === op }, () => {
        const leader = world.primary();
        if (leader < 0 || leader === 0) return;
        world.delaySyncs(2, 1_500);
        world.delaySyncs(0, 1_500);
        world.after(2_000, () => world.crash(leader, 1_000));
        world.after(6_000 + 400 * op, () => {
          world.delaySyncs(2, 0);
          world.delaySyncs(0, 0);
          world.powerCut(0, 3_000);
        });
      });
    }
  },
};
