/**
 * Partial connectivity: small messages pass, large ones fail.
 *
 *  1. Between r1 and the others heartbeats and acknowledgements arrive, prepares do not: everybody
 *     seems alive and nothing commits.
 *  2. r1 must give its view up; r2 and r0, between whom all passes, go on without it.
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
    world.onStep({ kind: STEP_COMMIT, node: 1, nth: 8 }, () => {
      world.largeFail([1], [2, 0]);
      world.onStep({ kind: STEP_COMMIT, node: 2, when: (_op, view) => view > 1 }, () => {
        elsewhere = true;
      });
      world.after(6_000_000, () => {
        world.require(elsewhere, 'nothing was committed in a later view within 6 s');
        world.reconnect();
      });
    });
  },
};
