/** A script's file into a database, with progress: its statements one by one, its data in rows. */
import { CopyReader, readCopy } from '../embedded/copy.ts';
import { DatabaseError } from '../embedded/errors.ts';
import { reasonToSkip } from '../embedded/import-script.ts';
import { RowInserter } from '../embedded/insert-rows.ts';
import type { ShellDatabase, ShellSession } from '../repl/shell-database.ts';
import { NotUtf8Error } from '../utf8-reader.ts';
import { Progress, bytesText, countText, tell } from './print.ts';
import { readScript } from './read-script.ts';
import type { Piece } from './read-script.ts';
import { CommandError, EXIT_FAILED, EXIT_INTERRUPTED } from './usage.ts';

export interface Scripted {
  readonly statements: number;
  /** What COPY brought. */
  readonly rows: number;
  readonly skipped: readonly string[];
  /** What was refused, each with its line, where the import went on behind it. */
  readonly refused: readonly string[];
}

/** Different ones that are said. */
const NOTICES_MAX = 100;

/** Refusals that are said. */
const REFUSED_MAX = 100;
/** The database cannot be reached, lets nobody in, has no room, or is ending: nothing goes on. */
const OVER = /^(?:08|28|53|57|58|XX)/;

/** `keepGoing`: what is refused is left out; else it ends the import. */
export async function importScript(
  database: ShellDatabase,
  path: string,
  bytes: number,
  keepGoing: boolean,
  interrupted: () => boolean = () => false,
): Promise<Scripted> {
  const session = database.session();
  const progress = new Progress(`importing ${path}`, bytesText);
  const script = new ScriptImport(session, path, keepGoing);
  try {
    for await (const piece of readScript(path)) {
      if (interrupted()) throw script.interruptedAt(piece, session.status);
      await script.take(piece);
      progress.show(piece.read, bytes);
    }
    if (session.status !== 'idle') {
      const message = `${path} ended inside a transaction, which was rolled back; end it`;
      throw new CommandError(message, EXIT_FAILED);
    }
  } catch (error) {
    if (!(error instanceof NotUtf8Error)) throw error;
    const done = `${countText(script.statements)} statements are done`;
    throw new CommandError(`${path}:${error.line}: ${error.message}; ${done}`, EXIT_FAILED);
  } finally {
    progress.end();
    await session.close();
  }
  const { statements, rows, skipped, refused, notices } = script;
  for (const each of skipped) tell(`left out ${each}`);
  for (const [notice, times] of notices) {
    tell(`notice: ${notice}${times === 1 ? '' : ` (${countText(times)} times)`}`);
  }
  for (const each of refused.slice(0, REFUSED_MAX)) tell(each);
  const more = refused.length - REFUSED_MAX;
  if (more > 0) tell(`and ${countText(more)} more were refused; --json lists all`);
  return { statements, rows, skipped, refused };
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
  readonly refused: string[] = [];
  /** Each with how often it came. */
  readonly notices: Map<string, number> = new Map();
  private readonly session: ShellSession;
  private readonly path: string;
  private readonly keepGoing: boolean;
  /** Null also while the data of one that was refused goes by. */
  private copying: Copying | null = null;

  constructor(session: ShellSession, path: string, keepGoing: boolean) {
    this.session = session;
    this.path = path;
    this.keepGoing = keepGoing;
  }

  /** What is kept of a script that was ended by Ctrl-C. */
  interruptedAt({ line }: Piece, status: ShellSession['status']): CommandError {
    const copied = this.rows + (this.copying?.inserter.done ?? 0);
    const rows = copied === 0 ? '' : ` and ${countText(copied)} rows of COPY`;
    const lost = status === 'idle' ? '' : ', but what its open transaction did is rolled back';
    const done = `the ${countText(this.statements)} statements${rows} before it are done${lost}`;
    return new CommandError(`${this.path}:${line}: interrupted; ${done}`, EXIT_INTERRUPTED);
  }

  async take(piece: Piece): Promise<void> {
    try {
      await this.takeOne(piece);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      if (!this.keepGoing || OVER.test(error.code)) {
        throw new CommandError(error.place + error.done, EXIT_FAILED);
      }
      this.refused.push(error.place);
      this.rows += this.copying?.inserter.done ?? 0;
      this.copying = null;
    }
  }

  private async takeOne({ kind, text, line }: Piece): Promise<void> {
    if (kind === 'data') {
      const row = this.copying?.reader.take(text) ?? null;
      if (row !== null) await this.copying!.inserter.add(row);
    } else if (kind === 'end of data') {
      if (this.copying === null) return;
      this.dataEnds(this.copying.reader, line);
      await this.copying.inserter.end();
      this.rows += this.copying.inserter.done;
      this.statements += 1;
      this.copying = null;
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
      throw error instanceof DatabaseError ? this.statementRefused(error, line) : error;
    }
  }

  private dataEnds(reader: CopyReader, line: number): void {
    try {
      reader.end();
    } catch (error) {
      throw error instanceof DatabaseError ? this.statementRefused(error, line) : error;
    }
  }

  private skipReason(kind: 'statement' | 'command', text: string, line: number): string | null {
    try {
      return reasonToSkip({ kind, text });
    } catch (error) {
      if (!(error instanceof DatabaseError)) throw error;
      throw new Refused(error.code, `${this.path}:${line}: ${error.message}`, '');
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
      throw this.statementRefused(error, line + linesBefore(text, error.position));
    }
  }

  private statementRefused(error: DatabaseError, line: number): Refused {
    const done = `the ${countText(this.statements)} statements before it are done`;
    return this.error(error, line, done);
  }

  /** Of a row on a line, or in a transaction of one from there on. */
  private rowRefused(error: DatabaseError, line: number, before: number): Refused {
    const statements = `the ${countText(this.statements)} statements before this COPY are done`;
    const rows = `and ${countText(before)} of its rows are in`;
    const isOver = this.session.status === 'failed';
    return this.error(error, line, isOver ? 'its transaction is over' : `${statements}, ${rows}`);
  }

  private error(error: DatabaseError, line: number, done: string): Refused {
    const { code, message, detail, hint } = error;
    const more = [detail, hint].map((each) => (each === '' ? '' : `; ${each}`)).join('');
    return new Refused(code, `${this.path}:${line}: ERROR ${code}: ${message}${more}`, `; ${done}`);
  }
}

/** What the database said of a place in the script. */
class Refused extends Error {
  override readonly name: string = 'Refused';
  readonly code: string;
  readonly place: string;
  /** What to know if nothing comes after it. */
  readonly done: string;

  constructor(code: string, place: string, done: string) {
    super(place);
    this.code = code;
    this.place = place;
    this.done = done;
  }
}

/** Line breaks of a statement before a 1-based character; 0: none is meant. */
function linesBefore(text: string, position: number): number {
  const before = Array.from(text).slice(0, Math.max(0, position - 1));
  return before.filter((character) => character === '\n').length;
}
