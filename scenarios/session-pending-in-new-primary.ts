/**
 * Sessions: a registration that the new primary inherits uncommitted.
 *
 *  1. r1 proposes registrations to its backups and dies before it hears of any.
 *  2. r2 leads view 2 with them in its pipeline, and waits for acknowledgements, when the clients
 *     ask for the same sessions again.
 *  3. Each client gets one session; no request is taken for another's or executed twice.
 */
import { STEP_PROPOSE, STEP_START_VIEW } from '../core/observer.ts';
import type { Scenario } from '../vopr/sim/scenario.ts';
import { clients } from './stage.ts';

export const sessionPendingInNewPrimary: Scenario = {
  name: 'session-pending-in-new-primary',
  area: 'sessions',
  injects: ['loss', 'crash'],
  holds: 'a registration in a new primary’s pipeline is not made twice',
  configure(configuration) {
    clients(configuration, 4, 16);
  },
  script(world) {
    world.drop({ kind: 'prepare_ok', to: 1 });
    world.onStep({ kind: STEP_PROPOSE, node: 1, nth: 2 }, () => {
      world.after(3_000, () => {
        world.crash(1, 1_500_000);
        world.pass();
      });
    });
    world.onStep({ kind: STEP_START_VIEW, node: 2, when: (view) => view > 1 }, () => {
      const late = world.hold({ kind: 'prepare_ok', to: 2 });
      world.after(700_000, () => {
        world.pass();
        late.release();
      });
    });
  },
};
