/**
 * `import { open } from 'kimberlite'`: the database inside your process.
 *
 * A directory is durable: whatever was answered is on disk, and one process has it at a time.
 * `{ memory: true }` lives and dies with the process. Both are the node that a server runs, with
 * one replica.
 */
import { EMBEDDED } from '../core/limits.ts';
import { stoppedBy } from './disk-health.ts';
import type { DiskProblem } from './disk-health.ts';
import { checkOptions } from './embedded/calls.ts';
import type { OpenedDirectory } from './embedded/directory.ts';
import { openDirectory, openMemory } from './embedded/directory.ts';
import { Database } from './embedded/database.ts';
import { DatabaseError } from './embedded/errors.ts';
import { REBUILD_HINT } from './embedded/runner.ts';
import type { Parser } from '../core/sql/parser/parser.ts';
import { loadParser } from './parser.ts';

export type { TransactionOptions } from './embedded/calls.ts';
export type { AsOf, PreparedStatement } from './embedded/database.ts';
export type { Change, SubscribeOptions } from './embedded/subscription.ts';
export type { Imported } from './embedded/import-script.ts';
export type { Verification } from './embedded/verify.ts';
export type { EmbeddedSession, ExecuteOptions } from './embedded/session.ts';
export type { Column, Result, ResultOptions, Row } from './embedded/results.ts';
export type { Parameter } from './embedded/parameters.ts';
export type { CallOptions } from './embedded/limit.ts';
export { Timestamp } from './embedded/timestamp.ts';
export { Database, DatabaseError };

/** Where the data is. */
export type Place = { readonly directory: string } | { readonly memory: true };

export interface OpenOptions {
  /** What `current_user` says. Default: `kimberlite`. */
  readonly user?: string;
  /**
   * Makes all that is derived from the log anew, from the log. Done by itself where the store is
   * lost, or found damaged while it is opened.
   */
  readonly rebuild?: boolean;
  /** Called when the database ended by itself (the disk failed); default: nothing. */
  readonly onStopped?: (error: DatabaseError) => void;
}

const OPEN_OPTIONS: readonly string[] = ['user', 'rebuild', 'onStopped'];

/** Opens a database, and makes it where there is none. Throws `DatabaseError`. */
export async function open(place: Place, options: OpenOptions = {}): Promise<Database> {
  const directory = directoryOf(place);
  checkOptions(options, OPEN_OPTIONS);
  const parser = await loadParser();
  try {
    return await openOnce(directory, options, parser, options.rebuild === true);
  } catch (error) {
    // Going on where the last process ended met a damaged page: the logs have what it had.
    const damaged = error instanceof DatabaseError && error.code === 'XX001';
    if (!damaged || options.rebuild === true || directory === null) throw error;
    return openOnce(directory, options, parser, true);
  }
}

/** The directory; null: in memory. Callers without types may say anything. */
function directoryOf(place: Place): string | null {
  const { directory, memory } = (place ?? {}) as { directory?: unknown; memory?: unknown };
  if (memory === true && directory === undefined) return null;
  if (typeof directory === 'string' && directory !== '' && memory !== true) return directory;
  throw new DatabaseError('22023', 'open takes { directory: PATH } or { memory: true }');
}

async function openOnce(
  directory: string | null,
  options: OpenOptions,
  parser: Parser,
  rebuild: boolean,
): Promise<Database> {
  let database: Database | null = null;
  let stopped: DatabaseError | null = null;
  let problem: DiskProblem | null = null;
  const onDisk = (now: DiskProblem | null): void => void (problem = now);
  const onStopped = (reason: string): void => {
    stopped = stopError(reason, problem);
    if (database === null) return;
    database.end(stopped);
    if (started) options.onStopped?.(stopped);
  };
  let started = false;
  const onSettled = (): void => database?.settled();
  const directoryOptions = { limits: EMBEDDED, onStopped, onSettled, onDisk, rebuild };
  const opened: OpenedDirectory =
    directory === null
      ? openMemory(directoryOptions)
      : await openDirectory(directory, directoryOptions);
  database = new Database(opened, parser, EMBEDDED, options.user ?? 'kimberlite');
  try {
    await database.start();
  } catch (error) {
    database.end(new DatabaseError('57P01', 'the database could not be opened'));
    throw stopped ?? error;
  }
  started = true;
  return database;
}

function stopError(reason: string, problem: DiskProblem | null): DatabaseError {
  if (reason.includes('damaged page')) {
    return new DatabaseError('XX001', `the database stopped: ${reason}`, { hint: REBUILD_HINT });
  }
  const { message, hint } = stoppedBy(reason, problem);
  return new DatabaseError('58030', `the database stopped: ${message}`, { hint });
}
