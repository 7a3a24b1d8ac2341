/** Tests that are never null: IS NULL, IS TRUE and its like, IS DISTINCT FROM. */
import type { Bound } from '../../plan/expression.ts';
import { RECORD } from '../../types/type.ts';
import type { RecordValue, Value } from '../../types/type.ts';
import type { ColumnBatch } from '../batch.ts';
import { BOOLEAN, isNull, makeColumn, restart, valueAt } from '../column.ts';
import type { Compiled, Compiler } from './compiled.ts';

/** A column of booleans filled by a test of each row of another. */
function testing(part: Compiled, test: (column: ColumnBatch, row: number) => boolean): Compiled {
  const out = makeColumn(BOOLEAN, 0);
  return {
    shape: BOOLEAN,
    scalar: null,
    evaluate: (batch, selection, count) => {
      const column = part.evaluate(batch, selection, count);
      restart(out, BOOLEAN, batch.capacity);
      for (let k = 0; k < count; k++) {
        const row = selection[k] as number;
        out.numbers[row] = test(column, row) ? 1 : 0;
      }
      return out;
    },
  };
}

/** A record is null when all its fields are, and not null when none is. */
export function compileIsNull(
  bound: Extract<Bound, { kind: 'isNull' }>,
  compiler: Compiler,
): Compiled {
  const part = compiler.compile(bound.argument);
  const { negated } = bound;
  if (bound.argument.type.id !== RECORD) {
    return testing(part, (column, row) => isNull(column, row) !== negated);
  }
  return testing(part, (column, row) => {
    const value: Value = valueAt(column, part.shape, row);
    if (value === null) return !negated;
    const { fields } = value as RecordValue;
    return fields.every((field) => (field === null) !== negated);
  });
}

export function compileIsTruth(
  bound: Extract<Bound, { kind: 'isTruth' }>,
  compiler: Compiler,
): Compiled {
  const part = compiler.compile(bound.argument);
  const { negated, test } = bound;
  if (test === null) return testing(part, (column, row) => isNull(column, row) !== negated);
  const wanted = test ? 1 : 0;
  return testing(
    part,
    (column, row) => (!isNull(column, row) && column.numbers[row] === wanted) !== negated,
  );
}

export function compileDistinctFrom(
  bound: Extract<Bound, { kind: 'distinctFrom' }>,
  compiler: Compiler,
): Compiled {
  const left = compiler.compile(bound.left);
  const right = compiler.compile(bound.right);
  const { negated } = bound;
  const { evaluate } = bound.equals;
  const { environment } = compiler.scope.run;
  const out = makeColumn(BOOLEAN, 0);
  return {
    shape: BOOLEAN,
    scalar: null,
    evaluate: (batch, selection, count) => {
      const x = left.evaluate(batch, selection, count);
      const y = right.evaluate(batch, selection, count);
      restart(out, BOOLEAN, batch.capacity);
      for (let k = 0; k < count; k++) {
        const row = selection[k] as number;
        const a = valueAt(x, left.shape, row);
        const b = valueAt(y, right.shape, row);
        const distinct = a === null || b === null ? a !== b : evaluate(environment, a, b) !== true;
        out.numbers[row] = distinct === negated ? 0 : 1;
      }
      return out;
    },
  };
}
