/**
 * Wrap ghost: the head is corrupt, and its slot shows the previous lap's header.
 *
 *  1. The ring has wrapped: the slot of op n holds op n − 16.
 *  2. r2 writes the prepare of n. The power fails before the header is durable, and the prepare
 *     rots: what the slot shows is a valid header of 16 ops ago, without its prepare.
 *  3. r1 is away, so it matters what r2 makes of it: n is torn, and n − 16 is no business of
 *     anyone.
 */
import { STEP_OVERWRITE } from '../core/observer.ts';
import type { Scenario } from '../vopr/sim/scenario.ts';
import { clients, headersAlone, loseUnsynced, prepareOf } from './stage.ts';

export const wrapGhost: Scenario = {
  name: 'wrap-ghost',
  area: 'journal',
  injects: ['crash', 'power_cut', 'lost_write', 'sector_rot'],
  holds: "a previous lap's header under a corrupt head is neither the head nor damage",
  configure(configuration) {
    headersAlone(configuration);
    clients(configuration, 2, 30);
    loseUnsynced(configuration);
  },
  script(world) {
    const wrapped = (op: number, held: number): boolean => held > 0 && held < op;
    world.onStep({ kind: STEP_OVERWRITE, node: 2, nth: 4, when: wrapped }, (_, n) => {
      // The first sync ends within 4 ms, the second not before 6.
      world.delaySyncs(2, 3_000);
      world.after(4_800, () => {
        world.delaySyncs(2, 0);
        world.powerCut(2, 5_000);
        world.require(world.damage(2, 'journal', prepareOf(n), 'sector_rot'), 'n is durable');
        world.crash(1, 700_000);
      });
    });
  },
};
