/**
 * HKDF-SHA-256 (RFC 5869): one secret in, as many independent keys out as there are `info` texts.
 *
 * Cost: one HMAC to extract and one per 32 bytes of output.
 */

import { assert } from '../types/assert.ts';
import { hmacSha256Into } from './hmac.ts';
import { SHA256_BYTES } from './sha256.ts';

/** RFC 5869 allows 255 blocks of output. */
export const HKDF_OUTPUT_BYTES_MAX: number = 255 * SHA256_BYTES;

const NO_SALT: Uint8Array = new Uint8Array(SHA256_BYTES);

/** The pseudorandom key of a secret; an empty salt stands for 32 zero bytes. */
export function hkdfExtract(salt: Uint8Array, secret: Uint8Array): Uint8Array {
  const key = new Uint8Array(SHA256_BYTES);
  hmacSha256Into(salt.length === 0 ? NO_SALT : salt, secret, 0, secret.length, key, 0);
  return key;
}

/** `outBytes` of key material for one purpose, named by `info`. */
export function hkdfExpand(key: Uint8Array, info: Uint8Array, outBytes: number): Uint8Array {
  assert(key.length >= SHA256_BYTES, 'hkdf: the pseudorandom key has at least 32 bytes');
  assert(outBytes >= 0 && outBytes <= HKDF_OUTPUT_BYTES_MAX, 'hkdf: too much output');
  const out = new Uint8Array(outBytes);
  // Each block hashes: the block before (none at first), the info, the block's number from 1.
  const input = new Uint8Array(SHA256_BYTES + info.length + 1);
  const block = new Uint8Array(SHA256_BYTES);
  input.set(info, SHA256_BYTES);
  for (let done = 0, number = 1; done < outBytes; done += SHA256_BYTES, number += 1) {
    input[input.length - 1] = number;
    const from = number === 1 ? SHA256_BYTES : 0;
    hmacSha256Into(key, input, from, input.length - from, block, 0);
    input.set(block, 0);
    out.set(outBytes - done < SHA256_BYTES ? block.subarray(0, outBytes - done) : block, done);
  }
  return out;
}

/** Extract, then expand. */
export function hkdf(
  secret: Uint8Array,
  salt: Uint8Array,
  info: Uint8Array,
  outBytes: number,
): Uint8Array {
  return hkdfExpand(hkdfExtract(salt, secret), info, outBytes);
}
