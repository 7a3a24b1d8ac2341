/**
 * Beyond the model: a whole disk goes back in time, as when an old snapshot of it is put in place.
 *
 *  1. r0's disk is saved; the cluster goes on, past a checkpoint and round the ring.
 *  2. r0 comes back with the old disk. All on it is valid; it does not know what it forgot.
 *  3. Suspended: the invariants that trust a disk. The chain of the others' log extends what r0
 *     has, so that it can catch up; nobody crashes.
 */
import { STEP_COMMIT } from '../core/observer.ts';
import type { Scenario } from '../vopr/sim/scenario.ts';
import { clients } from './stage.ts';

export const rollbackDisk: Scenario = {
  name: 'rollback-disk',
  area: 'beyond',
  injects: ['rollback', 'power_cut'],
  holds: 'a replica whose disk went back in time catches up with the others and changes nothing',
  configure(configuration) {
    clients(configuration, 2, 50);
    configuration.core.members = 0b111;
  },
  script(world) {
    world.onStep({ kind: STEP_COMMIT, node: 0, nth: 6 }, () => world.saveDisk(0));
    world.onStep({ kind: STEP_COMMIT, node: 0, nth: 30 }, () =>
      world.after(10, () => world.rollbackDisk(0, 5_000)),
    );
  },
};
