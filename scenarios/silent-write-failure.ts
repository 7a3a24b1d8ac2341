/**
 * Storage: writes that report success and are not where they should be.
 *
 *  1. Of what r2 wrote lately, two prepares and two pages of the state stand at another place of
 *     their file: where they belong is what was there before, whole, with a checksum that holds;
 *     and where they landed something else is gone.
 *  2. r2 loses power, and has nothing but that disk.
 *  3. Old bytes with a good checksum are no answer: each reader knows which version it wants.
 */
import { TINY } from '../core/limits.ts';
import { STEP_COMMIT } from '../core/observer.ts';
import type { Scenario } from '../vopr/sim/scenario.ts';
import { clients, headersAlone, prepareOf } from './stage.ts';

export const silentWriteFailure: Scenario = {
  name: 'silent-write-failure',
  area: 'storage',
  injects: ['misdirected_write', 'power_cut'],
  holds: 'a write that reports success and lands elsewhere is found by its reader and repaired',
  configure(configuration) {
    headersAlone(configuration);
    clients(configuration, 3, 40);
    configuration.core.members = 0b111;
  },
  script(world) {
    world.onStep({ kind: STEP_COMMIT, node: 2, nth: 20 }, () => world.saveDisk(2));
    world.onStep({ kind: STEP_COMMIT, node: 2, nth: 44 }, (node, op) => {
      world.misdirect(node, 'journal', prepareOf(op - 2), prepareOf(op - 4));
      world.misdirect(node, 'journal', prepareOf(op - 5), prepareOf(op - 3));
      for (const page of [1, 4]) {
        const home = page * TINY.pageBytes;
        world.misdirect(node, 'tenants/0/store', home, home + TINY.pageBytes);
      }
      world.powerCut(node, 5_000);
    });
  },
};
