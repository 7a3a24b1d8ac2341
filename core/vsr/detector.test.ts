/** Silence and patience: what the detector learns, and what bounds it. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PRODUCTION, TINY } from '../limits.ts';
import { make128 } from '../types/hash128.ts';
import { Detector, backoff, jittered } from './detector.ts';
import { Prng } from './prng.ts';

const DEAD = TINY.primaryDeadMicros;
const SEED = make128(1, 2, 3, 4);

/** Hears `peer` every `interval`, `times` times; returns the instant of the last. */
function listen(detector: Detector, peer: number, interval: number, times: number): number {
  let now = detector.lastHeard(peer);
  for (let i = 0; i < times; i += 1) {
    now += interval;
    detector.heard(peer, now);
  }
  return now;
}

describe('detector: verdicts', () => {
  test('a fresh peer is alive, then suspicious, then dead', () => {
    const detector = new Detector(TINY, 3, 1000);
    expect(detector.suspicious(1, 1000)).toBe(false);
    expect(detector.suspicious(1, 1000 + DEAD / 2 + 1)).toBe(true);
    expect(detector.dead(1, 1000 + DEAD)).toBe(false);
    expect(detector.dead(1, 1000 + DEAD + 1)).toBe(true);
    expect(detector.deadAt(1)).toBe(1000 + DEAD);
  });

  test('a busy primary is given no less than the configured silence', () => {
    const detector = new Detector(TINY, 3, 0);
    const now = listen(detector, 0, 10, 500);
    expect(detector.deadMicros(0)).toBe(DEAD);
    expect(detector.dead(0, now + DEAD)).toBe(false);
  });

  test('a slow link earns patience: three times its average', () => {
    const detector = new Detector(TINY, 3, 0);
    listen(detector, 0, 150_000, 100);
    expect(detector.averageMicros(0)).toBeGreaterThan(149_000);
    expect(detector.deadMicros(0)).toBe(detector.averageMicros(0) * 3);
    expect(detector.suspiciousMicros(0)).toBe(Math.floor((detector.averageMicros(0) * 3) / 2));
    expect(detector.deadMicros(1)).toBe(DEAD);
  });

  test('an hour of outage is not learnt as normal', () => {
    const detector = new Detector(TINY, 3, 0);
    listen(detector, 0, 3_600_000_000, 100);
    expect(detector.deadMicros(0)).toBe(4 * DEAD);
    listen(detector, 0, TINY.heartbeatMicros, 240);
    // The average comes back as near as makes no difference.
    expect(detector.deadMicros(0)).toBeLessThan(DEAD + DEAD / 1000);
  });

  test('a new view starts the silence anew and keeps what was learnt', () => {
    const detector = new Detector(TINY, 3, 0);
    const now = listen(detector, 0, 120_000, 50);
    const patience = detector.deadMicros(0);
    detector.reset(0, now + 10 * DEAD);
    expect(detector.deadMicros(0)).toBe(patience);
    expect(detector.deadAt(0)).toBe(now + 10 * DEAD + patience);
  });

  test('heartbeats in time never make anyone dead, jittered or not', () => {
    for (const limits of [TINY, PRODUCTION]) {
      const late = limits.primaryDeadMicros - limits.heartbeatMicros;
      fc.assert(
        fc.property(fc.array(fc.nat(late), { maxLength: 50 }), (delays) => {
          const detector = new Detector(limits, 2, 0);
          let now = 0;
          for (const delay of delays) {
            now += limits.heartbeatMicros + delay;
            expect(detector.dead(1, now)).toBe(false);
            detector.heard(1, now);
          }
        }),
        { numRuns: 50 },
      );
    }
  });

  test('suspicion always comes before death', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(2_000_000), { maxLength: 40 }), (intervals) => {
        const detector = new Detector(TINY, 1, 0);
        let now = 0;
        for (const interval of intervals) detector.heard(0, (now += interval));
        expect(detector.suspiciousMicros(0)).toBeLessThan(detector.deadMicros(0));
        expect(Number.isInteger(detector.deadMicros(0))).toBe(true);
      }),
    );
  });

  test('time that goes back, and strangers, are bugs', () => {
    const detector = new Detector(TINY, 2, 100);
    expect(() => detector.heard(0, 99)).toThrow();
    expect(() => detector.heard(2, 100)).toThrow();
  });
});

describe('timers: jitter and backoff', () => {
  test('jitter adds up to a half, and differs between replicas', () => {
    const one = new Prng(SEED, 0);
    const two = new Prng(SEED, 1);
    const waits = (prng: Prng): number[] => Array.from({ length: 50 }, () => jittered(prng, 1000));
    const first = waits(one);
    expect(first.every((wait) => wait >= 1000 && wait <= 1500)).toBe(true);
    expect(new Set(first).size).toBeGreaterThan(30);
    expect(waits(two)).not.toEqual(first);
    expect(jittered(one, 0)).toBe(0);
  });

  test('backoff doubles, then stays', () => {
    const prng = new Prng(SEED, 0);
    for (let attempt = 0; attempt < 40; attempt += 1) {
      const floor = Math.min(800, 100 * 2 ** Math.min(attempt, 20));
      const wait = backoff(prng, 100, attempt, 800);
      expect(wait).toBeGreaterThanOrEqual(floor);
      expect(wait).toBeLessThanOrEqual(floor * 1.5);
    }
  });
});
