/**
 * State sync: what is offered to a replica that wants a checkpoint is older than what it has.
 *
 *  1. r0 is cut off. r2 has a checkpoint durable that r1, whose tenant files are slow to sync,
 *     still writes.
 *  2. Pages of it rot on r2, which loses power. r0 is back, does not have them, and says so; to r1
 *     the question does not get through. Nobody holds them, as far as r2 can tell.
 *  3. It asks for a newer checkpoint. The primary offers the one before: r2 has applied more.
 *  4. r2 waits for a later one, or for its pages. What it committed stays committed.
 */
import { STEP_CHECKPOINT, STEP_COMMIT } from '../core/observer.ts';
import { pageUnit } from '../vopr/kimberlite/units.ts';
import type { Scenario } from '../vopr/sim/scenario.ts';
import { clients } from './stage.ts';

const CHECKPOINT = 24;
const PAGES = 12;

export const olderCheckpointOffered: Scenario = {
  name: 'older-checkpoint-offered',
  area: 'recovery',
  injects: ['isolate', 'power_cut', 'sector_rot'],
  holds: 'a replica syncs to no checkpoint below what it has applied, whoever offers it',
  configure(configuration) {
    clients(configuration, 3, 40);
  },
  script(world) {
    world.onStep({ kind: STEP_COMMIT, node: 1, nth: 10 }, () => world.isolate(0));
    const second = (op: number): boolean => op === 16;
    world.onStep({ kind: STEP_CHECKPOINT, node: 1, when: second }, () =>
      world.delaySyncs(1, 1_000_000, 'tenants/'),
    );
    const third = (op: number): boolean => op === CHECKPOINT;
    world.onStep({ kind: STEP_CHECKPOINT, node: 2, when: third }, () => {
      for (const tenant of [1, 2]) {
        for (let page = 1; page <= PAGES; page += 1) {
          world.damageUnit(2, pageUnit(tenant, page), 0, 'sector_rot');
        }
      }
      world.powerCut(2, 5_000);
      world.reconnect();
      world.oneWay([1], [0]);
      const questions = world.hold({ kind: 'request_unit', from: 2, to: 1 });
      world.after(900_000, () => {
        world.delaySyncs(1, 0);
        world.reconnect();
        world.pass();
        questions.release();
      });
    });
  },
};
