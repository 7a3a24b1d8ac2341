/** One listener a signal, however many wait for it; none when nobody does. */
import { getEventListeners } from 'node:events';
import { describe, expect, test } from 'vitest';
import { onAbort } from './on-abort.ts';

describe('a signal that many calls share', () => {
  test('has one listener, tells everybody once, and forgets them', () => {
    const controller = new AbortController();
    const { signal } = controller;
    const told: number[] = [];
    const stops = Array.from({ length: 50 }, (_, i) => onAbort(signal, () => told.push(i)));
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    stops[1]!();
    stops[1]!();
    controller.abort();
    expect(told).toHaveLength(49);
    expect(told).not.toContain(1);
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  test('is left as it was when nobody waits any more', () => {
    const { signal } = new AbortController();
    for (let i = 0; i < 3; i += 1) {
      const stop = onAbort(signal, () => undefined);
      const other = onAbort(signal, () => undefined);
      stop();
      expect(getEventListeners(signal, 'abort')).toHaveLength(1);
      other();
      expect(getEventListeners(signal, 'abort')).toHaveLength(0);
    }
  });

  test('does not tell one whom another stopped, nor one who came when it was too late', () => {
    const controller = new AbortController();
    const told: string[] = [];
    const stops: (() => void)[] = [];
    onAbort(controller.signal, () => {
      told.push('first');
      stops[0]!();
      onAbort(controller.signal, () => told.push('late'));
    });
    stops.push(onAbort(controller.signal, () => told.push('second')));
    controller.abort();
    expect(told).toEqual(['first']);
  });
});
