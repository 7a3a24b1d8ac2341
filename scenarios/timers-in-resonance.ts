/**
 * Partial connectivity: timers in resonance.
 *
 *  1. Every message takes the same 60 ms, as long as a heartbeat's interval; a view change takes
 *     nearly as long as its own timeout.
 *  2. The primary dies, and so does the next one as soon as it leads.
 *  3. Jitter and growing timeouts must break the symmetry: somebody leads before long.
 */
import { STEP_COMMIT, STEP_START_VIEW } from '../core/observer.ts';
import type { Scenario } from '../vopr/sim/scenario.ts';
import { clients } from './stage.ts';

export const timersInResonance: Scenario = {
  name: 'timers-in-resonance',
  area: 'network',
  injects: ['power_cut'],
  holds: 'equal delays as long as the timeouts do not keep a view from beginning',
  configure(configuration) {
    clients(configuration, 2, 20);
    configuration.replicaCount = 5;
    configuration.network.delayMinMicros = 60_000;
    configuration.network.delayScaleMicros = 0;
    configuration.network.delayShape = 0;
    configuration.stormMicros = 30_000_000;
  },
  script(world) {
    let commits = 0;
    world.onStep({ kind: STEP_COMMIT, node: 1, nth: 5 }, () => world.powerCut(1));
    world.onStep({ kind: STEP_START_VIEW, when: (view) => view > 1 }, (leader) => {
      world.powerCut(leader);
      world.after(6_000_000, () => world.require(commits > 0, 'nobody led within 6 s'));
      world.onStep({ kind: STEP_COMMIT }, () => {
        commits += 1;
      });
    });
  },
};
