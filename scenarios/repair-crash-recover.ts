/**
 * Repair, crash, recover, before the ring wraps.
 *
 *  1. Three slots of r0 rot; it restarts and finds them damaged.
 *  2. As soon as one of them is repaired it loses power again.
 *  3. The repaired slot must read as whole, the others still as damaged: not as empty, which would
 *     deny what was acknowledged.
 */
import { RECOVERED_DAMAGED, RECOVERED_PRESENT, STEP_COMMIT } from '../core/observer.ts';
import { STEP_REPAIRED, STEP_SLOT } from '../core/observer.ts';
import type { Scenario } from '../vopr/sim/scenario.ts';
import { headersAlone, holdRequests, oneClient, prepareOf, watch } from './stage.ts';

export const repairCrashRecover: Scenario = {
  name: 'repair-crash-recover',
  area: 'journal',
  injects: ['sector_rot', 'power_cut'],
  holds: 'after a crash in the middle of repair, repaired slots are whole and others still damaged',
  configure(configuration) {
    headersAlone(configuration);
    oneClient(configuration, 40);
  },
  script(world) {
    const damaged = new Set<number>();
    let rotten = false;
    watch(world, { kind: STEP_SLOT, node: 0 }, (slot, _op, verdict) => {
      const expected = damaged.has(slot) ? RECOVERED_DAMAGED : RECOVERED_PRESENT;
      const concerned = rotten && (slot === 2 || slot === 3 || slot === 4);
      world.require(!concerned || verdict === expected, `slot ${slot} reads as ${verdict}`);
    });
    world.onStep({ kind: STEP_COMMIT, node: 0, nth: 6 }, () => {
      for (const op of [2, 3, 4]) {
        world.require(world.damage(0, 'journal', prepareOf(op), 'sector_rot'), 'r0 holds it');
        damaged.add(op);
      }
      rotten = true;
      // Nobody writes meanwhile, or r0 would fall behind the ring; and repairs come one by one.
      holdRequests(world, 400_000);
      world.drop({ kind: 'repair_prepare', skip: 1, times: 2 });
      world.powerCut(0, 5_000);
      world.onStep({ kind: STEP_REPAIRED, node: 0 }, (_, _kind, slot) => {
        damaged.delete(slot);
        world.powerCut(0, 5_000);
      });
    });
  },
};
