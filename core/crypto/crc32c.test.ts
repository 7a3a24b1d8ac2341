/** CRC-32C against RFC 3720's examples and a bit-by-bit twin. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { crc32c, crc32cExtend } from './crc32c.ts';

/** The definition, one bit at a time. */
function slowCrc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) {
      crc = (crc & 1) === 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
    }
  }
  return ~crc >>> 0;
}

const whole = (bytes: Uint8Array): number => crc32c(bytes, 0, bytes.length);

describe('crc32c', () => {
  test('the examples of RFC 3720, appendix B.4', () => {
    const ascending = Uint8Array.from({ length: 32 }, (_, i) => i);
    expect(whole(new Uint8Array(32))).toBe(0x8a9136aa);
    expect(whole(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
    expect(whole(ascending)).toBe(0x46dd794e);
    expect(whole(Uint8Array.from(ascending).reverse())).toBe(0x113fdb5c);
  });

  test('the check value of the catalogues, for "123456789"', () => {
    expect(whole(Uint8Array.from(Buffer.from('123456789')))).toBe(0xe3069283);
  });

  test('nothing has CRC zero', () => {
    expect(crc32c(new Uint8Array(4), 2, 0)).toBe(0);
  });

  test('any bytes at any offset agree with the definition', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100, size: 'max' }), fc.nat(20), (bytes, offset) => {
        const start = Math.min(offset, bytes.length);
        const part = bytes.subarray(start);
        expect(crc32c(bytes, start, part.length)).toBe(slowCrc32c(part));
      }),
    );
  });

  test('extending equals computing at once, wherever the cut is', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60, size: 'max' }), fc.nat(60), (bytes, at) => {
        const cut = Math.min(at, bytes.length);
        const first = crc32c(bytes, 0, cut);
        expect(crc32cExtend(first, bytes, cut, bytes.length - cut)).toBe(whole(bytes));
      }),
    );
  });

  test('every flip of one bit, and every burst within 32 bits, is seen', () => {
    const burst = fc.integer({ min: 1, max: 0xffff_ffff });
    const bytes = fc.uint8Array({ minLength: 8, maxLength: 64, size: 'max' });
    fc.assert(
      fc.property(bytes, fc.nat(), burst, (original, where, pattern) => {
        const damaged = Uint8Array.from(original);
        const at = where % (original.length - 3);
        for (let i = 0; i < 4; i += 1) damaged[at + i]! ^= (pattern >>> (8 * i)) & 0xff;
        expect(whole(damaged)).not.toBe(whole(original));
      }),
    );
  });

  test('wrong bounds are bugs of the caller', () => {
    expect(() => crc32c(new Uint8Array(3), 1, 3)).toThrow('out of bounds');
  });
});
