/** A thousand failing seeds are a handful of things to look at. */
import { describe, expect, test } from 'vitest';
import { groupFailures, mergeGroups } from './failure-groups.ts';

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
    const unknown = { causes: [], shrunk: null };
    expect(groups).toEqual([
      {
        invariant: 'agreement',
        shape: 'r# committed op # as #',
        count: 2,
        seeds: [3, 5],
        ...unknown,
      },
      { invariant: 'convergence', shape: 'n# is behind', count: 1, seeds: [9], ...unknown },
    ]);
  });

  test('of two invariants are two groups, whatever they say', () => {
    const groups = groupFailures([failure(1, 'prefix', 'lost'), failure(2, 'chain', 'lost')]);
    expect(groups.map(({ invariant }) => invariant)).toEqual(['prefix', 'chain']);
  });

  test('with the same causes are one group, unless their invariants differ or are not known', () => {
    const of = (invariant: string, seed: number, causes: readonly string[]) => ({
      invariant,
      shape: `message ${seed}`,
      count: 2,
      seeds: [seed, seed + 10],
      causes,
      shrunk: null,
    });
    const merged = mergeGroups([
      of('prefix', 5, ['crash r#']),
      of('prefix', 3, ['crash r#']),
      of('chain', 4, ['crash r#']),
      of('prefix', 1, []),
      of('prefix', 2, []),
    ]);
    expect(merged.map(({ invariant, seeds, count }) => [invariant, count, ...seeds])).toEqual([
      ['prefix', 4, 3, 5, 13, 15],
      ['prefix', 2, 1, 11],
      ['prefix', 2, 2, 12],
      ['chain', 2, 4, 14],
    ]);
  });

  test('list their lowest seeds, and only some', () => {
    const many = Array.from({ length: 100 }, (_, i) => failure(100 - i, 'prefix', `op ${i}`));
    const [group] = groupFailures(many);
    expect(group?.count).toBe(100);
    expect(group?.seeds).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });
});
