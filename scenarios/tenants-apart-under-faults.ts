/**
 * Tenants: one tenant’s files are damaged, and get another’s bytes.
 *
 *  1. On r0 tenant 1’s log and store rot, and a sector of its store stands where another of its
 *     pages belongs; on r2 the same happens to tenant 2. Both lose power.
 *  2. Each tenant’s pages and entries name their tenant, so that nothing of one can pass for
 *     another’s when it is repaired.
 *  3. The tenant that is whole on a replica is served there meanwhile.
 */
import { TINY } from '../core/limits.ts';
import { STEP_COMMIT } from '../core/observer.ts';
import { pageUnit, segmentUnit } from '../vopr/kimberlite/units.ts';
import type { Scenario } from '../vopr/sim/scenario.ts';
import { clients } from './stage.ts';

export const tenantsApartUnderFaults: Scenario = {
  name: 'tenants-apart-under-faults',
  area: 'tenants',
  injects: ['sector_rot', 'misdirected_write', 'power_cut'],
  holds: 'what happens to one tenant’s files shows in no other tenant’s entries, reads or hashes',
  configure(configuration) {
    clients(configuration, 4, 40);
    configuration.core.members = 0b111;
  },
  script(world) {
    for (const [node, tenant, nth] of [
      [0, 1, 50],
      [2, 2, 54],
    ] as const) {
      world.onStep({ kind: STEP_COMMIT, node, nth: nth - 25 }, () => world.saveDisk(node));
      world.onStep({ kind: STEP_COMMIT, node, nth }, () => {
        const store = `tenants/${tenant}/store`;
        world.misdirect(node, store, 0, TINY.pageBytes);
        world.misdirect(node, 'tenants/0/store', TINY.pageBytes, 2 * TINY.pageBytes);
        for (const page of [1, 2, 3]) {
          world.damageUnit(node, pageUnit(tenant, page), 0, 'sector_rot');
        }
        world.damageUnit(node, segmentUnit(tenant, 0), 0, 'sector_rot');
        world.powerCut(node, 5_000);
      });
    }
  },
};
