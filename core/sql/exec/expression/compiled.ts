/**
 * What an expression is compiled to: a function from rows to a column.
 *
 * The column has the batch's row numbers: row r of it belongs to row r of the batch, and only the
 * selected rows of it mean anything. It is the expression's own (or the input's) and valid until
 * the expression is evaluated again. Conditions are columns of 0 and 1.
 */
import type { Bound } from '../../plan/expression.ts';
import type { Value } from '../../types/type.ts';
import type { Batch, ColumnBatch } from '../batch.ts';
import type { Shape } from '../column.ts';
import type { Scope } from '../operator.ts';

export type Evaluate = (batch: Batch, selection: Int32Array, count: number) => ColumnBatch;

export interface Compiled {
  readonly shape: Shape;
  readonly evaluate: Evaluate;
  /** Present when the value is the same for all rows: constants, parameters, arguments. */
  readonly scalar: (() => Value) | null;
}

/** Compiles the expressions of one operator. */
export interface Compiler {
  readonly scope: Scope;
  /** False: every call goes through its function's `evaluate`, to test the kernels against. */
  readonly kernels: boolean;
  readonly compile: (bound: Bound) => Compiled;
  /**
   * Names the evaluation under way. The operator counts it up before it evaluates anything for new
   * rows, and not when it takes an evaluation up again after `Pending`: so a query that was in the
   * middle of its rows knows where to go on.
   */
  attempt: number;
  /** Queries inside the expressions, to be started over with the operator. */
  readonly queries: { reset(): void }[];
}
