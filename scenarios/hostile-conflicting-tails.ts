/**
 * Hostile: a primary that tells its backups two different logs.
 *
 *  1. From the tenth op on, r1 sends r2 what it proposes, and r0 another entry for the same op,
 *     valid in itself and chained to the one before it that r0 got. Its heartbeats agree with what
 *     each was told. r0 applies another log than r2 does: agreement is lost (suspended), and the
 *     checkers see it.
 *  2. r1 dies. r2 and r0 compare their logs for the next view: two entries at one op of one
 *     log_view. They report that, crash over nothing, and neither takes the other's log.
 *  3. They must stall, visibly: which of the two logs is true, nobody left can tell.
 */
import type { Prepare } from '../core/codec/prepare.ts';
import type { Hash128 } from '../core/types/hash128.ts';
import { STEP_COMMIT, STEP_CONTRADICTED } from '../core/observer.ts';
import { COMMIT, PREPARE } from '../core/vsr/message.ts';
import type { Scenario } from '../vopr/sim/scenario.ts';
import { betray, twin } from './hostile.ts';
import { clients, watch } from './stage.ts';

export const hostileConflictingTails: Scenario = {
  name: 'hostile-conflicting-tails',
  area: 'hostile',
  injects: ['traitor', 'crash'],
  holds: 'two logs told by one primary are found out by their hash chains, and stop the cluster',
  suspends: ['agreement', 'chain', 'journal-evidence'],
  converges: false,
  configure(configuration) {
    clients(configuration, 3, 40);
    configuration.core.members = 0b101;
    configuration.core.convergeMicros = 5_000_000;
  },
  script(world) {
    const told = new Map<number, Prepare>();
    const parentOf = (prepare: Prepare): Hash128 =>
      told.get(prepare.header.op - 1)?.header.checksum ?? prepare.header.parent;
    let noticed = false;
    watch(world, { kind: STEP_CONTRADICTED }, (_kind, _from, _view, node) => {
      if (node !== 1) noticed = true;
    });
    world.onStep({ kind: STEP_COMMIT, node: 1, nth: 10 }, () =>
      betray(world, 1, (to, message) => {
        if (to !== 0) return message;
        if (message.kind === PREPARE) {
          const { op } = message.prepare.header;
          const other = told.get(op) ?? twin(message.prepare, parentOf(message.prepare));
          told.set(op, other);
          return { ...message, prepare: other };
        }
        if (message.kind !== COMMIT) return message;
        const commitChecksum = told.get(message.commit)?.header.checksum ?? message.commitChecksum;
        return { ...message, commitChecksum };
      }),
    );
    world.onStep({ kind: STEP_COMMIT, node: 1, nth: 16 }, () => {
      world.after(1, () => world.crash(1));
      world.after(3_000_000, () => {
        world.require(noticed, 'neither r2 nor r0 noticed that their logs differ');
        world.require(world.reported('agreement'), 'the checkers saw no divergence');
      });
    });
  },
};
