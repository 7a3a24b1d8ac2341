/** The heap against a dumb twin: a sorted list. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Scheduler } from './scheduler.ts';

describe('scheduler', () => {
  test('events come in order of time, and in order of pushing at one time', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(50), { maxLength: 400 }), (times) => {
        const scheduler = new Scheduler();
        times.forEach((time, index) => scheduler.push(time, 1, index, 0, 0, null));
        const expected = times
          .map((time, index) => ({ time, index }))
          .sort((x, y) => x.time - y.time || x.index - y.index);
        for (const { time, index } of expected) {
          expect(scheduler.pop()).toBe(true);
          expect([scheduler.now, scheduler.a]).toEqual([time, index]);
        }
        expect(scheduler.pop()).toBe(false);
      }),
    );
  });

  test('pushes and pops interleave as in a sorted list', () => {
    fc.assert(
      fc.property(fc.array(fc.option(fc.nat(1000)), { maxLength: 500 }), (steps) => {
        const scheduler = new Scheduler();
        let twin: { time: number; id: number }[] = [];
        let id = 0;
        for (const step of steps) {
          if (step === null) {
            twin.sort((x, y) => x.time - y.time || x.id - y.id);
            const next = twin[0];
            expect(scheduler.pop()).toBe(next !== undefined);
            if (next !== undefined) expect(scheduler.b).toBe(next.id);
            twin = twin.slice(1);
          } else {
            const time = scheduler.now + step;
            scheduler.push(time, 2, 0, id, 0, null);
            twin.push({ time, id: id++ });
          }
        }
        expect(scheduler.pending).toBe(twin.length);
      }),
    );
  });

  test('what lies in the past happens now', () => {
    const scheduler = new Scheduler();
    scheduler.push(100, 1, 0, 0, 0, null);
    scheduler.pop();
    scheduler.push(5, 2, 0, 0, 0, null);
    scheduler.pop();
    expect(scheduler.now).toBe(100);
    expect(scheduler.kind).toBe(2);
  });

  test('all fields and the reference arrive, and the pool keeps none of it', () => {
    const scheduler = new Scheduler();
    const ref = { some: 'message' };
    scheduler.push(7, 3, -1, 2147483647, -2147483648, ref);
    expect(scheduler.pop()).toBe(true);
    expect([scheduler.kind, scheduler.a, scheduler.b, scheduler.c]).toEqual([
      3, -1, 2147483647, -2147483648,
    ]);
    expect(scheduler.ref).toBe(ref);
    scheduler.push(8, 1, 0, 0, 0, null);
    scheduler.pop();
    expect(scheduler.ref).toBeNull();
  });

  test('grows past its first slots and starts anew after a reset', () => {
    const scheduler = new Scheduler();
    for (let i = 0; i < 5000; i++) scheduler.push(5000 - i, 1, i, 0, 0, null);
    scheduler.pop();
    expect([scheduler.now, scheduler.a]).toEqual([1, 4999]);
    scheduler.reset();
    expect(scheduler.pending).toBe(0);
    expect(scheduler.now).toBe(0);
    expect(scheduler.pop()).toBe(false);
  });

  test('refuses a time beyond the bound of a run', () => {
    const scheduler = new Scheduler();
    expect(() => scheduler.push(2147483648, 1, 0, 0, 0, null)).toThrow(/2\^31/);
  });
});
