/**
 * What scripts about traitors have in common: forging with the protocol's own types, and making
 * prepares and requests that are well-formed and false.
 *
 * A traitor has every key that an honest replica has: it can seal whatever it likes. What it cannot
 * do is find a second content for a checksum.
 */
import { checksum128 } from '../core/crypto/blake3.ts';
import { PREPARE_HEADER_BYTES, buildPrepare } from '../core/codec/prepare.ts';
import type { Prepare } from '../core/codec/prepare.ts';
import type { Hash128 } from '../core/types/hash128.ts';
import type { Message } from '../core/vsr/message.ts';
import type { Controls } from '../vopr/sim/controls.ts';

/** What leaves instead of a message: others, raw bytes, nothing (null), or itself. */
export type Lie = Message | Uint8Array | null | (Message | Uint8Array)[];

/** From now on `node` is a traitor, and says `lie` instead of each message; null ends that. */
export function betray(
  world: Controls,
  node: number,
  lie: ((to: number, message: Message) => Lie) | null,
): void {
  world.forge(node, lie === null ? null : (to, message): Lie => lie(to, message as Message));
}

/** Another entry for the same op, valid in itself: its salt differs, and perhaps its parent. */
export function twin(prepare: Prepare, parent: Hash128 = prepare.header.parent): Prepare {
  const bytes = prepare.bytes.slice();
  bytes[PREPARE_HEADER_BYTES] = (bytes[PREPARE_HEADER_BYTES] as number) ^ 1;
  return buildPrepare({ ...prepare.header, parent }, bytes, { checksum128 });
}

/** One changed byte: no checksum over it holds any more. */
export function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const out = bytes.slice();
  const where = at % out.length;
  out[where] = (out[where] as number) ^ 0x5a;
  return out;
}
