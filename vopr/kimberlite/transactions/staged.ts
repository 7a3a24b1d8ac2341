/**
 * A commit cut into chunks, as a server does with what is longer than one prepare; here with any,
 * now and then, so that chunks are put, named, left behind and forgotten in every kind of run.
 */
import { PREPARE_HEADER_BYTES, PREPARE_SALT_BYTES } from '../../../core/codec/prepare.ts';
import { sha256Into } from '../../../core/crypto/sha256.ts';
import {
  STAGED_NAME_BYTES,
  STAGED_NONCE_BYTES,
  chunkBytes,
  encodeChunk,
} from '../../../core/kernel/staging.ts';
import type { Limits } from '../../../core/limits.ts';
import { encodeStagedRequest } from '../../../core/sql/session/request.ts';

/** Whether it fits a prepare as it is. */
export function fitsPrepare(body: Uint8Array, limits: Limits): boolean {
  return PREPARE_HEADER_BYTES + PREPARE_SALT_BYTES + body.length <= limits.prepareBytesMax;
}

/**
 * Bodies to be submitted one after the other, in the name of `user`: chunks, then what names them;
 * null: too long.
 */
export function stagedBodies(
  body: Uint8Array,
  user: string,
  limits: Limits,
  random: (out: Uint8Array) => void,
): Uint8Array[] | null {
  const bytes = STAGED_NONCE_BYTES + body.length;
  if (bytes > limits.stagedBytesMax) return null;
  const whole = new Uint8Array(bytes);
  random(whole.subarray(0, STAGED_NONCE_BYTES));
  whole.set(body, STAGED_NONCE_BYTES);
  const name = new Uint8Array(STAGED_NAME_BYTES);
  sha256Into(whole, 0, bytes, name, 0);
  const size = chunkBytes(limits);
  const out: Uint8Array[] = [];
  for (let at = 0; at < bytes; at += size) {
    const chunk = whole.subarray(at, Math.min(bytes, at + size));
    out.push(encodeChunk({ user, name, bytes, index: at / size, chunk }));
  }
  out.push(encodeStagedRequest({ kind: 'staged', user, text: '', name, bytes }));
  return out;
}
