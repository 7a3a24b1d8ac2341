/** 128-bit values: bytes, hex and order must all tell the same story. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  HASH128_BYTES,
  Hash128,
  ZERO128,
  compare128,
  equal128,
  hex128,
  isZero128,
  make128,
  matches128,
  parse128,
  read128,
  write128,
} from './hash128.ts';

const bytes16 = fc.uint8Array({ minLength: HASH128_BYTES, maxLength: HASH128_BYTES });
const word = fc.integer({ min: -0x8000_0000, max: 0xffff_ffff });
const value = fc.tuple(word, word, word, word).map(([a, b, c, d]) => make128(a, b, c, d));

describe('hash128', () => {
  test('words are kept as signed 32-bit integers', () => {
    const hash = new Hash128(0xffff_ffff, 0x8000_0000, 1, 0x1_0000_0002);
    expect([hash.a, hash.b, hash.c, hash.d]).toEqual([-1, -0x8000_0000, 1, 2]);
  });

  test('the first word is the first four bytes, and hex is in byte order', () => {
    const hash = make128(0x00010203, 0x04050607, 0x08090a0b, 0x0c0d0e0f);
    const out = new Uint8Array(18);
    write128(hash, out, 1);
    expect([...out]).toEqual([0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0]);
    expect(hex128(hash)).toBe('000102030405060708090a0b0c0d0e0f');
  });

  test('zero is zero and nothing else is', () => {
    expect(isZero128(ZERO128)).toBe(true);
    expect(equal128(ZERO128, make128(0, 0, 0, 0))).toBe(true);
    for (let i = 0; i < 4; i += 1) {
      const words = [0, 0, 0, 0];
      words[i] = 1;
      const [a = 0, b = 0, c = 0, d = 0] = words;
      expect(isZero128(make128(a, b, c, d))).toBe(false);
      expect(equal128(ZERO128, make128(a, b, c, d))).toBe(false);
    }
  });

  test('writing then reading gives the value back, at any offset', () => {
    fc.assert(
      fc.property(value, fc.nat(9), (hash, offset) => {
        const out = new Uint8Array(HASH128_BYTES + 9).fill(0xee);
        write128(hash, out, offset);
        expect(equal128(read128(out, offset), hash)).toBe(true);
        expect(matches128(hash, out, offset)).toBe(true);
        out[offset + 15]! ^= 1;
        expect(matches128(hash, out, offset)).toBe(false);
      }),
    );
  });

  test('reading then writing gives the bytes back', () => {
    fc.assert(
      fc.property(bytes16, (bytes) => {
        const out = new Uint8Array(HASH128_BYTES);
        write128(read128(bytes, 0), out, 0);
        expect(out).toEqual(bytes);
      }),
    );
  });

  test('hex parses back, and only whole hex parses', () => {
    fc.assert(
      fc.property(value, (hash) => {
        const parsed = parse128(hex128(hash));
        expect(parsed !== undefined && equal128(parsed, hash)).toBe(true);
        expect(parse128(hex128(hash).toUpperCase())).toEqual(hash);
      }),
    );
    for (const bad of ['', '0', '0'.repeat(31), '0'.repeat(33), `${'0'.repeat(31)}g`]) {
      expect(parse128(bad)).toBeUndefined();
    }
  });

  test('order is the order of the bytes', () => {
    fc.assert(
      fc.property(bytes16, bytes16, (x, y) => {
        const order = Math.sign(Buffer.compare(x, y));
        expect(Math.sign(compare128(read128(x, 0), read128(y, 0)))).toBe(order);
        expect(equal128(read128(x, 0), read128(y, 0))).toBe(order === 0);
      }),
    );
  });

  test('values that differ in one word only are told apart by every comparison', () => {
    fc.assert(
      fc.property(value, fc.nat(3), fc.integer({ min: 1, max: 0x7fff_ffff }), (x, at, flip) => {
        const words = [x.a, x.b, x.c, x.d];
        words[at]! ^= flip;
        const y = make128(words[0]!, words[1]!, words[2]!, words[3]!);
        expect(equal128(x, y)).toBe(false);
        expect(compare128(x, y)).toBe(-compare128(y, x));
        expect(compare128(x, y)).not.toBe(0);
      }),
    );
  });

  test('a buffer that is too small is a bug of the caller', () => {
    expect(() => write128(ZERO128, new Uint8Array(16), 1)).toThrow('out of bounds');
    expect(() => read128(new Uint8Array(15), 0)).toThrow('out of bounds');
    expect(() => matches128(ZERO128, new Uint8Array(16), -1)).toThrow('out of bounds');
  });
});
