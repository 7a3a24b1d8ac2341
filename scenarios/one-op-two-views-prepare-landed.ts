/**
 * One op, two views, one slot: the second prepare landed, the header is still the first's.
 *
 *  1. As in `two-views.ts`, r1 overwrites its op n of view 1 by that of view 2.
 *  2. The prepare is durable; the power fails before its header is.
 *  3. r1 finds two valid halves that differ. It must serve the prepare and deny neither entry: the
 *     third denies n, and a second nack would truncate what the absent leader may have committed.
 */
import type { Scenario } from '../vopr/sim/scenario.ts';
import { keeps, loseUnsynced, oneClient } from './stage.ts';
import { leaveToR0, twoViewsOneSlot } from './two-views.ts';

export const oneOpTwoViewsPrepareLanded: Scenario = {
  name: 'one-op-two-views-prepare-landed',
  area: 'journal',
  injects: ['isolate', 'power_cut', 'lost_write', 'crash'],
  holds: 'a slot whose halves are of two views serves its prepare and denies neither',
  configure(configuration) {
    oneClient(configuration, 30);
    loseUnsynced(configuration);
  },
  script(world) {
    twoViewsOneSlot(world, (n, leader) => {
      keeps(world, n);
      // The first sync ends within 4 ms, the second not before 6.
      world.delaySyncs(1, 3_000);
      world.after(4_800, () => {
        world.delaySyncs(1, 0);
        leaveToR0(world, leader);
      });
    });
  },
};
