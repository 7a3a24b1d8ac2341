/**
 * Cluster time: stories of bad clocks, Marzullo's intersection against a naive twin, and the
 * promise that stamps stay near true time while most clocks do.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TINY } from '../limits.ts';
import { make128 } from '../types/hash128.ts';
import { Clock, clockErrorMicros, clocksApartMicros, roundTripMicrosMax } from './clock.ts';
import type { PongMessage } from './message.ts';
import { PONG } from './message.ts';

const TOLERANCE = TINY.clockToleranceMicros;
const EPOCH = 1_700_000_000_000_000;

function openClock(replica: number, replicaCount: number, monotonic = 0): Clock {
  return new Clock({ replica, replicaCount, limits: TINY, nonce: make128(5, 6, 7, 8), monotonic });
}

function pong(clock: Clock, sentAt: number, realtime: number, synchronized = false): PongMessage {
  const pingMonotonic = clock.pingToken(sentAt);
  return { kind: PONG, view: 0, pingMonotonic, realtime, synchronized };
}

/** A ping and its pong; the peer read `realtime` half-way. */
function exchange(
  clock: Clock,
  peer: number,
  sentAt: number,
  trip: number,
  realtime: number,
): void {
  expect(clock.pong(peer, pong(clock, sentAt, realtime), sentAt + trip)).toBe(trip);
}

describe('clock: agreement', () => {
  test('a single replica agrees with itself, whatever its clock does', () => {
    const clock = openClock(0, 1);
    expect(clock.synchronized(5, EPOCH)).toBe(true);
    expect(clock.realtimeAgreed(9, 17)).toBe(17);
    expect(clock.stamp(1000, 9, 17)).toBe(1001);
    expect(clock.shouldAbdicate(2 ** 50, 0)).toBe(false);
  });

  test('says how far a peer is ahead, from live samples only', () => {
    const clock = openClock(0, 3);
    exchange(clock, 1, 0, 200, EPOCH + 100 - 7_000_000);
    expect(clock.ahead(0, 300, EPOCH + 300)).toBeNull();
    expect(clock.ahead(1, 300, EPOCH + 300)).toBe(-7_000_000);
    expect(clock.ahead(1, 300, EPOCH + 300 - 9_000_000)).toBe(2_000_000);
    expect(clock.ahead(2, 300, EPOCH + 300)).toBeNull();
    expect(clock.ahead(1, TINY.clockSampleMicros + 1, EPOCH)).toBeNull();
    // Just beyond that distance they share no instant, and within it they do.
    for (const [by, agree] of [
      [clocksApartMicros(TINY), true],
      [clocksApartMicros(TINY) + 200, false],
    ] as const) {
      const two = openClock(0, 2);
      exchange(two, 1, 0, 2, EPOCH + 1 + by);
      expect(two.synchronized(2, EPOCH + 2)).toBe(agree);
    }
  });

  test('two replicas need each other', () => {
    const clock = openClock(0, 2);
    expect(clock.synchronized(0, EPOCH)).toBe(false);
    expect(clock.stamp(1, 0, EPOCH)).toBe(-1);
    exchange(clock, 1, 0, 200, EPOCH + 100);
    expect(clock.realtimeAgreed(300, EPOCH + 300)).toBe(EPOCH + 300);
  });

  test('one answer is a majority of three, two are needed of five', () => {
    const three = openClock(0, 3);
    exchange(three, 2, 0, 100, EPOCH + 50);
    expect(three.synchronized(100, EPOCH + 100)).toBe(true);
    const five = openClock(0, 5);
    exchange(five, 2, 0, 100, EPOCH + 50);
    expect(five.synchronized(100, EPOCH + 100)).toBe(false);
    exchange(five, 4, 0, 100, EPOCH + 50);
    expect(five.synchronized(100, EPOCH + 100)).toBe(true);
  });

  test('own clock far ahead, peers agree: clamped to what they allow', () => {
    const clock = openClock(0, 3);
    exchange(clock, 1, 0, 100, EPOCH + 50);
    exchange(clock, 2, 0, 100, EPOCH + 50);
    const agreed = clock.realtimeAgreed(1000, EPOCH + 60_000_000);
    expect(agreed).toBeGreaterThanOrEqual(EPOCH + 1000);
    expect(agreed).toBeLessThanOrEqual(EPOCH + 1000 + TOLERANCE + 102);
  });

  test('own clock frozen: time goes on at the lower end', () => {
    const clock = openClock(0, 3);
    const stamps: number[] = [];
    for (let now = 0; now < 10 * TOLERANCE; now += TOLERANCE / 4) {
      exchange(clock, 1, now, 100, EPOCH + now + 50);
      exchange(clock, 2, now, 100, EPOCH + now + 50);
      stamps.push(clock.stamp(stamps.at(-1) ?? 0, now + 100, EPOCH));
    }
    for (let i = 1; i < stamps.length; i += 1) expect(stamps[i]).toBeGreaterThan(stamps[i - 1]!);
    const now = EPOCH + 10 * TOLERANCE - TOLERANCE / 4;
    expect(now - stamps.at(-1)!).toBeLessThanOrEqual(TOLERANCE + 200);
  });

  test('own clock jumps: samples of others stay good, nothing has to be learnt again', () => {
    const clock = openClock(0, 3);
    exchange(clock, 1, 0, 100, EPOCH + 50);
    exchange(clock, 2, 0, 100, EPOCH + 50);
    for (const jump of [-3_600_000_000, 3_600_000_000]) {
      const agreed = clock.realtimeAgreed(200, EPOCH + 200 + jump);
      expect(Math.abs(agreed - (EPOCH + 200))).toBeLessThanOrEqual(TOLERANCE + 101);
    }
    expect(clock.realtimeAgreed(200, EPOCH + 200)).toBe(EPOCH + 200);
  });

  test('three clocks that all disagree: no agreement, no stamp', () => {
    const clock = openClock(0, 3);
    exchange(clock, 1, 0, 100, EPOCH + 10 * TOLERANCE);
    exchange(clock, 2, 0, 100, EPOCH - 10 * TOLERANCE);
    expect(clock.synchronized(100, EPOCH + 100)).toBe(false);
    expect(clock.realtimeAgreed(100, EPOCH + 100)).toBe(-1);
  });

  test('a standby listens to the voters, and its own clock does not count', () => {
    const standby = openClock(3, 3);
    exchange(standby, 0, 0, 100, EPOCH + 50);
    expect(standby.synchronized(100, EPOCH + 100)).toBe(false);
    exchange(standby, 1, 0, 100, EPOCH + 50);
    expect(standby.synchronized(100, EPOCH + 100)).toBe(true);
  });

  test('stamps increase even when the clock goes back', () => {
    const clock = openClock(0, 1);
    expect(clock.stamp(50, 0, 100)).toBe(100);
    expect(clock.stamp(100, 1, 99)).toBe(101);
    expect(clock.stamp(101, 2, 101)).toBe(102);
  });
});

describe('clock: samples', () => {
  test('expire: a partitioned primary loses agreement', () => {
    const clock = openClock(0, 3);
    exchange(clock, 1, 1000, 100, EPOCH + 1050);
    const last = 1000 + TINY.clockSampleMicros;
    expect(clock.synchronized(last, EPOCH + last)).toBe(true);
    expect(clock.synchronized(last + 1, EPOCH + last + 1)).toBe(false);
  });

  test('a pong that took longer than the tolerance is no sample, but a round trip', () => {
    const clock = openClock(0, 2);
    const trip = roundTripMicrosMax(TINY) + 1;
    exchange(clock, 1, 0, trip, EPOCH);
    expect(clock.synchronized(trip, EPOCH + trip)).toBe(false);
  });

  test('a pong to an earlier incarnation, or to nobody, is recognised', () => {
    const before = openClock(0, 2);
    const token = before.pingToken(500);
    const after = new Clock({
      replica: 0,
      replicaCount: 2,
      limits: TINY,
      nonce: make128(5, 987_654, 7, 8),
      monotonic: 0,
    });
    const late: PongMessage = { ...pong(after, 0, EPOCH), pingMonotonic: token };
    expect(after.pong(1, late, 600)).toBe(-1);
    expect(after.pong(1, { ...late, pingMonotonic: 0 }, 600)).toBe(-1);
    expect(after.pong(1, { ...late, pingMonotonic: Number.MAX_SAFE_INTEGER }, 600)).toBe(-1);
    expect(after.pong(1, pong(after, 601, EPOCH), 600)).toBe(-1);
    expect(after.synchronized(600, EPOCH)).toBe(false);
  });

  test('a token is a safe integer under every nonce', () => {
    const nonce = make128(-1, -1, 0, 0);
    const clock = new Clock({ replica: 0, replicaCount: 3, limits: TINY, nonce, monotonic: 0 });
    expect(Number.isSafeInteger(clock.pingToken(2 ** 51))).toBe(true);
  });

  test('a duplicated pong spoils nothing', () => {
    const clock = openClock(0, 2);
    const message = pong(clock, 0, EPOCH + 50);
    clock.pong(1, message, 100);
    const before = clock.fingerprint();
    clock.pong(1, message, 400_000);
    expect(clock.fingerprint()).toBe(before);
  });

  test('a precise sample outlives vague ones until half its life is over', () => {
    const clock = openClock(0, 2);
    exchange(clock, 1, 0, 10, EPOCH + 5);
    const precise = clock.fingerprint();
    exchange(clock, 1, 1000, 200_000, EPOCH + 101_000);
    expect(clock.fingerprint()).toBe(precise);
    const half = TINY.clockSampleMicros / 2;
    exchange(clock, 1, half - 200_000, 200_000, EPOCH + half - 100_000);
    expect(clock.fingerprint()).toBe(precise);
    exchange(clock, 1, half, 200_000, EPOCH + half + 100_000);
    expect(clock.fingerprint()).not.toBe(precise);
  });

  test('a peer whose clock jumped is noticed at its next pong', () => {
    const clock = openClock(0, 2);
    exchange(clock, 1, 0, 10, EPOCH + 5);
    expect(clock.synchronized(20, EPOCH + 20)).toBe(true);
    exchange(clock, 1, 1000, 2000, EPOCH + 1000 + 5 * TOLERANCE);
    expect(clock.synchronized(3000, EPOCH + 3000)).toBe(false);
  });

  test('pongs of standbys and of oneself are no samples', () => {
    const clock = openClock(0, 3);
    const before = clock.fingerprint();
    expect(clock.pong(3, pong(clock, 0, EPOCH), 10)).toBe(10);
    expect(clock.pong(0, pong(clock, 0, EPOCH), 10)).toBe(10);
    expect(clock.fingerprint()).toBe(before);
  });
});

describe('clock: abdication', () => {
  test('a primary whose clock is out yields to a peer that is synchronized', () => {
    const clock = openClock(0, 3);
    const far = EPOCH + 10 * TOLERANCE;
    clock.pong(1, pong(clock, 0, far, false), 100);
    expect(clock.shouldAbdicate(100, EPOCH)).toBe(false);
    clock.pong(1, pong(clock, 200, far, true), 300);
    expect(clock.shouldAbdicate(300, EPOCH)).toBe(true);
    clock.pong(1, pong(clock, 310, far, false), 320);
    expect(clock.shouldAbdicate(320, EPOCH)).toBe(false);
    clock.pong(1, pong(clock, 330, far, true), 340);
    expect(clock.shouldAbdicate(340 + TINY.clockSampleMicros, EPOCH)).toBe(true);
    expect(clock.shouldAbdicate(341 + TINY.clockSampleMicros, EPOCH)).toBe(false);
    const later = 400 + TINY.clockSampleMicros;
    clock.pong(1, pong(clock, later, EPOCH + later + 50, true), later + 100);
    expect(clock.shouldAbdicate(later + 100, EPOCH + later + 100)).toBe(false);
  });

  test('without agreement for an epoch it yields anyway', () => {
    const clock = openClock(0, 3, 1000);
    const last = 1000 + TINY.clockEpochMicros;
    expect(clock.shouldAbdicate(last, EPOCH)).toBe(false);
    expect(clock.shouldAbdicate(last + 1, EPOCH)).toBe(true);
  });
});

/** Offset intervals, padded, as the definition has them; then every candidate point is tried. */
function naive(offsets: readonly (readonly [number, number])[]): [number, number, number] {
  const points = offsets.flat().sort((x, y) => x - y);
  const count = (p: number): number =>
    offsets.filter(([low, high]) => low <= p && p <= high).length;
  const most = Math.max(...points.map(count));
  // Maximal intervals: neighbouring points with the count, and nothing smaller between them.
  let best: [number, number] | null = null;
  for (const start of points) {
    for (const end of points) {
      if (end < start || count(start) !== most || count(end) !== most) continue;
      const same = offsets.every(
        ([low, high]) => (low <= start && start <= high) === (low <= end && end <= high),
      );
      if (same && (best === null || end - start > best[1] - best[0])) best = [start, end];
    }
  }
  return [most, best![0], best![1]];
}

describe('clock: Marzullo against the naive twin', () => {
  test('the same sources and the same interval, for any clocks of up to six replicas', () => {
    const peer = fc.record({
      offset: fc.integer({ min: -4 * TOLERANCE, max: 4 * TOLERANCE }),
      trip: fc.integer({ min: 0, max: 2000 }),
    });
    fc.assert(
      fc.property(
        fc.array(peer, { minLength: 1, maxLength: 5 }),
        fc.integer({ min: -4 * TOLERANCE, max: 4 * TOLERANCE }),
        (peers, own) => {
          const count = peers.length + 1;
          const clock = openClock(0, count);
          const now = 2000;
          // All pings leave at 0; the pongs arrive at their time, in order, and age until `now`.
          const order = peers.map((p, i) => ({ ...p, i })).sort((x, y) => x.trip - y.trip);
          for (const p of order) exchange(clock, p.i + 1, 0, p.trip, EPOCH + p.offset);
          const drift = Math.ceil(now / 1024);
          const intervals = peers.map(({ offset, trip }) => {
            const low = EPOCH + offset - trip - drift - TOLERANCE;
            return [low, EPOCH + offset + drift + TOLERANCE] as const;
          });
          const mine = EPOCH + own;
          intervals.push([mine - TOLERANCE, mine + TOLERANCE]);
          const [most, low, high] = naive(intervals);
          const realtime = mine + now;
          const agrees = most >= Math.floor(count / 2) + 1;
          expect(clock.synchronized(now, realtime)).toBe(agrees);
          const expected = Math.min(Math.max(realtime, now + low), now + high);
          expect(clock.realtimeAgreed(now, realtime)).toBe(agrees ? expected : -1);
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('clock: the promise', () => {
  test('while most clocks are within tolerance, stamps are near true time', () => {
    const good = fc.integer({ min: -TOLERANCE, max: TOLERANCE });
    const bad = fc.oneof(
      fc.integer({ min: -3 * TOLERANCE, max: 3 * TOLERANCE }),
      fc.integer({ min: -1e12, max: 1e12 }),
    );
    const step = fc.record({
      wait: fc.integer({ min: 1, max: TINY.clockSampleMicros / 4 }),
      goods: fc.array(good, { minLength: 6, maxLength: 6 }),
      bads: fc.array(bad, { minLength: 6, maxLength: 6 }),
      trip: fc.integer({ min: 0, max: TOLERANCE * 2 }),
      split: fc.integer({ min: 0, max: 100 }),
      heard: fc.nat(63),
    });
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 6 }),
        fc.boolean(),
        fc.array(step, { minLength: 1, maxLength: 20 }),
        (count, selfIsBad, steps) => {
          const clock = openClock(0, count);
          const wrong = count - (Math.floor(count / 2) + 1);
          // The wrong clocks may move anywhere at any time; the others within tolerance.
          const isWrong = (i: number): boolean => (selfIsBad ? i < wrong : i >= count - wrong);
          let now = 0;
          let previous = 0;
          for (const s of steps) {
            const sentAt = now + s.wait;
            const readAt = sentAt + Math.floor((s.trip * s.split) / 100);
            now = sentAt + s.trip;
            const offset = (i: number): number => (isWrong(i) ? s.bads[i]! : s.goods[i]!);
            for (let i = 1; i < count; i += 1) {
              if ((s.heard & (1 << i)) === 0) continue;
              clock.pong(i, pong(clock, sentAt, EPOCH + readAt + offset(i)), now);
            }
            const stamp = clock.stamp(previous, now, EPOCH + now + offset(0));
            if (stamp < 0) continue;
            expect(Math.abs(stamp - (EPOCH + now))).toBeLessThanOrEqual(clockErrorMicros(TINY));
            expect(stamp).toBeGreaterThan(previous);
            previous = stamp;
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  test('the bound is no exaggeration: one bad clock can pull two tolerances away', () => {
    const clock = openClock(0, 3);
    // True offset EPOCH. Own clock is bad, three tolerances ahead; one peer is good, one ahead.
    exchange(clock, 1, 0, 0, EPOCH + TOLERANCE);
    const agreed = clock.realtimeAgreed(0, EPOCH + 3 * TOLERANCE);
    expect(agreed).toBe(EPOCH + 2 * TOLERANCE);
  });

  test('a majority within tolerance that hears each other always agrees', () => {
    const good = fc.integer({ min: -TOLERANCE, max: TOLERANCE });
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 6 }),
        fc.array(good, { minLength: 6, maxLength: 6 }),
        fc.integer({ min: 0, max: TOLERANCE }),
        (count, offsets, trip) => {
          const clock = openClock(0, count);
          const majority = Math.floor(count / 2) + 1;
          for (let i = 1; i < majority; i += 1) {
            exchange(clock, i, 0, trip, EPOCH + (trip >> 1) + offsets[i]!);
          }
          expect(clock.synchronized(trip, EPOCH + trip + offsets[0]!)).toBe(true);
        },
      ),
    );
  });
});
