/**
 * Amnesia: a replica whose disk was replaced does not know what it once promised.
 *
 *  1. r1 is cut off; r0 and r2 commit op n.
 *  2. r2's disk is replaced by an empty one. r0 dies, r1 is back.
 *  3. Were the new r2 to vote, it and r1 would be a quorum without n. They must wait for r0.
 *  4. With r0 back, r2 follows without a vote, until it holds a checkpoint that covers an op proposed
 *     after it asked.
 */
import { STEP_ACK, STEP_COMMIT, STEP_DO_VIEW_CHANGE, STEP_REJOIN } from '../core/observer.ts';
import type { Scenario } from '../vopr/sim/scenario.ts';
import { clients, keeps, watch } from './stage.ts';

export const amnesiaReplacedDisk: Scenario = {
  name: 'amnesia-replaced-disk',
  area: 'membership',
  injects: ['isolate', 'replaced_disk', 'crash'],
  holds: 'a replaced disk neither votes nor acknowledges until it provably lacks nothing',
  configure(configuration) {
    clients(configuration, 2, 60);
  },
  script(world) {
    let voter = true;
    const silent = (): void => world.require(voter, 'r2 spoke as a voter without its memory');
    watch(world, { kind: STEP_ACK, node: 2 }, silent);
    watch(world, { kind: STEP_DO_VIEW_CHANGE, node: 2 }, silent);
    world.onStep({ kind: STEP_REJOIN, node: 2 }, () => {
      voter = true;
    });
    world.onStep({ kind: STEP_COMMIT, node: 0, nth: 6 }, () => world.isolate(1));
    world.onStep({ kind: STEP_COMMIT, node: 0, nth: 12 }, (_, n) => {
      keeps(world, n);
      voter = false;
      world.replaceDisk(2);
      world.crash(0, 1_200_000);
      world.reconnect();
    });
  },
};
