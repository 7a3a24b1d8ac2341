/** When a sync is waited for: on disks that are quick at it, as long as they are. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SyncPace } from './sync-pace.ts';

function paceAfter(durations: readonly number[]): SyncPace {
  const pace = new SyncPace();
  for (const micros of durations) pace.took(micros);
  return pace;
}

const quick = (count: number): number[] => Array.from({ length: count }, () => 60);

test('an unknown disk is not waited for, one that was quick for a while is', () => {
  expect(paceAfter([]).worthWaiting).toBe(false);
  expect(paceAfter(quick(2)).worthWaiting).toBe(false);
  expect(paceAfter(quick(32)).worthWaiting).toBe(true);
});

test('one long sync ends the waiting, and the longer it was, the longer', () => {
  const until = (micros: number): number => {
    const pace = paceAfter([...quick(64), micros]);
    expect(pace.worthWaiting).toBe(false);
    let count = 0;
    for (; !pace.worthWaiting; count += 1) pace.took(60);
    return count;
  };
  expect(until(10_000)).toBeLessThan(until(1_000_000));
});

test('a disk that never takes less than a millisecond is never waited for', () => {
  const slow = fc.array(fc.integer({ min: 1_000, max: 1_000_000 }), { maxLength: 100 });
  fc.assert(fc.property(slow, (durations) => !paceAfter(durations).worthWaiting));
});
