/**
 * Ack after promise: a write begun in one view completes in the next.
 *
 *  1. r0 proposes op n to r2 alone; r2's disk takes 700 ms over it.
 *  2. r0 is cut off. r1 and r2 promise view 1, in which n may be decided either way.
 *  3. The write completes. An acknowledgement in view 0 now would let r0 commit n.
 */
import { STEP_OVERWRITE, STEP_PROPOSE, STEP_START_VIEW } from '../core/observer.ts';
import type { Scenario } from '../vopr/sim/scenario.ts';
import { oneClient } from './stage.ts';

export const ackAfterPromise: Scenario = {
  name: 'ack-after-promise',
  area: 'view-change',
  injects: ['loss', 'isolate'],
  holds: 'a late write is acknowledged to the current primary or to nobody',
  configure(configuration) {
    oneClient(configuration, 30);
  },
  script(world) {
    world.onStep({ kind: STEP_PROPOSE, node: 0, nth: 6 }, (_, n) => {
      world.drop({ kind: 'prepare', to: 1, times: 1 });
      world.onStep({ kind: STEP_OVERWRITE, node: 2, when: (op) => op === n }, () => {
        world.isolate(0);
        world.delaySyncs(2, 700_000);
        world.after(5_000, () => world.delaySyncs(2, 0));
      });
    });
    world.onStep({ kind: STEP_START_VIEW, node: 1 }, () => {
      world.after(100_000, () => world.reconnect());
    });
  },
};
