/**
 * Time-travel: a query as of a position answers what the model says stood there, by the schema of
 * then, however much was changed, defined and dropped since.
 */
import { STEP_COMMIT } from '../core/observer.ts';
import type { Invariant } from '../vopr/sim/checker.ts';
import { SqlAnswerChecker } from './sql-answers.ts';

export const timeTravel: Invariant = {
  name: 'time-travel',
  holds: 'a query as of a position answers what stood at that position of the log',
  watches: [STEP_COMMIT],
  create: (world, index) => new SqlAnswerChecker(world, index, true),
};
