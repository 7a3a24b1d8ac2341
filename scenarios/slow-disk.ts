/**
 * Storage: the primary’s disk takes 40 ms for every sync, the others’ are quick.
 *
 *  1. From r1’s eighth commit on each of its syncs takes 40 ms longer. Its heartbeats and prepares
 *     leave in time, since they wait for no disk.
 *  2. r2 and r0 are a quorum: what they acknowledge is committed before r1 has it on disk.
 *  3. In the second after, more ops are committed than its disk makes syncs, checkpoints included,
 *     and no view changes.
 */
import { STEP_COMMIT, STEP_STATUS } from '../core/observer.ts';
import type { Scenario } from '../vopr/sim/scenario.ts';
import { clients, watch } from './stage.ts';

export const slowDisk: Scenario = {
  name: 'slow-disk',
  area: 'storage',
  injects: ['slow_disk'],
  holds: 'a primary whose disk is slow is no bottleneck: its backups commit without its own copy',
  configure(configuration) {
    clients(configuration, 6, 60);
  },
  script(world) {
    let commits = 0;
    watch(world, { kind: STEP_STATUS }, (_status, view) =>
      world.require(view < 2, 'a slow disk changed the view'),
    );
    watch(world, { kind: STEP_COMMIT, node: 1 }, () => (commits += 1));
    world.onStep({ kind: STEP_COMMIT, node: 1, nth: 8 }, () => {
      world.delaySyncs(1, 40_000);
      commits = 0;
      world.after(1_000_000, () => {
        // Its own disk makes 25 syncs in that time.
        world.require(commits > 25, `${commits} commits in a second`);
        world.delaySyncs(1, 0);
        world.endStorm();
      });
    });
  },
};
