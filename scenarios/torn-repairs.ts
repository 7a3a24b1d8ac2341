/**
 * Torn repairs: a slot is torn below a valid header, so the head is uncertain.
 *
 *  1. r0 misses several ops. Back again, it repairs them in whatever order they arrive.
 *  2. It loses power while it writes one below others that are already whole.
 *  3. It cannot tell where its log ends, and must neither acknowledge nor take part in a view
 *     change until a start_view from after the crash tells.
 */
import { STATUS_RECOVERING_HEAD, STEP_ACK, STEP_COMMIT } from '../core/observer.ts';
import { STEP_DO_VIEW_CHANGE, STEP_OVERWRITE } from '../core/observer.ts';
import type { Scenario } from '../vopr/sim/scenario.ts';
import { clients, watch } from './stage.ts';

export const tornRepairs: Scenario = {
  name: 'torn-repairs',
  area: 'journal',
  injects: ['isolate', 'power_cut', 'garbage_write'],
  holds: 'a replica that cannot tell where its log ends says nothing about it',
  configure(configuration) {
    clients(configuration, 3, 24);
    configuration.disk.garbageOf16 = 16;
  },
  script(world) {
    const silent = (): void => {
      const uncertain = world.inspect(0)?.status === STATUS_RECOVERING_HEAD;
      world.require(!uncertain, 'r0 spoke of a log whose end it does not know');
    };
    watch(world, { kind: STEP_ACK, node: 0 }, silent);
    watch(world, { kind: STEP_DO_VIEW_CHANGE, node: 0 }, silent);
    for (const round of [0, 1, 2]) {
      world.onStep({ kind: STEP_COMMIT, node: 1, nth: 3 + 14 * round }, () => world.isolate(0));
      world.onStep({ kind: STEP_COMMIT, node: 1, nth: 10 + 14 * round }, () => {
        world.reconnect();
        world.onStep({ kind: STEP_OVERWRITE, node: 0, nth: 3 }, () =>
          world.after(100, () => world.powerCut(0, 4_000)),
        );
      });
    }
  },
};
