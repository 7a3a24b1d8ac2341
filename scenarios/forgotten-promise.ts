/**
 * Amnesia: a replica whose disk was replaced had promised views that only one other asked for.
 *
 *  1. r1 leads view 1 and is cut off. r0 and r2 try view 2, in vain. From then on r2 does not hear
 *     r0: it stays in view 2 and asks for view after view, and r0 promises them.
 *  2. r0's disk is replaced. r2 dies and is back in view 2; r1 is back, and knows of less.
 *  3. View 2 comes to be, and later ones. What r2 reports to r0 is long under way, or is not.
 *  4. r0 votes again in no view that it may have promised: it waits for r2, which still knows for
 *     what it had asked.
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
    configuration.stormMicros = 60_000_000;
  },
  script(world) {
    world.onStep({ kind: STEP_COMMIT, node: 1, nth: 10 }, () => {
      world.isolate(1);
      world.drop({ kind: 'do_view_change', from: 0, to: 2 });
    });
    const inSecond = (_status: number, view: number): boolean => view === 2;
    world.onStep({ kind: STEP_STATUS, node: 2, when: inSecond }, () => world.oneWay([0], [2]));
    const tenth = (view: number): boolean => view >= 10;
    world.onStep({ kind: STEP_DO_VIEW_CHANGE, node: 0, when: tenth }, () =>
      world.after(1, () => {
        world.pass();
        world.replaceDisk(0);
        world.crash(2, 20_000);
        world.reconnect();
        // At once in one of four runs, and late in the others.
        if (world.now % 4 === 0) return;
        const report = world.hold({ kind: 'recovered', from: 2, to: 0 });
        world.after(2_500_000, () => {
          world.pass();
          report.release();
        });
      }),
    );
  },
};
