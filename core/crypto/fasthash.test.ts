/** Mixing: determinism for golden digests, and avalanche good enough to choose faults by. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Digest64, finish32, mix32, mixBytes } from './fasthash.ts';

const SAMPLES = 4000;

/** How often output bit `o` changes when input bit `i` does, as the worst distance from a half. */
function worstBias(hash: (sample: number) => number, flipped: (s: number, b: number) => number) {
  let worst = 0;
  for (let bit = 0; bit < 32; bit += 1) {
    const changes = new Int32Array(32);
    for (let sample = 0; sample < SAMPLES; sample += 1) {
      const difference = hash(sample) ^ flipped(sample, bit);
      for (let o = 0; o < 32; o += 1) changes[o]! += (difference >>> o) & 1;
    }
    for (const count of changes) worst = Math.max(worst, Math.abs(count / SAMPLES - 0.5));
  }
  return worst;
}

// Four standard deviations of a fair coin over SAMPLES, times the 1,024 pairs looked at: below
// 0.04.
const BIAS_MAX = 0.05;
const scatter = (sample: number): number => Math.imul(sample, 0x9e3779b1);

describe('mix32', () => {
  test('values never change: digests in traces depend on them', () => {
    expect([mix32(0, 0), mix32(1, 0), mix32(0, 1), mix32(-1, -1)]).toEqual([
      mix32(0, 0) | 0,
      mix32(1, 0) | 0,
      mix32(0, 1) | 0,
      mix32(-1, -1) | 0,
    ]);
    expect([mix32(0, 0), mix32(1, 2), mix32(2, 1), finish32(1)]).toMatchInlineSnapshot(`
      [
        -1832243442,
        413787852,
        1627541376,
        1364076727,
      ]
    `);
  });

  test('each bit of either argument moves each bit of the result about half the time', () => {
    const plain = (s: number): number => mix32(scatter(s), s);
    expect(worstBias(plain, (s, b) => mix32(scatter(s) ^ (1 << b), s))).toBeLessThan(BIAS_MAX);
    expect(worstBias(plain, (s, b) => mix32(scatter(s), s ^ (1 << b)))).toBeLessThan(BIAS_MAX);
  });

  test('for a fixed first argument no two second arguments meet, and the other way round', () => {
    const word = fc.integer();
    fc.assert(
      fc.property(word, word, word, (a, x, y) => {
        fc.pre(x !== y);
        expect(mix32(a, x)).not.toBe(mix32(a, y));
        expect(mix32(x, a)).not.toBe(mix32(y, a));
        expect(finish32(x)).not.toBe(finish32(y));
      }),
    );
  });

  test('small neighbouring keys fill buckets evenly: what `choose` asks of it', () => {
    const buckets = new Int32Array(16);
    for (let site = 0; site < 20; site += 1) {
      for (let actor = 0; actor < 6; actor += 1) {
        for (let occurrence = 0; occurrence < 100; occurrence += 1) {
          const h = mix32(mix32(mix32(42, site), actor), occurrence);
          buckets[(h >>> 0) % 16]! += 1;
        }
      }
    }
    for (const count of buckets) expect(Math.abs(count - 750)).toBeLessThan(140);
  });
});

describe('mixBytes', () => {
  test('each bit of the bytes moves each bit of the result about half the time', () => {
    const bytes = new Uint8Array(12);
    const at = (s: number, flip: number): number => {
      const seed = scatter(s);
      for (let i = 0; i < 12; i += 1) bytes[i] = scatter(seed + i) >>> 11;
      if (flip >= 0) bytes[4 + (flip >>> 3)]! ^= 1 << (flip & 7);
      return mixBytes(1, bytes, 0, 12);
    };
    expect(worstBias((s) => at(s, -1), at)).toBeLessThan(BIAS_MAX);
  });

  test('only the bytes, their length and the seed matter; never where they lie', () => {
    const bytes = fc.uint8Array({ maxLength: 40, size: 'max' });
    fc.assert(
      fc.property(bytes, fc.integer(), fc.nat(7), (part, seed, offset) => {
        const placed = new Uint8Array(part.length + offset + 3).fill(0x77);
        placed.set(part, offset);
        const h = mixBytes(seed, part, 0, part.length);
        expect(mixBytes(seed, placed, offset, part.length)).toBe(h);
        expect(h | 0).toBe(h);
      }),
    );
  });

  test('zeros of different lengths, and a byte moved by one, differ', () => {
    const zeros = new Uint8Array(64);
    const seen = new Set<number>();
    for (let length = 0; length <= 64; length += 1) seen.add(mixBytes(0, zeros, 0, length));
    for (let at = 0; at < 64; at += 1) {
      zeros[at] = 1;
      seen.add(mixBytes(0, zeros, 0, 64));
      zeros[at] = 0;
    }
    expect(seen.size).toBe(65 + 64);
  });

  test('20,000 similar inputs collide no more often than chance allows', () => {
    const bytes = new Uint8Array(16);
    const seen = new Set<number>();
    for (let i = 0; i < 20_000; i += 1) {
      bytes[3] = i & 15;
      bytes[7] = (i >>> 4) & 15;
      bytes[11] = (i >>> 8) & 15;
      bytes[15] = i >>> 12;
      seen.add(mixBytes(9, bytes, 0, 16));
    }
    // Chance: 20,000² / 2 / 2³² = 0.05 collisions.
    expect(seen.size).toBeGreaterThan(20_000 - 4);
  });
});

describe('Digest64', () => {
  test('the order of words matters, and the two lanes are independent', () => {
    const one = new Digest64(7);
    const two = new Digest64(7);
    one.word(1);
    one.word(2);
    two.word(2);
    two.word(1);
    expect(one.hex()).not.toBe(two.hex());
    expect(one.lo).not.toBe(one.hi);
    expect(one.hex()).toMatch(/^[0-9a-f]{16}$/);
  });

  test('reset starts over', () => {
    const digest = new Digest64(1);
    const fresh = digest.hex();
    digest.bytes(Uint8Array.of(1, 2, 3), 0, 3);
    expect(digest.hex()).not.toBe(fresh);
    digest.reset(1);
    expect(digest.hex()).toBe(fresh);
    digest.reset(2);
    expect(digest.hex()).not.toBe(fresh);
  });

  test('200,000 digests of one and two words are all different', () => {
    const digest = new Digest64(0);
    const seen = new Set<string>();
    for (let i = 0; i < 100_000; i += 1) {
      digest.reset(0);
      digest.word(i);
      seen.add(digest.hex());
      digest.word(i);
      seen.add(digest.hex());
    }
    expect(seen.size).toBe(200_000);
  });
});
