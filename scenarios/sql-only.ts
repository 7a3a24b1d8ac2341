/**
 * SQL: clients define, write, read and travel in time, and send hardly anything else, while little
 * goes wrong beneath them. What each statement answers is held against the model
 * (`vopr/kimberlite/sql`); what is there at the end, against the constraints and every index.
 *
 *  1. Two to four clients make tables, each over the others' heads, and change rows of theirs.
 *     In half of the runs they are a family's instead, and the first client makes them for all.
 *  2. A replica loses power: it comes back with tables but without plans, catalogues or overlays,
 *     and executes again what the others executed with theirs.
 *  3. The first primary goes down for longer, so that another answers, from its own copy.
 */
import { STEP_COMMIT } from '../core/observer.ts';
import type { Scenario } from '../vopr/sim/scenario.ts';
import { FAMILIES } from '../vopr/kimberlite/sql/families/index.ts';
import { clients } from './stage.ts';

const OPERATIONS = 60;
const CLIENTS_MIN = 2;

export const sqlOnly: Scenario = {
  name: 'sql-only',
  area: 'sql',
  injects: ['power_cut'],
  holds: 'statements answer what the model says, whoever executes them, now and as of then',
  configure(configuration, seed) {
    const count = CLIENTS_MIN + (seed % 3);
    clients(configuration, count, Math.floor(OPERATIONS / count));
    configuration.client.mixOf100 = 100;
    // Half of the seeds are about the plain tables, the others about one family each.
    const turn = (seed + Math.floor(seed / 4)) % (2 * FAMILIES.length);
    configuration.client.variant = turn < FAMILIES.length ? 0 : 1 + turn - FAMILIES.length;
  },
  script(world) {
    world.onStep({ kind: STEP_COMMIT, node: 2, nth: 20 }, (node) => world.powerCut(node, 50_000));
    world.onStep({ kind: STEP_COMMIT, node: 0, nth: 40 }, (node) => world.powerCut(node, 200_000));
  },
};
