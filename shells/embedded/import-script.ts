/**
 * Loads a script that was made for psql, as it stands: a dump, a sample database.
 *
 * What only makes sense where one server holds many databases is left out, and said: `CREATE
 * DATABASE`, `DROP DATABASE`, and psql's `\c`. psql's other commands are refused, by line.
 */
import { DatabaseError } from './errors.ts';
import type { EmbeddedSession, ExecuteOptions } from './session.ts';
import { splitScript } from './split.ts';
import type { ScriptPiece } from './split.ts';

export interface Imported {
  /** Statements that were executed. */
  readonly statements: number;
  /** What was left out, one line each. */
  readonly skipped: readonly string[];
}

const CONNECT = /^\\(?:c|connect)(?:\s|;|$)/;
/** Commands that change nothing of a database. */
const HARMLESS = /^\\(?:echo|qecho|warn|timing|pset|encoding|restrict|unrestrict)\b/;
const DATABASE = /^(?:create|drop)\s+database\b/i;

export async function importScript(
  session: EmbeddedSession,
  script: string,
  options: ExecuteOptions,
): Promise<Imported> {
  const skipped: string[] = [];
  let statements = 0;
  for (const piece of splitScript(script)) {
    const reason = reasonToSkip(piece);
    if (reason !== null) {
      skipped.push(`line ${piece.line}: ${piece.text.split('\n')[0]!} (${reason})`);
      continue;
    }
    try {
      await session.execute(piece.text, [], options);
    } catch (error) {
      throw error instanceof DatabaseError ? withLine(error, piece.line) : error;
    }
    statements += 1;
  }
  return { statements, skipped };
}

function reasonToSkip({ kind, text, line }: ScriptPiece): string | null {
  if (kind === 'statement') return DATABASE.test(text) ? 'this database is the only one' : null;
  if (CONNECT.test(text)) return 'this database is the only one';
  if (HARMLESS.test(text)) return 'a command of psql';
  throw new DatabaseError('0A000', `line ${line}: psql's ${text.split(/\s/)[0]!} is not supported`);
}

function withLine(error: DatabaseError, line: number): DatabaseError {
  const { code, detail, hint, position, constraint, table, column } = error;
  const fields = { detail, hint, position, constraint, table, column };
  return new DatabaseError(code, `line ${line}: ${error.message}`, fields);
}
