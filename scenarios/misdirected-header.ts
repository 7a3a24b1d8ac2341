/**
 * Misdirected journal header after an ack.
 *
 *  1. r0 is cut off; r1 and r2 commit op n, the head.
 *  2. On r2's disk the header of n went astray onto that of n − 1: one slot lacks its header, the
 *     other shows one that does not belong there. Both prepares are intact.
 *  3. r1 loses power, r2 restarts. With r0, which denies both, it must keep both.
 */
import { STEP_COMMIT } from '../core/observer.ts';
import type { Scenario } from '../vopr/sim/scenario.ts';
import { headerOf, headersAlone, keeps, oneClient } from './stage.ts';

export const misdirectedHeader: Scenario = {
  name: 'misdirected-header',
  area: 'journal',
  injects: ['isolate', 'power_cut', 'misdirected_write'],
  holds: 'a journal header written to the wrong slot never truncates what was acknowledged',
  configure(configuration) {
    headersAlone(configuration);
    oneClient(configuration, 40);
  },
  script(world) {
    world.onStep({ kind: STEP_COMMIT, node: 1, nth: 8 }, () => world.saveDisk(2));
    world.onStep({ kind: STEP_COMMIT, node: 1, nth: 11 }, () => world.isolate(0));
    world.onStep({ kind: STEP_COMMIT, node: 1, nth: 14 }, (_, n) => {
      const astray = world.misdirect(2, 'journal', headerOf(n), headerOf(n - 1));
      world.require(astray, 'the headers of n and n - 1 are durable');
      world.powerCut(1, 1_500_000);
      world.powerCut(2, 10_000);
      world.reconnect();
      keeps(world, n);
    });
  },
};
