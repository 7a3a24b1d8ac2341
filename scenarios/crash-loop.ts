/**
 * Crash: a replica in a crash loop.
 *
 *  1. r0 loses power, and after each restart dies within its first dozen inputs: while it recovers,
 *     asks for the view, repairs, acknowledges.
 *  2. r1 and r2 are a quorum and go on. Nothing that r0 said between two deaths is taken back.
 *  3. The loop ends after two seconds; r0 follows.
 */
import { STEP_COMMIT } from '../core/observer.ts';
import type { Scenario } from '../vopr/sim/scenario.ts';
import { clients } from './stage.ts';

export const crashLoop: Scenario = {
  name: 'crash-loop',
  area: 'crash',
  injects: ['crash_loop', 'power_cut'],
  holds:
    'a replica that dies again and again soon after it starts harms nobody, and follows once it lives',
  configure(configuration) {
    clients(configuration, 3, 120);
    configuration.disk.oldOf16 = 8;
    configuration.process.crashLoopOf16 = 16;
    configuration.process.powerOf16 = 0;
    configuration.process.restartMicros = 20_000;
  },
  script(world) {
    let before = 0;
    world.onStep({ kind: STEP_COMMIT, node: 1, nth: 12 }, (_node, op) => {
      before = op;
      world.powerCut(0, 5_000);
      world.after(2_000_000, () => {
        const commit = world.inspect(1)?.commit ?? world.inspect(2)?.commit ?? 0;
        world.require(commit > before, 'a replica in a crash loop stopped the others');
        world.endStorm();
      });
    });
  },
};
