/** The steps of a transaction's program. */
import type { StatementAnswer } from '../../../core/sql/session/result.ts';
import { isError } from '../../../core/sql/session/result.ts';
import type { Cell } from '../sql/interpreter.ts';
import type { Shape } from '../sql/shapes.ts';

export interface Saying {
  readonly shape: Shape;
  readonly values: readonly Cell[];
}

/** The next statement, seen the answers of all before it; null: nothing to say here. */
export type Step = (answers: readonly StatementAnswer[]) => Saying | null;

/** A column of the first row; null: there is none. */
export function cellOf(answer: StatementAnswer | undefined, column: number): Cell {
  if (answer === undefined || isError(answer)) return null;
  return (answer.rows[0]?.[column] ?? null) as Cell;
}
