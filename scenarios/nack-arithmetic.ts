/**
 * Nack arithmetic: of three, one denies op n, one has a rotten copy, one does not know yet.
 *
 *  1. r0 is cut off. r1 proposes n to r2; r1's own disk takes more than a second over it.
 *  2. r2 makes n durable and loses power before it can say so; its copy rots. r1 is cut off.
 *  3. r2 and r0 meet: one fault, one nack. They wait for the third.
 *  4. r1 comes and cannot show n yet: all have spoken, and the deadlock is reported.
 *  5. r1's write completes: an intact copy decides.
 */
import { STEP_ACK, STEP_COMMIT, STEP_PROPOSE, STEP_START_VIEW } from '../core/observer.ts';
import type { Scenario } from '../vopr/sim/scenario.ts';
import { headersAlone, keeps, onMark, oneClient, prepareOf } from './stage.ts';

export const nackArithmetic: Scenario = {
  name: 'nack-arithmetic',
  area: 'view-change',
  injects: ['isolate', 'power_cut', 'sector_rot'],
  holds: 'one nack and one fault of three wait for the third, and an intact third copy recovers',
  configure(configuration) {
    headersAlone(configuration);
    oneClient(configuration, 30);
  },
  script(world) {
    let deadlocked = false;
    world.onStep({ kind: STEP_COMMIT, node: 1, nth: 5 }, () => world.isolate(0));
    world.onStep({ kind: STEP_COMMIT, node: 1, nth: 6 }, () => world.delaySyncs(1, 1_500_000));
    world.onStep({ kind: STEP_PROPOSE, node: 1, nth: 7 }, (_, n) => {
      keeps(world, n);
      world.onStep({ kind: STEP_ACK, node: 2, when: (op) => op === n }, () => {
        world.require(world.damage(2, 'journal', prepareOf(n), 'sector_rot'), 'r2 holds n');
        world.powerCut(2, 10_000);
        world.delaySyncs(1, 0);
        world.reconnect();
        world.isolate(1);
      });
    });
    onMark(world, 'view_change_waited_for_third', () => world.reconnect());
    onMark(world, 'view_change_deadlock_reported', () => {
      deadlocked = true;
    });
    world.onStep({ kind: STEP_START_VIEW, when: (view) => view > 1 }, () =>
      world.require(deadlocked, 'the view began without the deadlock being reported'),
    );
  },
};
