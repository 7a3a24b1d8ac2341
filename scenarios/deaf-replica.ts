/**
 * Partial connectivity: a replica that sends and hears nothing.
 *
 *  1. Nothing reaches r0 any more; what it sends arrives.
 *  2. It misses its primary and asks for view after view. Nobody else does, so nobody leaves view
 *     1, r0 included; the others commit at their pace.
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
    clients(configuration, 2, 300);
  },
  script(world) {
    watch(world, { kind: STEP_STATUS }, (status, view, _c, node) =>
      world.require(view < 2 || status !== STATUS_VIEW_CHANGE, `r${node} left for view ${view}`),
    );
    world.onStep({ kind: STEP_COMMIT, node: 1, nth: 8 }, () => {
      world.oneWay([1, 2], [0]);
      world.after(700_000, () => world.reconnect());
      world.after(800_000, () => world.endStorm());
    });
  },
};
