/**
 * Degraded: one backup is dead, and nothing else is wrong. Commits go on at nearly the same pace,
 * and nobody changes views for it.
 */
import { STEP_COMMIT, STEP_STATUS } from '../core/observer.ts';
import type { Scenario } from '../vopr/sim/scenario.ts';
import { clients, watch } from './stage.ts';

export const degradedOneBackupDead: Scenario = {
  name: 'degraded-one-backup-dead',
  area: 'calm',
  injects: ['crash'],
  holds: 'with one backup dead, commits take at most three times as long, and no view changes',
  configure(configuration, seed) {
    configuration.replicaCount = 3 + (seed % 4);
    clients(configuration, 3, 40);
  },
  script(world) {
    watch(world, { kind: STEP_STATUS }, (_status, view) =>
      world.require(view < 2, 'a dead backup changed the view'),
    );
    world.onStep({ kind: STEP_COMMIT, node: 0, nth: 30 }, () => world.crash(world.replicas - 1));
  },
};
