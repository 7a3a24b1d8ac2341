/** HKDF-SHA-256 against RFC 5869, Wycheproof and `@noble/hashes`. */
import { hkdf as nobleHkdf } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HKDF_OUTPUT_BYTES_MAX, hkdf, hkdfExpand, hkdfExtract } from './hkdf.ts';
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

describe.skipIf(!haveVectors)(vectorTitle('rfc-5869-HKDF-SHA256.txt'), () => {
  // A case spans two records: its number, then its fields; some put a blank line before OKM.
  const text = vectorText('rfc-5869-HKDF-SHA256.txt').replace(/\n\n(?=Hash|L |PRK|OKM)/g, '\n');
  const cases = textRecords(text).filter((one) => one.has('OKM'));
  test(`all ${cases.length} cases, the extracted key included`, () => {
    expect(cases.length).toBeGreaterThan(0);
    for (const one of cases) {
      const bytes = (name: string): Uint8Array => fromHex(field(one, name));
      const key = hkdfExtract(bytes('salt'), bytes('IKM'));
      expect(toHex(key)).toBe(field(one, 'PRK'));
      const length = Number(field(one, 'L'));
      expect(toHex(hkdfExpand(key, bytes('info'), length))).toBe(field(one, 'OKM'));
    }
  });
});

describe.skipIf(!haveVectors)(vectorTitle('hkdf_sha256_test.json'), () => {
  const cases = wycheproof('hkdf_sha256_test.json');
  const count = (result: string): number => cases.filter((one) => one.result === result).length;
  test(`all ${count('valid')} valid and ${count('invalid')} invalid cases`, () => {
    for (const one of cases) {
      const derive = (): Uint8Array =>
        hkdf(
          hexField(one, 'ikm'),
          hexField(one, 'salt'),
          hexField(one, 'info'),
          Number(one['size']),
        );
      // The invalid ones ask for more output than the standard allows.
      if (one.result === 'valid') expect(toHex(derive()), `case ${one.tcId}`).toBe(one['okm']);
      else expect(derive, `case ${one.tcId}`).toThrow('too much output');
    }
  });
});

describe('hkdf', () => {
  test('any secret, salt, info and length agree with noble', () => {
    const bytes = fc.uint8Array({ maxLength: 100, size: 'max' });
    fc.assert(
      fc.property(bytes, bytes, bytes, fc.integer({ min: 1, max: 300 }), (ikm, salt, info, n) => {
        expect(hkdf(ikm, salt, info, n)).toEqual(nobleHkdf(sha256, ikm, salt, info, n));
      }),
    );
  });

  test('no salt and a salt of zeros are one', () => {
    const secret = Uint8Array.of(9, 9);
    expect(hkdfExtract(new Uint8Array(0), secret)).toEqual(hkdfExtract(new Uint8Array(32), secret));
  });

  test('a shorter output is a prefix of a longer one, up to the limit', () => {
    const key = hkdfExtract(Uint8Array.of(1), Uint8Array.of(2));
    const longest = hkdfExpand(key, Uint8Array.of(3), HKDF_OUTPUT_BYTES_MAX);
    for (const length of [0, 1, 31, 32, 33, 64, 65]) {
      expect(hkdfExpand(key, Uint8Array.of(3), length)).toEqual(longest.subarray(0, length));
    }
    expect(() => hkdfExpand(key, Uint8Array.of(3), HKDF_OUTPUT_BYTES_MAX + 1)).toThrow('too much');
  });
});
