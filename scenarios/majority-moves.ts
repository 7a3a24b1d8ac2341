/**
 * Partitions: of five replicas another three are together each time.
 *
 *  1. {0, 1, 2} are a majority, then {2, 3, 4}, then {4, 0, 1}, then {1, 2, 3}, each for 700 ms:
 *     any two of them share one replica at least, and in the worst case just one.
 *  2. It alone knows what the one before committed. Whoever leads next has to learn it from there.
 *  3. Replicas in a minority still believe in an older view, and serve nobody.
 */
import { STEP_COMMIT } from '../core/observer.ts';
import type { Scenario } from '../vopr/sim/scenario.ts';
import { clients, keeps } from './stage.ts';

const MAJORITIES: readonly (readonly number[])[] = [
  [0, 1, 2],
  [2, 3, 4],
  [4, 0, 1],
  [1, 2, 3],
];

export const majorityMoves: Scenario = {
  name: 'majority-moves',
  area: 'network',
  injects: ['one_way'],
  holds:
    'a majority that moves from side to side loses nothing that an earlier majority has committed',
  configure(configuration) {
    configuration.replicaCount = 5;
    clients(configuration, 4, 120);
  },
  script(world) {
    world.onStep({ kind: STEP_COMMIT, node: 1, nth: 10 }, (_node, op) => {
      keeps(world, op);
      MAJORITIES.forEach((together, i) => {
        const others = [0, 1, 2, 3, 4].filter((node) => !together.includes(node));
        world.after(700_000 * i, () => {
          world.reconnect();
          // Clients reach everybody: the cut is between replicas.
          world.oneWay(together, others);
          world.oneWay(others, together);
        });
      });
      world.after(2_800_000, () => {
        world.reconnect();
        world.endStorm();
      });
    });
  },
};
