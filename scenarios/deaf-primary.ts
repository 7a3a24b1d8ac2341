/**
 * Partial connectivity: a primary that is heard and hears nothing.
 *
 *  1. r1's heartbeats arrive, so nobody misses it; no acknowledgement reaches it, so nothing
 *     commits.
 *  2. It must notice that it gets nothing done, and give its view up.
 */
import { STEP_COMMIT } from '../core/observer.ts';
import type { Scenario } from '../vopr/sim/scenario.ts';
import { clients } from './stage.ts';

export const deafPrimary: Scenario = {
  name: 'deaf-primary',
  area: 'network',
  injects: ['one_way'],
  holds: 'a primary that gets nothing done gives its view up within bounded time',
  configure(configuration) {
    clients(configuration, 2, 30);
  },
  script(world) {
    let elsewhere = false;
    world.onStep({ kind: STEP_COMMIT, node: 1, nth: 8 }, () => {
      world.oneWay([2, 0], [1]);
      world.onStep({ kind: STEP_COMMIT, node: 2, when: (_op, view) => view > 1 }, () => {
        elsewhere = true;
      });
      world.after(5_000_000, () => {
        world.require(elsewhere, 'nothing was committed in a later view within 5 s');
        world.reconnect();
      });
    });
  },
};
