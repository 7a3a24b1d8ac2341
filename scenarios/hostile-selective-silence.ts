/**
 * Hostile: a primary that hears everybody and answers whom it likes.
 *
 *  1. From its eighth commit on r1 says nothing to r0 but heartbeats and clock readings, so that r0
 *     does not miss it, and nothing at all to the first client.
 *  2. r2 acknowledges, so ops commit. r0 knows of commits whose prepares it never gets, asks r1 in
 *     vain, and asks r2, who has them.
 *  3. Nothing of it harms a log. When r1 is dead at last, the silenced client is answered, once for
 *     each of its requests, whatever r1 had executed of them.
 */
import { STEP_COMMIT } from '../core/observer.ts';
import { CLIENT_ADDRESS_MIN } from '../core/ports.ts';
import { COMMIT, PONG } from '../core/vsr/message.ts';
import type { Scenario } from '../vopr/sim/scenario.ts';
import { betray } from './hostile.ts';
import { clients } from './stage.ts';

export const hostileSelectiveSilence: Scenario = {
  name: 'hostile-selective-silence',
  area: 'hostile',
  injects: ['traitor', 'crash'],
  holds: 'a primary that is silent to some of its peers and clients harms no log and no session',
  suspends: [],
  configure(configuration) {
    clients(configuration, 3, 40);
    configuration.core.members = 0b101;
  },
  script(world) {
    world.onStep({ kind: STEP_COMMIT, node: 1, nth: 8 }, () => {
      betray(world, 1, (to, message) => {
        if (to === 0) return message.kind === COMMIT || message.kind === PONG ? message : null;
        return to === CLIENT_ADDRESS_MIN ? null : message;
      });
      world.after(2_000_000, () => world.crash(1));
    });
  },
};
