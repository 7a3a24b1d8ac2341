/**
 * Repair: everything is missing, and no answer arrives.
 *
 *  1. Twelve of r0’s sixteen slots rot, all that it holds above its checkpoint among them, and it
 *     restarts. It may have two requests under way at each of its two peers, and ask again only
 *     when one has expired.
 *  2. Every answer is lost for a second. It must neither ask for more at once nor ask faster: at
 *     most four requests for each expiry.
 *  3. When answers arrive again it is repaired within the next second.
 */
import { TINY } from '../core/limits.ts';
import { STEP_COMMIT, STEP_REPAIR } from '../core/observer.ts';
import { REQUEST_PREPARE } from '../core/vsr/message.ts';
import type { Scenario } from '../vopr/sim/scenario.ts';
import { headersAlone, holdRequests, oneClient, prepareOf, watch } from './stage.ts';

export const repairBudget: Scenario = {
  name: 'repair-budget',
  area: 'repair',
  injects: ['sector_rot', 'power_cut', 'loss'],
  holds:
    'repair asks for no more at a time than its budget, however much is missing and whoever is silent',
  configure(configuration) {
    headersAlone(configuration);
    oneClient(configuration, 60);
  },
  script(world) {
    let asked = 0;
    watch(world, { kind: STEP_REPAIR, node: 0 }, (kind) => {
      if (kind === REQUEST_PREPARE) asked += 1;
    });
    world.onStep({ kind: STEP_COMMIT, node: 0, nth: 3, when: (op) => op % 8 === 7 }, (_, op) => {
      for (let back = 0; back < 12; back++) {
        world.damage(0, 'journal', prepareOf(op - back), 'sector_rot');
      }
      holdRequests(world, 2_500_000);
      world.drop({ kind: 'repair_prepare', to: 0 });
      world.powerCut(0, 5_000);
      world.after(1_000_000, () => {
        const windows = Math.floor(1_000_000 / TINY.repairExpiryMicros) + 1;
        const budget = 2 * TINY.repairsPerPeerMax * windows;
        world.require(asked > 0 && asked <= budget, `${asked} requests; the budget is ${budget}`);
        world.pass();
        world.after(1_000_000, () =>
          world.require(world.inspect(0)?.damaged === 0, 'r0 is not repaired within a second'),
        );
      });
    });
  },
};
