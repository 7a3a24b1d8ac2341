/** Ranks: always one more between two others, and in order. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { firstRanks, rankBetween } from './rank.ts';

it('first ranks are in order and short', () => {
  for (const count of [0, 1, 2, 61, 62, 63, 5000]) {
    const ranks = firstRanks(count);
    expect(ranks).toHaveLength(count);
    expect(ranks).toEqual([...new Set(ranks)].sort());
    expect(ranks.every((rank) => /^[0-9A-Za-z]{0,3}[1-9A-Za-z]$/.test(rank))).toBe(true);
  }
});

it('one stands between any two', () => {
  fc.assert(
    fc.property(fc.nat({ max: 4 }), fc.array(fc.nat(), { maxLength: 80 }), (count, places) => {
      const ranks = firstRanks(count);
      for (const place of places) {
        const at = place % (ranks.length + 1);
        ranks.splice(at, 0, rankBetween(ranks[at - 1] ?? null, ranks[at] ?? null));
      }
      expect(ranks).toEqual([...new Set(ranks)].sort());
      expect(ranks.every((rank) => /^[0-9A-Za-z]*[1-9A-Za-z]$/.test(rank))).toBe(true);
    }),
  );
});

it('at one place a thousand ranks stay below what a key may hold', () => {
  let [low, high] = firstRanks(2) as [string, string];
  for (let i = 0; i < 1000; i += 1) {
    const rank = rankBetween(low, high);
    if (i % 3 === 0) high = rank;
    else low = rank;
  }
  expect(low.length).toBeLessThan(300);
  let last: string | null = null;
  for (let i = 0; i < 1000; i += 1) last = rankBetween(last, null);
  expect(last!.length).toBeLessThan(5);
});
