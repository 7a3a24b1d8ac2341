/**
 * Standby: it falls behind, further than the ring reaches back.
 *
 *  1. r3, a standby, is cut off for five rings’ worth of ops. Nobody waits for it.
 *  2. It comes back, finds that the log no longer reaches back to it, and takes a checkpoint; it
 *     loses power in the middle of that, and once more when it is done.
 *  3. In the end it holds what the others hold, and has not said a word as a voter.
 */
import { STEP_ACK, STEP_COMMIT, STEP_SYNC } from '../core/observer.ts';
import type { Scenario } from '../vopr/sim/scenario.ts';
import { clients, watch } from './stage.ts';

export const standbyCatchesUp: Scenario = {
  name: 'standby-catches-up',
  area: 'standby',
  injects: ['isolate', 'power_cut'],
  holds: 'a standby that fell behind the ring takes a checkpoint, and is as the others are',
  configure(configuration) {
    configuration.standbyCount = 1;
    clients(configuration, 3, 60);
    configuration.core.members = 0b1111;
  },
  script(world) {
    let synced = false;
    watch(world, { kind: STEP_ACK, node: 3 }, () => world.require(false, 'a standby acknowledged'));
    world.onStep({ kind: STEP_COMMIT, node: 1, nth: 10 }, () => world.isolate(3));
    world.onStep({ kind: STEP_COMMIT, node: 1, nth: 90 }, () => {
      world.reconnect();
      world.after(1_500_000, () => {
        world.require(synced, 'the standby took no checkpoint');
        world.endStorm();
      });
    });
    world.onStep({ kind: STEP_SYNC, node: 3, when: (_op, done) => done === 0 }, (node) =>
      world.powerCut(node, 5_000),
    );
    world.onStep({ kind: STEP_SYNC, node: 3, when: (_op, done) => done === 1 }, (node) => {
      synced = true;
      world.powerCut(node, 5_000);
    });
  },
};
