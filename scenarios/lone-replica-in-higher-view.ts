/**
 * Partial connectivity: a lone replica in a higher view.
 *
 *  1. r1 is cut off; r2 and r0 both ask for view 2, but r0's word does not reach r2.
 *  2. r0 has its quorum and promises view 2. At that moment it is cut off, and r1 is back.
 *  3. r2 hears r1 again and stays: two of three work in view 1, and r0 can never come back to it.
 *  4. When r0 is heard, the others must move to a view in which all three take part.
 */
import { STATUS_NORMAL, STATUS_VIEW_CHANGE, STEP_COMMIT, STEP_STATUS } from '../core/observer.ts';
import type { Scenario } from '../vopr/sim/scenario.ts';
import { clients } from './stage.ts';

export const loneReplicaInHigherView: Scenario = {
  name: 'lone-replica-in-higher-view',
  area: 'network',
  injects: ['isolate', 'loss'],
  holds: 'a replica alone in a higher view gets back to work with the others',
  configure(configuration) {
    clients(configuration, 2, 2_000);
    configuration.stormMicros = 3_000_000;
  },
  script(world) {
    let working = false;
    world.onStep({ kind: STEP_COMMIT, node: 1, nth: 8 }, () => {
      world.isolate(1);
      for (const kind of ['start_view_change', 'ping', 'pong'])
        world.drop({ kind, from: 0, to: 2 });
    });
    const left = (status: number, view: number): boolean =>
      status === STATUS_VIEW_CHANGE && view > 1;
    world.onStep({ kind: STEP_STATUS, node: 0, when: left }, () => {
      world.pass();
      world.reconnect();
      world.isolate(0);
      world.after(500_000, () => world.reconnect());
      const back = (status: number, view: number): boolean => status === STATUS_NORMAL && view > 1;
      world.onStep({ kind: STEP_STATUS, node: 0, when: back }, () => {
        working = true;
        world.after(50_000, () => world.endStorm());
      });
      world.at(2_900_000, () => world.require(working, 'r0 is still alone in its view'));
    });
  },
};
