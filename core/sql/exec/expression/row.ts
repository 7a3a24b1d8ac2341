/** Columns of the input row, and records made of several values. */
import type { Bound } from '../../plan/expression.ts';
import type { RecordValue, Value } from '../../types/type.ts';
import type { ColumnBatch } from '../batch.ts';
import { VALUE, makeColumn, restart, shapeOf, valueAt } from '../column.ts';
import type { Compiled, Compiler } from './compiled.ts';

export function compileColumn(bound: Extract<Bound, { kind: 'column' }>): Compiled {
  const { index } = bound;
  return {
    shape: shapeOf(bound.type.id),
    scalar: null,
    evaluate: (batch) => batch.columns[index] as ColumnBatch,
  };
}

export function compileRecord(
  bound: Extract<Bound, { kind: 'record' }>,
  compiler: Compiler,
): Compiled {
  const fields = bound.fields.map(compiler.compile);
  const types = bound.fields.map((field) => field.type);
  const { names } = bound;
  const form = { kind: 'record' as const, types, ...(names === undefined ? {} : { names }) };
  const out = makeColumn(VALUE, 0);
  return {
    shape: VALUE,
    scalar: null,
    evaluate: (batch, selection, count) => {
      const columns = fields.map((field) => field.evaluate(batch, selection, count));
      restart(out, VALUE, batch.capacity);
      for (let k = 0; k < count; k++) {
        const row = selection[k] as number;
        const values: Value[] = columns.map((column, i) =>
          valueAt(column, (fields[i] as Compiled).shape, row),
        );
        const record: RecordValue = { ...form, fields: values };
        out.values[row] = Object.freeze(record);
      }
      return out;
    },
  };
}
