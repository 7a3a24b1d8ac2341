/**
 * Calls of scalar functions, row by row through the function's `evaluate`.
 *
 * Arguments are handed over by position, so that no array is made for each row, and a strict
 * function is not called where an argument is null. Arithmetic and comparisons of numbers have
 * kernels (`kernel.ts`), which come back here for whatever is out of the ordinary.
 */
import type { ScalarFunction } from '../../functions/function.ts';
import type { Bound } from '../../plan/expression.ts';
import type { Value } from '../../types/type.ts';
import type { ColumnBatch } from '../batch.ts';
import { isNull, makeColumn, put, putNull, restart, shapeOf, valueAt } from '../column.ts';
import type { Shape } from '../column.ts';
import type { Run } from '../operator.ts';
import type { Compiled, Compiler, Evaluate } from './compiled.ts';
import { heldOf } from './held.ts';
import type { Held } from './held.ts';
import { findKernel } from './kernel.ts';
import { mergeNulls } from './nulls.ts';

type Call = Extract<Bound, { kind: 'call' }>;

/** Fills `out`, already restarted, from columns of arguments. */
type Fill = (
  out: ColumnBatch,
  columns: readonly ColumnBatch[],
  selection: Int32Array,
  count: number,
) => void;

export function compileCall(bound: Call, compiler: Compiler): Compiled {
  const shape = shapeOf(bound.type.id);
  const parts = bound.arguments.map(compiler.compile);
  const shapes = parts.map((part) => part.shape);
  const { run } = compiler.scope;
  const held = heldOf(bound.type.id, run);
  const fill =
    held === null
      ? filler(bound.function, shape, shapes, run)
      : holding(held, bound.function, shape, shapes, run);
  const kernel = compiler.kernels ? findKernel(bound) : null;
  const evaluate =
    kernel === null || parts.length !== 2
      ? evaluateRows(parts, shape, fill)
      : evaluateKernel(parts, shape, kernel, fill);
  return { shape, scalar: null, evaluate };
}

function evaluateRows(parts: readonly Compiled[], shape: Shape, fill: Fill): Evaluate {
  const out = makeColumn(shape, 0);
  const columns: ColumnBatch[] = [];
  return (batch, selection, count) => {
    for (let i = 0; i < parts.length; i++) {
      columns[i] = (parts[i] as Compiled).evaluate(batch, selection, count);
    }
    restart(out, shape, batch.capacity);
    fill(out, columns, selection, count);
    return out;
  };
}

function evaluateKernel(
  parts: readonly Compiled[],
  shape: Shape,
  kernel: NonNullable<ReturnType<typeof findKernel>>,
  fill: Fill,
): Evaluate {
  const out = makeColumn(shape, 0);
  const left = parts[0] as Compiled;
  const right = parts[1] as Compiled;
  return (batch, selection, count) => {
    const x = left.evaluate(batch, selection, count);
    const y = right.evaluate(batch, selection, count);
    restart(out, shape, batch.capacity);
    if (x.isNumbers === kernel.onNumbers && y.isNumbers === kernel.onNumbers) {
      mergeNulls(out, x, y, selection, count);
      if (kernel.run(out, x, y, selection, count)) return out;
      restart(out, shape, batch.capacity);
    }
    fill(out, [x, y], selection, count);
    return out;
  };
}

/** Of a function that makes arrays. */
function holding(
  held: Held,
  f: ScalarFunction,
  shape: Shape,
  shapes: readonly Shape[],
  run: Run,
): Fill {
  const evaluate: ScalarFunction['evaluate'] = (environment, ...values) => {
    const value = f.evaluate(environment, ...values);
    held.add(value);
    return value;
  };
  const fill = filler({ ...f, evaluate }, shape, shapes, run);
  return (out, columns, selection, count) => {
    held.release();
    fill(out, columns, selection, count);
  };
}

function filler(f: ScalarFunction, shape: Shape, shapes: readonly Shape[], run: Run): Fill {
  const { evaluate, strict } = f;
  const environment = run.environment;
  if (shapes.length === 1) return fillOne(evaluate, strict, shape, shapes[0] as Shape, run);
  if (shapes.length === 2) return fillTwo(evaluate, strict, shape, shapes, run);
  const values: Value[] = [];
  return (out, columns, selection, count) => {
    for (let k = 0; k < count; k++) {
      const row = selection[k] as number;
      let missing = false;
      for (let i = 0; i < columns.length; i++) {
        const value = valueAt(columns[i] as ColumnBatch, shapes[i] as Shape, row);
        values[i] = value;
        if (value === null) missing = true;
      }
      if (missing && strict) putNull(out, row);
      else put(out, shape, row, evaluate(environment, ...values));
    }
  };
}

function fillOne(
  evaluate: ScalarFunction['evaluate'],
  strict: boolean,
  shape: Shape,
  first: Shape,
  run: Run,
): Fill {
  const { environment } = run;
  return (out, columns, selection, count) => {
    const x = columns[0] as ColumnBatch;
    for (let k = 0; k < count; k++) {
      const row = selection[k] as number;
      if (strict && isNull(x, row)) putNull(out, row);
      else put(out, shape, row, evaluate(environment, valueAt(x, first, row)));
    }
  };
}

function fillTwo(
  evaluate: ScalarFunction['evaluate'],
  strict: boolean,
  shape: Shape,
  shapes: readonly Shape[],
  run: Run,
): Fill {
  const { environment } = run;
  const first = shapes[0] as Shape;
  const second = shapes[1] as Shape;
  return (out, columns, selection, count) => {
    const x = columns[0] as ColumnBatch;
    const y = columns[1] as ColumnBatch;
    for (let k = 0; k < count; k++) {
      const row = selection[k] as number;
      if (strict && (isNull(x, row) || isNull(y, row))) putNull(out, row);
      else
        put(
          out,
          shape,
          row,
          evaluate(environment, valueAt(x, first, row), valueAt(y, second, row)),
        );
    }
  };
}
