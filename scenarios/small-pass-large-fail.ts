/**
 * Partial connectivity: small messages pass, large ones fail.
 *
 *  1. Between r0 and the others heartbeats and acknowledgements arrive, prepares do not: everybody
 *     seems alive and nothing commits.
 *  2. r0 must give its view up; r1 and r2, between whom all passes, go on without it.
 */
import { STEP_COMMIT } from '../core/observer.ts';
import type { Scenario } from '../vopr/sim/scenario.ts';
import { clients } from './stage.ts';

export const smallPassLargeFail: Scenario = {
  name: 'small-pass-large-fail',
  area: 'network',
  injects: ['large_fail'],
  holds: 'a primary whose prepares are lost while its heartbeats arrive is replaced',
  configure(configuration) {
    clients(configuration, 3, 30);
    configuration.network.largeBytes = 250;
  },
  script(world) {
    let elsewhere = false;
    world.onStep({ kind: STEP_COMMIT, node: 0, nth: 8 }, () => {
      world.largeFail([0], [1, 2]);
      world.onStep({ kind: STEP_COMMIT, node: 1, when: (_op, view) => view > 0 }, () => {
        elsewhere = true;
      });
      world.after(6_000_000, () => {
        world.require(elsewhere, 'nothing was committed in a later view within 6 s');
        world.reconnect();
      });
    });
  },
};
