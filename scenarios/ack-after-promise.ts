/**
 * Ack after promise: a write begun in one view completes in the next.
 *
 *  1. r1 proposes op n to r0 alone; r0's disk takes 700 ms over it.
 *  2. r1 is cut off. r2 and r0 promise view 2, in which n may be decided either way.
 *  3. The write completes. An acknowledgement in view 1 now would let r1 commit n.
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
    world.onStep({ kind: STEP_PROPOSE, node: 1, nth: 6 }, (_, n) => {
      world.drop({ kind: 'prepare', to: 2, times: 1 });
      world.onStep({ kind: STEP_OVERWRITE, node: 0, when: (op) => op === n }, () => {
        world.isolate(1);
        world.delaySyncs(0, 700_000);
        world.after(5_000, () => world.delaySyncs(0, 0));
      });
    });
    world.onStep({ kind: STEP_START_VIEW, node: 2, when: (view) => view > 1 }, () => {
      world.after(100_000, () => world.reconnect());
    });
  },
};
