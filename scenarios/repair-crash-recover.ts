/**
 * Repair, crash, recover, before the ring wraps.
 *
 *  1. Three slots of r2 rot; it restarts and finds them damaged.
 *  2. As soon as one of them is repaired it loses power again.
 *  3. The repaired slot must read as whole, the others still as damaged: not as empty, which would
 *     deny what was acknowledged.
 */
import { RECOVERED_DAMAGED, RECOVERED_PRESENT, STEP_COMMIT } from '../core/observer.ts';
import { STEP_REPAIRED, STEP_SLOT } from '../core/observer.ts';
import type { Scenario } from '../vopr/sim/scenario.ts';
import { oneClient, prepareOf, watch } from './stage.ts';

export const repairCrashRecover: Scenario = {
  name: 'repair-crash-recover',
  area: 'journal',
  injects: ['sector_rot', 'power_cut'],
  holds: 'after a crash in the middle of repair, repaired slots are whole and others still damaged',
  configure(configuration) {
    oneClient(configuration, 40);
  },
  script(world) {
    const damaged = new Set<number>();
    watch(world, { kind: STEP_SLOT, node: 2 }, (slot, op, verdict) => {
      const expected = damaged.has(slot) ? RECOVERED_DAMAGED : RECOVERED_PRESENT;
      const right = op < 1 || op > 4 || verdict === expected;
      world.require(right && !(damaged.has(slot) && op < 0), `slot ${slot} reads as ${verdict}`);
    });
    world.onStep({ kind: STEP_COMMIT, node: 2, nth: 6 }, () => {
      for (const op of [2, 3, 4]) {
        world.require(world.damage(2, 'journal', prepareOf(op), 'sector_rot'), 'r2 holds it');
        damaged.add(op);
      }
      // Nobody writes meanwhile, or r2 would fall behind the ring.
      const requests = world.hold({ kind: 'request' });
      world.powerCut(2, 5_000);
      world.onStep({ kind: STEP_REPAIRED, node: 2 }, (_, _kind, slot) => {
        damaged.delete(slot);
        world.powerCut(2, 5_000);
        world.after(100_000, () => requests.release());
        world.after(100_000, () => world.pass());
      });
    });
  },
};
