/**
 * Partial connectivity: a replica that sends and hears nothing.
 *
 *  1. Nothing reaches r2 any more; what it sends arrives.
 *  2. It misses its primary and asks for view after view. Nobody else does, so nobody leaves view 0,
 *     r2 included; the others commit at their pace.
 *  3. When it hears again it follows at once.
 */
import { STATUS_VIEW_CHANGE, STEP_COMMIT, STEP_STATUS } from '../core/observer.ts';
import type { Scenario } from '../vopr/sim/scenario.ts';
import { clients, watch } from './stage.ts';

export const deafReplica: Scenario = {
  name: 'deaf-replica',
  area: 'network',
  injects: ['one_way'],
  holds: 'one replica that cannot hear does not drag the others into a view change',
  configure(configuration) {
    clients(configuration, 2, 400);
  },
  script(world) {
    watch(world, { kind: STEP_STATUS }, (status, view, _c, node) =>
      world.require(status !== STATUS_VIEW_CHANGE, `r${node} left for view ${view}`),
    );
    world.onStep({ kind: STEP_COMMIT, node: 0, nth: 8 }, () => {
      world.oneWay([0, 1], [2]);
      world.after(1_000_000, () => world.reconnect());
      world.after(1_100_000, () => world.endStorm());
    });
  },
};
