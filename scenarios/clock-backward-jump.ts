/**
 * Clock: each wall clock jumps back, one after another, and an operator sets it right in between.
 *
 *  1. r1, which leads, jumps back an hour; then forward again. r2 and r0 do the same later.
 *  2. Stamps have to go on increasing through all of it, across the view changes that it costs, and
 *     monotonic time, by which everything is timed, does not jump at all.
 */
import { STEP_COMMIT } from '../core/observer.ts';
import type { Scenario } from '../vopr/sim/scenario.ts';
import { clients, holdRequests } from './stage.ts';

const HOUR_MICROS = 3_600_000_000;

export const clockBackwardJump: Scenario = {
  name: 'clock-backward-jump',
  area: 'clock',
  injects: ['clock_back'],
  holds: 'clocks that jump back, one after another, never make the log’s time go back',
  configure(configuration) {
    clients(configuration, 2, 50);
    configuration.stormMicros = 20_000_000;
  },
  script(world) {
    [1, 2, 0].forEach((node, i) =>
      world.onStep({ kind: STEP_COMMIT, node, nth: 10 + 14 * i }, () => {
        world.jumpClock(node, -HOUR_MICROS);
        holdRequests(world, 1_200_000);
        world.after(1_800_000, () => world.jumpClock(node, HOUR_MICROS));
      }),
    );
  },
};
