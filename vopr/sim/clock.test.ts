/** Clocks: monotonic, wall, and the inverse that schedules wakes. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EPOCH_MICROS, NodeClock } from './clock.ts';
import { NEVER } from '../../core/ports.ts';

const drift = fc.integer({ min: -100_000, max: 100_000 });
const times = fc.nat(2_000_000_000);

describe('node clock', () => {
  test('the monotonic clock never runs backwards, however it drifts and the wall clock jumps', () => {
    fc.assert(
      fc.property(drift, times, fc.nat(1000), fc.integer(), (ppm, now, step, jump) => {
        const clock = new NodeClock();
        clock.reset(5, 0, ppm);
        const before = clock.monotonic(now);
        clock.jump(jump);
        expect(clock.monotonic(now + step)).toBeGreaterThanOrEqual(before);
      }),
    );
  });

  test('`when` is the first instant at which the clock shows the deadline', () => {
    fc.assert(
      fc.property(drift, times, (ppm, ahead) => {
        const clock = new NodeClock();
        clock.reset(1000, 0, ppm);
        const deadline = 1000 + ahead;
        const at = clock.when(deadline);
        expect(clock.monotonic(at)).toBeGreaterThanOrEqual(deadline);
        if (at > 0) expect(clock.monotonic(at - 1)).toBeLessThan(deadline);
      }),
    );
  });

  test('never stays never', () => {
    expect(new NodeClock().when(NEVER)).toBe(NEVER);
  });

  test('a true clock has no error; an offset, a jump and a freeze show', () => {
    const clock = new NodeClock();
    clock.reset(0, 0, 0);
    expect(clock.error(123)).toBe(0);
    expect(clock.realtime(123)).toBe(EPOCH_MICROS + 123);
    clock.jump(-50);
    expect(clock.error(200)).toBe(-50);
    clock.freeze(300);
    expect(clock.realtime(900)).toBe(clock.realtime(300));
    expect(clock.error(900)).toBe(-650);
  });

  test('corrected, the wall clock is true again at that instant', () => {
    const clock = new NodeClock();
    clock.reset(0, 7_000_000, 20_000);
    clock.freeze(1_000_000);
    clock.correct(5_000_000);
    expect(clock.error(5_000_000)).toBe(0);
    expect(clock.error(6_000_000)).toBe(20_000);
  });
});
