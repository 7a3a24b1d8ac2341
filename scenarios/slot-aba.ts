/**
 * Slot ABA: one slot is to hold v1, then v2, then v1 again, and its first write completes last (R=5).
 * (Neighbouring headers cannot leak into one another here: each has a sector of its own.)
 *
 *  1. r0 proposes v1 of op n; of the others only r4 gets it, and its disk takes two seconds over it.
 *  2. r0 restarts. r1, r2 and r3 begin view 1 without n; only r4 hears of that from its leader r1.
 *  3. r1 proposes v2 of n to r4: it waits behind v1 for the slot. r1 dies, r4 is cut off.
 *  4. r0, r2 and r3 choose v1 for view 2. r4 returns: the version in flight is the one wanted again.
 */
import { STEP_OVERWRITE, STEP_PROPOSE, STEP_START_VIEW } from '../core/observer.ts';
import type { Scenario } from '../vopr/sim/scenario.ts';
import { oneClient } from './stage.ts';

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
    world.onStep({ kind: STEP_PROPOSE, node: 0, nth: 6 }, (_, n) => {
      for (const to of [1, 2, 3]) world.drop({ kind: 'prepare', from: 0, to, times: 1 });
      world.onStep({ kind: STEP_OVERWRITE, node: 4, when: (op) => op === n }, () => {
        world.delaySyncs(4, 2_000_000);
        world.after(3_000, () => world.delaySyncs(4, 0));
        for (const from of [0, 4]) world.drop({ kind: 'do_view_change', from });
        for (const to of [0, 2, 3]) world.drop({ kind: 'start_view', to });
        world.crash(0, 1_000);
      });
      world.onStep({ kind: STEP_PROPOSE, node: 1, when: (op) => op === n }, () => {
        world.after(5_000, () => {
          world.pass();
          world.crash(1);
          world.isolate(4);
        });
      });
      const later = (view: number, _b: number, _c: number, node: number): boolean =>
        view > 1 && node === view % 5;
      world.onStep({ kind: STEP_START_VIEW, when: later }, () => {
        world.reconnect();
        world.after(2_500_000, () => world.powerCut(4, 5_000));
      });
    });
  },
};
