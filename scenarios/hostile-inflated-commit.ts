/**
 * Hostile: a primary that claims more commits than there are.
 *
 *  1. After its eighth commit r1 says commit numbers that are two, then twenty, then a million too
 *     high, in heartbeats, prepares, acknowledgements and view changes.
 *  2. A prepare whose commit number covers the prepare itself, or a start_view beyond its own head,
 *     contradicts itself and is refused. A heartbeat may be believed: whoever follows then applies
 *     what it holds too early (suspended), but only what it holds, and in order.
 *  3. A commit number that nobody reaches may stop a view change for good. It is on no disk: all
 *     lose power, r1 lies no more, and everything that was acknowledged is there.
 */
import { STEP_COMMIT, STEP_CONTRADICTED } from '../core/observer.ts';
import { COMMIT, DO_VIEW_CHANGE, PREPARE, PREPARE_OK, START_VIEW } from '../core/vsr/message.ts';
import type { Message } from '../core/vsr/message.ts';
import type { Scenario } from '../vopr/sim/scenario.ts';
import { betray } from './hostile.ts';
import { clients, watch } from './stage.ts';

export const hostileInflatedCommit: Scenario = {
  name: 'hostile-inflated-commit',
  area: 'hostile',
  injects: ['traitor', 'power_cut'],
  holds: 'a commit number beyond the log makes nobody apply what is not in it, and is forgotten',
  suspends: ['durable-quorum', 'journal-evidence'],
  configure(configuration) {
    clients(configuration, 3, 40);
    configuration.core.members = 0b111;
  },
  script(world) {
    let by = 2;
    let refused = 0;
    watch(world, { kind: STEP_CONTRADICTED }, () => (refused += 1));
    world.onStep({ kind: STEP_COMMIT, node: 1, nth: 8 }, () => {
      betray(world, 1, (to, message) => (to < world.replicas ? inflated(message, by) : message));
      world.after(200_000, () => (by = 20));
      world.after(400_000, () => (by = 1_000_000));
      world.after(800_000, () => {
        world.require(refused > 0, 'nobody refused an inflated commit number');
        betray(world, 1, null);
        world.powerCutAll(5_000);
      });
    });
  },
};

function inflated(message: Message, by: number): Message {
  switch (message.kind) {
    case PREPARE:
    case PREPARE_OK:
    case COMMIT:
    case START_VIEW:
    case DO_VIEW_CHANGE:
      return { ...message, commit: message.commit + by };
    default:
      return message;
  }
}
