/**
 * Amnesia: a replica whose disk was replaced does not know what it once promised.
 *
 *  1. r2 is cut off; r1 and r0 commit op n.
 *  2. r0's disk is replaced by an empty one. r1 dies, r2 is back.
 *  3. Were the new r0 to vote, it and r2 would be a quorum without n. They must wait for r1.
 *  4. With r1 back, r0 follows without a vote, until it holds a checkpoint that covers an op
 *     proposed after it asked.
 */
import { STEP_ACK, STEP_COMMIT, STEP_DO_VIEW_CHANGE, STEP_REJOIN } from '../core/observer.ts';
import type { Scenario } from '../vopr/sim/scenario.ts';
import { clients, keeps, watch } from './stage.ts';

export const amnesiaReplacedDisk: Scenario = {
  name: 'amnesia-replaced-disk',
  area: 'membership',
  injects: ['isolate', 'replaced_disk', 'power_cut'],
  holds: 'a replaced disk neither votes nor acknowledges until it provably lacks nothing',
  configure(configuration) {
    clients(configuration, 2, 60);
  },
  script(world) {
    let voter = true;
    const silent = (): void => world.require(voter, 'r0 spoke as a voter without its memory');
    watch(world, { kind: STEP_ACK, node: 0 }, silent);
    watch(world, { kind: STEP_DO_VIEW_CHANGE, node: 0 }, silent);
    world.onStep({ kind: STEP_REJOIN, node: 0 }, () => {
      voter = true;
    });
    world.onStep({ kind: STEP_COMMIT, node: 1, nth: 6 }, () => world.isolate(2));
    world.onStep({ kind: STEP_COMMIT, node: 1, nth: 12 }, (_, n) => {
      keeps(world, n);
      voter = false;
      world.replaceDisk(0);
      world.powerCut(1, 1_200_000);
      world.reconnect();
    });
  },
};
