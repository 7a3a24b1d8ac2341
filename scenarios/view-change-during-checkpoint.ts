/**
 * View change during a checkpoint: two superblock updates meet at a would-be primary.
 *
 *  1. The files of checkpoint 8 are slow to sync at r2. r1 restarts and gives up its view, so r2
 *     promises view 2; what the others say of their logs is under way for a while.
 *  2. The files are durable: the superblock begins to name the checkpoint, slowly.
 *  3. r2 can decide the log, and its promise to have adopted it waits for that update.
 *  4. The update completes. It is not the one that r2 waits for: view 2 must not begin yet.
 *  5. r2 loses power once it has begun, and must come back with both checkpoint and promise.
 */
import { STEP_DO_VIEW_CHANGE, STEP_START_VIEW, STEP_STATE } from '../core/observer.ts';
import type { Scenario } from '../vopr/sim/scenario.ts';
import { clients, loseUnsynced } from './stage.ts';

export const viewChangeDuringCheckpoint: Scenario = {
  name: 'view-change-during-checkpoint',
  area: 'superblock',
  injects: ['crash', 'power_cut'],
  holds: 'a promise that waits for a checkpoint to be recorded is not taken for kept with it',
  configure(configuration) {
    clients(configuration, 2, 30);
    loseUnsynced(configuration);
  },
  script(world) {
    world.onStep({ kind: STEP_STATE, node: 2, when: (op) => op === 8 }, () => {
      world.delaySyncs(2, 40_000, 'tenants/');
      world.after(1, () => world.delaySyncs(2, 0));
      world.after(1_000, () => world.crash(1, 1_000));
      const said = world.hold({ kind: 'do_view_change', to: 2 });
      world.onStep({ kind: STEP_DO_VIEW_CHANGE, node: 2 }, () => world.delaySyncs(2, 5_000));
      world.after(46_000, () => {
        world.pass();
        said.release();
      });
    });
    world.onStep({ kind: STEP_START_VIEW, node: 2, when: (view) => view > 1 }, () => {
      world.delaySyncs(2, 0);
      world.after(1_000, () => world.powerCut(2, 3_000));
    });
  },
};
