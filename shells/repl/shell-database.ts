/**
 * What the REPL and the commands need of a database: what `kimberlite/client` gives, and the
 * embedded database as well, on which they are tested.
 */
import type { CallOptions } from '../embedded/limit.ts';
import type { Parameter } from '../embedded/parameters.ts';
import type { Result, ResultOptions } from '../embedded/results.ts';

export interface ShellSession {
  readonly status: 'idle' | 'transaction' | 'failed';
  execute(
    sql: string,
    parameters?: readonly Parameter[],
    options?: CallOptions & ResultOptions,
  ): Promise<Result>;
  close(): Promise<void>;
}

export interface ShellDatabase {
  session(): ShellSession;
  /** Beside all sessions: for what the REPL itself wants to know. */
  execute(
    sql: string,
    parameters?: readonly Parameter[],
    options?: CallOptions & ResultOptions,
  ): Promise<Result>;
}

export type TextRow = readonly (string | null)[];

/** The rows of a query as text. */
export async function textRows(
  database: ShellDatabase,
  sql: string,
  parameters: readonly Parameter[] = [],
): Promise<readonly TextRow[]> {
  const { rows } = await database.execute(sql, parameters, { rows: 'text' });
  return rows as readonly TextRow[];
}
