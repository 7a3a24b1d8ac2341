/**
 * Crash: power fails at each step of a view change.
 *
 *  1. r1 dies for a second. As r2 sends its promise it loses power; restarted, as it has chosen the
 *     log; restarted again, as it starts the view.
 *  2. r0 loses power as it promises, and as it adopts a view.
 *  3. Promises that were made before a crash are the same after it; and somebody leads in the end.
 */
import { STEP_COMMIT, STEP_DO_VIEW_CHANGE, STEP_START_VIEW } from '../core/observer.ts';
import { STEP_TRUNCATE } from '../core/observer.ts';
import type { Scenario } from '../vopr/sim/scenario.ts';
import { clients } from './stage.ts';

export const crashDuringViewChange: Scenario = {
  name: 'crash-during-view-change',
  area: 'crash',
  injects: ['power_cut'],
  holds: 'a view change survives the loss of power at each of its steps, on whoever takes it',
  configure(configuration) {
    clients(configuration, 3, 40);
    configuration.disk.oldOf16 = 8;
  },
  script(world) {
    const cut = (node: number): void => world.powerCut(node, 6_000);
    world.onStep({ kind: STEP_COMMIT, node: 1, nth: 14 }, () => {
      world.powerCut(1, 1_000_000);
      world.onStep({ kind: STEP_DO_VIEW_CHANGE, node: 2 }, cut);
      world.onStep({ kind: STEP_DO_VIEW_CHANGE, node: 0, nth: 2 }, cut);
      world.onStep({ kind: STEP_TRUNCATE, nth: 1 }, cut);
      world.onStep({ kind: STEP_START_VIEW, nth: 1 }, cut);
      world.onStep({ kind: STEP_START_VIEW, node: 0, nth: 2 }, cut);
    });
  },
};
