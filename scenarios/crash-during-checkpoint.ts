/**
 * Crash: power fails while a checkpoint is written.
 *
 *  1. Applying an op that ends a checkpoint’s interval begins one. r0 dies in each of the writes
 *     that follow, a different one each time; then loses power while they are being synced.
 *  2. r2 loses power as its superblock has just come to name the checkpoint.
 *  3. Each opens on a checkpoint that is complete, and applies again what lies above it.
 */
import { STEP_CHECKPOINT, STEP_COMMIT } from '../core/observer.ts';
import type { Scenario } from '../vopr/sim/scenario.ts';
import { clients } from './stage.ts';

export const crashDuringCheckpoint: Scenario = {
  name: 'crash-during-checkpoint',
  area: 'crash',
  injects: ['power_cut', 'crash_in_write'],
  holds: 'a checkpoint that was being written when power failed is whole, or is the one before',
  configure(configuration) {
    clients(configuration, 3, 50);
    configuration.disk.oldOf16 = 6;
    configuration.disk.garbageOf16 = 4;
  },
  script(world) {
    const begins = (op: number): boolean => op % 8 === 0;
    for (const nth of [1, 2, 3, 5, 8]) {
      world.onStep({ kind: STEP_COMMIT, node: 0, nth, when: begins }, () =>
        world.crashInWrite(0, nth),
      );
    }
    for (const nth of [4, 6, 9]) {
      world.onStep({ kind: STEP_COMMIT, node: 0, nth, when: begins }, () =>
        world.after(100 * nth, () => world.powerCut(0, 4_000)),
      );
      world.onStep({ kind: STEP_CHECKPOINT, node: 2, nth }, (node) => world.powerCut(node, 4_000));
    }
  },
};
