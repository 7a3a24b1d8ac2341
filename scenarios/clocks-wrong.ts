/**
 * Beyond the model: the wall clocks of a majority are wrong together.
 *
 *  1. r2 and r0 jump an hour ahead at one moment: they agree with one another, and r1 is outvoted.
 *  2. Suspended: that log timestamps are near true time. They still increase, r1 hands its view to
 *     a replica whose clock agrees with another's, and nothing else is harmed.
 */
import { STEP_COMMIT } from '../core/observer.ts';
import type { Scenario } from '../vopr/sim/scenario.ts';
import { clients, holdRequests } from './stage.ts';

export const clocksWrong: Scenario = {
  name: 'clocks-wrong',
  area: 'beyond',
  injects: ['clocks_wrong', 'clock_forward'],
  holds: 'with most clocks wrong the log stays whole and in order, and only its times are wrong',
  configure(configuration) {
    clients(configuration, 2, 40);
  },
  script(world) {
    world.onStep({ kind: STEP_COMMIT, node: 1, nth: 10 }, () => {
      world.jumpMostClocks([2, 0], 3_600_000_000);
      // Long enough for the replicas to notice.
      holdRequests(world, 2_000_000);
    });
  },
};
