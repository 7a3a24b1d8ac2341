/**
 * Quiet: nothing goes wrong, and delays stay well below the shortest timeout. Nobody changes views,
 * asks for repair or syncs, whatever the number of replicas, under load or idle: in the middle
 * nobody asks for anything, for many times the silence that deposes a primary.
 */
import { STEP_COMMIT, STEP_REPAIR, STEP_STATUS, STEP_SYNC } from '../core/observer.ts';
import type { Scenario } from '../vopr/sim/scenario.ts';
import { clients, holdRequests, watch } from './stage.ts';

const IDLE_FROM_OP = 20;
const IDLE_MICROS = 2_000_000;

export const quiet: Scenario = {
  name: 'quiet',
  area: 'calm',
  injects: [],
  holds: 'without faults there is no view change, no repair traffic and no state sync',
  configure(configuration, seed) {
    configuration.replicaCount = 1 + (seed % 6);
    configuration.standbyCount = seed % 5 === 0 ? 1 : 0;
    clients(configuration, 1 + (seed % 4), 40);
    const { network, disk } = configuration;
    network.delayScaleMicros = Math.min(network.delayScaleMicros, 10);
    disk.syncScaleMicros = Math.min(disk.syncScaleMicros, 5);
  },
  script(world) {
    // At boot r0, a restarted primary for all it knows, gives up view 0.
    let begun = 0;
    world.onStep({ kind: STEP_COMMIT, when: (op) => op === IDLE_FROM_OP }, () =>
      holdRequests(world, IDLE_MICROS),
    );
    const all = (1 << world.replicas) - 1;
    watch(world, { kind: STEP_COMMIT }, (_op, _view, _c, node) => {
      begun |= 1 << node;
    });
    const still = (what: string): void =>
      world.require((begun & all) !== all, `${what} though nothing was wrong`);
    watch(world, { kind: STEP_STATUS }, (_status, view) => still(`view ${view} began`));
    watch(world, { kind: STEP_REPAIR }, (kind, _op, to) => still(`kind ${kind} went to r${to}`));
    watch(world, { kind: STEP_SYNC }, (op) => still(`a sync to op ${op} began`));
  },
};
