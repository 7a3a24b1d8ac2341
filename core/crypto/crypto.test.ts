/** The default `Crypto`: each function is the one its own tests vouch for. */
import { describe, expect, test } from 'vitest';
import { AES_256_GCM } from './aead.ts';
import { pureCrypto } from './crypto.ts';
import { publicKeyEd25519 } from './ed25519.ts';

describe('pureCrypto', () => {
  const crypto = pureCrypto((bytes) => Uint8Array.from({ length: bytes }, (_, i) => 255 - i));

  test('randomness is the host’s', () => {
    expect([...crypto.random(3)]).toEqual([255, 254, 253]);
    expect(crypto.random(0).length).toBe(0);
  });

  test('sealing and opening, signing and verifying go together', () => {
    const key = crypto.random(32);
    const nonce = crypto.random(12);
    const text = Uint8Array.of(1, 2, 3);
    const sealed = crypto.aeadSeal(AES_256_GCM, key, nonce, text, text);
    expect(crypto.aeadOpen(AES_256_GCM, key, nonce, text, sealed)).toEqual(text);
    const signature = crypto.sign(key, text);
    expect(crypto.verify(publicKeyEd25519(key), text, signature)).toBe(true);
    expect(crypto.verify(publicKeyEd25519(key), sealed, signature)).toBe(false);
  });

  test('hashes of a salt and bytes equal hashes of the joined bytes', () => {
    const [one, two] = [new Uint8Array(32), new Uint8Array(32)];
    const joined = crypto.random(96);
    crypto.sha256PartsInto(joined, 0, 32, joined, 32, 64, one, 0);
    crypto.sha256Into(joined, 0, 96, two, 0);
    expect(one).toEqual(two);
  });
});
