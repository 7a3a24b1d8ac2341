/**
 * Partial connectivity: two primaries in different views, both within reach of the clients.
 *
 *  1. What r1 answers to most clients is long under way. It is then cut off from its backups, not
 *     from the clients, and still believes that it leads.
 *  2. r2 leads view 2 and serves the first client, which writes.
 *  3. The old answers arrive: the other clients know of nothing but view 1, and turn to r1. Reads
 *     there must not be answered from the past, and nothing that it proposes may commit.
 */
import { CLIENT_ADDRESS_MIN } from '../core/ports.ts';
import { STEP_COMMIT, STEP_START_VIEW } from '../core/observer.ts';
import type { Held } from '../vopr/sim/controls.ts';
import type { Scenario } from '../vopr/sim/scenario.ts';
import { clients } from './stage.ts';

const OTHERS = [1, 2, 3, 4, 5].map((client) => CLIENT_ADDRESS_MIN + client);
const ANSWERS = ['reply', 'query_reply'];

export const twoPrimaries: Scenario = {
  name: 'two-primaries',
  area: 'network',
  injects: ['isolate', 'loss'],
  holds: 'of two would-be primaries only the one with a quorum commits or answers reads',
  configure(configuration) {
    clients(configuration, 6, 24);
    configuration.operations[0] = 60;
  },
  script(world) {
    const late: Held[] = [];
    world.onStep({ kind: STEP_COMMIT, node: 1, nth: 20 }, () => {
      for (const kind of ANSWERS) {
        for (const to of OTHERS) late.push(world.hold({ kind, from: 1, to }));
      }
    });
    world.onStep({ kind: STEP_COMMIT, node: 1, nth: 26 }, () => {
      world.isolate(1);
      late.push(world.hold({ kind: 'request', to: 2 }));
    });
    world.onStep({ kind: STEP_START_VIEW, node: 2, when: (view) => view > 1 }, () => {
      world.pass();
      for (const kind of ANSWERS) {
        for (const to of OTHERS) world.drop({ kind, from: 2, to });
      }
      world.after(2_000, () => late.at(-1)?.release());
    });
    const served = { kind: STEP_COMMIT, node: 2, nth: 4, when: (_op: number, v: number) => v > 1 };
    world.onStep(served, () => {
      world.after(3_000, () => late.forEach((held) => held.release()));
      world.after(600_000, () => world.pass());
      world.after(600_000, () => world.reconnect());
    });
  },
};
