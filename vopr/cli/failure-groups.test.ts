/** A thousand failing seeds are a handful of things to look at. */
import { describe, expect, test } from 'vitest';
import { groupFailures } from './failure-groups.ts';

const failure = (seed: number, invariant: string, message: string) => ({
  seed,
  invariant,
  message,
});

describe('failures', () => {
  test('that differ in numbers only are one group, the most frequent first', () => {
    const groups = groupFailures([
      failure(5, 'agreement', 'r1 committed op 7 as 6b665edc'),
      failure(9, 'convergence', 'n0 is behind'),
      failure(3, 'agreement', 'r2 committed op 41 as 27b73baa'),
    ]);
    expect(groups).toEqual([
      { invariant: 'agreement', shape: 'r# committed op # as #', count: 2, seeds: [3, 5] },
      { invariant: 'convergence', shape: 'n# is behind', count: 1, seeds: [9] },
    ]);
  });

  test('of two invariants are two groups, whatever they say', () => {
    const groups = groupFailures([failure(1, 'prefix', 'lost'), failure(2, 'chain', 'lost')]);
    expect(groups.map(({ invariant }) => invariant)).toEqual(['prefix', 'chain']);
  });

  test('list their lowest seeds, and only some', () => {
    const many = Array.from({ length: 100 }, (_, i) => failure(100 - i, 'prefix', `op ${i}`));
    const [group] = groupFailures(many);
    expect(group?.count).toBe(100);
    expect(group?.seeds).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });
});
