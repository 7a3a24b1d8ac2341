/**
 * What the calls of the embedded database and of the client have in common: the checks of what
 * callers without types may get wrong, and the loop of a transaction. Whatever is wrong is an error
 * (22023) before anything is done; no option is ignored because its name is not ours.
 *
 * Cost: a look at each option given; none for the default, an empty object.
 */
import { DatabaseError } from './errors.ts';
import type { CallOptions } from './limit.ts';
import type { Parameter } from './parameters.ts';
import type { ResultOptions } from './results.ts';

export const CALL_OPTIONS: readonly string[] = ['timeoutMillis', 'signal'];
export const EXECUTE_OPTIONS: readonly string[] = [...CALL_OPTIONS, 'rows'];
const TRANSACTION_OPTIONS: readonly string[] = [...CALL_OPTIONS, 'retries', 'readOnly'];
export const SUBSCRIBE_OPTIONS: readonly string[] = ['after', 'snapshot', 'tables', 'signal'];

const ROWS: readonly unknown[] = [undefined, 'object', 'array', 'text'];

/** Throws unless all options have names that the call knows. */
export function checkOptions(options: object, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null) {
    throw new DatabaseError('22023', 'the options are an object');
  }
  for (const name in options) {
    if (known.includes(name)) continue;
    const hint = `The options are: ${known.join(', ')}.`;
    throw new DatabaseError('22023', `there is no option "${name}"`, { hint });
  }
}

/** Throws unless this can be executed. */
export function checkCall(
  sql: string,
  parameters: readonly Parameter[],
  options: ResultOptions,
  known: readonly string[],
): void {
  checkText(sql);
  checkParameters(parameters);
  checkOptions(options, known);
  checkRows(options);
}

export function checkText(sql: string): void {
  if (typeof sql !== 'string') throw new DatabaseError('22023', 'a statement is a text');
}

function checkParameters(parameters: readonly Parameter[]): void {
  if (!Array.isArray(parameters)) {
    throw new DatabaseError('22023', 'parameters are an array of values');
  }
}

function checkRows({ rows }: ResultOptions): void {
  if (ROWS.includes(rows)) return;
  throw new DatabaseError('22023', "rows is 'object', 'array' or 'text'");
}

/** The text of a moment: a position of the log, or an instant. */
export function momentText(moment: number | Date | string): string {
  if (moment instanceof Date && !Number.isNaN(moment.getTime())) return moment.toISOString();
  if (typeof moment === 'number' && Number.isSafeInteger(moment) && moment >= 0) return `${moment}`;
  if (typeof moment === 'string' && moment.trim() !== '') return moment;
  const message = 'a moment is a position of the log, a Date, or the text of an instant';
  throw new DatabaseError('22023', message);
}

export interface TransactionOptions extends CallOptions {
  /**
   * How often to begin anew after a conflict with another transaction, or at servers after the
   * primary changed under it (both 40001). Default: 0.
   */
  readonly retries?: number;
  readonly readOnly?: boolean;
}

interface TransactionSession {
  execute(sql: string, parameters: readonly Parameter[], options: CallOptions): Promise<unknown>;
  close(): Promise<void>;
}

/**
 * Runs `work` in a serializable transaction and commits it; an error rolls it back. After a
 * conflict it waits for `pause` and begins anew, as often as `retries` says.
 */
export async function inTransaction<S extends TransactionSession, T>(
  begin: () => S,
  work: (session: S) => Promise<T>,
  options: TransactionOptions,
  pause: (attempt: number) => Promise<void>,
): Promise<T> {
  checkOptions(options, TRANSACTION_OPTIONS);
  const { retries = 0, readOnly = false, ...call } = options;
  if (typeof work !== 'function') {
    throw new DatabaseError('22023', 'the work of a transaction is a function');
  }
  if (!Number.isSafeInteger(retries) || retries < 0) {
    throw new DatabaseError('22023', 'retries is a whole number, or 0');
  }
  for (let attempt = 0; ; attempt += 1) {
    const session = begin();
    try {
      await session.execute(readOnly ? 'BEGIN READ ONLY' : 'BEGIN', [], call);
      const result = await work(session);
      await session.execute('COMMIT', [], call);
      return result;
    } catch (error) {
      const conflict = error instanceof DatabaseError && error.code === '40001';
      if (!conflict || attempt >= retries) throw error;
    } finally {
      await session.close();
    }
    await pause(attempt);
  }
}
