/**
 * Clock: two of five clocks run away, slowly.
 *
 *  1. r1, which leads, gains two hundredths of a second in each second, and r3 loses nearly as
 *     much: within every sample’s own error at first, beyond the tolerance after half a minute.
 *  2. Clients write in bursts with long pauses between them. Every stamp must stay within what most
 *     clocks agree on, and the lead goes to whoever agrees when r1 does not any more.
 */
import { STEP_COMMIT } from '../core/observer.ts';
import type { Scenario } from '../vopr/sim/scenario.ts';
import { clients, holdRequests } from './stage.ts';

export const clockDrift: Scenario = {
  name: 'clock-drift',
  area: 'clock',
  injects: ['clock_drift'],
  holds: 'clocks that drift stay out of the log as long as most of them agree',
  configure(configuration) {
    configuration.replicaCount = 5;
    clients(configuration, 3, 40);
    configuration.stormMicros = 50_000_000;
  },
  script(world) {
    world.at(1_000, () => world.driftClock(1, 20_000));
    world.at(1_000, () => world.driftClock(3, -15_000));
    for (const nth of [10, 25, 40, 60]) {
      world.onStep({ kind: STEP_COMMIT, node: 2, nth }, () => holdRequests(world, 11_000_000));
    }
  },
};
