/** A script's file into a database, with progress: its statements one by one, its data in rows. */
import { CopyReader, readCopy } from '../embedded/copy.ts';
import { DatabaseError } from '../embedded/errors.ts';
import { reasonToSkip } from '../embedded/import-script.ts';
import { RowInserter } from '../embedded/insert-rows.ts';
import type { ShellDatabase, ShellSession } from '../repl/shell-database.ts';
import { Progress, bytesText, countText, tell } from './print.ts';
import { readScript } from './read-script.ts';
import type { Piece } from './read-script.ts';
import { CommandError, EXIT_FAILED } from './usage.ts';

export interface Scripted {
  readonly statements: number;
  /** What COPY brought. */
  readonly rows: number;
  readonly skipped: readonly string[];
}

/** Different ones that are said. */
const NOTICES_MAX = 100;

export async function importScript(
  database: ShellDatabase,
  path: string,
  bytes: number,
): Promise<Scripted> {
  const session = database.session();
  const progress = new Progress(`importing ${path}`, bytesText);
  const script = new ScriptImport(session, path);
  try {
    for await (const piece of readScript(path)) {
      await script.take(piece);
      progress.show(piece.read, bytes);
    }
    if (session.status !== 'idle') {
      const message = `${path} ended inside a transaction, which was rolled back; end it`;
      throw new CommandError(message, EXIT_FAILED);
    }
  } finally {
    progress.end();
    await session.close();
  }
  const { statements, rows, skipped, notices } = script;
  for (const each of skipped) tell(`left out ${each}`);
  for (const [notice, times] of notices) {
    tell(`notice: ${notice}${times === 1 ? '' : ` (${countText(times)} times)`}`);
  }
  return { statements, rows, skipped };
}

/** A COPY under way. */
interface Copying {
  readonly reader: CopyReader;
  readonly inserter: RowInserter;
}

class ScriptImport {
  statements = 0;
  rows = 0;
  readonly skipped: string[] = [];
  /** Each with how often it came. */
  readonly notices: Map<string, number> = new Map();
  private readonly session: ShellSession;
  private readonly path: string;
  private copying: Copying | null = null;

  constructor(session: ShellSession, path: string) {
    this.session = session;
    this.path = path;
  }

  async take(piece: Piece): Promise<void> {
    const { kind, text, line } = piece;
    if (kind === 'data') {
      const { reader, inserter } = this.copying!;
      const row = reader.take(text);
      if (row !== null) await inserter.add(row);
    } else if (kind === 'end of data') {
      const { inserter } = this.copying!;
      await inserter.end();
      this.rows += inserter.done;
      this.statements += 1;
    } else if (kind === 'copy') {
      this.copying = await this.copy(text, line);
    } else {
      const reason = this.skipReason(kind, text, line);
      if (reason === null) await this.run(text, line);
      else this.skipped.push(`line ${line}: ${text.split('\n')[0]!} (${reason})`);
    }
  }

  private async copy(text: string, line: number): Promise<Copying> {
    try {
      const plan = await readCopy(text);
      // The data begins in the line behind the statement's last one.
      const reader = new CopyReader(plan, line + text.split('\n').length);
      const inserter = new RowInserter({
        target: plan.target,
        execute: (sql, values) => this.session.execute(sql, values),
        mayRetry: () => this.session.status === 'idle',
        refused: (error, at, before) => this.rowRefused(error, at, before),
      });
      return { reader, inserter };
    } catch (error) {
      throw error instanceof DatabaseError ? this.refused(error, line) : error;
    }
  }

  private skipReason(kind: 'statement' | 'command', text: string, line: number): string | null {
    try {
      return reasonToSkip({ kind, text });
    } catch (error) {
      if (!(error instanceof DatabaseError)) throw error;
      throw new CommandError(`${this.path}:${line}: ${error.message}`, EXIT_FAILED);
    }
  }

  private async run(text: string, line: number): Promise<void> {
    try {
      const { notices } = await this.session.execute(text);
      for (const notice of notices) {
        const times = this.notices.get(notice) ?? 0;
        if (times > 0 || this.notices.size < NOTICES_MAX) this.notices.set(notice, times + 1);
      }
      this.statements += 1;
    } catch (error) {
      if (!(error instanceof DatabaseError)) throw error;
      throw this.refused(error, line + linesBefore(text, error.position));
    }
  }

  private refused(error: DatabaseError, line: number): CommandError {
    const done = `the ${countText(this.statements)} statements before it are done`;
    return this.error(error, line, done);
  }

  /** Of a row on a line, or in a transaction of one from there on. */
  private rowRefused(error: DatabaseError, line: number, before: number): CommandError {
    const statements = `the ${countText(this.statements)} statements before this COPY are done`;
    const rows = `and ${countText(before)} of its rows are in`;
    const isOver = this.session.status === 'failed';
    return this.error(error, line, isOver ? 'its transaction is over' : `${statements}, ${rows}`);
  }

  private error(
    { code, message, detail, hint }: DatabaseError,
    line: number,
    done: string,
  ): CommandError {
    const more = [detail, hint].map((each) => (each === '' ? '' : `; ${each}`)).join('');
    const text = `${this.path}:${line}: ERROR ${code}: ${message}${more}; ${done}`;
    return new CommandError(text, EXIT_FAILED);
  }
}

/** Line breaks of a statement before a 1-based character; 0: none is meant. */
function linesBefore(text: string, position: number): number {
  const before = Array.from(text).slice(0, Math.max(0, position - 1));
  return before.filter((character) => character === '\n').length;
}
