/**
 * Storage: single bits flip at rest, in everything that r0 keeps.
 *
 *  1. A byte changes in three prepares, two headers, a superblock copy, several pages of the state
 *     and a segment of two tenants’ logs. The other replicas have all of it.
 *  2. r0 loses power and opens on that disk. What is damaged it must tell from what was never
 *     there.
 *  3. It is asked for nothing of it by clients: the journal is repaired because it opens, pages and
 *     entries because they are needed or scrubbed.
 */
import { STEP_COMMIT } from '../core/observer.ts';
import { pageUnit, segmentUnit } from '../vopr/kimberlite/units.ts';
import type { Scenario } from '../vopr/sim/scenario.ts';
import { clients, copyOf, headerOf, headersAlone, prepareOf } from './stage.ts';

export const bitFlips: Scenario = {
  name: 'bit-flips',
  area: 'storage',
  injects: ['bit_rot', 'power_cut'],
  holds:
    'single flipped bits in journal, state and logs are found and repaired, and served to nobody',
  configure(configuration) {
    headersAlone(configuration);
    clients(configuration, 3, 40);
    configuration.core.members = 0b111;
  },
  script(world) {
    world.onStep({ kind: STEP_COMMIT, node: 0, nth: 30 }, (node, op) => {
      for (const back of [2, 4, 5]) world.damage(node, 'journal', prepareOf(op - back), 'bit_rot');
      for (const back of [3, 6]) world.damage(node, 'journal', headerOf(op - back), 'bit_rot');
      world.damage(node, 'superblock', copyOf(2), 'bit_rot');
      for (const page of [1, 2, 3, 5, 8]) world.damageUnit(node, pageUnit(0, page), 0, 'bit_rot');
      for (const tenant of [1, 2]) world.damageUnit(node, segmentUnit(tenant, 0), 0, 'bit_rot');
      world.powerCut(node, 5_000);
    });
  },
};
