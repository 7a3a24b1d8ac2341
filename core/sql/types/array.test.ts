/** Slices, concatenation and assignment of arrays: what they say of each other. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sliceAssignment } from '../functions/array-assign.ts';
import { testEnvironment } from '../functions/testing/evaluate.ts';
import { concatenate, elementAt, slice, sameNumbers } from './array.ts';
import { INT4_ARRAY } from './array-type.ts';
import { compareFor } from './compare.ts';
import { arrays } from './testing/arbitrary.ts';
import type { ArrayValue } from './type.ts';

const numbers = arrays(fc.integer({ min: 0, max: 99 }));
const index = fc.integer({ min: -9, max: 5 });
const compare = compareFor(INT4_ARRAY);

/** Every list of subscripts within the sizes, counted from 1. */
function* places(sizes: readonly number[]): Generator<number[]> {
  const [size, ...rest] = sizes;
  if (size === undefined) {
    yield [];
    return;
  }
  for (let i = 1; i <= size; i += 1) for (const more of places(rest)) yield [i, ...more];
}

test('a slice has the elements between its bounds, counted from 1', () => {
  const bounds = fc.array(fc.tuple(index, index), { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(numbers, bounds, (array, list) => {
      const part = slice(
        array,
        list.map(([low, high]) => ({ low, high })),
      );
      expect(part.lowerBounds.every((low) => low === 1)).toBe(true);
      for (const place of places(part.dimensions)) {
        const there = place.map((i, d) => {
          const first = array.lowerBounds[d] as number;
          return i - 1 + Math.max(list[d]?.[0] ?? first, first);
        });
        expect(elementAt(part, place)).toBe(elementAt(array, there));
      }
    }),
  );
});

const spans = fc.array(fc.tuple(index, fc.nat(3)), { minLength: 1, maxLength: 3 });

test('what is assigned to a slice is what the slice is then, and nothing else changes', () => {
  fc.assert(
    fc.property(numbers, spans, (array, list) => {
      fc.pre(array.dimensions.length === list.length);
      const inside = list.every(([low, more], d) => {
        const first = array.lowerBounds[d] as number;
        return low >= first && low + more < first + (array.dimensions[d] as number);
      });
      fc.pre(list.length === 1 || inside);
      const bounds = list.map(([low, more]) => ({ low, high: low + more }));
      const ends = list.map(() => ({ low: true, high: true, single: false }));
      const values = bounds.flatMap(({ low, high }) => [low, high]);
      const assign = sliceAssignment(INT4_ARRAY, ends);
      const count = list.reduce((product, [, more]) => product * (more + 1), 1);
      const elements = Array.from({ length: count }, (_, i) => 1000 + i);
      const source: ArrayValue = { ...array, dimensions: [count], lowerBounds: [1], elements };
      const result = assign.evaluate(testEnvironment, array, source, ...values) as ArrayValue;
      expect(slice(result, bounds).elements).toEqual(elements);
      const kept = result.elements.filter((one) => one === null || (one as number) < 1000);
      const before = array.elements.filter((one) => one !== null);
      expect(before).toEqual(expect.arrayContaining(kept.filter((one) => one !== null)));
    }),
  );
});

test('a list is what its two halves are together', () => {
  fc.assert(
    fc.property(numbers, fc.nat(3), (array, at) => {
      fc.pre(array.dimensions.length === 1);
      const first = array.lowerBounds[0] as number;
      const left = slice(array, [{ low: null, high: first + at - 1 }]);
      const right = slice(array, [{ low: first + at, high: null }]);
      const whole = slice(array, []);
      expect(compare(concatenate(left, right), whole)).toBe(0);
      expect(sameNumbers(whole.dimensions, array.dimensions)).toBe(true);
    }),
  );
});
