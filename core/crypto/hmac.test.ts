/** HMAC-SHA-256 against RFC 4231, Wycheproof and `@noble/hashes`. */
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { equalTags, hmacSha256Into } from './hmac.ts';
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

function tagOf(key: Uint8Array, message: Uint8Array): Uint8Array {
  const tag = new Uint8Array(32);
  hmacSha256Into(key, message, 0, message.length, tag, 0);
  return tag;
}

describe.skipIf(!haveVectors)(vectorTitle('rfc-4231-sha256.txt'), () => {
  const records = textRecords(vectorText('rfc-4231-sha256.txt')).filter((one) => one.has('MD'));
  test(`all ${records.length} cases of the file`, () => {
    expect(records.length).toBeGreaterThan(0);
    for (const one of records) {
      // `Len` counts the bits of the message; the file writes an empty one as 00.
      const message = fromHex(field(one, 'Msg')).subarray(0, Number(field(one, 'Len')) / 8);
      expect(toHex(tagOf(fromHex(field(one, 'Key')), message))).toBe(field(one, 'MD'));
    }
  });
});

describe.skipIf(!haveVectors)(vectorTitle('hmac_sha256_test.json'), () => {
  const cases = wycheproof('hmac_sha256_test.json');
  const count = (result: string): number => cases.filter((one) => one.result === result).length;
  test(`all ${count('valid')} valid and ${count('invalid')} invalid cases`, () => {
    for (const one of cases) {
      const tagBytes = Number(one['tagSize']) / 8;
      const tag = tagOf(hexField(one, 'key'), hexField(one, 'msg')).subarray(0, tagBytes);
      const same = equalTags(tag, hexField(one, 'tag'));
      expect(same, `case ${one.tcId}`).toBe(one.result === 'valid');
    }
  });
});

describe('hmac', () => {
  test('keys of every length around a block agree with noble', () => {
    const message = Uint8Array.of(1, 2, 3);
    for (let length = 0; length <= 130; length += 1) {
      const key = Uint8Array.from({ length }, (_, i) => i + length);
      expect(tagOf(key, message), `key of ${length}`).toEqual(hmac(sha256, key, message));
    }
  });

  test('any key, message and offset agree with noble', () => {
    const bytes = fc.uint8Array({ maxLength: 200, size: 'max' });
    fc.assert(
      fc.property(bytes, bytes, fc.nat(10), (key, message, offset) => {
        const start = Math.min(offset, message.length);
        const tag = new Uint8Array(40);
        hmacSha256Into(key, message, start, message.length - start, tag, 5);
        expect(tag.subarray(5, 37)).toEqual(hmac(sha256, key, message.subarray(start)));
      }),
    );
  });

  test('tags compare by value and length', () => {
    expect(equalTags(Uint8Array.of(1, 2), Uint8Array.of(1, 2))).toBe(true);
    expect(equalTags(Uint8Array.of(1, 2), Uint8Array.of(1, 3))).toBe(false);
    expect(equalTags(Uint8Array.of(1, 2), Uint8Array.of(1))).toBe(false);
    expect(equalTags(new Uint8Array(0), new Uint8Array(0))).toBe(true);
  });
});
