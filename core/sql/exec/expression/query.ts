/** Scalar subqueries and EXISTS. Both stop reading as soon as the answer is known. */
import { SqlError } from '../../error.ts';
import type { Bound } from '../../plan/expression.ts';
import type { Value } from '../../types/type.ts';
import { BATCH_ROWS } from '../batch.ts';
import type { ColumnBatch } from '../batch.ts';
import { BOOLEAN, makeColumn, put, restart, shapeOf, valueAt } from '../column.ts';
import type { Shape } from '../column.ts';
import { account } from '../operator.ts';
import type { Run } from '../operator.ts';
import { isArrayType } from '../../types/array-type.ts';
import type { Compiled, Compiler } from './compiled.ts';
import { heldBytes } from './held.ts';
import { QueryRun } from './query-run.ts';
import type { Reader } from './query-run.ts';

/** One value each. */
const MEMO_MAX = 4096;

export function compileScalarQuery(
  bound: Extract<Bound, { kind: 'scalarQuery' }>,
  compiler: Compiler,
): Compiled {
  const shape = shapeOf(bound.type.id);
  const reader = scalarReader(shape);
  const kept = isArrayType(bound.type.id) ? accounted(reader, compiler.scope.run) : reader;
  return answered(new QueryRun(bound.query, compiler, kept), shape, compiler);
}

export function compileExistsQuery(
  bound: Extract<Bound, { kind: 'existsQuery' }>,
  compiler: Compiler,
): Compiled {
  const reader = existsReader(bound.negated);
  return answered(new QueryRun(bound.query, compiler, reader), BOOLEAN, compiler);
}

/** Arrays are kept until they are forgotten. */
function accounted(reader: Reader<Value>, run: Run): Reader<Value> {
  return {
    ...reader,
    answer: () => {
      const value = reader.answer();
      account(run, heldBytes(value));
      return value;
    },
    forget: (value) => account(run, -heldBytes(value)),
  };
}

/** At most one row: two are asked for, to see whether there are more. */
function scalarReader(shape: Shape): Reader<Value> {
  let rows = 0;
  let value: Value = null;
  return {
    want: 2,
    memoMax: MEMO_MAX,
    start: () => {
      rows = 0;
      value = null;
    },
    read: (batch) => {
      rows += batch.count;
      if (rows > 1) {
        throw new SqlError(
          '21000',
          'more than one row returned by a subquery used as an expression',
        );
      }
      value = valueAt(batch.columns[0] as ColumnBatch, shape, batch.selection[0] as number);
      return false;
    },
    answer: () => value,
    forget: () => {},
  };
}

function existsReader(negated: boolean): Reader<Value> {
  let exists = false;
  return {
    want: 1,
    memoMax: MEMO_MAX,
    start: () => {
      exists = false;
    },
    read: () => {
      exists = true;
      return true;
    },
    answer: () => exists !== negated,
    forget: () => {},
  };
}

/** A column of a query's answers, one for each row. */
function answered(query: QueryRun<Value>, shape: Shape, compiler: Compiler): Compiled {
  const out = makeColumn(shape, 0);
  /** Rows of this attempt that have their answer, when a slice ended among them. */
  let answeredRows = 0;
  let attempt = -1;
  let broadcast = false;
  let whole: Value = null;
  return {
    shape,
    scalar: null,
    evaluate: (batch, selection, count) => {
      query.prepare(batch, selection, count);
      if (query.uncorrelated && count > 0) {
        const value = query.answerFor(0);
        if (broadcast && Object.is(whole, value) && out.nulls.length >= BATCH_ROWS) return out;
        restart(out, shape, BATCH_ROWS);
        for (let row = 0; row < BATCH_ROWS; row++) put(out, shape, row, value);
        broadcast = true;
        whole = value;
        return out;
      }
      if (attempt !== compiler.attempt) {
        attempt = compiler.attempt;
        answeredRows = 0;
        restart(out, shape, batch.capacity);
      }
      for (; answeredRows < count; answeredRows++) {
        const row = selection[answeredRows] as number;
        put(out, shape, row, query.answerFor(row));
      }
      return out;
    },
  };
}
