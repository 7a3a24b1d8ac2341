/** `= ANY (array)`: what is remembered of an array is its statement's. */
import { expect, it } from 'vitest';
import { findOperator } from './resolve.ts';
import { INT4_ARRAY } from '../types/array-type.ts';
import { listArray } from '../types/array.ts';
import { INT4 } from '../types/type.ts';
import { quantified } from './array-make.ts';
import { testEnvironment } from './testing/evaluate.ts';

const INTEGER = { id: INT4, modifier: -1 };
const any = quantified(findOperator('=', INTEGER, INTEGER, -1).function, INT4_ARRAY, false);
const LIST = listArray([1, 2, 3, null, 5]);

it('answers alike with and without it, and lets go of the array with the statement', () => {
  const memo = new Map<object, object>();
  for (const environment of [testEnvironment, { ...testEnvironment, memo }]) {
    for (const array of [LIST, LIST, LIST, listArray([7, 8, 9, 10]), LIST, LIST]) {
      const answers = [1, 5, 9, null].map((value) => any.evaluate(environment, value, array));
      const other = array === LIST ? [true, true, null, null] : [false, false, true, null];
      expect(answers).toEqual(other);
    }
  }
  expect([...memo.values()]).toMatchObject([{ array: LIST, withNull: true }]);
});
