/**
 * Access: clients work in the names of users, one of them makes the first admin, and roles, reaches
 * and keys change under everybody's feet. What each statement is let or refused is held against
 * another reading of the log (`vopr/kimberlite/access`); who there is at the end, too.
 *
 *  1. Tables are made; the first admin is, and from then on every name is asked for.
 *  2. A replica loses power: it comes back having forgotten whom it knew, and must let and refuse
 *     like the others, whose memory is warm.
 *  3. The first primary goes down for longer: another one answers for the same users.
 */
import { STEP_COMMIT } from '../core/observer.ts';
import type { Scenario } from '../vopr/sim/scenario.ts';
import { clients } from './stage.ts';

const OPERATIONS = 80;
const CLIENTS_MIN = 2;

export const accessEnforced: Scenario = {
  name: 'access-enforced',
  area: 'sql',
  injects: ['power_cut'],
  holds: 'every replica lets and refuses the same, by the roles, reaches and keys of then',
  configure(configuration, seed) {
    const count = CLIENTS_MIN + (seed % 3);
    clients(configuration, count, Math.floor(OPERATIONS / count));
    configuration.client.mixOf100 = 90;
    configuration.client.accessOf100 = 25;
    configuration.client.transactionsOf100 = 25;
  },
  script(world) {
    world.onStep({ kind: STEP_COMMIT, node: 2, nth: 25 }, (node) => world.powerCut(node, 50_000));
    world.onStep({ kind: STEP_COMMIT, node: 0, nth: 50 }, (node) => world.powerCut(node, 200_000));
  },
};
