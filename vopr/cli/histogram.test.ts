/** Histograms against sorting everything, and their merge in any order. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createHistogram, mean, merge, percentile, record, sparkline } from './histogram.ts';
import type { Histogram } from './histogram.ts';

const samples = fc.array(fc.nat(3000), { minLength: 1, maxLength: 200 });

function of(values: readonly number[]): Histogram {
  const histogram = createHistogram();
  for (const value of values) record(histogram, value);
  return histogram;
}

describe('histogram', () => {
  test('percentiles are those of the sorted samples', () => {
    fc.assert(
      fc.property(samples, fc.integer({ min: 1, max: 100 }), (values, percent) => {
        const sorted = values.toSorted((a, b) => a - b);
        const rank = Math.max(1, Math.ceil((values.length * percent) / 100));
        expect(percentile(of(values), percent)).toBe(sorted[rank - 1]);
      }),
    );
  });

  test('merging is recording everything in one', () => {
    fc.assert(
      fc.property(samples, samples, (left, right) => {
        const ab = of(left);
        merge(ab, of(right));
        const ba = of(right);
        merge(ba, of(left));
        expect(ab).toEqual(of([...left, ...right]));
        expect(ba).toEqual(ab);
      }),
    );
  });

  test('an empty one has no mean and no percentile, and draws nothing', () => {
    const empty = createHistogram();
    expect(mean(empty)).toBe(0);
    expect(percentile(empty, 50)).toBe(0);
    expect(sparkline(empty, 8)).toBe('        ');
  });

  test('absurd values count as the cap instead of taking the memory', () => {
    const histogram = of([1e12]);
    expect(histogram.counts.length).toBe(65_536);
    expect(mean(histogram)).toBe(1e12);
  });

  test('a sparkline has as many cells as asked for, the fullest at full height', () => {
    fc.assert(
      fc.property(samples, fc.integer({ min: 1, max: 40 }), (values, cells) => {
        const line = sparkline(of(values), cells);
        expect(Array.from(line).length).toBe(cells);
        expect(line).toContain('█');
      }),
    );
  });
});
