/**
 * Scripts that were made for psql, as they stand: a dump, a sample database.
 *
 * What only makes sense where one server holds many databases is left out, and said: `CREATE
 * DATABASE`, `ALTER DATABASE`, `DROP DATABASE`, and psql's `\c`. So are psql's commands that change
 * nothing of a database; its others are refused. The rows of `COPY … FROM stdin` become INSERTs.
 */
import type { ScriptItem } from '../../core/sql/parser/script.ts';
import { copiesFromStdin, splitScript } from '../../core/sql/parser/script.ts';
import { CopyReader, readCopy } from './copy.ts';
import type { CopyPlan } from './copy.ts';
import { DatabaseError, asDatabaseError } from './errors.ts';
import { RowInserter } from './insert-rows.ts';

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
export function reasonToSkip({ kind, text }: Pick<ScriptItem, 'kind' | 'text'>): string | null {
  if (kind === 'data') return 'data';
  if (kind === 'statement') return DATABASE.test(text) ? 'this database is the only one' : null;
  if (CONNECT.test(text)) return 'this database is the only one';
  if (HARMLESS.test(text)) return 'a command of psql';
  throw new DatabaseError('0A000', `psql's ${text.split(/\s/)[0]!} is not supported`);
}

type Execute = (
  statement: string,
  parameters: readonly (string | null)[],
) => Promise<{ readonly notices: readonly string[] }>;

/** `mayRetry`: as of `RowInserter`. */
export async function importScript(
  script: string,
  execute: Execute,
  mayRetry: () => boolean,
): Promise<Imported> {
  const skipped: string[] = [];
  const notices: Set<string> = new Set();
  let statements = 0;
  let copy: CopyPlan | null = null;
  const lines = new Lines(script);
  for (const item of itemsOf(script)) {
    const line = lines.of(item.at);
    if (item.kind === 'data') {
      await copyRows(item.text, line, copy!, execute, mayRetry);
      continue;
    }
    try {
      const reason = reasonToSkip(item);
      if (reason !== null) {
        skipped.push(`line ${line}: ${item.text.split('\n')[0]!} (${reason})`);
        continue;
      }
      copy = copiesFromStdin(item.text) ? await readCopy(item.text) : null;
      statements += 1;
      if (copy !== null) continue;
      for (const notice of (await execute(item.text, [])).notices) notices.add(notice);
    } catch (error) {
      throw error instanceof DatabaseError ? withLine(error, line) : error;
    }
  }
  return { statements, skipped, notices: [...notices] };
}

/** The data of a COPY that begins on a line. */
async function copyRows(
  data: string,
  first: number,
  plan: CopyPlan,
  execute: Execute,
  mayRetry: () => boolean,
): Promise<void> {
  const rows = new RowInserter({
    target: plan.target,
    execute,
    mayRetry,
    refused: (error, line) => withLine(error, line),
  });
  const reader = new CopyReader(plan, first);
  for (const line of data.split('\n').slice(0, data.endsWith('\n') ? -1 : undefined)) {
    const row = reader.take(line);
    if (row !== null) await rows.add(row);
  }
  reader.end();
  await rows.end();
}

/** Tells 1-based lines of places in a script that come in order. Cost: one pass over it in all. */
class Lines {
  private readonly bytes: Buffer;
  private place = 0;
  private line = 1;

  constructor(script: string) {
    this.bytes = Buffer.from(script);
  }

  /** `at`: a byte. */
  of(at: number): number {
    for (;;) {
      const end = this.bytes.indexOf(0x0a, this.place);
      if (end < 0 || end >= at) return this.line;
      this.place = end + 1;
      this.line += 1;
    }
  }
}

function withLine(error: DatabaseError, line: number): DatabaseError {
  const { code, detail, hint, position, constraint, table, column } = error;
  const fields = { detail, hint, position, constraint, table, column };
  return new DatabaseError(code, `line ${line}: ${error.message}`, fields);
}
