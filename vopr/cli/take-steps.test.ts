/** Steps are taken to the end, or until somebody says stop; what was found is kept. */
import { describe, expect, test } from 'vitest';
import { takeSteps } from './take-steps.ts';

function* counting(to: number): Generator<number, string> {
  for (let i = 1; i <= to; i++) yield i;
  return 'all';
}

describe('steps', () => {
  test('are taken to the end, each told of', async () => {
    const seen: number[] = [];
    const onStep = (i: number): string => String(seen.push(i));
    const end = await takeSteps(counting(7), { onStep, atOnce: 3, deadline: Infinity });
    expect(end).toBe('all');
    expect(seen).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  test('end at Ctrl-C, with those told of so far', async () => {
    const seen: number[] = [];
    const onStep = (i: number): string => {
      if (i === 4) process.emit('SIGINT');
      return String(seen.push(i));
    };
    const end = await takeSteps(counting(100), { onStep, atOnce: 4, deadline: Infinity });
    expect(end).toBeNull();
    expect(seen).toEqual([1, 2, 3, 4]);
    expect(process.listenerCount('SIGINT')).toBe(0);
  });

  test('and when the time is over', async () => {
    const onStep = (): string => '';
    expect(await takeSteps(counting(100), { onStep, atOnce: 1, deadline: 0 })).toBeNull();
  });
});
