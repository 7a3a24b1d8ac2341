/**
 * Scripts that were made for psql, as they stand: a dump, a sample database.
 *
 * What only makes sense where one server holds many databases is left out, and said: `CREATE
 * DATABASE`, `ALTER DATABASE`, `DROP DATABASE`, and psql's `\c`. So are psql's commands that change
 * nothing of a database; its others are refused.
 */
import type { ScriptItem } from '../../core/sql/parser/script.ts';
import { splitScript } from '../../core/sql/parser/script.ts';
import { DatabaseError, asDatabaseError } from './errors.ts';

export interface Imported {
  /** Statements that were executed. */
  readonly statements: number;
  /** What was left out, one line each. */
  readonly skipped: readonly string[];
  /** What statements gave notice of, each once. */
  readonly notices: readonly string[];
}

const CONNECT = /^\\(?:c|connect)(?:\s|;|$)/;
/** Commands that change nothing of a database. */
const HARMLESS = /^\\(?:echo|qecho|warn|timing|pset|encoding|restrict|unrestrict)\b/;
const DATABASE = /^(?:create|alter|drop)\s+database\b/i;

/** The items of a script. Throws `DatabaseError`. */
export function* itemsOf(script: string): Generator<ScriptItem, void, undefined> {
  try {
    yield* splitScript(script);
  } catch (error) {
    throw asDatabaseError(error, script);
  }
}

/** Why an item of a script is left out; null: it is a statement to be executed. */
export function reasonToSkip({ kind, text }: ScriptItem): string | null {
  if (kind === 'statement') return DATABASE.test(text) ? 'this database is the only one' : null;
  if (CONNECT.test(text)) return 'this database is the only one';
  if (HARMLESS.test(text)) return 'a command of psql';
  throw new DatabaseError('0A000', `psql's ${text.split(/\s/)[0]!} is not supported`);
}

export async function importScript(
  script: string,
  execute: (statement: string) => Promise<{ readonly notices: readonly string[] }>,
): Promise<Imported> {
  const skipped: string[] = [];
  const notices: Set<string> = new Set();
  let statements = 0;
  for (const item of itemsOf(script)) {
    const line = lineAt(script, item);
    try {
      const reason = reasonToSkip(item);
      if (reason === null) {
        for (const notice of (await execute(item.text)).notices) notices.add(notice);
        statements += 1;
      } else {
        skipped.push(`line ${line}: ${item.text.split('\n')[0]!} (${reason})`);
      }
    } catch (error) {
      throw error instanceof DatabaseError ? withLine(error, line) : error;
    }
  }
  return { statements, skipped, notices: [...notices] };
}

/** 1-based line on which an item begins. */
function lineAt(script: string, { at }: ScriptItem): number {
  return Buffer.from(script).subarray(0, at).toString().split('\n').length;
}

function withLine(error: DatabaseError, line: number): DatabaseError {
  const { code, detail, hint, position, constraint, table, column } = error;
  const fields = { detail, hint, position, constraint, table, column };
  return new DatabaseError(code, `line ${line}: ${error.message}`, fields);
}
