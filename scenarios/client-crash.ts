/**
 * Sessions: clients die right after they sent something, and come back as somebody else.
 *
 *  1. One operation of three ends with its client’s death: the request is under way, nobody waits
 *     for its reply. The client registers anew, and what it sends next does not follow on its last
 *     request.
 *  2. The primary loses power twice: what the dead had asked for may be in its pipeline, or its
 *     log.
 *  3. Sessions without a client fill the table, and the oldest go. Whoever lives is answered, once.
 */
import { STEP_COMMIT } from '../core/observer.ts';
import type { Scenario } from '../vopr/sim/scenario.ts';
import { clients } from './stage.ts';

export const clientCrash: Scenario = {
  name: 'client-crash',
  area: 'sessions',
  injects: ['client_crash', 'power_cut'],
  holds: 'a request whose client died is executed once or never, and its session harms nobody',
  configure(configuration) {
    clients(configuration, 5, 40);
    configuration.client.kinds = ['client_crash'];
    configuration.client.faultPermille = 330;
  },
  script(world) {
    world.onStep({ kind: STEP_COMMIT, node: 1, nth: 20 }, (node) => world.powerCut(node, 50_000));
    world.onStep({ kind: STEP_COMMIT, node: 2, nth: 90 }, (node) => world.powerCut(node, 50_000));
  },
};
