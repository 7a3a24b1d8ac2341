/**
 * Starting points for a system of one's own: what most need and few want to write. Each can be
 * replaced by something of one's own, when speed or format begin to matter.
 */
import { decodeUtf8, encodeUtf8 } from '../core/codec/utf8.ts';
import { assert } from '../core/types/assert.ts';
import { fold, mixText } from './sim/mix.ts';
import type { MessageTraits, NodeInspection, UnitLocator } from './sim/sim-node.ts';

/** No disk damage is injected: for a system that does not claim to survive any. */
export const NO_UNITS: UnitLocator = { locate: () => ({ unit: -1, half: 0 }) };

/** What a node says of itself, where it has nothing to say. */
export function inspection(own: Partial<NodeInspection> = {}): NodeInspection {
  return {
    status: 0,
    view: 0,
    logView: 0,
    commit: 0,
    op: 0,
    checkpoint: 0,
    stateHashA: 0,
    stateHashB: 0,
    damaged: 0,
    syncing: false,
    installing: false,
    opening: false,
    scrubTours: 0,
    ...own,
  };
}

const CHECKSUM_BYTES = 4;

/**
 * Messages that are plain JSON objects with a `kind`, one of `kinds`. As bytes: the JSON in UTF-8,
 * behind a checksum, so that a message corrupted on the way is refused. Messages pass by reference
 * in most runs: nobody may change one that was sent.
 *
 * Cost: a `JSON.stringify` for each message sent; bring your own traits for millions of runs.
 */
export function jsonMessages<M extends { readonly kind: string }>(
  kinds: readonly M['kind'][],
): MessageTraits<M> {
  return {
    kindNames: kinds,
    kind: (message) => kinds.indexOf(message.kind),
    subject: (message) => mixText(JSON.stringify(message)),
    bytes: (message) => JSON.stringify(message).length + CHECKSUM_BYTES,
    encode: (message) => {
      const text = encodeUtf8(JSON.stringify(message));
      assert(text !== undefined, 'text of a message is well-formed Unicode');
      const bytes = new Uint8Array(CHECKSUM_BYTES + text.length);
      bytes.set(text, CHECKSUM_BYTES);
      new DataView(bytes.buffer).setInt32(0, checksum(bytes));
      return bytes;
    },
    decode: (bytes) => {
      if (bytes.length < CHECKSUM_BYTES) return null;
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      if (view.getInt32(0) !== checksum(bytes)) return null;
      const text = decodeUtf8(bytes, CHECKSUM_BYTES, bytes.length - CHECKSUM_BYTES);
      return text === undefined ? null : parsed<M>(text, kinds);
    },
  };
}

function parsed<M extends { readonly kind: string }>(
  text: string,
  kinds: readonly M['kind'][],
): M | null {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof message !== 'object' || message === null) return null;
  const { kind } = message as { readonly kind?: unknown };
  return typeof kind === 'string' && kinds.includes(kind) ? (message as M) : null;
}

function checksum(bytes: Uint8Array): number {
  let hash = bytes.length;
  for (let i = CHECKSUM_BYTES; i < bytes.length; i++) hash = fold(hash, bytes[i] as number);
  return hash;
}
