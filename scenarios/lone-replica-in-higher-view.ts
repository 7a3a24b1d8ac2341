/**
 * Partial connectivity: a lone replica in a higher view.
 *
 *  1. r0 is cut off; r1 and r2 both ask for view 1, but r2's word does not reach r1.
 *  2. r2 has its quorum and promises view 1. At that moment it is cut off, and r0 is back.
 *  3. r1 hears r0 again and stays: two of three work in view 0, and r2 can never come back to it.
 *  4. When r2 is heard, the others must move to a view in which all three take part.
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
    world.onStep({ kind: STEP_COMMIT, node: 0, nth: 8 }, () => world.isolate(0));
    world.drop({ kind: 'start_view_change', from: 2, to: 1 });
    world.drop({ kind: 'ping', from: 2, to: 1 });
    world.drop({ kind: 'pong', from: 2, to: 1 });
    const left = (status: number): boolean => status === STATUS_VIEW_CHANGE;
    world.onStep({ kind: STEP_STATUS, node: 2, when: left }, () => {
      world.pass();
      world.reconnect();
      world.isolate(2);
      world.after(500_000, () => world.reconnect());
      const back = (status: number, view: number): boolean => status === STATUS_NORMAL && view > 0;
      world.onStep({ kind: STEP_STATUS, node: 2, when: back }, () => {
        working = true;
        world.after(50_000, () => world.endStorm());
      });
      world.at(2_900_000, () => world.require(working, 'r2 is still alone in its view'));
    });
  },
};
