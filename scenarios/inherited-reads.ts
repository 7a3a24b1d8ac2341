/**
 * A new primary is asked for the latest state before it knows what was committed.
 *
 *  1. r1 commits an op, and some that follow it, and answers. Neither a prepare nor a commit
 *     message tells the others; its answers are long under way when it dies.
 *  2. r2 leads view 2. Its log has the ops, and it cannot know that somebody is being answered.
 *  3. The answers arrive, and who got one goes on. r0 confirms the view; what it acknowledges is
 *     long under way, so that nothing commits.
 *  4. Whoever asks for the latest state meanwhile waits: what the view inherited may be committed.
 */
import { STEP_COMMIT, STEP_START_VIEW } from '../core/observer.ts';
import type { Held } from '../vopr/sim/controls.ts';
import type { Scenario } from '../vopr/sim/scenario.ts';
import { clients } from './stage.ts';

export const inheritedReads: Scenario = {
  name: 'inherited-reads',
  area: 'network',
  injects: ['crash'],
  holds: 'a new primary answers no read before all that its view inherited is committed',
  configure(configuration) {
    clients(configuration, 8, 24);
  },
  script(world) {
    let answers: Held | null = null;
    world.onStep({ kind: STEP_COMMIT, node: 1, nth: 20 }, () => {
      for (const kind of ['prepare', 'commit']) world.drop({ kind, from: 1 });
      answers = world.hold({ kind: 'reply', from: 1 });
      world.after(4_000, () => world.crash(1, 900_000));
    });
    world.onStep({ kind: STEP_START_VIEW, node: 2, when: (view) => view > 1 }, () => {
      world.pass();
      const acknowledgements = world.hold({ kind: 'prepare_ok', from: 0, to: 2 });
      answers?.release();
      world.after(450_000, () => {
        world.pass();
        acknowledgements.release();
      });
    });
  },
};
