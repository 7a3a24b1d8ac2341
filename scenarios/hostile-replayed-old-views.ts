/**
 * Hostile: a replica that says again whatever it once said in views that are over.
 *
 *  1. r1 leads view 1 and keeps a copy of every message that it sends.
 *  2. It goes down for a moment; r2 leads the next view.
 *  3. From then on each of its messages is followed by three from its store, start_views, commits
 *     and view changes of old views among them, and after five of them it adds a random nonce.
 *  4. Nobody goes back to an old view, believes an old head, or loses what was committed since.
 */
import { STEP_COMMIT, STEP_STATUS } from '../core/observer.ts';
import type { Message } from '../core/vsr/message.ts';
import type { Scenario } from '../vopr/sim/scenario.ts';
import { betray } from './hostile.ts';
import type { Lie } from './hostile.ts';
import { clients, watch } from './stage.ts';

const KEPT_MAX = 200;

export const hostileReplayedOldViews: Scenario = {
  name: 'hostile-replayed-old-views',
  area: 'hostile',
  injects: ['traitor', 'crash'],
  holds: 'messages of views that are over take nobody back and change no log',
  suspends: [],
  configure(configuration) {
    clients(configuration, 3, 40);
  },
  script(world) {
    const old: { readonly to: number; readonly message: Message }[] = [];
    const views = [0, 0, 0];
    let next = 0;
    watch(world, { kind: STEP_STATUS }, (_status, view, _logView, node) => {
      world.require(view >= (views[node] ?? 0), `r${node} went back to view ${view}`);
      views[node] = view;
    });
    betray(world, 1, (to, message) => {
      if (old.length < KEPT_MAX) old.push({ to, message });
      return message;
    });
    world.onStep({ kind: STEP_COMMIT, node: 1, nth: 20 }, () => {
      world.after(1, () => world.crash(1, 500_000));
      betray(world, 1, (to, message) => {
        const said: Lie & object = [message];
        for (let i = 0; i < 3; i++) {
          const again = old[(next += 1) % old.length];
          if (again !== undefined && again.to === to) said.push(again.message);
        }
        return said;
      });
    });
    world.onStep({ kind: STEP_COMMIT, node: 2, nth: 60 }, () =>
      world.require((views[2] ?? 0) > 1, 'r2 never led a later view'),
    );
  },
};
