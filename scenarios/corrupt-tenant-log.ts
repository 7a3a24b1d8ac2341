/**
 * Recovery: the logs of tenants rot, on one replica after another.
 *
 *  1. The first segment of two tenants’ logs rots on r0, which loses power: the journal does not
 *     reach back that far, only a peer’s log does.
 *  2. Within six seconds it is repaired. Then the same segments rot on r2, and then on r1: what
 *     repairs them is what others had repaired.
 *  3. Each entry comes back byte for byte, proven by its chain; none is taken for the end of the
 *     log.
 */
import { DAMAGE_LOG, STEP_COMMIT, STEP_REPAIRED } from '../core/observer.ts';
import { segmentUnit } from '../vopr/kimberlite/units.ts';
import type { Scenario } from '../vopr/sim/scenario.ts';
import { clients, holdRequests, watch } from './stage.ts';

export const corruptTenantLog: Scenario = {
  name: 'corrupt-tenant-log',
  area: 'recovery',
  injects: ['sector_rot', 'power_cut'],
  holds:
    'a tenant’s log that rots on one replica after another is made whole from the others, entry by entry',
  configure(configuration) {
    clients(configuration, 3, 60);
    configuration.stormMicros = 30_000_000;
    configuration.core.members = 0b111;
  },
  script(world) {
    const repaired = [0, 0, 0];
    watch(world, { kind: STEP_REPAIRED }, (what, _position, _tenant, node) => {
      if (what === DAMAGE_LOG) repaired[node] = (repaired[node] ?? 0) + 1;
    });
    world.onStep({ kind: STEP_COMMIT, node: 1, nth: 40 }, () => {
      holdRequests(world, 18_500_000);
      [0, 2, 1].forEach((node, i) =>
        world.after(6_000_000 * i, () => {
          const rotten = [1, 2].filter((tenant) =>
            world.damageUnit(node, segmentUnit(tenant, 0), 0, 'sector_rot'),
          );
          world.require(rotten.length > 0, `r${node} holds no segment of either tenant`);
          world.powerCut(node, 5_000);
          world.after(5_900_000, () =>
            world.require((repaired[node] ?? 0) > 0, `r${node} did not repair its logs`),
          );
        }),
      );
    });
  },
};
