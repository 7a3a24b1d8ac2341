/**
 * Sessions: more sessions than the table holds, so that the living push each other out.
 *
 *  1. Eight clients share a table of eight, and leave half of their sessions behind: each
 *     registration evicts the session that was idle for longest, which may be somebody’s who only
 *     thinks.
 *  2. He is told that his session is gone; he must register again, and not be locked out for good.
 *  3. The first client is made slow: no request of his arrives for a second, while the others push
 *     his session out. He finishes all the same.
 */
import { CLIENT_ADDRESS_MIN } from '../core/ports.ts';
import { STEP_COMMIT, STEP_EVICT } from '../core/observer.ts';
import type { Scenario } from '../vopr/sim/scenario.ts';
import { clients, watch } from './stage.ts';

export const sessionLockOut: Scenario = {
  name: 'session-lock-out',
  area: 'sessions',
  injects: ['client_abandon'],
  holds: 'a client whose session others pushed out of the table gets in again and finishes',
  configure(configuration) {
    clients(configuration, 8, 30);
    configuration.client.kinds = ['client_abandon'];
    configuration.client.faultPermille = 500;
  },
  script(world) {
    let evictions = 0;
    watch(world, { kind: STEP_EVICT, node: 1 }, () => (evictions += 1));
    world.onStep({ kind: STEP_COMMIT, node: 1, nth: 20 }, () => {
      const held = world.hold({ kind: 'request', from: CLIENT_ADDRESS_MIN });
      const before = evictions;
      world.after(1_000_000, () => {
        world.require(evictions >= before + 8, 'the table never turned over');
        world.pass();
        held.release();
      });
    });
  },
};
