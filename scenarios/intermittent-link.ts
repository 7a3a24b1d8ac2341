/**
 * Partial connectivity: a link that comes and goes, in one direction.
 *
 *  1. For three seconds what r1 sends to r2 is lost for 170 ms, then arrives for 60 ms, and so on:
 *     just less than it takes to call a primary dead, and just more than a heartbeat.
 *  2. r2 misses its primary again and again, r0 does not. Views may change; they must not follow
 *     one another at every gap, and commits go on.
 */
import { STEP_COMMIT } from '../core/observer.ts';
import type { Scenario } from '../vopr/sim/scenario.ts';
import { clients, watch } from './stage.ts';

export const intermittentLink: Scenario = {
  name: 'intermittent-link',
  area: 'network',
  injects: ['one_way'],
  holds:
    'a link that comes and goes changes views a bounded number of times and stops no commit for good',
  configure(configuration) {
    clients(configuration, 3, 200);
  },
  script(world) {
    let commits = 0;
    watch(world, { kind: STEP_COMMIT }, () => (commits += 1));
    world.onStep({ kind: STEP_COMMIT, node: 1, nth: 8 }, () => {
      const view = world.inspect(0)?.view ?? 0;
      for (let at = 0; at < 3_000_000; at += 230_000) {
        world.after(at, () => world.oneWay([1], [2]));
        world.after(at + 170_000, () => world.reconnect());
      }
      world.after(1_000_000, () => (commits = 0));
      world.after(3_200_000, () => {
        const changes = (world.inspect(0)?.view ?? 0) - view;
        world.require(changes <= 6, `${changes} views in thirteen gaps`);
        world.require(commits > 0, 'nothing was committed while the link came and went');
        world.endStorm();
      });
    });
  },
};
