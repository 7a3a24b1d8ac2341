/**
 * Commit stalls: no acknowledgement arrives for a while, less than it takes to call that a failure.
 *
 *  1. For 130 ms every prepare_ok to r1 is lost. It goes on proposing until its pipeline is full,
 *     and commits nothing.
 *  2. Requests queue up, within their bound; heartbeats calm the backups.
 *  3. Then one acknowledgement speaks for all below it: what was stalled commits at once, in order,
 *     and nobody has changed views. It happens four times.
 */
import { STEP_COMMIT, STEP_STATUS } from '../core/observer.ts';
import type { Scenario } from '../vopr/sim/scenario.ts';
import { clients, watch } from './stage.ts';

export const commitStalls: Scenario = {
  name: 'commit-stalls',
  area: 'view-change',
  injects: ['loss'],
  holds:
    'when acknowledgements are lost, commits stall with a bounded pipeline and go on in the same view',
  configure(configuration) {
    clients(configuration, 6, 60);
  },
  script(world) {
    let stalled = false;
    let commits = 0;
    watch(world, { kind: STEP_STATUS }, (_status, view) =>
      world.require(view < 2, 'a stall of 130 ms changed the view'),
    );
    watch(world, { kind: STEP_COMMIT }, () => {
      world.require(!stalled, 'an op was committed without acknowledgements');
      commits += 1;
    });
    for (const nth of [8, 30, 60, 90]) {
      world.onStep({ kind: STEP_COMMIT, node: 1, nth }, () => {
        world.drop({ kind: 'prepare_ok', to: 1 });
        // What was acknowledged before is told to the backups first.
        world.after(70_000, () => (stalled = true));
        world.after(130_000, () => {
          stalled = false;
          commits = 0;
          world.pass();
        });
        world.after(430_000, () => world.require(commits > 3, 'commits did not go on'));
      });
    }
  },
};
