/**
 * The `Crypto` port: every cryptographic function a node uses, as one object that a host passes in.
 *
 * `pureCrypto` is the default and runs anywhere: our own hash kernels, and the `@noble` libraries
 * for ciphers and signatures. A shell may inject a native twin, tested byte-equal; the simulator
 * wraps the default in `memoCrypto`. Everything is synchronous and a pure function of its
 * arguments, but for `random`, whose bytes enter the log as data, so that replay never draws again.
 */

import { type AeadName, aeadOpen, aeadSeal } from './aead.ts';
import { blake3Into, checksum128 } from './blake3.ts';
import { signEd25519, verifyEd25519 } from './ed25519.ts';
import { sha256Into, sha256PartsInto } from './sha256.ts';
import type { Hash128 } from '../types/hash128.ts';

/** Hashes write to given buffers; nothing keeps a reference to an argument. */
export interface Crypto {
  /** SHA-256 of `input[offset..offset + length]`: 32 bytes at `out[outOffset]`. */
  sha256Into(
    input: Uint8Array,
    offset: number,
    length: number,
    out: Uint8Array,
    outOffset: number,
  ): void;

  /** SHA-256 of two parts joined (a salt and the bytes it commits to). */
  sha256PartsInto(
    first: Uint8Array,
    firstOffset: number,
    firstLength: number,
    second: Uint8Array,
    secondOffset: number,
    secondLength: number,
    out: Uint8Array,
    outOffset: number,
  ): void;

  /** BLAKE3: 32 bytes at `out[outOffset]`. */
  blake3Into(
    input: Uint8Array,
    offset: number,
    length: number,
    out: Uint8Array,
    outOffset: number,
  ): void;

  /** The first 128 bits of BLAKE3. */
  checksum128(input: Uint8Array, offset: number, length: number): Hash128;

  /** Ciphertext followed by a 16-byte tag. The key has 32 bytes, the nonce 12. */
  aeadSeal(
    cipher: AeadName,
    key: Uint8Array,
    nonce: Uint8Array,
    associated: Uint8Array,
    plaintext: Uint8Array,
  ): Uint8Array;

  /** The plaintext, or `undefined` when anything was changed. */
  aeadOpen(
    cipher: AeadName,
    key: Uint8Array,
    nonce: Uint8Array,
    associated: Uint8Array,
    sealed: Uint8Array,
  ): Uint8Array | undefined;

  /** An Ed25519 signature (64 bytes); `secretKey` is the 32-byte seed. */
  sign(secretKey: Uint8Array, message: Uint8Array): Uint8Array;

  /** Strict Ed25519 (RFC 8032): false for anything malformed. */
  verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;

  /** `bytes` random bytes: cryptographic in a shell, seeded in the simulator. */
  random(bytes: number): Uint8Array;
}

/** The portable implementation around the host's source of randomness. */
export function pureCrypto(random: (bytes: number) => Uint8Array): Crypto {
  return {
    sha256Into,
    sha256PartsInto,
    blake3Into,
    checksum128,
    aeadSeal,
    aeadOpen,
    sign: signEd25519,
    verify: verifyEd25519,
    random,
  };
}
