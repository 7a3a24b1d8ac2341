/**
 * Values that do not depend on the row: constants, parameters and a sub-plan's arguments.
 *
 * As a column they are the value repeated, written again when the value or the room changes.
 */
import type { Bound } from '../../plan/expression.ts';
import type { Value } from '../../types/type.ts';
import { makeColumn, put, restart, shapeOf } from '../column.ts';
import type { Compiled, Compiler } from './compiled.ts';

type Scalar = Extract<Bound, { kind: 'constant' | 'parameter' | 'argument' }>;

export function compileScalar(bound: Scalar, compiler: Compiler): Compiled {
  const shape = shapeOf(bound.type.id);
  const scalar = reader(bound, compiler);
  const out = makeColumn(shape, 0);
  let filled = -1;
  let last: Value = null;
  return {
    shape,
    scalar,
    evaluate: (batch) => {
      const value = scalar();
      if (filled >= batch.capacity && Object.is(value, last)) return out;
      restart(out, shape, batch.capacity);
      for (let row = 0; row < batch.capacity; row++) put(out, shape, row, value);
      filled = batch.capacity;
      last = value;
      return out;
    },
  };
}

function reader(bound: Scalar, { scope }: Compiler): () => Value {
  const { frame, run } = scope;
  if (bound.kind === 'constant') return () => bound.value;
  if (bound.kind === 'argument') return () => frame.values[bound.index] as Value;
  return () => run.environment.parameters[bound.index] as Value;
}
