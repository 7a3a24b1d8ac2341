/** Whom repair asks: the near ones mostly, the others now and then. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TINY } from '../limits.ts';
import { make128 } from '../types/hash128.ts';
import { PeerChoice } from './peer-choice.ts';
import { Prng } from './prng.ts';

function chooser(peers: number, salt = 0): PeerChoice {
  return new PeerChoice(peers, TINY, new Prng(make128(4, 3, 2, 1), salt));
}

function tally(choice: PeerChoice, candidates: number, draws: number): number[] {
  const counts = [0, 0, 0, 0, 0, 0, 0, 0];
  for (let i = 0; i < draws; i += 1) counts[choice.choose(candidates)]! += 1;
  return counts;
}

describe('peer choice', () => {
  test('nobody to choose from', () => {
    expect(chooser(3).choose(0)).toBe(-1);
  });

  test('always one of the candidates', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 63 }),
        fc.array(fc.tuple(fc.nat(5), fc.nat(100_000)), { maxLength: 20 }),
        fc.nat(),
        (candidates, samples, salt) => {
          const choice = chooser(6, salt);
          for (const [peer, trip] of samples) choice.answered(peer, trip);
          for (let i = 0; i < 20; i += 1) {
            expect(candidates & (1 << choice.choose(candidates))).not.toBe(0);
          }
        },
      ),
    );
  });

  test('unmeasured peers are asked evenly', () => {
    const counts = tally(chooser(3), 0b111, 3000);
    for (let peer = 0; peer < 3; peer += 1) expect(counts[peer]).toBeGreaterThan(850);
  });

  test('the near peer gets most, the far one its exploration', () => {
    const choice = chooser(3);
    for (let i = 0; i < 30; i += 1) {
      choice.answered(1, 500);
      choice.answered(2, 50_000);
    }
    const counts = tally(choice, 0b110, 4000);
    expect(counts[1]).toBeGreaterThan(3500);
    // One draw in ten is even: a twentieth of all goes to the far peer, plus its small weight.
    expect(counts[2]).toBeGreaterThan(150);
  });

  test('a peer that stops answering loses favour, and wins it back', () => {
    const choice = chooser(2);
    for (let i = 0; i < 40; i += 1) {
      choice.answered(0, 1000);
      choice.answered(1, 1000);
    }
    for (let i = 0; i < 10; i += 1) choice.failed(0);
    expect(choice.latencyMicros(0)).toBeGreaterThan(40_000);
    expect(tally(choice, 0b11, 1000)[0]).toBeLessThan(200);
    for (let i = 0; i < 40; i += 1) choice.answered(0, 1000);
    expect(tally(choice, 0b11, 1000)[0]).toBeGreaterThan(350);
  });

  test('strangers are bugs', () => {
    expect(() => chooser(2).choose(0b100)).toThrow();
    expect(() => chooser(2).answered(2, 1)).toThrow();
  });
});
