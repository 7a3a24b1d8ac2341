/**
 * Partial connectivity: two primaries in different views, both within reach of the clients.
 *
 *  1. r1 is cut off from its backups, not from the clients, and still believes that it leads.
 *  2. r2 leads view 2 and commits. Reads at r1 must not be answered from the past, and nothing that
 *     it proposes may commit.
 *  3. The cut ends; then the next primary is cut off likewise.
 */
import { STEP_COMMIT, STEP_QUERY } from '../core/observer.ts';
import type { Scenario } from '../vopr/sim/scenario.ts';
import { clients } from './stage.ts';

export const twoPrimaries: Scenario = {
  name: 'two-primaries',
  area: 'network',
  injects: ['isolate'],
  holds: 'of two would-be primaries only the one with a quorum commits or answers reads',
  configure(configuration) {
    clients(configuration, 6, 20);
  },
  script(world) {
    for (const nth of [6, 26]) {
      world.onStep({ kind: nth === 6 ? STEP_COMMIT : STEP_QUERY, nth }, () => {
        const leader = world.primary();
        if (leader < 0) return;
        world.isolate(leader);
        world.after(900_000, () => world.reconnect());
      });
    }
  },
};
