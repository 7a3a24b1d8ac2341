/**
 * One wrong clock, the primary's: a minority, so nothing may be harmed.
 *
 *  1. r1's wall clock jumps a minute ahead. No other clock agrees with it.
 *  2. It must stamp nothing by that clock, and leave the lead to a replica whose clock agrees.
 */
import { STEP_COMMIT } from '../core/observer.ts';
import type { Scenario } from '../vopr/sim/scenario.ts';
import { clients, holdRequests } from './stage.ts';

export const primaryClockWrong: Scenario = {
  name: 'primary-clock-wrong',
  area: 'calm',
  injects: ['clock_forward', 'clock_back', 'clock_frozen'],
  holds: 'a wrong clock of a minority never shows in the log, and costs at most a view change',
  configure(configuration) {
    clients(configuration, 2, 40);
  },
  script(world) {
    const wrongs = [
      (): void => world.jumpClock(1, 60_000_000),
      (): void => world.jumpClock(1, -120_000_000),
      (): void => world.freezeClock(1),
    ];
    wrongs.forEach((goWrong, i) =>
      world.onStep({ kind: STEP_COMMIT, node: 1, nth: 10 + 12 * i }, () => {
        goWrong();
        // Long enough for the replicas to notice.
        holdRequests(world, 1_600_000);
      }),
    );
  },
};
