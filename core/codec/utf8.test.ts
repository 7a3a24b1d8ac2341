/** UTF-8 against the platform's own strict coder, and against the forms it must refuse. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { UTF8_INVALID, decodeUtf8, encodeUtf8, encodeUtf8Into, utf8Length } from './utf8.ts';

const platform = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function platformDecode(bytes: Uint8Array): string | undefined {
  try {
    return platform.decode(bytes);
  } catch {
    return undefined;
  }
}

const decode = (...bytes: readonly number[]): string | undefined =>
  decodeUtf8(Uint8Array.from(bytes), 0, bytes.length);

describe('utf8', () => {
  test('one character of each length, both ways', () => {
    for (const [text, bytes] of [
      ['$', [0x24]],
      ['£', [0xc2, 0xa3]],
      ['€', [0xe2, 0x82, 0xac]],
      ['𐍈', [0xf0, 0x90, 0x8d, 0x88]],
      ['\u{10ffff}', [0xf4, 0x8f, 0xbf, 0xbf]],
      ['\u0000', [0]],
    ] as const) {
      expect([...encodeUtf8(text)!]).toEqual(bytes);
      expect(utf8Length(text)).toBe(bytes.length);
      expect(decode(...bytes)).toBe(text);
    }
  });

  test('any text encodes as the platform does, and comes back', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
        const bytes = encodeUtf8(text)!;
        expect(bytes).toEqual(new TextEncoder().encode(text));
        expect(decodeUtf8(bytes, 0, bytes.length)).toBe(text);
      }),
    );
  });

  test('any bytes decode as the strict platform decoder does, or neither accepts them', () => {
    // Bytes from the edges of the ranges: random ones are almost never nearly valid.
    const edge = fc.constantFrom(0, 0x7f, 0x80, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0);
    const edge2 = fc.constantFrom(0xed, 0xef, 0xf0, 0xf4, 0xf5, 0x8f, 0x90, 0xff, 0x41, 0xe1);
    const bytes = fc.array(fc.oneof(edge, edge2), { maxLength: 8 });
    fc.assert(
      fc.property(bytes, (list) => {
        expect(decode(...list)).toBe(platformDecode(Uint8Array.from(list)));
      }),
      { numRuns: 3000 },
    );
  });

  test('every pair of first and second byte agrees with the platform', () => {
    for (let first = 0x80; first < 0x100; first += 1) {
      for (let second = 0x00; second < 0x100; second += 1) {
        const bytes = Uint8Array.of(first, second, 0x80, 0x80);
        for (let length = 1; length <= 4; length += 1) {
          const part = bytes.subarray(0, length);
          const ours = decodeUtf8(bytes, 0, length);
          if (ours !== platformDecode(part)) expect([...part], 'differs').toEqual(ours);
        }
      }
    }
  });

  test('overlong forms, surrogates and what lies above U+10FFFF are refused', () => {
    expect(decode(0xc0, 0x80)).toBeUndefined();
    expect(decode(0xe0, 0x80, 0x80)).toBeUndefined();
    expect(decode(0xf0, 0x80, 0x80, 0x80)).toBeUndefined();
    expect(decode(0xed, 0xa0, 0x80)).toBeUndefined();
    expect(decode(0xf4, 0x90, 0x80, 0x80)).toBeUndefined();
    expect(decode(0xe2, 0x82)).toBeUndefined();
    expect(decode(0x80)).toBeUndefined();
  });

  test('half a surrogate pair has no bytes', () => {
    for (const text of ['\ud800', '\udc00', 'a\ud800b', '\udc00\ud800', '\ud800\ud800']) {
      expect(utf8Length(text)).toBe(UTF8_INVALID);
      expect(encodeUtf8(text)).toBeUndefined();
      expect(encodeUtf8Into(text, new Uint8Array(20), 0)).toBe(UTF8_INVALID);
    }
  });

  test('a byte order mark is a character like any other', () => {
    expect(decode(0xef, 0xbb, 0xbf, 0x41)).toBe('\ufeffA');
  });

  test('texts longer than the chunk, with pairs across its edge, come back whole', () => {
    for (const lead of [2046, 2047, 2048, 2049]) {
      const text = `${'x'.repeat(lead)}𐍈€${'y'.repeat(5000)}`;
      const bytes = encodeUtf8(text)!;
      expect(decodeUtf8(bytes, 0, bytes.length)).toBe(text);
    }
  });

  test('offsets are honoured, and a buffer too small is a bug of the caller', () => {
    const out = new Uint8Array(6).fill(0xee);
    expect(encodeUtf8Into('€', out, 2)).toBe(3);
    expect([...out]).toEqual([0xee, 0xee, 0xe2, 0x82, 0xac, 0xee]);
    expect(decodeUtf8(out, 2, 3)).toBe('€');
    expect(() => encodeUtf8Into('€€', out, 2)).toThrow('no room');
    expect(() => decodeUtf8(out, 4, 3)).toThrow('out of bounds');
  });
});
