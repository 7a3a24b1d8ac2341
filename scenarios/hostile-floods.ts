/**
 * Hostile: a backup that floods the others.
 *
 *  1. With each of its own messages r0 sends its peer that message ten times more, and one each of
 *     the questions that cost their receiver most: a start_view, headers of the whole log, a
 *     prepare, pages and runs of log entries, a clock reading, its membership.
 *  2. It asks for a start_view and to be taken back as well; it never asks for a view.
 *  3. Every answer is bounded work, no queue grows beyond its limit, and no client is starved: the
 *     three of them finish without a view change.
 */
import { STEP_COMMIT, STEP_STATUS } from '../core/observer.ts';
import { ZERO128 } from '../core/types/hash128.ts';
import * as kinds from '../core/vsr/message.ts';
import type { Message } from '../core/vsr/message.ts';
import type { Scenario } from '../vopr/sim/scenario.ts';
import { betray } from './hostile.ts';
import { clients, watch } from './stage.ts';

const COPIES = 10;
const FAR = 1_000_000;

export const hostileFloods: Scenario = {
  name: 'hostile-floods',
  area: 'hostile',
  injects: ['traitor'],
  holds: 'a flood by one replica exceeds no bound, starves no client and changes no view',
  suspends: [],
  configure(configuration) {
    clients(configuration, 3, 40);
  },
  script(world) {
    watch(world, { kind: STEP_STATUS }, (_status, view) =>
      world.require(view < 2, 'a flood changed the view'),
    );
    let op = 1;
    watch(world, { kind: STEP_COMMIT, node: 0 }, (at) => (op = at));
    world.onStep({ kind: STEP_COMMIT, node: 0, nth: 6 }, () =>
      betray(world, 0, (_to, message) => {
        const view = 'view' in message ? message.view : 1;
        const copies = Array.from({ length: COPIES }, () => message);
        return [message, ...copies, ...questions(view, op)];
      }),
    );
  },
};

function questions(view: number, op: number): readonly Message[] {
  const page = { kind: kinds.UNIT_PAGE, tenant: 0, index: op, count: 1, checksum: ZERO128 };
  const run = { kind: kinds.UNIT_LOG, tenant: 1, index: 0, count: FAR, checksum: ZERO128 };
  return [
    { kind: kinds.REQUEST_START_VIEW, view, nonce: ZERO128, reach: 0 },
    { kind: kinds.REQUEST_HEADERS, view, opMin: 0, opMax: op + FAR },
    { kind: kinds.REQUEST_PREPARE, view, op, checksum: ZERO128 },
    { kind: kinds.REQUEST_UNIT, unit: page },
    { kind: kinds.REQUEST_UNIT, unit: run },
    { kind: kinds.PING, view, monotonic: op, checkpoint: op, release: 1 },
  ];
}
