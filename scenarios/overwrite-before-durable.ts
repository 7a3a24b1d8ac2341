/**
 * Overwrite before durable: one replica alone holds a checkpoint.
 *
 *  1. Checkpoint 8 is slow to become durable at r2 and r0: a whole second. r1 has it.
 *  2. Acknowledgements stop at the horizon of the old checkpoint; so do overwrites, r1's included.
 *  3. r1 loses power. r2 restarts with a rotten slot below the checkpoint that it does not have: it
 *     needs that op from r0, whose ring must still hold it.
 */
import { STEP_STATE } from '../core/observer.ts';
import type { Scenario } from '../vopr/sim/scenario.ts';
import { clients, headersAlone, onMark, prepareOf } from './stage.ts';

export const overwriteBeforeDurable: Scenario = {
  name: 'overwrite-before-durable',
  area: 'checkpoint',
  injects: ['power_cut', 'sector_rot'],
  holds: 'no slot is overwritten before the checkpoint that covers it is durable on a quorum',
  configure(configuration) {
    headersAlone(configuration);
    clients(configuration, 3, 24);
  },
  script(world) {
    for (const node of [2, 0]) {
      world.onStep({ kind: STEP_STATE, node, when: (op) => op === 8 }, () => {
        world.delaySyncs(node, 1_000_000, 'tenants/');
        world.after(1, () => world.delaySyncs(node, 0));
      });
    }
    onMark(world, 'ack_withheld_for_checkpoint', () => {
      world.after(2_000, () => {
        world.powerCut(1, 2_000_000);
        world.damage(2, 'journal', prepareOf(5), 'sector_rot');
        world.powerCut(2, 5_000);
      });
    });
  },
};
