/**
 * Crash: power fails while a restarted replica writes again what it found in its journal.
 *
 *  1. r2's process dies with ops above its checkpoint, and starts again: it must make durable what
 *     it has read, since only the page cache may have had it.
 *  2. Power fails while it does so, sooner or later, and all that was unsynced is garbage.
 *  3. What it acknowledged long ago is there all the same: a copy stood aside.
 */
import { STEP_COMMIT } from '../core/observer.ts';
import type { Scenario } from '../vopr/sim/scenario.ts';
import { clients } from './stage.ts';

const RESTART_MICROS = 1_000;
/** A sync takes this much longer, so that the cuts fall between two of them. */
const SLOW_MICROS = 2_000;

export const powerCutWhileSecuring: Scenario = {
  name: 'power-cut-while-securing',
  area: 'crash',
  injects: ['crash', 'power_cut', 'garbage_write'],
  holds: 'a slot that was durable stays so while it is written again, whenever power fails',
  configure(configuration) {
    clients(configuration, 3, 60);
    configuration.disk.garbageOf16 = 16;
  },
  script(world) {
    [1, 3, 5, 7].forEach((syncs, i) => {
      world.onStep({ kind: STEP_COMMIT, node: 1, nth: 12 + 14 * i }, () => {
        world.delaySyncs(2, SLOW_MICROS);
        world.crash(2, RESTART_MICROS);
        world.after(RESTART_MICROS + (syncs * SLOW_MICROS) / 2, () => world.powerCut(2, 5_000));
        world.after(40_000, () => world.delaySyncs(2, 0));
      });
    });
  },
};
