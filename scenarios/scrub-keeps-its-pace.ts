/**
 * Scrub: it is limited to a few units at a time.
 *
 *  1. The cluster is idle. A tour reads each page and each entry of each tenant’s log once, six
 *     units a step, a step each tenth of a second.
 *  2. A page of r0 rots meanwhile: what is found costs a repair, not another pace.
 *  3. In six seconds no replica completes more tours than that budget allows for the entries alone,
 *     nor fewer than one; and no view changes.
 */
import { TINY } from '../core/limits.ts';
import { STEP_COMMIT, STEP_ENTRY, STEP_STATUS } from '../core/observer.ts';
import { pageUnit } from '../vopr/kimberlite/units.ts';
import type { Scenario } from '../vopr/sim/scenario.ts';
import { clients, holdRequests, watch } from './stage.ts';

export const scrubKeepsItsPace: Scenario = {
  name: 'scrub-keeps-its-pace',
  area: 'scrub',
  injects: ['bit_rot'],
  holds:
    'the scrubber reads no more than its budget, whatever it finds, and leaves an idle cluster idle',
  configure(configuration) {
    clients(configuration, 3, 40);
    configuration.stormMicros = 15_000_000;
  },
  script(world) {
    let entries = 0;
    watch(world, { kind: STEP_ENTRY, node: 1 }, () => (entries += 1));
    watch(world, { kind: STEP_STATUS }, (_status, view) =>
      world.require(view < 2, 'scrubbing changed the view'),
    );
    world.onStep({ kind: STEP_COMMIT, node: 1, nth: 60 }, () => {
      holdRequests(world, 7_000_000);
      const before: number[] = [];
      world.after(500_000, () => {
        for (const node of [0, 1, 2]) before.push(world.inspect(node)?.scrubTours ?? 0);
        world.damageUnit(0, pageUnit(0, 2), 0, 'bit_rot');
      });
      world.after(6_500_000, () => {
        // Entries above the checkpoint are not scrubbed yet.
        const units = (6_000_000 / TINY.scrubMicros + 1) * TINY.scrubUnitsPerStep;
        const most = Math.floor(units / (entries - 2 * TINY.checkpointInterval)) + 1;
        for (const node of [0, 1, 2]) {
          const tours = (world.inspect(node)?.scrubTours ?? 0) - (before[node] ?? 0);
          world.require(tours >= 1 && tours <= most, `r${node}: ${tours} tours, at most ${most}`);
        }
      });
    });
  },
};
