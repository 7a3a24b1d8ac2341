/**
 * Ed25519 signatures (RFC 8032), strict.
 *
 * By `@noble/curves` with `zip215: false`: its default also accepts non-canonical encodings, so
 * that two verifiers could disagree about one signature. Cost: about 0.6 ms to sign, 1.2 ms to
 * verify.
 */

import { ed25519 } from '@noble/curves/ed25519.js';
import { assert } from '../types/assert.ts';

export const ED25519_SECRET_BYTES = 32;
export const ED25519_PUBLIC_BYTES = 32;
export const ED25519_SIGNATURE_BYTES = 64;

const STRICT = { zip215: false };

/** The public key of a 32-byte secret seed. */
export function publicKeyEd25519(secretKey: Uint8Array): Uint8Array {
  assert(secretKey.length === ED25519_SECRET_BYTES, 'ed25519: a secret key has 32 bytes');
  return ed25519.getPublicKey(secretKey);
}

/** A 64-byte signature, the same each time for the same key and message. */
export function signEd25519(secretKey: Uint8Array, message: Uint8Array): Uint8Array {
  assert(secretKey.length === ED25519_SECRET_BYTES, 'ed25519: a secret key has 32 bytes');
  return ed25519.sign(message, secretKey);
}

/** False for a wrong signature and for malformed keys and signatures of any length. */
export function verifyEd25519(
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  if (publicKey.length !== ED25519_PUBLIC_BYTES) return false;
  if (signature.length !== ED25519_SIGNATURE_BYTES) return false;
  try {
    return ed25519.verify(signature, message, publicKey, STRICT);
  } catch {
    // The library may throw on a point that does not decode; to a verifier that is just "no".
    return false;
  }
}
