/** Ed25519: the authors' vectors, Wycheproof, and strictness. */
import { ed25519 } from '@noble/curves/ed25519.js';
import { describe, expect, test } from 'vitest';
import { publicKeyEd25519, signEd25519, verifyEd25519 } from './ed25519.ts';
import {
  fromHex,
  haveVectors,
  hexField,
  toHex,
  vectorText,
  vectorTitle,
  wycheproof,
} from './testing/vectors.ts';
import type { WycheproofCase } from './testing/vectors.ts';

describe.skipIf(!haveVectors)(vectorTitle('ed25519_sign.input.first256'), () => {
  const lines = vectorText('ed25519_sign.input.first256').split('\n').filter(Boolean);
  test(`all ${lines.length} lines: key, signature, and its verification`, () => {
    for (const line of lines) {
      // secret ‖ public : public : message : signature ‖ message :
      const [secretAndPublic = '', publicKey = '', message = '', signed = ''] = line.split(':');
      const secret = fromHex(secretAndPublic.slice(0, 64));
      expect(toHex(publicKeyEd25519(secret))).toBe(publicKey);
      const signature = signEd25519(secret, fromHex(message));
      expect(toHex(signature) + message).toBe(signed);
      expect(verifyEd25519(fromHex(publicKey), fromHex(message), signature)).toBe(true);
    }
  });
});

describe.skipIf(!haveVectors)(vectorTitle('ed25519_test.json'), () => {
  const cases = wycheproof('ed25519_test.json');
  const publicKeyOf = (one: WycheproofCase): Uint8Array =>
    hexField(one['publicKey'] as Readonly<Record<string, unknown>>, 'pk');
  const count = (result: string): number => cases.filter((one) => one.result === result).length;

  test(`all ${count('valid')} valid and ${count('invalid')} invalid cases`, () => {
    for (const one of cases) {
      const good = verifyEd25519(publicKeyOf(one), hexField(one, 'msg'), hexField(one, 'sig'));
      expect(good, `case ${one.tcId}`).toBe(one.result === 'valid');
    }
  });

  test('exception: the lenient default of the library accepts case 151, so we never use it', () => {
    const wrong = cases.filter((one) => {
      const signature = hexField(one, 'sig');
      if (one.result === 'valid' || signature.length !== 64) return false;
      try {
        return ed25519.verify(signature, hexField(one, 'msg'), publicKeyOf(one));
      } catch {
        return false;
      }
    });
    expect(wrong.map((one) => one.tcId)).toEqual([151]);
  });
});

describe('ed25519', () => {
  const secret = Uint8Array.from({ length: 32 }, (_, i) => i);
  const message = Uint8Array.of(1, 2, 3);
  const signature = signEd25519(secret, message);
  const publicKey = publicKeyEd25519(secret);

  test('a signature holds for its message and key only', () => {
    expect(verifyEd25519(publicKey, message, signature)).toBe(true);
    expect(verifyEd25519(publicKey, Uint8Array.of(1, 2, 4), signature)).toBe(false);
    const other = publicKeyEd25519(new Uint8Array(32));
    expect(verifyEd25519(other, message, signature)).toBe(false);
  });

  test('signing is deterministic', () => {
    expect(signEd25519(secret, message)).toEqual(signature);
  });

  test('malformed keys and signatures are a plain no', () => {
    expect(verifyEd25519(publicKey.subarray(1), message, signature)).toBe(false);
    expect(verifyEd25519(publicKey, message, signature.subarray(1))).toBe(false);
    expect(verifyEd25519(publicKey, message, new Uint8Array(65))).toBe(false);
    expect(verifyEd25519(new Uint8Array(32).fill(0xff), message, signature)).toBe(false);
    expect(verifyEd25519(publicKey, message, new Uint8Array(64).fill(0xff))).toBe(false);
  });

  test('a secret key of another size is a bug of the caller', () => {
    expect(() => signEd25519(new Uint8Array(31), message)).toThrow('32 bytes');
    expect(() => publicKeyEd25519(new Uint8Array(64))).toThrow('32 bytes');
  });
});
