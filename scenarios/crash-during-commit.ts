/**
 * Crash: power fails while committed ops are being applied.
 *
 *  1. r1 loses power in the middle of applying an op: the entry is in a tenant’s log, the session’s
 *     reply is not; r2 a moment later, between two ops; then r0.
 *  2. What was not synced is old, new or garbage. The op was committed: all three must apply it
 *     again from the journal, to the same state, and answer its client once.
 *  3. All of it happens three times.
 */
import { STEP_COMMIT, STEP_ENTRY } from '../core/observer.ts';
import type { Scenario } from '../vopr/sim/scenario.ts';
import { clients } from './stage.ts';

export const crashDuringCommit: Scenario = {
  name: 'crash-during-commit',
  area: 'crash',
  injects: ['power_cut', 'lost_write'],
  holds: 'an op that some have applied, and others were about to, is applied once by everybody',
  configure(configuration) {
    clients(configuration, 3, 40);
    configuration.disk.oldOf16 = 8;
    configuration.disk.garbageOf16 = 2;
  },
  script(world) {
    for (const nth of [9, 33, 57]) {
      const cut = (node: number): void => world.powerCut(node, 8_000);
      world.onStep({ kind: STEP_ENTRY, node: 1, nth }, cut);
      world.onStep({ kind: STEP_COMMIT, node: 2, nth: nth + 2 }, cut);
      world.onStep({ kind: STEP_COMMIT, node: 0, nth: nth + 3 }, cut);
    }
  },
};
