/**
 * Clock: the primary’s wall clock stops.
 *
 *  1. r1’s wall clock stands still for good; its monotonic clock, and its heartbeats, go on. At
 *     first it agrees with the others within the tolerance.
 *  2. After six seconds without requests it agrees with nobody. Then the clients write again: they
 *     are answered within two seconds, by r1’s successor or by r1 with the time of the others.
 */
import { STEP_COMMIT } from '../core/observer.ts';
import type { Scenario } from '../vopr/sim/scenario.ts';
import { clients, holdRequests, watch } from './stage.ts';

export const clockFrozen: Scenario = {
  name: 'clock-frozen',
  area: 'clock',
  injects: ['clock_frozen'],
  holds:
    'a primary whose wall clock stands still stamps nothing by it, and hands its view on in time',
  configure(configuration) {
    clients(configuration, 2, 60);
    configuration.stormMicros = 20_000_000;
  },
  script(world) {
    let commits = 0;
    watch(world, { kind: STEP_COMMIT }, () => (commits += 1));
    world.onStep({ kind: STEP_COMMIT, node: 1, nth: 12 }, () => {
      world.freezeClock(1);
      holdRequests(world, 6_000_000);
      world.after(6_000_000, () => (commits = 0));
      world.after(8_000_000, () => {
        world.require(commits > 0, 'nothing was committed within 2 s');
        world.endStorm();
      });
    });
  },
};
