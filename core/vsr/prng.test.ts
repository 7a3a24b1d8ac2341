/** The jitter generator against published output, and against obvious blunders. */
import { describe, expect, test } from 'vitest';
import { ZERO128, make128 } from '../types/hash128.ts';
import { Prng } from './prng.ts';

const SEED = make128(1, 2, 3, 4);

/** xoshiro128** by its definition, in big integers: slow, and nothing to get wrong. */
function naiveSequence(state: readonly number[], length: number): number[] {
  const M = 0xffff_ffffn;
  const rotl = (x: bigint, k: bigint): bigint => ((x << k) | (x >> (32n - k))) & M;
  const s = state.map((word) => BigInt(word >>> 0));
  const drawn: number[] = [];
  for (let i = 0; i < length; i += 1) {
    drawn.push(Number((rotl((s[1]! * 5n) & M, 7n) * 9n) & M) | 0);
    const t = (s[1]! << 9n) & M;
    s[2]! ^= s[0]!;
    s[3]! ^= s[1]!;
    s[1]! ^= s[2]!;
    s[0]! ^= s[3]!;
    s[2]! ^= t;
    s[3] = rotl(s[3]!, 11n);
  }
  return drawn;
}

describe('prng', () => {
  test('draws what the definition of xoshiro128** draws', () => {
    const prng = new Prng(SEED, 7);
    const { s0, s1, s2, s3 } = prng as unknown as Record<'s0' | 's1' | 's2' | 's3', number>;
    const expected = naiveSequence([s0, s1, s2, s3], 1000);
    expect(Array.from({ length: 1000 }, () => prng.next())).toEqual(expected);
  });

  test('equal seeds draw equally; a salt or a bit of the seed changes everything', () => {
    const draw = (prng: Prng): string => Array.from({ length: 8 }, () => prng.next()).join();
    expect(draw(new Prng(SEED, 1))).toBe(draw(new Prng(SEED, 1)));
    const others = [new Prng(SEED, 2), new Prng(make128(1, 2, 3, 5), 1), new Prng(ZERO128, 0)];
    const all = [draw(new Prng(SEED, 1)), ...others.map(draw)];
    expect(new Set(all).size).toBe(4);
  });

  test('below covers its range and stays in it', () => {
    const prng = new Prng(SEED, 0);
    const counts = [0, 0, 0, 0, 0, 0, 0];
    for (let i = 0; i < 7000; i += 1) counts[prng.below(7)]! += 1;
    for (const count of counts) expect(count).toBeGreaterThan(800);
    expect(prng.below(1)).toBe(0);
    expect(() => prng.below(0)).toThrow();
  });

  test('chance keeps its ratio', () => {
    const prng = new Prng(SEED, 0);
    let hits = 0;
    for (let i = 0; i < 10_000; i += 1) if (prng.chance(1, 10)) hits += 1;
    expect(hits).toBeGreaterThan(850);
    expect(hits).toBeLessThan(1150);
    expect(prng.chance(0, 5)).toBe(false);
    expect(prng.chance(5, 5)).toBe(true);
  });

  test('the fingerprint tells states apart and draws nothing', () => {
    const prng = new Prng(SEED, 0);
    const before = prng.fingerprint();
    expect(prng.fingerprint()).toBe(before);
    prng.next();
    expect(prng.fingerprint()).not.toBe(before);
  });
});
