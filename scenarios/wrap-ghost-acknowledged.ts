/**
 * Wrap ghost, acknowledged: the header of the head went astray, and its slot shows the previous
 * lap's.
 *
 *  1. In the ring's second lap r0 is cut off; r1 and r2 commit op n, the head.
 *  2. On r2's disk the header of n landed elsewhere: its slot shows n's prepare and the header of
 *     n − 16.
 *  3. r1 loses power and r2 restarts. With r0, which denies n, it must keep n: the newer half
 *     counts.
 */
import { STEP_COMMIT } from '../core/observer.ts';
import type { Scenario } from '../vopr/sim/scenario.ts';
import { headerOf, headersAlone, keeps, oneClient } from './stage.ts';

export const wrapGhostAcknowledged: Scenario = {
  name: 'wrap-ghost-acknowledged',
  area: 'journal',
  injects: ['isolate', 'power_cut', 'misdirected_write'],
  holds: "an acknowledged head outlives a slot that shows the previous lap's header",
  configure(configuration) {
    headersAlone(configuration);
    oneClient(configuration, 50);
  },
  script(world) {
    world.onStep({ kind: STEP_COMMIT, node: 1, nth: 14 }, () => world.saveDisk(2));
    world.onStep({ kind: STEP_COMMIT, node: 1, nth: 25 }, () => world.isolate(0));
    world.onStep({ kind: STEP_COMMIT, node: 1, nth: 28 }, (_, n) => {
      const astray = world.misdirect(2, 'journal', headerOf(n), headerOf(n - 1));
      world.require(astray, 'the headers of n and n - 1 are durable');
      world.powerCut(1, 1_500_000);
      world.powerCut(2, 10_000);
      world.reconnect();
      keeps(world, n);
    });
  },
};
