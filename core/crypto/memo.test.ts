/** The memo may save work; it may never change an answer. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hex128 } from '../types/hash128.ts';
import { type Crypto, pureCrypto } from './crypto.ts';
import { MEMO_BLAKE3_BYTES_MIN, MEMO_BYTES_MAX, memoCrypto } from './memo.ts';
import { toHex } from './testing/vectors.ts';

const pure = pureCrypto((bytes) => new Uint8Array(bytes));

/** Counts what reaches the real hashes. */
function counting(): { readonly crypto: Crypto; calls: number } {
  const counter = {
    calls: 0,
    crypto: {
      ...pure,
      sha256Into: (input, offset, length, out, outOffset) => {
        counter.calls += 1;
        pure.sha256Into(input, offset, length, out, outOffset);
      },
      blake3Into: (input, offset, length, out, outOffset) => {
        counter.calls += 1;
        pure.blake3Into(input, offset, length, out, outOffset);
      },
      checksum128: (input, offset, length) => {
        counter.calls += 1;
        return pure.checksum128(input, offset, length);
      },
    } satisfies Crypto as Crypto,
  };
  return counter;
}

/** Every hash of one input, as text. */
function allHashes(crypto: Crypto, input: Uint8Array, offset: number, cut: number): string {
  const out = new Uint8Array(32);
  const length = input.length - offset;
  const split = Math.min(cut, length);
  crypto.sha256Into(input, offset, length, out, 0);
  const sha = toHex(out);
  crypto.sha256PartsInto(input, offset, split, input, offset + split, length - split, out, 0);
  const parts = toHex(out);
  crypto.blake3Into(input, offset, length, out, 0);
  const sum = hex128(crypto.checksum128(input, offset, length));
  return [sha, parts, toHex(out), sum].join(' ');
}

describe('memoCrypto', () => {
  test('one slot for everything: each answer is still the right one', () => {
    const memo = memoCrypto(pure, 1);
    const input = fc.uint8Array({ maxLength: MEMO_BYTES_MAX + 50, size: 'max' });
    fc.assert(
      fc.property(fc.array(input, { maxLength: 6 }), fc.nat(9), fc.nat(99), (inputs, skip, cut) => {
        for (let lap = 0; lap < 2; lap += 1) {
          for (const bytes of inputs) {
            const offset = Math.min(skip, bytes.length);
            expect(allHashes(memo, bytes, offset, cut)).toBe(allHashes(pure, bytes, offset, cut));
          }
        }
      }),
    );
  });

  test('inputs made to share a slot, differing in one byte anywhere, are told apart', () => {
    for (const slots of [1, 4]) {
      const memo = memoCrypto(pure, slots);
      const base = Uint8Array.from({ length: 700 }, (_, i) => i);
      for (let at = 0; at < base.length; at += 1) {
        const other = Uint8Array.from(base);
        other[at]! ^= 0x40;
        // Base, other, base: were the slot trusted by its fingerprint, the second would be wrong.
        for (const bytes of [base, other, base]) {
          expect(hex128(memo.checksum128(bytes, 0, 700))).toBe(
            hex128(pure.checksum128(bytes, 0, 700)),
          );
        }
      }
    }
  });

  test('lengths that share their words are told apart: trailing zeros count', () => {
    const memo = memoCrypto(pure, 1);
    const zeros = new Uint8Array(MEMO_BYTES_MAX);
    for (let length = 0; length <= MEMO_BYTES_MAX; length += 1) {
      expect(hex128(memo.checksum128(zeros, 0, length))).toBe(
        hex128(pure.checksum128(zeros, 0, length)),
      );
    }
  });

  test('a longer input before a shorter one leaves nothing behind', () => {
    const memo = memoCrypto(pure, 8);
    const ones = new Uint8Array(200).fill(0xff);
    allHashes(memo, ones, 0, 3);
    for (let length = 1; length < 200; length += 1) {
      const part = ones.subarray(0, length);
      expect(allHashes(memo, part, 0, 7)).toBe(allHashes(pure, part, 0, 7));
    }
  });

  test('the algorithms never answer for one another', () => {
    const memo = memoCrypto(pure, 1);
    const bytes = new Uint8Array(256).fill(3);
    const sha = new Uint8Array(32);
    const blake = new Uint8Array(32);
    for (let lap = 0; lap < 3; lap += 1) {
      memo.sha256Into(bytes, 0, 256, sha, 0);
      memo.blake3Into(bytes, 0, 256, blake, 0);
      expect(toHex(sha)).not.toBe(toHex(blake));
      expect(hex128(memo.checksum128(bytes, 0, 256))).toBe(toHex(blake).slice(0, 32));
    }
  });

  test('equal bytes in other buffers and at other offsets are hashed once', () => {
    const counter = counting();
    const memo = memoCrypto(counter.crypto, 64);
    const entry = Uint8Array.from({ length: 300 }, (_, i) => i * 7);
    const first = memo.checksum128(entry, 0, 300);
    for (let replica = 1; replica < 6; replica += 1) {
      const copy = new Uint8Array(310);
      copy.set(entry, replica);
      // The very same object comes back, so that comparing checksums is one identity test.
      expect(memo.checksum128(copy, replica, 300)).toBe(first);
    }
    expect(counter.calls).toBe(1);
  });

  test('two parts share the memory of the joined bytes', () => {
    const counter = counting();
    const memo = memoCrypto(counter.crypto, 64);
    const entry = Uint8Array.from({ length: 100 }, (_, i) => i);
    const out = new Uint8Array(32);
    memo.sha256Into(entry, 0, 100, out, 0);
    memo.sha256PartsInto(entry, 0, 32, entry, 32, 68, out, 0);
    memo.sha256PartsInto(entry, 0, 99, entry, 99, 1, out, 0);
    expect(counter.calls).toBe(1);
  });

  test('a caller that changes its buffers afterwards changes nothing here', () => {
    const memo = memoCrypto(pure, 4);
    const bytes = new Uint8Array(200).fill(1);
    const out = new Uint8Array(32);
    memo.sha256Into(bytes, 0, 200, out, 0);
    out.fill(0);
    bytes.fill(2);
    memo.sha256Into(bytes, 0, 200, out, 0);
    const expected = new Uint8Array(32);
    pure.sha256Into(bytes, 0, 200, expected, 0);
    expect(out).toEqual(expected);
    bytes.fill(1);
    memo.sha256Into(bytes, 0, 200, out, 0);
    pure.sha256Into(bytes, 0, 200, expected, 0);
    expect(out).toEqual(expected);
  });

  test('what is too long, or faster to hash than to find, passes straight through', () => {
    const counter = counting();
    const memo = memoCrypto(counter.crypto, 64);
    const long = new Uint8Array(MEMO_BYTES_MAX + 1);
    const short = new Uint8Array(MEMO_BLAKE3_BYTES_MIN - 1);
    for (let lap = 0; lap < 2; lap += 1) {
      memo.checksum128(long, 0, long.length);
      memo.checksum128(short, 0, short.length);
    }
    expect(counter.calls).toBe(4);
  });

  test('wrong bounds are bugs of the caller, hit or miss', () => {
    const memo = memoCrypto(pure, 4);
    const out = new Uint8Array(32);
    const bytes = new Uint8Array(100);
    memo.sha256Into(bytes, 0, 100, out, 0);
    expect(() => memo.sha256Into(bytes, 1, 100, out, 0)).toThrow('out of bounds');
    expect(() => memo.sha256Into(bytes, 0, 100, out, 1)).toThrow('out of bounds');
    expect(() => memoCrypto(pure, 3)).toThrow('power of two');
    expect(() => memoCrypto(pure, 0)).toThrow('power of two');
  });
});
