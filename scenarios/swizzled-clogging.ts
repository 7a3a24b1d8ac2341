/**
 * Swizzled clogging: links are held up one node after another, and let go in another order.
 *
 *  1. Of five replicas, one after another is clogged: r1 first, which leads, then r3, r0, r2 and
 *     r4, each before the one before it is free again, so that at times no quorum can speak.
 *  2. They open in the order r0, r4, r1, r3, r2: what was held up arrives in heaps, out of its
 *     time, from views that are over.
 *  3. It happens three times. Afterwards the cluster commits again within two seconds.
 */
import { STEP_COMMIT } from '../core/observer.ts';
import type { Scenario } from '../vopr/sim/scenario.ts';
import { clients, watch } from './stage.ts';

const ORDER: readonly (readonly [node: number, begins: number, ends: number])[] = [
  [1, 0, 260_000],
  [3, 50_000, 310_000],
  [0, 100_000, 180_000],
  [2, 150_000, 400_000],
  [4, 200_000, 230_000],
];

export const swizzledClogging: Scenario = {
  name: 'swizzled-clogging',
  area: 'network',
  injects: ['clog'],
  holds:
    'links that clog one after another and open in another order lose nothing and stop nobody for good',
  configure(configuration) {
    configuration.replicaCount = 5;
    clients(configuration, 4, 60);
  },
  script(world) {
    let commits = 0;
    watch(world, { kind: STEP_COMMIT }, () => (commits += 1));
    world.onStep({ kind: STEP_COMMIT, node: 1, nth: 8 }, () => {
      for (const round of [0, 700_000, 1_400_000]) {
        for (const [node, begins, ends] of ORDER) {
          world.after(round + begins, () => world.clog(node, ends - begins));
        }
      }
      world.after(1_800_000, () => (commits = 0));
      world.after(3_800_000, () => {
        world.require(commits > 0, 'nothing was committed within 2 s of the last clog');
        world.endStorm();
      });
    });
  },
};
