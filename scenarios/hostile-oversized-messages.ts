/**
 * Hostile: a backup that sends messages far beyond every bound.
 *
 *  1. Beside each of its own messages r0 sends a unit of a megabyte that nobody asked for, a
 *     prepare that fits no slot, headers for ten rings, and a request that no entry could hold.
 *  2. Each is refused by its receiver's decoder, whatever it claims to be; nothing is kept of it,
 *     no view changes, and the clients are answered as if nothing were.
 */
import { PREPARE_HEADER_BYTES, buildPrepare, rootPrepare } from '../core/codec/prepare.ts';
import { requestChecksum } from '../core/codec/request.ts';
import { checksum128 } from '../core/crypto/blake3.ts';
import { OPERATION_APPEND } from '../core/kernel/operation.ts';
import { TINY } from '../core/limits.ts';
import { STEP_COMMIT, STEP_STATUS } from '../core/observer.ts';
import { ZERO128, read128 } from '../core/types/hash128.ts';
import type { Hash128 } from '../core/types/hash128.ts';
import { HEADERS, PREPARE, RECOVER, REPAIR_PREPARE } from '../core/vsr/message.ts';
import { REQUEST, UNIT, UNIT_PAGE } from '../core/vsr/message.ts';
import type { Message } from '../core/vsr/message.ts';
import type { Scenario } from '../vopr/sim/scenario.ts';
import { betray } from './hostile.ts';
import { clients, watch } from './stage.ts';

export const hostileOversizedMessages: Scenario = {
  name: 'hostile-oversized-messages',
  area: 'hostile',
  injects: ['traitor'],
  holds: 'a message beyond its bound is refused whole, and costs nobody a view',
  suspends: [],
  configure(configuration) {
    clients(configuration, 3, 40);
  },
  script(world) {
    watch(world, { kind: STEP_STATUS }, (_status, view) =>
      world.require(view < 2, 'an oversized message changed the view'),
    );
    let forged: readonly Uint8Array[] = [];
    world.onStep({ kind: STEP_COMMIT, node: 0, nth: 6 }, (_node, op, view) => {
      // A cluster's messages name it in their envelope.
      const cluster = read128(world.encode({ kind: RECOVER, nonce: ZERO128 }), 32);
      forged = oversized(cluster, op, view).map((huge) => world.encode(huge));
      betray(world, 0, (_to, message) => [message, ...forged]);
    });
  },
};

function oversized(cluster: Hash128, op: number, view: number): readonly Message[] {
  const hash = { checksum128 };
  const { header } = rootPrepare(cluster, 0, hash);
  const large = new Uint8Array(PREPARE_HEADER_BYTES + TINY.prepareBytesMax);
  const prepare = buildPrepare({ ...header, op: op + 1 }, large, hash);
  const body = new Uint8Array(TINY.messageBytesMax);
  const fields = { client: header.cluster, session: 1, request: 1, parent: ZERO128, body };
  const request = { ...fields, operation: OPERATION_APPEND, tenant: 1 };
  const unit = { kind: UNIT_PAGE, tenant: 0, index: 0, count: 1, checksum: ZERO128 };
  return [
    { kind: UNIT, unit, bytes: new Uint8Array(1 << 20) },
    { kind: PREPARE, view, commit: op, prepare },
    { kind: REPAIR_PREPARE, view, commit: op, prepare },
    { kind: HEADERS, view, headers: Array.from({ length: 160 }, () => header) },
    { kind: REQUEST, ...request, checksum: requestChecksum(request, hash) },
  ];
}
