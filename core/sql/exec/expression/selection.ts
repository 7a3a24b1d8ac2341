/**
 * Selections: lists of row numbers, and conditions that narrow them.
 *
 * A condition keeps a row only when it is true. ANDed conditions are applied one after another,
 * each to what the one before has left, as PostgreSQL does with the parts of a WHERE.
 */
import type { Bound } from '../../plan/expression.ts';
import type { Batch, ColumnBatch } from '../batch.ts';
import { roomForRows } from '../room.ts';
import type { Compiled, Compiler } from './compiled.ts';

/** A buffer that nothing was written to yet. */
export const NO_ROWS: Int32Array = new Int32Array(0);

/** This buffer if it has room for `count` rows, else a new one. */
export function roomFor(buffer: Int32Array, count: number): Int32Array {
  return buffer.length >= count ? buffer : roomForRows(count);
}

/** Writes the rows for which the condition holds to `out`, and answers how many. */
export type Narrow = (
  batch: Batch,
  selection: Int32Array,
  count: number,
  out: Int32Array,
) => number;

export function compileCondition(bound: Bound, compiler: Compiler): Narrow {
  const conditions = bound.kind === 'and' ? bound.arguments : [bound];
  const parts = conditions.map(compiler.compile);
  return (batch, selection, count, out) => {
    let rows = selection;
    let left = count;
    for (let i = 0; i < parts.length && left > 0; i++) {
      const column = (parts[i] as Compiled).evaluate(batch, rows, left);
      left = keepTrue(column, rows, left, out);
      rows = out;
    }
    return left;
  };
}

/** `out` may be `selection` itself. */
export function keepTrue(
  column: ColumnBatch,
  selection: Int32Array,
  count: number,
  out: Int32Array,
): number {
  const { numbers, nulls } = column;
  let kept = 0;
  if (!column.hasNulls) {
    for (let k = 0; k < count; k++) {
      const row = selection[k] as number;
      out[kept] = row;
      kept += numbers[row] as number;
    }
    return kept;
  }
  for (let k = 0; k < count; k++) {
    const row = selection[k] as number;
    out[kept] = row;
    kept += (numbers[row] as number) === 1 && nulls[row] === 0 ? 1 : 0;
  }
  return kept;
}
