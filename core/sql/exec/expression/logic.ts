/**
 * AND, OR and NOT, in three-valued logic.
 *
 * Arguments are evaluated from left to right, each only for the rows whose answer is still open: an
 * AND is settled by a false, an OR by a true; a null leaves it open.
 */
import type { Bound } from '../../plan/expression.ts';
import { BOOLEAN, makeColumn, putNull, restart } from '../column.ts';
import { mergeNulls } from './nulls.ts';
import type { Compiled, Compiler } from './compiled.ts';
import { roomFor } from './selection.ts';

export function compileLogic(
  bound: Extract<Bound, { kind: 'and' | 'or' }>,
  compiler: Compiler,
): Compiled {
  const parts = bound.arguments.map(compiler.compile);
  /** What settles the row. */
  const settling = bound.kind === 'and' ? 0 : 1;
  const out = makeColumn(BOOLEAN, 0);
  let open: Int32Array = new Int32Array(0);
  return {
    shape: BOOLEAN,
    scalar: null,
    evaluate: (batch, selection, count) => {
      const first = (parts[0] as Compiled).evaluate(batch, selection, count);
      restart(out, BOOLEAN, batch.capacity);
      open = roomFor(open, count);
      let rows = selection;
      let left = count;
      let column = first;
      for (let i = 0; ;) {
        let still = 0;
        for (let k = 0; k < left; k++) {
          const row = rows[k] as number;
          const isNull = column.hasNulls && column.nulls[row] === 1;
          if (!isNull && column.numbers[row] === settling) {
            out.numbers[row] = settling;
            out.nulls[row] = 0;
          } else {
            if (isNull) putNull(out, row);
            else out.numbers[row] = 1 - settling;
            open[still++] = row;
          }
        }
        i++;
        if (i === parts.length || still === 0) return out;
        rows = open;
        left = still;
        column = (parts[i] as Compiled).evaluate(batch, rows, left);
      }
    },
  };
}

export function compileNot(bound: Extract<Bound, { kind: 'not' }>, compiler: Compiler): Compiled {
  const part = compiler.compile(bound.argument);
  const out = makeColumn(BOOLEAN, 0);
  return {
    shape: BOOLEAN,
    scalar: null,
    evaluate: (batch, selection, count) => {
      const column = part.evaluate(batch, selection, count);
      restart(out, BOOLEAN, batch.capacity);
      mergeNulls(out, column, column, selection, count);
      for (let k = 0; k < count; k++) {
        const row = selection[k] as number;
        out.numbers[row] = 1 - (column.numbers[row] as number);
      }
      return out;
    },
  };
}
