/** CASE, COALESCE, GREATEST and LEAST. The first two evaluate a part only for rows that need it. */
import type { Bound } from '../../plan/expression.ts';
import type { Value } from '../../types/type.ts';
import type { ColumnBatch } from '../batch.ts';
import {
  copySelected,
  isNull,
  makeColumn,
  put,
  putNull,
  restart,
  shapeOf,
  valueAt,
} from '../column.ts';
import type { Compiled, Compiler } from './compiled.ts';
import { roomFor } from './selection.ts';

export function compileCase(bound: Extract<Bound, { kind: 'case' }>, compiler: Compiler): Compiled {
  const shape = shapeOf(bound.type.id);
  const whens = bound.whens.map(({ when }) => compiler.compile(when));
  const results = bound.whens.map(({ result }) => compiler.compile(result));
  const otherwise = bound.otherwise === null ? null : compiler.compile(bound.otherwise);
  const out = makeColumn(shape, 0);
  let open: Int32Array = new Int32Array(0);
  let chosen: Int32Array = new Int32Array(0);
  return {
    shape,
    scalar: null,
    evaluate: (batch, selection, count) => {
      restart(out, shape, batch.capacity);
      open = roomFor(open, count);
      chosen = roomFor(chosen, count);
      let rows = selection;
      let left = count;
      for (let i = 0; i < whens.length && left > 0; i++) {
        const condition = (whens[i] as Compiled).evaluate(batch, rows, left);
        let taken = 0;
        let still = 0;
        for (let k = 0; k < left; k++) {
          const row = rows[k] as number;
          if (condition.numbers[row] === 1 && !isNull(condition, row)) chosen[taken++] = row;
          else open[still++] = row;
        }
        if (taken > 0) {
          const value = (results[i] as Compiled).evaluate(batch, chosen, taken);
          copySelected(out, shape, value, chosen, taken);
        }
        rows = open;
        left = still;
      }
      if (left === 0) return out;
      if (otherwise !== null) {
        copySelected(out, shape, otherwise.evaluate(batch, rows, left), rows, left);
      } else {
        for (let k = 0; k < left; k++) putNull(out, rows[k] as number);
      }
      return out;
    },
  };
}

export function compileCoalesce(
  bound: Extract<Bound, { kind: 'coalesce' }>,
  compiler: Compiler,
): Compiled {
  const shape = shapeOf(bound.type.id);
  const parts = bound.arguments.map(compiler.compile);
  const out = makeColumn(shape, 0);
  let open: Int32Array = new Int32Array(0);
  let chosen: Int32Array = new Int32Array(0);
  return {
    shape,
    scalar: null,
    evaluate: (batch, selection, count) => {
      restart(out, shape, batch.capacity);
      open = roomFor(open, count);
      chosen = roomFor(chosen, count);
      let rows = selection;
      let left = count;
      for (let i = 0; i < parts.length && left > 0; i++) {
        const column = (parts[i] as Compiled).evaluate(batch, rows, left);
        let taken = 0;
        let still = 0;
        for (let k = 0; k < left; k++) {
          const row = rows[k] as number;
          if (isNull(column, row)) open[still++] = row;
          else chosen[taken++] = row;
        }
        copySelected(out, shape, column, chosen, taken);
        rows = open;
        left = still;
      }
      for (let k = 0; k < left; k++) putNull(out, rows[k] as number);
      return out;
    },
  };
}

export function compileExtreme(
  bound: Extract<Bound, { kind: 'extreme' }>,
  compiler: Compiler,
): Compiled {
  const shape = shapeOf(bound.type.id);
  const parts = bound.arguments.map(compiler.compile);
  const { greatest } = bound;
  const { evaluate } = bound.less;
  const { environment } = compiler.scope.run;
  const out = makeColumn(shape, 0);
  const columns: ColumnBatch[] = [];
  return {
    shape,
    scalar: null,
    evaluate: (batch, selection, count) => {
      for (let i = 0; i < parts.length; i++) {
        columns[i] = (parts[i] as Compiled).evaluate(batch, selection, count);
      }
      restart(out, shape, batch.capacity);
      for (let k = 0; k < count; k++) {
        const row = selection[k] as number;
        let best: Value = null;
        for (let i = 0; i < parts.length; i++) {
          const value = valueAt(columns[i] as ColumnBatch, shape, row);
          if (value === null) continue;
          const better =
            best === null ||
            (greatest ? evaluate(environment, best, value) : evaluate(environment, value, best));
          if (better === true) best = value;
        }
        put(out, shape, row, best);
      }
      return out;
    },
  };
}
