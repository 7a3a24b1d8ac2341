/**
 * HMAC-SHA-256 (RFC 2104) over our own SHA-256.
 *
 * Cost: four blocks more than hashing the message, about 1.2 µs for short ones. Allocates nothing;
 * shares one state for the process.
 */

import { assert } from '../types/assert.ts';
import { SHA256_BYTES, Sha256, sha256Into } from './sha256.ts';
import { SHA256_BLOCK_BYTES } from './sha256-kernel.ts';

const INNER_PAD = 0x36;
const OUTER_PAD = 0x5c;

const hash: Sha256 = new Sha256();
const pad: Uint8Array = new Uint8Array(SHA256_BLOCK_BYTES);
const shortKey: Uint8Array = new Uint8Array(SHA256_BLOCK_BYTES);
const inner: Uint8Array = new Uint8Array(SHA256_BYTES);

/** Writes the 32-byte tag of `message[offset..offset + length]` to `out[outOffset..]`. */
export function hmacSha256Into(
  key: Uint8Array,
  message: Uint8Array,
  offset: number,
  length: number,
  out: Uint8Array,
  outOffset: number,
): void {
  shortKey.fill(0);
  if (key.length > SHA256_BLOCK_BYTES) sha256Into(key, 0, key.length, shortKey, 0);
  else shortKey.set(key);

  startWithPad(INNER_PAD);
  hash.update(message, offset, length);
  hash.digestInto(inner, 0);

  startWithPad(OUTER_PAD);
  hash.update(inner, 0, SHA256_BYTES);
  hash.digestInto(out, outOffset);

  // Key material does not stay behind in process-wide buffers.
  shortKey.fill(0);
  pad.fill(0);
}

/** Compares two tags without stopping at the first difference. Lengths are not secret. */
export function equalTags(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i += 1) difference |= a[i]! ^ b[i]!;
  return difference === 0;
}

function startWithPad(byte: number): void {
  for (let i = 0; i < SHA256_BLOCK_BYTES; i += 1) pad[i] = shortKey[i]! ^ byte;
  hash.reset();
  hash.update(pad, 0, SHA256_BLOCK_BYTES);
  assert(pad.length === shortKey.length, 'hmac: a key fills one block');
}
