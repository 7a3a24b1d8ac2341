/**
 * Amnesia with two replicas: the one whose disk was replaced can never prove that it lacks nothing.
 *
 *  1. r0 and r1 commit; r0's disk is replaced.
 *  2. Nothing commits without r0, so no op is ever proposed and committed without it. It stays
 *     without a vote, and the cluster stands still: an operator must decide.
 */
import { STEP_ACK, STEP_COMMIT, STEP_DO_VIEW_CHANGE, STEP_REJOIN } from '../core/observer.ts';
import type { Scenario } from '../vopr/sim/scenario.ts';
import { clients, watch } from './stage.ts';

export const amnesiaTwoReplicas: Scenario = {
  name: 'amnesia-two-replicas',
  area: 'membership',
  injects: ['replaced_disk'],
  holds: 'of two replicas, one that lost its disk stays without a vote',
  configure(configuration) {
    configuration.replicaCount = 2;
    clients(configuration, 2, 20);
    configuration.stormMicros = 2_000_000;
    configuration.core.convergeMicros = 3_000_000;
  },
  script(world) {
    world.onStep({ kind: STEP_COMMIT, node: 1, nth: 10 }, () => {
      world.replaceDisk(0);
      for (const kind of [STEP_ACK, STEP_DO_VIEW_CHANGE, STEP_REJOIN]) {
        watch(world, { kind, node: 0 }, () => world.require(false, 'r0 spoke without its memory'));
      }
    });
  },
};
