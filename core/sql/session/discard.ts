/** DISCARD: what a session forgets, and what has to be dropped for it. */
import { SqlError } from '../error.ts';
import type { Discard } from '../tree/statement.ts';

/** What of a session is forgotten. */
export interface Discarded {
  readonly plans: boolean;
  readonly sequences: boolean;
  readonly temporary: boolean;
  /** Settings and prepared statements. */
  readonly rest: boolean;
}

/** Throws 25001: everything is not discarded within a transaction. */
export function discarded({ what }: Discard, inTransaction: boolean): Discarded {
  const rest = what === 'all';
  if (rest && inTransaction) {
    throw new SqlError('25001', 'DISCARD ALL cannot run inside a transaction block');
  }
  return {
    plans: rest || what === 'plans',
    sequences: rest || what === 'sequences',
    temporary: rest || what === 'temp',
    rest,
  };
}
