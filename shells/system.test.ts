/** Clocks, randomness, and the timer that the host and the client share. */
import { describe, expect, onTestFinished, test } from 'vitest';
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
