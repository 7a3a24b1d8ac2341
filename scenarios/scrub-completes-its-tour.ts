/**
 * Scrub: a tour over a state that changes, is damaged, and is sometimes busy with a checkpoint.
 *
 *  1. Clients go on writing, so that each tour meets pages that were freed and segments that grew.
 *  2. Every half second another page and some entries of r0 rot; once it loses power, and begins
 *     its tour anew.
 *  3. In eight seconds each replica completes two tours or more: no damage, no checkpoint and no
 *     repair under way keeps the scrubber from going round.
 */
import { STEP_COMMIT } from '../core/observer.ts';
import { pageUnit, segmentUnit } from '../vopr/kimberlite/units.ts';
import type { Scenario } from '../vopr/sim/scenario.ts';
import { clients, holdRequests } from './stage.ts';

export const scrubCompletesItsTour: Scenario = {
  name: 'scrub-completes-its-tour',
  area: 'scrub',
  injects: ['sector_rot', 'power_cut'],
  holds:
    'the scrubber completes its tours while it finds damage and while the state moves on below it',
  configure(configuration) {
    clients(configuration, 2, 200);
    configuration.stormMicros = 20_000_000;
  },
  script(world) {
    world.onStep({ kind: STEP_COMMIT, node: 0, nth: 20 }, () => {
      // A few requests every half second.
      for (let at = 0; at < 9_000_000; at += 500_000) {
        world.after(at, () => {
          holdRequests(world, 480_000);
          world.damageUnit(0, pageUnit(0, 1 + ((at / 500_000) % 6)), 0, 'sector_rot');
          world.damageUnit(0, segmentUnit(1 + ((at / 500_000) % 2), 0), 0, 'sector_rot');
        });
      }
      world.after(700_000, () => world.powerCut(0, 5_000));
      world.after(9_000_000, () => {
        for (const node of [0, 1, 2]) {
          const tours = world.inspect(node)?.scrubTours ?? 0;
          world.require(tours >= 2, `r${node} completed ${tours} tours in eight seconds`);
        }
        world.endStorm();
      });
    });
  },
};
