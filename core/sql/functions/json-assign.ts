/** Assignment to parts of jsonb: `SET doc['a'][2] = x`. */
import { SqlError } from '../error.ts';
import { lenient } from './define.ts';
import type { ScalarFunction } from './function.ts';
import { assignPath } from '../types/json-assign.ts';
import { INT4, JSONB, TEXT } from '../types/type.ts';
import type { Value } from '../types/type.ts';

/** Called with the document, the value, and the subscripts. `numbers`: which are numbers. */
export function memberAssignment(numbers: readonly boolean[]): ScalarFunction {
  const steps = numbers.map((isNumber) => (isNumber ? INT4 : TEXT));
  const shown = numbers.map((isNumber) => (isNumber ? '#' : 'k')).join(',');
  return lenient(
    `assign[${shown}]`,
    [JSONB, JSONB, ...steps],
    JSONB,
    (_, document: string | null, value: string | null, ...subscripts: Value[]) => {
      if (subscripts.includes(null)) {
        throw new SqlError('22004', 'jsonb subscript in assignment must not be null');
      }
      const path = subscripts.map((one, i) => ({ text: String(one), isNumber: numbers[i]! }));
      return assignPath(document, path, value ?? 'null');
    },
  );
}
