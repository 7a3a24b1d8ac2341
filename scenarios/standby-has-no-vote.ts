/**
 * Standby: one that follows, and two voters that are gone.
 *
 *  1. r3 is a standby: it gets every prepare and applies what is committed. It never acknowledges,
 *     and never promises.
 *  2. r0 dies and r2 is cut off: of three voters only r1 is left, and r3 beside it. For a second
 *     nothing may commit, however many copies there are.
 *  3. r2 is back: the two go on, and r3 with them.
 */
import { STEP_ACK, STEP_COMMIT, STEP_DO_VIEW_CHANGE } from '../core/observer.ts';
import type { Scenario } from '../vopr/sim/scenario.ts';
import { clients, watch } from './stage.ts';

export const standbyHasNoVote: Scenario = {
  name: 'standby-has-no-vote',
  area: 'standby',
  injects: ['crash', 'isolate'],
  holds:
    'a standby follows the log and counts for no quorum: with two of three voters gone nothing commits',
  configure(configuration) {
    configuration.standbyCount = 1;
    clients(configuration, 3, 40);
    configuration.core.members = 0b1110;
  },
  script(world) {
    let head = Number.MAX_SAFE_INTEGER;
    const silent = (): void => world.require(false, 'a standby spoke as a voter');
    watch(world, { kind: STEP_ACK, node: 3 }, silent);
    watch(world, { kind: STEP_DO_VIEW_CHANGE, node: 3 }, silent);
    watch(world, { kind: STEP_COMMIT }, (op) =>
      world.require(op <= head, `op ${op} was committed without a quorum`),
    );
    world.onStep({ kind: STEP_COMMIT, node: 1, nth: 16 }, () => {
      world.after(1, () => {
        world.crash(0);
        world.isolate(2);
        // What r2 acknowledged before, or had under way, may still commit.
        world.after(5_000, () => (head = world.inspect(1)?.op ?? 0));
      });
      world.after(1_000_000, () => {
        head = Number.MAX_SAFE_INTEGER;
        world.reconnect();
      });
    });
  },
};
