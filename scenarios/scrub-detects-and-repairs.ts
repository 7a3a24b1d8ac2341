/**
 * Scrub: rot where nobody looks.
 *
 *  1. Nobody asks for anything any more. On r0 a page, a segment of a tenant’s log and the header
 *     of a journal slot rot; on r2 others.
 *  2. Neither restarts, neither reads any of it for a client. Only the scrubber comes by.
 *  3. Within seven seconds it has found it all on both, and not one rotten sector is left.
 */
import { TINY } from '../core/limits.ts';
import { STEP_COMMIT, STEP_DAMAGE, STEP_REPAIRED } from '../core/observer.ts';
import { pageUnit, segmentUnit } from '../vopr/kimberlite/units.ts';
import type { Scenario } from '../vopr/sim/scenario.ts';
import { clients, headerOf, headersAlone, holdRequests, watch } from './stage.ts';

export const scrubDetectsAndRepairs: Scenario = {
  name: 'scrub-detects-and-repairs',
  area: 'scrub',
  injects: ['bit_rot', 'sector_rot'],
  holds:
    'damage that nobody reads is found by the scrubber and repaired from peers, before it is needed',
  configure(configuration) {
    headersAlone(configuration);
    clients(configuration, 3, 40);
    configuration.stormMicros = 15_000_000;
  },
  script(world) {
    const found = [0, 0, 0];
    const repaired = [0, 0, 0];
    const count = (by: number[], node: number): void => void (by[node] = (by[node] ?? 0) + 1);
    watch(world, { kind: STEP_DAMAGE }, (_kind, _index, _tenant, node) => count(found, node));
    watch(world, { kind: STEP_REPAIRED }, (_kind, _index, _tenant, node) => count(repaired, node));
    // Above a checkpoint, so that the journal has the only copies.
    const above = (op: number): boolean => op % TINY.checkpointInterval === 5;
    world.onStep({ kind: STEP_COMMIT, node: 1, nth: 5, when: above }, (_, op) => {
      holdRequests(world, 8_000_000);
      world.after(500_000, () => {
        world.damage(0, 'journal', headerOf(op), 'sector_rot');
        world.damage(2, 'journal', headerOf(op - 1), 'sector_rot');
        world.damageUnit(0, pageUnit(0, 3), 0, 'bit_rot');
        world.damageUnit(2, pageUnit(0, 4), 0, 'sector_rot');
        world.damageUnit(0, segmentUnit(1, 0), 0, 'bit_rot');
        world.damageUnit(2, segmentUnit(2, 0), 0, 'sector_rot');
      });
      world.after(7_500_000, () => {
        for (const node of [0, 2]) {
          world.require((found[node] ?? 0) > 0, `r${node}’s scrubber found nothing`);
          world.require((repaired[node] ?? 0) > 0, `r${node} repaired nothing`);
          world.require(world.inspect(node)?.damaged === 0, `r${node} is not repaired`);
          world.require(world.damagedSectors(node) === 0, `r${node} still has rotten sectors`);
        }
      });
    });
  },
};
