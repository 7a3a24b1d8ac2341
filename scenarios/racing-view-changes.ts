/**
 * View change: two views begin while each knows nothing of the other.
 *
 *  1. r1 dies. r2 has the promises of a quorum for view 2 and starts it; what it says to the others
 *     about that is under way for long.
 *  2. They miss it, and r3 starts view 3 with a quorum of its own. r2, which still leads view 2,
 *     has taken requests.
 *  3. What r2 said about view 2 arrives now. Nobody follows; r2 gives up what it proposed alone.
 */
import { STEP_COMMIT, STEP_START_VIEW } from '../core/observer.ts';
import type { Held } from '../vopr/sim/controls.ts';
import type { Scenario } from '../vopr/sim/scenario.ts';
import { clients, watch } from './stage.ts';

export const racingViewChanges: Scenario = {
  name: 'racing-view-changes',
  area: 'view-change',
  injects: ['crash'],
  holds:
    'of two views that begin at the same time only the later one counts, whatever arrives of the other',
  configure(configuration) {
    configuration.replicaCount = 5;
    clients(configuration, 4, 40);
  },
  script(world) {
    const late: Held[] = [];
    let raced = false;
    let views = 0;
    watch(world, { kind: STEP_START_VIEW }, (view, _op, _commit, node) => {
      if (node === view % 5) views |= 1 << view;
    });
    world.onStep({ kind: STEP_COMMIT, node: 1, nth: 14 }, () => {
      for (const kind of ['start_view', 'prepare', 'commit']) {
        late.push(world.hold({ kind, from: 2 }));
      }
      world.after(1, () => world.crash(1, 3_000_000));
      world.after(4_000_000, () => world.require(raced, 'no later view began'));
    });
    world.onStep({ kind: STEP_START_VIEW, when: (view) => view > 2 }, () => {
      raced = true;
      world.require((views & 4) !== 0, 'r2 never led view 2');
      world.pass();
      world.after(300, () => late.forEach((held) => held.release()));
    });
  },
};
