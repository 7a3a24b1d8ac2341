/**
 * Sql-model: every statement answers what the model says for its place in the log: the rows of a
 * query, the number of rows changed, or the SQLSTATE of the refusal.
 */
import { STEP_COMMIT } from '../core/observer.ts';
import type { Invariant } from '../vopr/sim/checker.ts';
import { SqlAnswerChecker } from './sql-answers.ts';

export const sqlModel: Invariant = {
  name: 'sql-model',
  holds: 'every statement answers what an independent model says for its place in the log',
  watches: [STEP_COMMIT],
  create: (world, index) => new SqlAnswerChecker(world, index, false),
};
