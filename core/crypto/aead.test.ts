/** AES-256-GCM and AES-256-GCM-SIV: published vectors, tampering, and the exceptions. */
import { gcm } from '@noble/ciphers/aes.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AEAD_KEY_BYTES, AEAD_NONCE_BYTES, AES_256_GCM, AES_256_GCM_SIV } from './aead.ts';
import { aeadOpen, aeadSeal } from './aead.ts';
import {
  field,
  fromHex,
  haveVectors,
  hexField,
  textRecords,
  toHex,
  vectorText,
  vectorTitle,
  wycheproof,
} from './testing/vectors.ts';
import type { WycheproofCase } from './testing/vectors.ts';

const join = (a: Uint8Array, b: Uint8Array): Uint8Array => new Uint8Array([...a, ...b]);

describe.skipIf(!haveVectors)(vectorTitle('gcmEncryptExtIV256.iv96.tag128.rsp'), () => {
  const records = textRecords(vectorText('gcmEncryptExtIV256.iv96.tag128.rsp'));
  const cases = records.filter((one) => one.has('Count'));
  test(`all ${cases.length} cases`, () => {
    for (const one of cases) {
      const bytes = (name: string): Uint8Array => fromHex(field(one, name));
      const sealed = aeadSeal(AES_256_GCM, bytes('Key'), bytes('IV'), bytes('AAD'), bytes('PT'));
      expect(toHex(sealed)).toBe(field(one, 'CT') + field(one, 'Tag'));
    }
  });
});

describe.skipIf(!haveVectors)(vectorTitle('gcmDecrypt256.iv96.tag128.rsp'), () => {
  const records = textRecords(vectorText('gcmDecrypt256.iv96.tag128.rsp'));
  const cases = records.filter((one) => one.has('Count'));
  const refused = cases.filter((one) => one.has('FAIL')).length;
  test(`all ${cases.length} cases, ${refused} of them refused`, () => {
    for (const one of cases) {
      const bytes = (name: string): Uint8Array => fromHex(field(one, name));
      const sealed = join(bytes('CT'), bytes('Tag'));
      const plain = aeadOpen(AES_256_GCM, bytes('Key'), bytes('IV'), bytes('AAD'), sealed);
      if (one.has('FAIL')) expect(plain).toBeUndefined();
      else expect(toHex(plain!)).toBe(field(one, 'PT'));
    }
  });
});

/** The underlying cipher, for the key and nonce sizes that our own interface refuses. */
function openAnySize(one: WycheproofCase, sealed: Uint8Array): Uint8Array | undefined {
  try {
    return gcm(hexField(one, 'key'), hexField(one, 'iv'), hexField(one, 'aad')).decrypt(sealed);
  } catch {
    return undefined;
  }
}

describe.skipIf(!haveVectors)(vectorTitle('aes_gcm_test.json'), () => {
  const cases = wycheproof('aes_gcm_test.json');
  const ivBytes = (one: WycheproofCase): number => Number(one['ivSize']) / 8;
  const ours = cases.filter((one) => one['keySize'] === 256 && ivBytes(one) === 12);
  const shortIv = cases.filter((one) => ivBytes(one) < 8);
  const others = cases.filter((one) => !ours.includes(one) && !shortIv.includes(one));

  test(`${ours.length} cases with 256-bit keys and 96-bit nonces, sealed and opened`, () => {
    for (const one of ours) {
      const [key, iv, aad] = [hexField(one, 'key'), hexField(one, 'iv'), hexField(one, 'aad')];
      const published = join(hexField(one, 'ct'), hexField(one, 'tag'));
      const plain = aeadOpen(AES_256_GCM, key, iv, aad, published);
      const sealed = aeadSeal(AES_256_GCM, key, iv, aad, hexField(one, 'msg'));
      if (one.result === 'valid') {
        expect(toHex(plain!), `case ${one.tcId}`).toBe(one['msg']);
        expect(toHex(sealed), `case ${one.tcId}`).toBe(toHex(published));
      } else {
        expect(plain, `case ${one.tcId}`).toBeUndefined();
      }
    }
  });

  test(`${others.length} cases with other sizes, through the underlying cipher`, () => {
    for (const one of others) {
      const plain = openAnySize(one, join(hexField(one, 'ct'), hexField(one, 'tag')));
      if (one.result === 'valid') expect(toHex(plain!), `case ${one.tcId}`).toBe(one['msg']);
      else expect(plain, `case ${one.tcId}`).toBeUndefined();
    }
  });

  const valid = shortIv.filter((one) => one.result === 'valid').length;
  test(`exception: ${shortIv.length} cases (${valid} valid) with nonces under 64 bits`, () => {
    // Known and named in the vectors' README: the cipher refuses such nonces, and so do we.
    for (const one of shortIv) {
      const sealed = join(hexField(one, 'ct'), hexField(one, 'tag'));
      expect(openAnySize(one, sealed), `case ${one.tcId}`).toBeUndefined();
    }
  });
});

describe('aead', () => {
  const key = fc.uint8Array({ minLength: AEAD_KEY_BYTES, maxLength: AEAD_KEY_BYTES });
  const nonce = fc.uint8Array({ minLength: AEAD_NONCE_BYTES, maxLength: AEAD_NONCE_BYTES });
  const text = fc.uint8Array({ maxLength: 80, size: 'max' });
  const name = fc.constantFrom(AES_256_GCM, AES_256_GCM_SIV);

  test('what is sealed opens again', () => {
    fc.assert(
      fc.property(name, key, nonce, text, text, (cipher, k, n, aad, plain) => {
        const sealed = aeadSeal(cipher, k, n, aad, plain);
        expect(sealed.length).toBe(plain.length + 16);
        expect(aeadOpen(cipher, k, n, aad, sealed)).toEqual(plain);
      }),
      { numRuns: 50 },
    );
  });

  test('one flipped bit anywhere and it does not open', () => {
    fc.assert(
      fc.property(name, key, nonce, text, fc.nat(), fc.nat(3), (cipher, k, n, plain, bit, what) => {
        const aad = Uint8Array.of(1, 2, 3);
        const sealed = aeadSeal(cipher, k, n, aad, plain);
        const target = [sealed, k, n, aad][what]!;
        target[(bit >>> 3) % target.length]! ^= 1 << (bit & 7);
        expect(aeadOpen(cipher, k, n, aad, sealed)).toBeUndefined();
      }),
      { numRuns: 80 },
    );
  });

  test('a sealed text shorter than a tag is refused', () => {
    for (let length = 0; length < 16; length += 1) {
      const sealed = new Uint8Array(length);
      const none = new Uint8Array(0);
      const opened = aeadOpen(AES_256_GCM, new Uint8Array(32), new Uint8Array(12), none, sealed);
      expect(opened).toBeUndefined();
    }
  });

  test('RFC 8452, appendix C.2: a 256-bit key and eight bytes', () => {
    const sealed = aeadSeal(
      AES_256_GCM_SIV,
      fromHex('0100000000000000000000000000000000000000000000000000000000000000'),
      fromHex('030000000000000000000000'),
      new Uint8Array(0),
      fromHex('0100000000000000'),
    );
    expect(toHex(sealed)).toBe('c2ef328e5c71c83b843122130f7364b761e0b97427e3df28');
  });

  test('our interface takes one key size and one nonce size', () => {
    const none = new Uint8Array(0);
    for (const bytes of [0, 1, 7, 8, 11, 13, 16, 257]) {
      const seal = (): Uint8Array =>
        aeadSeal(AES_256_GCM, new Uint8Array(32), new Uint8Array(bytes), none, none);
      expect(seal).toThrow('a nonce has 12 bytes');
    }
    for (const bytes of [16, 24, 31, 33]) {
      const seal = (): Uint8Array =>
        aeadSeal(AES_256_GCM, new Uint8Array(bytes), new Uint8Array(12), none, none);
      expect(seal).toThrow('a key has 32 bytes');
    }
  });
});
