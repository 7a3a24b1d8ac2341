/** BLAKE3 against its authors' vectors and against `@noble/hashes`. */
import { blake3 } from '@noble/hashes/blake3.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { equal128, hex128, read128 } from '../types/hash128.ts';
import {
  BLAKE3_BYTES,
  blake3DeriveKeyInto,
  blake3ExtendInto,
  blake3Into,
  blake3KeyedInto,
  checksum128,
} from './blake3.ts';
import { fromHex, haveVectors, toHex, vectorText, vectorTitle } from './testing/vectors.ts';

interface VectorFile {
  readonly key: string;
  readonly context_string: string;
  readonly cases: readonly {
    readonly input_len: number;
    readonly hash: string;
    readonly keyed_hash: string;
    readonly derive_key: string;
  }[];
}

const file = 'blake3_test_vectors.json';
const vectors = haveVectors
  ? (JSON.parse(vectorText(file)) as VectorFile)
  : { key: '', context_string: '', cases: [] };
const ascii = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'));

/** The input of every vector: 0, 1, … 250, 0, 1, … */
function vectorInput(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => i % 251);
}

function hashOf(input: Uint8Array): string {
  const out = new Uint8Array(BLAKE3_BYTES);
  blake3Into(input, 0, input.length, out, 0);
  return toHex(out);
}

describe.skipIf(!haveVectors)(vectorTitle(file), () => {
  const { cases, key, context_string: context } = vectors;

  test(`hash: all ${cases.length} cases, with extended output and as a checksum`, () => {
    for (const one of cases) {
      const input = vectorInput(one.input_len);
      const expected = fromHex(one.hash);
      const out = new Uint8Array(expected.length);
      blake3ExtendInto(input, 0, input.length, out, 0, out.length);
      expect(toHex(out)).toBe(one.hash);
      expect(hashOf(input)).toBe(one.hash.slice(0, 64));
      expect(hex128(checksum128(input, 0, input.length))).toBe(one.hash.slice(0, 32));
    }
  });

  test(`keyed hash: all ${cases.length} cases`, () => {
    for (const one of cases) {
      const input = vectorInput(one.input_len);
      const out = new Uint8Array(one.keyed_hash.length / 2);
      blake3KeyedInto(ascii(key), input, 0, input.length, out, 0, out.length);
      expect(toHex(out)).toBe(one.keyed_hash);
    }
  });

  test(`derived key: all ${cases.length} cases`, () => {
    for (const one of cases) {
      const input = vectorInput(one.input_len);
      const out = new Uint8Array(one.derive_key.length / 2);
      blake3DeriveKeyInto(ascii(context), input, 0, input.length, out, 0, out.length);
      expect(toHex(out)).toBe(one.derive_key);
    }
  });
});

describe('blake3', () => {
  test('the empty input has the published hash', () => {
    expect(hashOf(new Uint8Array(0))).toBe(
      'af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262',
    );
  });

  test('every length around a block, a chunk and a subtree agrees with noble', () => {
    const edges = [0, 64, 128, 960, 1024, 2048, 3072, 4096, 5120, 7168, 8192, 16384, 31 * 1024];
    const bytes = vectorInput(32 * 1024);
    for (const edge of edges) {
      for (const length of [edge - 1, edge, edge + 1]) {
        if (length < 0) continue;
        const input = bytes.subarray(0, length);
        expect(hashOf(input), `length ${length}`).toBe(toHex(blake3(input)));
      }
    }
  });

  test('any bytes at any offset agree with noble, in all modes', () => {
    const key = fc.uint8Array({ minLength: 32, maxLength: 32 });
    const input = fc.uint8Array({ maxLength: 3000, size: 'max' });
    fc.assert(
      fc.property(input, key, fc.nat(64), fc.nat(200), (bytes, k, offset, outBytes) => {
        const start = Math.min(offset, bytes.length);
        const part = bytes.subarray(start);
        const out = new Uint8Array(outBytes + 1);
        blake3ExtendInto(bytes, start, part.length, out, 0, outBytes);
        if (outBytes > 0) {
          expect(out.subarray(0, outBytes)).toEqual(blake3(part, { dkLen: outBytes }));
          blake3KeyedInto(k, bytes, start, part.length, out, 0, outBytes);
          expect(out.subarray(0, outBytes)).toEqual(blake3(part, { key: k, dkLen: outBytes }));
        }
        // One byte too many would have been written here.
        expect(out[outBytes]).toBe(0);
      }),
      { numRuns: 60 },
    );
  });

  test('the checksum is the first half of the hash', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 1500, size: 'max' }), (bytes) => {
        const out = new Uint8Array(BLAKE3_BYTES);
        blake3Into(bytes, 0, bytes.length, out, 0);
        expect(equal128(checksum128(bytes, 0, bytes.length), read128(out, 0))).toBe(true);
      }),
    );
  });

  test('output may overwrite its own input', () => {
    const bytes = vectorInput(100);
    const expected = hashOf(bytes);
    blake3Into(bytes, 0, 100, bytes, 10);
    expect(toHex(bytes.subarray(10, 42))).toBe(expected);
  });

  test('wrong bounds and key sizes are bugs of the caller', () => {
    const bytes = new Uint8Array(64);
    expect(() => blake3Into(bytes, 1, 64, new Uint8Array(32), 0)).toThrow('out of bounds');
    expect(() => blake3Into(bytes, -1, 4, new Uint8Array(32), 0)).toThrow('out of bounds');
    expect(() => blake3Into(bytes, 0, 64, new Uint8Array(32), 1)).toThrow('out of bounds');
    const short = new Uint8Array(31);
    expect(() => blake3KeyedInto(short, bytes, 0, 1, new Uint8Array(32), 0, 32)).toThrow('32');
  });
});
