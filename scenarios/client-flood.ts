/**
 * Sessions: clients send each request many times to everybody.
 *
 *  1. Four operations of five arrive eight times at each replica, in addition to what their clients
 *     send anyway; the queue of the primary holds eight.
 *  2. Each is proposed once. A client that floods does not push out one that does not: nobody’s
 *     session is evicted, nobody asks for a view, and the two that never flood finish.
 */
import { STEP_EVICT, STEP_STATUS } from '../core/observer.ts';
import type { Scenario } from '../vopr/sim/scenario.ts';
import { clients, watch } from './stage.ts';

export const clientFlood: Scenario = {
  name: 'client-flood',
  area: 'sessions',
  injects: ['client_flood'],
  holds:
    'a flood of one client’s requests is executed once each, evicts nobody and changes no view',
  configure(configuration) {
    clients(configuration, 6, 40);
    configuration.client.kinds = ['client_flood'];
    configuration.client.faultPermille = 800;
  },
  script(world) {
    watch(world, { kind: STEP_EVICT }, (op) => world.require(false, `op ${op} evicts a session`));
    watch(world, { kind: STEP_STATUS }, (_status, view) =>
      world.require(view < 2, 'a flood of requests changed the view'),
    );
  },
};
