/**
 * Sessions: the reply to a committed request is corrupt, on the way and at rest.
 *
 *  1. Replies arrive corrupted; the clients repeat requests that were executed long ago.
 *  2. The answer comes from the session's stored reply. On two of three replicas every page of the
 *     system tenant that holds such replies rots, and they restart.
 *  3. Each repetition is answered as the first time, or not yet; it is never executed again.
 */
import { TINY } from '../core/limits.ts';
import { STEP_COMMIT } from '../core/observer.ts';
import type { Scenario } from '../vopr/sim/scenario.ts';
import { clients } from './stage.ts';

export const corruptReplies: Scenario = {
  name: 'corrupt-replies',
  area: 'sessions',
  injects: ['corrupt_message', 'sector_rot', 'power_cut'],
  holds: 'a repeated request gets its stored reply, however often replies and pages rot',
  configure(configuration) {
    clients(configuration, 3, 30);
  },
  script(world) {
    for (const skip of [4, 12, 20, 28]) world.corrupt({ kind: 'reply', skip, times: 3 });
    for (const [node, nth] of [
      [0, 20],
      [1, 34],
    ] as const) {
      world.onStep({ kind: STEP_COMMIT, node, nth }, () => {
        for (let page = 0; page < 24; page++) {
          world.damage(node, 'tenants/0/store', page * TINY.pageBytes, 'sector_rot');
        }
        world.powerCut(node, 5_000);
      });
    }
  },
};
