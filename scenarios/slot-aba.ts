/**
 * Slot ABA: one slot is to hold v1, then v2, then v1 again, and its first write completes last
 * (R=5). (Neighbouring headers cannot leak into one another here: each has a sector of its own.)
 *
 *  1. r1 proposes v1 of op n; of the others only r0 gets it, and its disk takes two seconds over
 *     it.
 *  2. r1 restarts. r2, r3 and r4 begin view 2 without n; only r0 hears of that from its leader r2.
 *  3. r2 proposes v2 of n to r0: it waits behind v1 for the slot. r2 dies, r0 is cut off.
 *  4. r1, r3 and r4 choose v1 for view 3. r0 returns: the version in flight is the one wanted
 *     again.
 */
import { STEP_COMMIT, STEP_OVERWRITE, STEP_PROPOSE, STEP_START_VIEW } from '../core/observer.ts';
import type { Scenario } from '../vopr/sim/scenario.ts';
import { holdRequests, oneClient } from './stage.ts';

export const slotAba: Scenario = {
  name: 'slot-aba',
  area: 'journal',
  injects: ['crash', 'isolate', 'loss', 'power_cut'],
  holds: 'a late completion of one version never vouches for another version of the slot',
  configure(configuration) {
    configuration.replicaCount = 5;
    oneClient(configuration, 30);
  },
  script(world) {
    // An idle moment, in which everybody hears what was committed.
    world.onStep({ kind: STEP_COMMIT, node: 1, nth: 5 }, () => holdRequests(world, 120_000));
    world.onStep({ kind: STEP_PROPOSE, node: 1, nth: 6 }, (_, n) => {
      for (const to of [2, 3, 4]) world.drop({ kind: 'prepare', from: 1, to, times: 1 });
      world.onStep({ kind: STEP_OVERWRITE, node: 0, when: (op) => op === n }, () => {
        world.delaySyncs(0, 2_000_000);
        world.after(3_000, () => world.delaySyncs(0, 0));
        for (const from of [1, 0]) world.drop({ kind: 'do_view_change', from });
        for (const to of [1, 3, 4]) world.drop({ kind: 'start_view', to });
        world.crash(1, 1_000);
      });
      world.onStep({ kind: STEP_PROPOSE, node: 2, when: (op) => op === n }, () => {
        world.after(5_000, () => {
          world.pass();
          world.crash(2);
          world.isolate(0);
        });
      });
      const later = (view: number, _b: number, _c: number, node: number): boolean =>
        view > 2 && node === view % 5;
      world.onStep({ kind: STEP_START_VIEW, when: later }, () => {
        world.reconnect();
        // The first write completes before anybody goes on, and is looked at after a restart.
        holdRequests(world, 2_600_000);
        world.after(2_500_000, () => world.powerCut(0, 5_000));
      });
    });
  },
};
