/**
 * Repair: two of five replicas lag at once, and everybody could help everybody.
 *
 *  1. r3 and r4 miss twelve ops, less than a ring; each prepare sent to repair them is lost every
 *     second time.
 *  2. Each op is asked for once at a time, from one peer, and answered once. Until both have caught
 *     up there are at most six requests for an op and laggard, where a storm would make hundreds.
 *  3. Nobody else repairs anything, and no view changes.
 */
import { STEP_COMMIT, STEP_REPAIR, STEP_STATUS } from '../core/observer.ts';
import { REQUEST_PREPARE } from '../core/vsr/message.ts';
import type { Scenario } from '../vopr/sim/scenario.ts';
import { clients, watch } from './stage.ts';

export const repairStormPrevented: Scenario = {
  name: 'repair-storm-prevented',
  area: 'repair',
  injects: ['partition', 'loss'],
  holds: 'two laggards at once get what they miss without a storm of requests or answers',
  configure(configuration) {
    configuration.replicaCount = 5;
    clients(configuration, 3, 60);
  },
  script(world) {
    const asked = new Map<number, number>();
    let lagged = false;
    watch(world, { kind: STEP_STATUS }, (_status, view) =>
      world.require(view < 2, 'laggards changed the view'),
    );
    watch(world, { kind: STEP_REPAIR }, (kind, op, _to, node) => {
      if (kind !== REQUEST_PREPARE || !lagged) return;
      world.require(node > 2, `r${node} asks for op ${op}, which it has`);
      const times = (asked.get(8 * op + node) ?? 0) + 1;
      asked.set(8 * op + node, times);
      world.require(times <= 6, `r${node} asks for op ${op} for the ${times}th time`);
    });
    world.onStep({ kind: STEP_COMMIT, node: 1, nth: 9 }, () => {
      world.partition([0, 1, 2], [3], [4]);
      world.onStep({ kind: STEP_COMMIT, node: 1, nth: 11 }, () => {
        lagged = true;
        for (let skip = 0; skip < 20; skip++)
          world.drop({ kind: 'repair_prepare', skip, times: 1 });
        world.reconnect();
      });
    });
  },
};
