/**
 * Checkpoint and log torn apart by a crash at each step of state sync.
 *
 *  1. r0 is cut off until only a checkpoint can bring it back.
 *  2. It loses power as the sync begins, as its target is recorded, as units arrive, and as it
 *     ends; unsynced sectors are old, new or garbage.
 *  3. Each time it must find a checkpoint and a log that belong together, or a sync to resume.
 */
import { STEP_COMMIT, STEP_REPAIR, STEP_SUPERBLOCK, STEP_SYNC } from '../core/observer.ts';
import { REQUEST_UNIT } from '../core/vsr/message.ts';
import type { Scenario } from '../vopr/sim/scenario.ts';
import { clients } from './stage.ts';

export const checkpointLogTornApart: Scenario = {
  name: 'checkpoint-log-torn-apart',
  area: 'state-sync',
  injects: ['isolate', 'power_cut'],
  holds: 'a state sync survives a power cut at each of its steps',
  configure(configuration) {
    clients(configuration, 3, 40);
    configuration.disk.oldOf16 = 6;
    configuration.disk.garbageOf16 = 4;
  },
  script(world) {
    const cut = (node: number): void => world.powerCut(node, 4_000);
    const unit = (kind: number): boolean => kind === REQUEST_UNIT;
    world.onStep({ kind: STEP_COMMIT, node: 1, nth: 4 }, () => world.isolate(0));
    world.onStep({ kind: STEP_COMMIT, node: 1, nth: 36 }, () => world.reconnect());
    world.onStep({ kind: STEP_SYNC, node: 0 }, (node) => {
      cut(node);
      world.onStep({ kind: STEP_SUPERBLOCK, node: 0 }, cut);
      for (const nth of [1, 4, 6])
        world.onStep({ kind: STEP_REPAIR, node: 0, nth, when: unit }, cut);
      world.onStep({ kind: STEP_SYNC, node: 0, when: (_op, done) => done === 1 }, cut);
    });
  },
};
