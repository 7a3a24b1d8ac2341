/**
 * Interactive transactions: clients read, decide by what they read, and write, on forks at the
 * primary, while others do the same to the same rows, and while the primary is changed under them.
 *
 *  1. Three or four clients make tables; then every second statement is a transaction: transfers,
 *     write skew, phantoms, children of rows that are being deleted, savepoints.
 *  2. A backup loses power and executes the commits again, with their validation.
 *  3. The first primary goes down: its forks end with 40001, and what was about to be committed is
 *     sent to the next one, once.
 */
import { STEP_COMMIT } from '../core/observer.ts';
import type { Scenario } from '../vopr/sim/scenario.ts';
import { FAMILIES } from '../vopr/kimberlite/sql/families/index.ts';
import { clients } from './stage.ts';

const OPERATIONS = 72;
const CLIENTS_MIN = 3;

export const transactions: Scenario = {
  name: 'transactions',
  area: 'sql',
  injects: ['power_cut'],
  holds: 'what commits has the order of the log, whatever else runs; what is refused did nothing',
  configure(configuration, seed) {
    const count = CLIENTS_MIN + (seed % 2);
    clients(configuration, count, Math.floor(OPERATIONS / count));
    configuration.client.mixOf100 = 100;
    configuration.client.transactionsOf100 = 50;
    // One run in three is about a family of tables.
    const turn = (seed + Math.floor(seed / 4)) % (3 * FAMILIES.length);
    configuration.client.variant = turn < 2 * FAMILIES.length ? 0 : 1 + (turn % FAMILIES.length);
  },
  script(world) {
    world.onStep({ kind: STEP_COMMIT, node: 2, nth: 20 }, (node) => world.powerCut(node, 50_000));
    world.onStep({ kind: STEP_COMMIT, node: 0, nth: 40 }, (node) => world.powerCut(node, 200_000));
  },
};
