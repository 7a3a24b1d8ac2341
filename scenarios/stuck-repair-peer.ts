/**
 * Repair: one of two peers never answers.
 *
 *  1. Eight slots of r0 rot, and three pages. r2 gets its requests and says nothing, for good; r1
 *     answers.
 *  2. r0 does not know that. It must not spend its budget on r2 for ever: what expired there is
 *     asked for elsewhere, and r1 is preferred soon.
 *  3. Within a second and a half all of it is repaired.
 */
import { STEP_COMMIT } from '../core/observer.ts';
import { pageUnit } from '../vopr/kimberlite/units.ts';
import type { Scenario } from '../vopr/sim/scenario.ts';
import { headersAlone, holdRequests, oneClient, prepareOf } from './stage.ts';

export const stuckRepairPeer: Scenario = {
  name: 'stuck-repair-peer',
  area: 'repair',
  injects: ['sector_rot', 'power_cut', 'loss'],
  holds: 'a peer that never answers a repair does not keep it from being done by another',
  configure(configuration) {
    headersAlone(configuration);
    oneClient(configuration, 60);
  },
  script(world) {
    const silent = ['repair_prepare', 'headers', 'unit'];
    world.onStep({ kind: STEP_COMMIT, node: 0, nth: 3, when: (op) => op % 8 === 7 }, (_, op) => {
      for (let back = 0; back < 8; back++) {
        world.damage(0, 'journal', prepareOf(op - back), 'sector_rot');
      }
      for (const page of [1, 2, 4]) world.damageUnit(0, pageUnit(0, page), 0, 'sector_rot');
      holdRequests(world, 2_000_000);
      for (const kind of silent) world.drop({ kind, from: 2, to: 0 });
      world.powerCut(0, 5_000);
      world.after(1_500_000, () =>
        world.require(world.inspect(0)?.damaged === 0, 'r0 waits for a peer that never answers'),
      );
    });
  },
};
