/**
 * Recovering head, replayed old view.
 *
 *  1. r0 asks for a start_view. The answer is long under way; a second one overtakes it.
 *  2. r2 is cut off: what r1 and r0 commit now, only they hold.
 *  3. r0 misses op a, and gets those above it. It loses power while it repairs a: the end of its
 *     log is uncertain.
 *  4. The old start_view arrives: the same view, an old nonce, a head below what r0 acknowledged.
 *     r1 is away, r2 is back: were r0 to believe it, the two would cut the log there.
 */
import { STATUS_NORMAL, STATUS_RECOVERING_HEAD, STEP_ACK, STEP_COMMIT } from '../core/observer.ts';
import { STEP_OVERWRITE, STEP_PROPOSE, STEP_STATUS } from '../core/observer.ts';
import type { Scenario } from '../vopr/sim/scenario.ts';
import { clients, headersAlone, keeps, onMark } from './stage.ts';

export const replayedOldStartView: Scenario = {
  name: 'replayed-old-start-view',
  area: 'recovery',
  injects: ['loss', 'isolate', 'power_cut', 'garbage_write', 'crash'],
  holds: 'a replica with an uncertain head ignores a start_view from before its crash',
  configure(configuration) {
    clients(configuration, 4, 24);
    headersAlone(configuration);
    configuration.disk.garbageOf16 = 16;
  },
  script(world) {
    let ignored = false;
    onMark(world, 'stale_start_view_ignored', () => {
      ignored = true;
    });
    const old = world.hold({ kind: 'start_view', to: 0, times: 1 });
    world.drop({ kind: 'prepare', to: 0, skip: 3, times: 1 });
    const overtaken = { kind: STEP_ACK, node: 0, nth: 3, when: () => old.count === 1 };
    world.onStep(overtaken, () => {
      world.isolate(2);
      world.onStep({ kind: STEP_COMMIT, node: 1, nth: 4, when: (op) => op % 8 < 5 }, (_, n) => {
        keeps(world, n);
        world.onStep({ kind: STEP_PROPOSE, node: 1 }, (_node, a) => {
          world.drop({ kind: 'prepare', to: 0, times: 1 });
          world.drop({ kind: 'repair_prepare', to: 0, times: 1 });
          // The leader repeats what is not acknowledged after 60 ms, op a first.
          world.after(58_000, () => world.drop({ kind: 'prepare', to: 0, times: 1 }));
          world.onStep({ kind: STEP_OVERWRITE, node: 0, when: (op) => op === a }, () =>
            world.after(50, () => world.powerCut(0, 5_000)),
          );
        });
      });
    });
    const uncertain = (status: number): boolean => status === STATUS_RECOVERING_HEAD;
    world.onStep({ kind: STEP_STATUS, node: 0, when: uncertain }, () => {
      old.release();
      world.crash(1, 1_000_000);
      world.reconnect();
      world.onStep({ kind: STEP_STATUS, node: 0, when: (status) => status === STATUS_NORMAL }, () =>
        world.require(ignored, 'r0 never ignored the old start_view'),
      );
    });
  },
};
