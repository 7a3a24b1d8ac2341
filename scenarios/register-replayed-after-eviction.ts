/**
 * Sessions: a registration that arrives again after its session was evicted.
 *
 *  1. The first requests of six clients, their registrations among them, are delayed; the clients
 *     repeat them and get their sessions.
 *  2. Clients abandon sessions until the table of eight is full and old ones are evicted.
 *  3. The delayed copies arrive: they may waste a slot, but never answer or execute anything twice.
 */
import { STEP_EVICT } from '../core/observer.ts';
import type { Scenario } from '../vopr/sim/scenario.ts';
import { clients } from './stage.ts';

export const registerReplayedAfterEviction: Scenario = {
  name: 'register-replayed-after-eviction',
  area: 'sessions',
  injects: ['client_abandon', 'client_retry', 'client_duplicate'],
  holds: 'requests from before an eviction are not executed again after it',
  configure(configuration) {
    clients(configuration, 6, 30);
    configuration.client.kinds = ['client_abandon', 'client_retry', 'client_duplicate'];
    configuration.client.faultPermille = 250;
  },
  script(world) {
    const late = world.hold({ kind: 'request', times: 5 });
    for (const nth of [1, 9])
      world.onStep({ kind: STEP_EVICT, node: 1, nth }, () => late.release());
    const later = world.hold({ kind: 'request', skip: 30, times: 5 });
    world.onStep({ kind: STEP_EVICT, node: 1, nth: 12 }, () => later.release());
  },
};
