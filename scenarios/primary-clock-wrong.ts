/**
 * One wrong clock, the primary's: a minority, so nothing may be harmed.
 *
 *  1. r0's wall clock jumps a minute ahead. No other clock agrees with it.
 *  2. It must stamp nothing by that clock, and leave the lead to a replica whose clock agrees.
 */
import { STEP_COMMIT } from '../core/observer.ts';
import type { Scenario } from '../vopr/sim/scenario.ts';
import { clients } from './stage.ts';

export const primaryClockWrong: Scenario = {
  name: 'primary-clock-wrong',
  area: 'calm',
  injects: ['clock_forward', 'clock_back', 'clock_frozen'],
  holds: 'a wrong clock of a minority never shows in the log, and costs at most a view change',
  configure(configuration) {
    clients(configuration, 2, 1_500);
    configuration.stormMicros = 5_000_000;
  },
  script(world) {
    world.onStep({ kind: STEP_COMMIT, node: 0, nth: 10 }, () => world.jumpClock(0, 60_000_000));
    world.at(2_000_000, () => world.jumpClock(0, -120_000_000));
    world.at(3_000_000, () => world.freezeClock(0));
  },
};
