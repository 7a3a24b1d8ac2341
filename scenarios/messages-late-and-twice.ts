/**
 * Network: messages arrive twice, and some of them two views late.
 *
 *  1. One message in twenty arrives twice. Of each kind that says something about a view or an op,
 *     two are on their way for very long: requests, prepares, acknowledgements, promises,
 *     start_views.
 *  2. r1 and then r2 lose power, so that what was late arrives in a later view, at a replica that
 *     has forgotten having asked for it.
 *  3. Nothing is executed twice, no vote counts twice, nobody goes back.
 */
import { STEP_COMMIT, STEP_START_VIEW } from '../core/observer.ts';
import type { Held } from '../vopr/sim/controls.ts';
import type { Scenario } from '../vopr/sim/scenario.ts';
import { clients } from './stage.ts';

const KINDS: readonly string[] = [
  'request',
  'prepare',
  'prepare_ok',
  'start_view_change',
  'do_view_change',
  'start_view',
];

export const messagesLateAndTwice: Scenario = {
  name: 'messages-late-and-twice',
  area: 'network',
  injects: ['duplicate', 'power_cut'],
  holds: 'messages that arrive twice, and much later than others, are executed and counted once',
  configure(configuration) {
    clients(configuration, 3, 50);
    configuration.network.duplicatePermille = 50;
  },
  script(world) {
    const late: Held[] = [];
    const keep = (): void => {
      world.pass();
      for (const kind of KINDS) late.push(world.hold({ kind, skip: 2, times: 2 }));
    };
    for (const view of [2, 3]) {
      world.onStep({ kind: STEP_START_VIEW, when: (at) => at >= view }, () => {
        const held = late.splice(0);
        keep();
        world.after(20_000, () => held.forEach((messages) => messages.release()));
      });
    }
    world.onStep({ kind: STEP_COMMIT, node: 1, nth: 15 }, keep);
    world.onStep({ kind: STEP_COMMIT, node: 1, nth: 25 }, (node) => world.powerCut(node, 400_000));
    world.onStep({ kind: STEP_COMMIT, node: 2, nth: 70 }, (node) => world.powerCut(node, 400_000));
  },
};
