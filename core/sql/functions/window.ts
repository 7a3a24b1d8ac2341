/** The pure window functions: their signatures. `exec/window.ts` computes them. */
import { ANYELEMENT } from './function.ts';
import type { WindowFunction } from './function.ts';
import { FLOAT8, INT4, INT8 } from '../types/type.ts';
import type { TypeId } from '../types/type.ts';

function windowFunction(
  name: string,
  types: readonly TypeId[],
  required: number,
  result: TypeId,
): WindowFunction {
  return { kind: 'window', name, arguments: types, required, result };
}

export const windowFunctions: readonly WindowFunction[] = [
  windowFunction('row_number', [], 0, INT8),
  windowFunction('rank', [], 0, INT8),
  windowFunction('dense_rank', [], 0, INT8),
  windowFunction('percent_rank', [], 0, FLOAT8),
  windowFunction('cume_dist', [], 0, FLOAT8),
  windowFunction('ntile', [INT4], 1, INT4),
  windowFunction('lag', [ANYELEMENT, INT4, ANYELEMENT], 1, ANYELEMENT),
  windowFunction('lead', [ANYELEMENT, INT4, ANYELEMENT], 1, ANYELEMENT),
  windowFunction('first_value', [ANYELEMENT], 1, ANYELEMENT),
  windowFunction('last_value', [ANYELEMENT], 1, ANYELEMENT),
  windowFunction('nth_value', [ANYELEMENT, INT4], 2, ANYELEMENT),
];
