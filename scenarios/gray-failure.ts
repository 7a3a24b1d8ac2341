/**
 * Gray failure: a primary that is neither dead nor well.
 *
 *  1. Each input costs r1 four milliseconds; on top of that, from its eighth commit on, each
 *     message between it and the others takes twelve times as long. Its heartbeats still arrive.
 *  2. Nobody may be left in doubt for ever: within any two seconds something commits, in its view
 *     or in the next, until it is well again.
 */
import { STEP_COMMIT } from '../core/observer.ts';
import type { Scenario } from '../vopr/sim/scenario.ts';
import { clients, watch } from './stage.ts';

export const grayFailure: Scenario = {
  name: 'gray-failure',
  area: 'network',
  injects: ['slow_node', 'slow_link'],
  holds: 'a primary that is alive and slow keeps committing, or is replaced by one that is not',
  configure(configuration) {
    clients(configuration, 3, 80);
    configuration.process.slowNode = 1;
    configuration.process.slowNodeMicros = 4_000;
  },
  script(world) {
    let commits = 0;
    watch(world, { kind: STEP_COMMIT }, () => (commits += 1));
    world.onStep({ kind: STEP_COMMIT, node: 1, nth: 8 }, () => {
      world.slowDown([1], [0, 2]);
      for (const end of [2_000_000, 4_000_000, 6_000_000]) {
        world.after(end - 2_000_000, () => (commits = 0));
        world.after(end, () => world.require(commits > 0, 'nothing was committed within 2 s'));
      }
      world.after(6_000_001, () => {
        world.reconnect();
        world.endStorm();
      });
    });
  },
};
