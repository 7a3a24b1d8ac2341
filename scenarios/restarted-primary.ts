/**
 * Restarted primary: it must not resume its own view.
 *
 *  1. r1 proposes op n and loses power before its own copy is durable; a backup has n.
 *  2. It is back before anybody missed it, in the view that it led, without n.
 *  3. Were it to go on, it would propose another n under the same view. Later primaries fare alike.
 */
import { STEP_OVERWRITE, STEP_PROPOSE } from '../core/observer.ts';
import type { Scenario } from '../vopr/sim/scenario.ts';
import { clients, loseUnsynced, watch } from './stage.ts';

export const restartedPrimary: Scenario = {
  name: 'restarted-primary',
  area: 'recovery',
  injects: ['power_cut'],
  holds: 'a restarted primary proposes nothing in a view that it led before',
  configure(configuration) {
    clients(configuration, 3, 24);
    loseUnsynced(configuration);
  },
  script(world) {
    const over: number[] = [];
    watch(world, { kind: STEP_PROPOSE }, (_op, view) =>
      world.require(!over.includes(view), `view ${view} went on after its primary restarted`),
    );
    for (const nth of [6, 18, 30]) {
      world.onStep({ kind: STEP_OVERWRITE, nth, when: (_a, _b, _c, node) => backup(node) }, () => {
        const leader = world.primary();
        const seen = leader < 0 ? null : world.inspect(leader);
        if (seen === null) return;
        over.push(seen.view);
        world.powerCut(leader, 1_000);
      });
    }
    function backup(node: number): boolean {
      return node !== world.primary();
    }
  },
};
