/**
 * Authenticated encryption: AES-256-GCM, and AES-256-GCM-SIV where a nonce might repeat (pages).
 *
 * The ciphers are those of `@noble/ciphers`. Nonces have 96 bits here and nothing else: other
 * lengths are hashed by GCM into ones that can collide. A sealed text is the ciphertext followed by
 * a 128-bit tag.
 *
 * Cost: about 20 µs for 256 bytes, 20 ns a byte beyond; allocates its result.
 */

import { gcm, gcmsiv } from '@noble/ciphers/aes.js';
import { assert, unreachable } from '../types/assert.ts';

export type AeadName = 'aes-256-gcm' | 'aes-256-gcm-siv';

export const AES_256_GCM: AeadName = 'aes-256-gcm';
export const AES_256_GCM_SIV: AeadName = 'aes-256-gcm-siv';

export const AEAD_KEY_BYTES = 32;
export const AEAD_NONCE_BYTES = 12;
export const AEAD_TAG_BYTES = 16;

interface Cipher {
  encrypt(plaintext: Uint8Array): Uint8Array;
  decrypt(sealed: Uint8Array): Uint8Array;
}

/** Encrypts `plaintext` and binds `associated` to it. Never use one nonce twice under a GCM key. */
export function aeadSeal(
  name: AeadName,
  key: Uint8Array,
  nonce: Uint8Array,
  associated: Uint8Array,
  plaintext: Uint8Array,
): Uint8Array {
  const sealed = cipherOf(name, key, nonce, associated).encrypt(plaintext);
  assert(sealed.length === plaintext.length + AEAD_TAG_BYTES, 'aead: the tag is missing');
  return sealed;
}

/** The plaintext; `undefined` when key, nonce, associated data or sealed bytes are not the same. */
export function aeadOpen(
  name: AeadName,
  key: Uint8Array,
  nonce: Uint8Array,
  associated: Uint8Array,
  sealed: Uint8Array,
): Uint8Array | undefined {
  if (sealed.length < AEAD_TAG_BYTES) return undefined;
  const cipher = cipherOf(name, key, nonce, associated);
  try {
    return cipher.decrypt(sealed);
  } catch {
    // The library throws on a wrong tag; bad bytes are a value here. The lengths of key and nonce,
    // its other reasons to throw, were asserted above.
    return undefined;
  }
}

function cipherOf(
  name: AeadName,
  key: Uint8Array,
  nonce: Uint8Array,
  associated: Uint8Array,
): Cipher {
  assert(key.length === AEAD_KEY_BYTES, 'aead: a key has 32 bytes');
  assert(nonce.length === AEAD_NONCE_BYTES, 'aead: a nonce has 12 bytes');
  switch (name) {
    case 'aes-256-gcm':
      return gcm(key, nonce, associated);
    case 'aes-256-gcm-siv':
      return gcmsiv(key, nonce, associated);
    default:
      return unreachable(name);
  }
}
