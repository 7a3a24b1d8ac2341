/**
 * Disk full: files cannot grow for a while, now here, now there.
 *
 *  1. A tenant's log or store finds no room in the middle of applying an entry.
 *  2. The entry waits, without a reply and without an effect; heartbeats and votes go on.
 *  3. When there is room again it is applied to its end.
 */
import type { Scenario } from '../vopr/sim/scenario.ts';
import { clients } from './stage.ts';

export const diskFull: Scenario = {
  name: 'disk-full',
  area: 'calm',
  injects: ['no_space'],
  holds: 'a full disk delays what is committed, and neither loses nor changes it',
  configure(configuration) {
    clients(configuration, 3, 40);
    configuration.disk.noSpaceGap = 40;
    configuration.disk.noSpaceMicros = 150_000;
  },
};
