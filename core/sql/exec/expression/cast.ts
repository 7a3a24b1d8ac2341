/**
 * Casts. Those that change nothing in how a value is stored cost nothing: widening of numbers, and
 * relabelling; the rest goes through the cast's `apply`, row by row.
 */
import type { Bound } from '../../plan/expression.ts';
import { FLOAT4, FLOAT8, INT2, INT4, INT8 } from '../../types/type.ts';
import type { TypeId } from '../../types/type.ts';
import { isNull, makeColumn, put, putNull, restart, shapeOf, valueAt } from '../column.ts';
import type { Compiled, Compiler, Evaluate } from './compiled.ts';
import { heldOf } from './held.ts';

/** Casts under which a column of numbers stays as it is. */
const WIDENING: ReadonlyMap<TypeId, readonly TypeId[]> = new Map([
  [INT2, [INT4, INT8, FLOAT8, FLOAT4]],
  [INT4, [INT8, FLOAT8]],
  [INT8, [FLOAT8]],
  [FLOAT4, [FLOAT8]],
]);

type CastBound = Extract<Bound, { kind: 'cast' }>;

export function compileCast(bound: CastBound, compiler: Compiler): Compiled {
  const shape = shapeOf(bound.type.id);
  const part = compiler.compile(bound.argument);
  const { from, to } = bound.cast;
  if (bound.cast.relabels === true && bound.type.modifier < 0 && part.shape === shape) return part;
  const evaluate = evaluateRows(bound, part, compiler);
  if (!compiler.kernels || WIDENING.get(from)?.includes(to) !== true) {
    return { shape, scalar: null, evaluate };
  }
  return {
    shape,
    scalar: null,
    evaluate: (batch, selection, count) => {
      const column = part.evaluate(batch, selection, count);
      return column.isNumbers ? column : evaluate(batch, selection, count);
    },
  };
}

function evaluateRows(bound: CastBound, part: Compiled, compiler: Compiler): Evaluate {
  const shape = shapeOf(bound.type.id);
  const { environment } = compiler.scope.run;
  const { apply } = bound.cast;
  const { explicit } = bound;
  const { modifier } = bound.type;
  const out = makeColumn(shape, 0);
  const held = heldOf(bound.type.id, compiler.scope.run);
  return (batch, selection, count) => {
    const column = part.evaluate(batch, selection, count);
    restart(out, shape, batch.capacity);
    held?.release();
    for (let k = 0; k < count; k++) {
      const row = selection[k] as number;
      if (isNull(column, row)) {
        putNull(out, row);
      } else {
        const value = valueAt(column, part.shape, row);
        const cast = apply(environment, value, modifier, explicit);
        held?.add(cast);
        put(out, shape, row, cast);
      }
    }
    return out;
  };
}
