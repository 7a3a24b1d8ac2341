/** SHA-256 against NIST's vectors and against `@noble/hashes`, in one shot and in pieces. */
import { sha256 } from '@noble/hashes/sha2.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SHA256_BYTES, Sha256, sha256Into, sha256PartsInto } from './sha256.ts';
import {
  field,
  fromHex,
  haveVectors,
  textRecords,
  toHex,
  vectorText,
  vectorTitle,
} from './testing/vectors.ts';

function hashOf(input: Uint8Array): string {
  const out = new Uint8Array(SHA256_BYTES);
  sha256Into(input, 0, input.length, out, 0);
  return toHex(out);
}

for (const file of ['SHA256ShortMsg.rsp', 'SHA256LongMsg.rsp']) {
  describe.skipIf(!haveVectors)(vectorTitle(file), () => {
    const cases = textRecords(vectorText(file));
    test(`all ${cases.length} cases, in one shot and streamed`, () => {
      const running = new Sha256();
      const out = new Uint8Array(SHA256_BYTES);
      for (const one of cases) {
        // Of length zero the file still shows one byte of message.
        const message = fromHex(field(one, 'Msg')).subarray(0, Number(field(one, 'Len')) / 8);
        expect(hashOf(message)).toBe(field(one, 'MD'));
        running.reset();
        for (let at = 0; at < message.length; at += 37) {
          running.update(message, at, Math.min(37, message.length - at));
        }
        running.digestInto(out, 0);
        expect(toHex(out)).toBe(field(one, 'MD'));
      }
    });
  });
}

describe.skipIf(!haveVectors)(vectorTitle('SHA256Monte.rsp'), () => {
  const [first, ...counts] = textRecords(vectorText('SHA256Monte.rsp'));
  test(`all ${counts.length} checkpoints of a chain of 100,000 hashes`, () => {
    const seed = fromHex(field(first!, 'Seed'));
    const three = new Uint8Array(3 * SHA256_BYTES);
    for (const one of counts) {
      for (let i = 0; i < 3; i += 1) three.set(seed, i * SHA256_BYTES);
      for (let i = 0; i < 1000; i += 1) {
        sha256Into(three, 0, three.length, seed, 0);
        three.copyWithin(0, SHA256_BYTES);
        three.set(seed, 2 * SHA256_BYTES);
      }
      expect(toHex(seed)).toBe(field(one, 'MD'));
    }
  });
});

describe('sha256', () => {
  test('the empty input and "abc" have the published hashes', () => {
    expect(hashOf(new Uint8Array(0))).toBe(
      'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    );
    expect(hashOf(Uint8Array.of(97, 98, 99))).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    );
  });

  test('every length up to three blocks agrees with noble: padding has no gap', () => {
    const bytes = Uint8Array.from({ length: 200 }, (_, i) => i * 31);
    for (let length = 0; length <= 200; length += 1) {
      const input = bytes.subarray(0, length);
      expect(hashOf(input), `length ${length}`).toBe(toHex(sha256(input)));
    }
  });

  test('how a message is cut never changes its hash', () => {
    const cuts = fc.array(fc.nat(300), { maxLength: 8 });
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300, size: 'max' }), cuts, (bytes, at) => {
        const running = new Sha256();
        const points = [0, ...at.map((p) => Math.min(p, bytes.length)), bytes.length];
        points.sort((x, y) => x - y);
        for (let i = 1; i < points.length; i += 1) {
          running.update(bytes, points[i - 1]!, points[i]! - points[i - 1]!);
        }
        const out = new Uint8Array(SHA256_BYTES);
        running.digestInto(out, 0);
        expect(out).toEqual(sha256(bytes));
      }),
    );
  });

  test('two parts hash like the joined bytes, and not like a moved boundary of other bytes', () => {
    const part = fc.uint8Array({ maxLength: 150, size: 'max' });
    fc.assert(
      fc.property(part, part, (first, second) => {
        const out = new Uint8Array(SHA256_BYTES + 3);
        sha256PartsInto(first, 0, first.length, second, 0, second.length, out, 3);
        expect(toHex(out.subarray(3))).toBe(hashOf(new Uint8Array([...first, ...second])));
        expect([...out.subarray(0, 3)]).toEqual([0, 0, 0]);
      }),
    );
  });

  test('a hash can be used again after reset', () => {
    const running = new Sha256();
    const out = new Uint8Array(SHA256_BYTES);
    for (const length of [3, 64, 0, 130]) {
      running.reset();
      running.update(new Uint8Array(200), 0, length);
      running.digestInto(out, 0);
      expect(out).toEqual(sha256(new Uint8Array(length)));
    }
  });

  test('wrong bounds are bugs of the caller', () => {
    const out = new Uint8Array(SHA256_BYTES);
    expect(() => sha256Into(new Uint8Array(8), 4, 5, out, 0)).toThrow('out of bounds');
    expect(() => sha256Into(new Uint8Array(8), 0, 8, out, 1)).toThrow('out of bounds');
    expect(() => new Sha256().update(new Uint8Array(8), -1, 2)).toThrow('out of bounds');
  });
});
