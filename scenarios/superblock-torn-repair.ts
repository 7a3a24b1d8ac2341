/**
 * Superblock: the repair of a torn one is torn itself.
 *
 *  1. The primary dies, and r0 loses power while it promises view 2: its copies differ.
 *  2. It opens, and loses power again before it has made durable what it read; and again while it
 *     rewrites the copies, and once more in the middle of a write.
 *  3. Whatever it opened with first must still be there.
 */
import { STATUS_VIEW_CHANGE, STEP_COMMIT, STEP_SLOT, STEP_STATUS } from '../core/observer.ts';
import type { Scenario } from '../vopr/sim/scenario.ts';
import { clients } from './stage.ts';

export const superblockTornRepair: Scenario = {
  name: 'superblock-torn-repair',
  area: 'superblock',
  injects: ['power_cut', 'crash_in_write'],
  holds: 'crashes while a torn superblock is repaired lose no promise',
  configure(configuration) {
    clients(configuration, 2, 24);
    configuration.disk.oldOf16 = 5;
    configuration.disk.garbageOf16 = 5;
  },
  script(world) {
    world.onStep({ kind: STEP_COMMIT, node: 1, nth: 11 }, () => world.powerCut(1));
    const changes = (status: number, view: number): boolean =>
      status === STATUS_VIEW_CHANGE && view > 1;
    world.onStep({ kind: STEP_STATUS, node: 0, when: changes }, () => {
      world.after(900, () => world.powerCut(0, 3_000));
      const opened = (nth: number, act: () => void): void =>
        world.onStep({ kind: STEP_SLOT, node: 0, nth, when: (slot) => slot === 15 }, act);
      opened(1, () => world.powerCut(0, 3_000));
      opened(2, () => world.after(300, () => world.powerCut(0, 3_000)));
      opened(3, () => world.after(700, () => world.powerCut(0, 3_000)));
      opened(4, () => world.crashInWrite(0, 2));
      opened(5, () => world.restart(1));
    });
  },
};
