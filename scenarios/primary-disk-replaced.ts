/**
 * Recovery: the primary’s disk is replaced by an empty one, in the middle of its view.
 *
 *  1. r1 leads and has proposed what nobody else has. Its disk is replaced: it knows of no view.
 *  2. r2 and r0 change the view; r1 asks them what it may have promised, follows without a vote,
 *     and takes the state from them.
 *  3. r2 loses power meanwhile. Were r1 to vote now, it and r0 could forget what r2 holds.
 */
import { STEP_ACK, STEP_COMMIT, STEP_DO_VIEW_CHANGE, STEP_REJOIN } from '../core/observer.ts';
import type { Scenario } from '../vopr/sim/scenario.ts';
import { clients, keeps, watch } from './stage.ts';

export const primaryDiskReplaced: Scenario = {
  name: 'primary-disk-replaced',
  area: 'recovery',
  injects: ['replaced_disk', 'power_cut'],
  holds:
    'a primary that comes back with an empty disk leads nobody until it provably lacks nothing',
  configure(configuration) {
    clients(configuration, 3, 60);
  },
  script(world) {
    let voter = true;
    const silent = (): void => world.require(voter, 'r1 spoke as a voter without its memory');
    watch(world, { kind: STEP_ACK, node: 1 }, silent);
    watch(world, { kind: STEP_DO_VIEW_CHANGE, node: 1 }, silent);
    world.onStep({ kind: STEP_REJOIN, node: 1 }, () => {
      voter = true;
    });
    world.onStep({ kind: STEP_COMMIT, node: 1, nth: 18 }, (_node, op) => {
      keeps(world, op);
      // Its own step goes on to the end first.
      world.after(1, () => {
        voter = false;
        world.replaceDisk(1);
      });
      world.onStep({ kind: STEP_COMMIT, node: 2, nth: 8, when: (_op, view) => view > 1 }, () =>
        world.powerCut(2, 400_000),
      );
    });
  },
};
