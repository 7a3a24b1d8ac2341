/**
 * Nack arithmetic: of three, one denies op n, one has a rotten copy, one does not know yet.
 *
 *  1. r2 is cut off. r0 proposes n to r1; r0's own disk takes more than a second over it.
 *  2. r1 makes n durable and loses power before it can say so; its copy rots. r0 is cut off.
 *  3. r1 and r2 meet: one fault, one nack. They wait for the third.
 *  4. r0 comes and cannot show n yet: all have spoken, and the deadlock is reported.
 *  5. r0's write completes: an intact copy decides.
 */
import { STEP_ACK, STEP_COMMIT, STEP_PROPOSE, STEP_START_VIEW } from '../core/observer.ts';
import type { Scenario } from '../vopr/sim/scenario.ts';
import { keeps, oneClient, onMark, prepareOf } from './stage.ts';

export const nackArithmetic: Scenario = {
  name: 'nack-arithmetic',
  area: 'view-change',
  injects: ['isolate', 'power_cut', 'sector_rot'],
  holds: 'one nack and one fault of three wait for the third, and an intact third copy recovers',
  configure(configuration) {
    oneClient(configuration, 30);
  },
  script(world) {
    let deadlocked = false;
    world.onStep({ kind: STEP_COMMIT, node: 0, nth: 5 }, () => world.isolate(2));
    world.onStep({ kind: STEP_COMMIT, node: 0, nth: 6 }, () => world.delaySyncs(0, 1_500_000));
    world.onStep({ kind: STEP_PROPOSE, node: 0, nth: 7 }, (_, n) => {
      keeps(world, n);
      world.onStep({ kind: STEP_ACK, node: 1, when: (op) => op === n }, () => {
        world.require(world.damage(1, 'journal', prepareOf(n), 'sector_rot'), 'r1 holds n');
        world.powerCut(1, 10_000);
        world.delaySyncs(0, 0);
        world.reconnect();
        world.isolate(0);
      });
    });
    onMark(world, 'view_change_waited_for_third', () => world.reconnect());
    onMark(world, 'view_change_deadlock_reported', () => {
      deadlocked = true;
    });
    world.onStep({ kind: STEP_START_VIEW }, () =>
      world.require(deadlocked, 'the view began without the deadlock being reported'),
    );
  },
};
