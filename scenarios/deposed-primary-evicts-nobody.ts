/**
 * Sessions: a deposed primary does not know the sessions of the view after its own.
 *
 *  1. r1 is cut off from its backups. In view 2 clients register anew; r1 knows nothing of that.
 *  2. Their requests reach r1 too, which declares the sessions unknown.
 *  3. Who has heard of view 2 must not believe r1: his session lives, and his request may commit.
 */
import { STEP_COMMIT, STEP_START_VIEW } from '../core/observer.ts';
import type { Scenario } from '../vopr/sim/scenario.ts';
import { clients } from './stage.ts';

export const deposedPrimaryEvictsNobody: Scenario = {
  name: 'deposed-primary-evicts-nobody',
  area: 'sessions',
  injects: ['isolate', 'client_abandon', 'client_crash', 'client_flood'],
  holds: 'an eviction by a deposed primary ends no session of a later view',
  configure(configuration) {
    clients(configuration, 4, 40);
    configuration.client.kinds = ['client_abandon', 'client_crash', 'client_flood'];
    configuration.client.faultPermille = 150;
  },
  script(world) {
    world.onStep({ kind: STEP_COMMIT, node: 1, nth: 6 }, () => world.isolate(1));
    world.onStep({ kind: STEP_START_VIEW, node: 2, when: (view) => view > 1 }, () => {
      world.onStep({ kind: STEP_COMMIT, node: 2, nth: 40 }, () => world.reconnect());
      world.after(2_000_000, () => world.reconnect());
    });
  },
};
