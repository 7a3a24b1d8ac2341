/**
 * A confirmation of the view that comes too late to vouch for the reads that wait now.
 *
 *  1. r1 leads view 1. It has asked whether it still does, for a read; what the others answer is
 *     long under way, and so are its own replies to most clients.
 *  2. It is cut off from its backups. r2 leads view 2 and commits for the first client.
 *  3. The replies arrive: the other clients know of nothing but view 1, and ask r1.
 *  4. Now the confirmations arrive. They were given before view 2 began: they answer the first
 *     read, and none that came since.
 */
import { CLIENT_ADDRESS_MIN } from '../core/ports.ts';
import { STEP_COMMIT, STEP_START_VIEW } from '../core/observer.ts';
import type { Held } from '../vopr/sim/controls.ts';
import type { Scenario } from '../vopr/sim/scenario.ts';
import { clients } from './stage.ts';

const OTHERS = [1, 2, 3, 4, 5].map((client) => CLIENT_ADDRESS_MIN + client);
const ANSWERS = ['reply', 'query_reply'];

export const lateConfirmation: Scenario = {
  name: 'late-confirmation',
  area: 'network',
  injects: ['isolate', 'loss'],
  holds: 'a round of confirmations answers only the reads that came before it was sent',
  configure(configuration) {
    clients(configuration, 6, 24);
    configuration.operations[0] = 60;
  },
  script(world) {
    const late: Held[] = [];
    let confirmations: Held | null = null;
    world.onStep({ kind: STEP_COMMIT, node: 1, nth: 20 }, () => {
      confirmations = world.hold({ kind: 'view_confirmed', to: 1 });
      world.after(6_000, () => world.isolate(1));
      for (const kind of ANSWERS) {
        for (const to of OTHERS) late.push(world.hold({ kind, from: 1, to }));
      }
    });
    world.onStep({ kind: STEP_START_VIEW, node: 2, when: (view) => view > 1 }, () => {
      world.pass();
      for (const kind of ANSWERS) {
        for (const to of OTHERS) world.drop({ kind, from: 2, to });
      }
    });
    const served = { kind: STEP_COMMIT, node: 2, nth: 6, when: (_op: number, v: number) => v > 1 };
    world.onStep(served, () => {
      world.after(1_000, () => late.forEach((held) => held.release()));
      world.after(8_000, () => confirmations?.release());
      world.after(600_000, () => world.pass());
      world.after(600_000, () => world.reconnect());
    });
  },
};
