/** Clocks, randomness, and the timer that the host and the client share. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { pureCrypto } from '../core/crypto/crypto.ts';
import { NEVER } from '../core/ports.ts';
import { equal128 } from '../core/types/hash128.ts';
import {
  DeadlineTimer,
  monotonicMicros,
  random128,
  realtimeMicros,
  systemCrypto,
} from './system.ts';

function timer(wake: () => void): DeadlineTimer {
  const made = new DeadlineTimer(wake);
  onTestFinished(() => made.stop());
  return made;
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

describe('readings', () => {
  test('are integers of microseconds; the monotonic one never goes back', () => {
    let last = monotonicMicros();
    for (let i = 0; i < 10_000; i++) {
      const now = monotonicMicros();
      expect(Number.isSafeInteger(now) && now >= last).toBe(true);
      last = now;
    }
    expect(Number.isSafeInteger(realtimeMicros())).toBe(true);
    expect(Math.floor(realtimeMicros() / 1e6 / 86400 / 365)).toBeGreaterThan(50);
  });

  test('randomness is plain bytes, and never the same', () => {
    const bytes = systemCrypto.random(32);
    expect(bytes).toHaveLength(32);
    expect(Buffer.isBuffer(bytes)).toBe(false);
    expect(systemCrypto.random(32)).not.toEqual(bytes);
    expect(equal128(random128(), random128())).toBe(false);
  });
});

describe('the timer', () => {
  test('rings after the deadline, once', async () => {
    let rung = 0;
    let deadline = 0;
    const done = new Promise<void>((resolve) => {
      const one = timer(() => {
        rung += 1;
        expect(monotonicMicros()).toBeGreaterThanOrEqual(deadline);
        resolve();
      });
      deadline = monotonicMicros() + 3000;
      one.arm(monotonicMicros(), deadline);
    });
    await done;
    await turn();
    expect(rung).toBe(1);
  });

  test('a deadline that has passed rings on a later turn, never inside `arm`', async () => {
    let rung = 0;
    const one = timer(() => (rung += 1));
    one.arm(monotonicMicros(), 0);
    one.arm(monotonicMicros(), 0);
    expect(rung).toBe(0);
    await turn();
    expect(rung).toBe(1);
  });

  test('a deadline that moved away does not ring at its old time', async () => {
    const now = monotonicMicros();
    const rangAt = await new Promise<number>((resolve) => {
      const moved = timer(() => resolve(monotonicMicros()));
      moved.arm(now, now + 1000);
      moved.arm(now, now + 8000);
    });
    expect(rangAt).toBeGreaterThanOrEqual(now + 8000);
  });

  test('one that moved nearer rings at the new time', async () => {
    const order: string[] = [];
    const now = monotonicMicros();
    await new Promise<void>((resolve) => {
      const far = timer(() => {
        order.push('far');
        resolve();
      });
      const near = timer(() => order.push('near'));
      near.arm(now, now + 3_600_000_000);
      near.arm(now, now + 1000);
      far.arm(now, now + 6000);
    });
    expect(order).toEqual(['near', 'far']);
  });

  test('NEVER and `stop` end it, also when it was about to ring', async () => {
    let rung = 0;
    const one = timer(() => (rung += 1));
    one.arm(monotonicMicros(), 0);
    one.arm(monotonicMicros(), NEVER);
    const other = timer(() => (rung += 1));
    other.arm(monotonicMicros(), 0);
    other.stop();
    await turn();
    await turn();
    expect(rung).toBe(0);
  });

  test('a deadline years away is no reason to ring now', async () => {
    let rung = 0;
    const one = timer(() => (rung += 1));
    one.arm(monotonicMicros(), monotonicMicros() + 10 * 365 * 86400 * 1_000_000);
    await turn();
    await turn();
    expect(rung).toBe(0);
  });
});

describe('hashes', () => {
  test('are those of the pure kernels, byte for byte, of every length and place', () => {
    const pure = pureCrypto((bytes) => new Uint8Array(bytes));
    const input = Uint8Array.from({ length: 70_000 }, (_, i) => (i * 167 + (i >> 8)) & 0xff);
    const lengths = [0, 1, 55, 56, 63, 64, 511, 512, 513, 1000, 4096, 65_536, 69_000];
    for (const length of lengths) {
      for (const offset of [0, 1, 7, 1000]) {
        const [ours, theirs] = [new Uint8Array(40), new Uint8Array(40)];
        systemCrypto.sha256Into(input, offset, length, ours, 3);
        pure.sha256Into(input, offset, length, theirs, 3);
        expect(ours).toEqual(theirs);
      }
    }
  });

  test('random bytes are given out once', () => {
    const seen = new Set(
      Array.from({ length: 2000 }, (_, i) => systemCrypto.random(16 + (i % 40)).join()),
    );
    expect(seen.size).toBe(2000);
    expect(systemCrypto.random(20_000)).toHaveLength(20_000);
  });
});
