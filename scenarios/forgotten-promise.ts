/**
 * Amnesia: a replica whose disk was replaced had promised a view that only one other knows of.
 *
 *  1. r1 leads view 1 and is cut off. r0 and r2 try view 2, and it does not come to be: what r0
 *     shows to r2 is lost. r2 asks for view 3; r0 promises it, and that is lost on r2, too.
 *  2. r0's disk is replaced. r2 dies and is back in view 2; r1 is back and knows of view 1 alone.
 *  3. r1 reports view 1 to r0, and view 2 comes to be. What r2 reports is long under way.
 *  4. View 2 is no view for r0 to vote in again: it has promised a later one. It waits for r2.
 */
import { STEP_COMMIT, STEP_DO_VIEW_CHANGE, STEP_STATUS } from '../core/observer.ts';
import type { Scenario } from '../vopr/sim/scenario.ts';
import { clients } from './stage.ts';

export const forgottenPromise: Scenario = {
  name: 'forgotten-promise',
  area: 'membership',
  injects: ['isolate', 'loss', 'replaced_disk', 'crash'],
  holds: 'a replaced disk waits for enough reports to bound every view that it may have promised',
  configure(configuration) {
    clients(configuration, 3, 80);
  },
  script(world) {
    world.onStep({ kind: STEP_COMMIT, node: 1, nth: 10 }, () => {
      world.isolate(1);
      world.drop({ kind: 'do_view_change', from: 0, to: 2 });
    });
    const inSecond = (_status: number, view: number): boolean => view === 2;
    world.onStep({ kind: STEP_STATUS, node: 2, when: inSecond }, () =>
      world.drop({ kind: 'start_view_change', from: 0, to: 2 }),
    );
    const third = (view: number): boolean => view >= 3;
    world.onStep({ kind: STEP_DO_VIEW_CHANGE, node: 0, when: third }, () =>
      world.after(1, () => {
        world.pass();
        world.replaceDisk(0);
        world.crash(2, 20_000);
        world.reconnect();
        const report = world.hold({ kind: 'recovered', from: 2, to: 0 });
        world.after(2_500_000, () => {
          world.pass();
          report.release();
        });
      }),
    );
  },
};
