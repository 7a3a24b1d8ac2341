/**
 * False durability while syncing, and its mirror: withheld acknowledgements that are never sent.
 *
 *  1. r0 is cut off until the ring no longer reaches back to it; then it must take a checkpoint.
 *  2. While it does, r2 is cut off: every commit now waits for r0's acknowledgement.
 *  3. Until its checkpoint is durable r0 must not give one: it would vouch for a state it lacks.
 *  4. Afterwards it must, or the cluster stands still although two of three are well.
 */
import { STEP_ACK, STEP_COMMIT, STEP_SYNC } from '../core/observer.ts';
import type { Scenario } from '../vopr/sim/scenario.ts';
import { clients, watch } from './stage.ts';

export const falseDurabilityWhileSyncing: Scenario = {
  name: 'false-durability-while-syncing',
  area: 'state-sync',
  injects: ['isolate'],
  holds: 'a replica acknowledges nothing while it syncs, and what it withheld afterwards',
  configure(configuration) {
    clients(configuration, 3, 40);
  },
  script(world) {
    let syncing = false;
    let commits = 0;
    world.onStep({ kind: STEP_COMMIT, node: 1, nth: 4 }, () => world.isolate(0));
    world.onStep({ kind: STEP_COMMIT, node: 1, nth: 36 }, () => world.reconnect());
    world.onStep({ kind: STEP_SYNC, node: 0, when: (_op, done) => done === 0 }, () => {
      syncing = true;
      world.isolate(2);
      world.delaySyncs(0, 5_000);
      watch(world, { kind: STEP_ACK, node: 0 }, () =>
        world.require(!syncing, 'r0 acknowledged while it synced'),
      );
    });
    world.onStep({ kind: STEP_SYNC, node: 0, when: (_op, done) => done === 1 }, () => {
      syncing = false;
      world.delaySyncs(0, 0);
      watch(world, { kind: STEP_COMMIT, node: 1 }, () => {
        commits += 1;
        if (commits === 3) world.reconnect();
      });
    });
  },
};
