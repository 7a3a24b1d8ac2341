/**
 * One op, two views, one slot: the second header landed, its prepare is lost.
 *
 *  1. As in `two-views.ts`, r1 overwrites its op n of view 1 by that of view 2, and acknowledges
 *     it.
 *  2. r1 loses power; the prepare has rotted away under its header. The leader is gone too.
 *  3. r1 has no copy, but the header proves that it may have acknowledged one. The third denies n:
 *     a second nack would truncate a committed op.
 */
import { STEP_ACK } from '../core/observer.ts';
import type { Scenario } from '../vopr/sim/scenario.ts';
import { headersAlone, keeps, oneClient, prepareOf } from './stage.ts';
import { leaveToR0, twoViewsOneSlot } from './two-views.ts';

export const oneOpTwoViewsHeaderLanded: Scenario = {
  name: 'one-op-two-views-header-landed',
  area: 'journal',
  injects: ['isolate', 'power_cut', 'sector_rot', 'crash'],
  holds: 'a header without its prepare is damage, whatever the slot held in an older view',
  configure(configuration) {
    headersAlone(configuration);
    oneClient(configuration, 30);
  },
  script(world) {
    twoViewsOneSlot(world, (n, leader) => {
      keeps(world, n);
      world.onStep({ kind: STEP_ACK, node: 1, when: (op) => op === n }, () => {
        world.require(world.damage(1, 'journal', prepareOf(n), 'sector_rot'), 'r1 holds n');
        leaveToR0(world, leader);
      });
    });
  },
};
