/**
 * The REPL without a terminal: takes statements and its own commands one by one, runs them on one
 * session, and writes what comes of it. The terminal, pipes and `\i` stand around it.
 */
import { DatabaseError } from '../embedded/errors.ts';
import type { Result } from '../embedded/results.ts';
import type { KnownTable } from './complete.ts';
import { runCommand } from './commands.ts';
import { knownTables } from './describe.ts';
import { errorText } from './error-text.ts';
import { FORMATS, formatResult, tableWidth } from './format-result.ts';
import type { Format, TextResult } from './format-result.ts';
import type { Item } from './read-statements.ts';
import type { ShellDatabase, ShellSession } from './shell-database.ts';

export interface ShellOptions {
  readonly database: ShellDatabase;
  /** Results. */
  readonly out: (text: string) => void;
  /** Errors and notices. */
  readonly err: (text: string) => void;
  /** `auto`: a table, or fields below each other where it does not fit the columns. */
  readonly format: Format | 'auto';
  /** Columns to fit; null: no limit. */
  readonly columns: () => number | null;
  readonly paint?: Paint;
  /** Where we are: `\conninfo`. */
  readonly where: () => string;
  /** The tenants there are: `\l`. */
  readonly tenants: () => Promise<TextResult>;
}

export type Paint = (what: 'error' | 'dim' | 'bold', text: string) => string;

/** How many files may include one another. */
const DEPTH_MAX = 16;
/** After these the names for completion may be others. */
const DEFINES = /^(create|alter|drop|select)\b/i;

export class Shell {
  readonly options: ShellOptions;
  readonly session: ShellSession;
  readonly paint: Paint;
  format: Format | 'auto';
  timing: boolean = false;
  /** Set by `\q`. */
  ended: boolean = false;
  depth: number = 0;
  tables: readonly KnownTable[] = [];
  private running: AbortController | null = null;

  constructor(options: ShellOptions) {
    this.options = options;
    this.session = options.database.session();
    this.paint = options.paint ?? ((_, text) => text);
    this.format = options.format;
  }

  /** Runs an item; answers whether it went well. Its error is written. */
  async run(item: Item, line: number | null = null): Promise<boolean> {
    const began = performance.now();
    const abort = new AbortController();
    this.running = abort;
    try {
      if (item.kind === 'command') await runCommand(this, item.text);
      else await this.statement(item.text, abort.signal);
      return true;
    } catch (error) {
      if (!(error instanceof DatabaseError)) throw error;
      const text = errorText(error, item.text, line, this.paint);
      this.options.err(text);
      return false;
    } finally {
      this.running = null;
      if (this.timing && item.kind === 'statement') {
        this.options.out(`Time: ${timeText(performance.now() - began)}\n`);
      }
    }
  }

  /** Cancels the statement under way; false: there is none. */
  cancel(): boolean {
    this.running?.abort();
    return this.running !== null;
  }

  /** Whether no more files may be included from here. */
  get tooDeep(): boolean {
    return this.depth >= DEPTH_MAX;
  }

  private async statement(text: string, signal: AbortSignal): Promise<void> {
    const result = await this.session.execute(text, [], { rows: 'text', signal });
    for (const notice of result.notices) this.options.err(`NOTICE: ${notice}\n`);
    this.show(result);
    if (DEFINES.test(result.command)) this.stale = true;
  }

  private stale: boolean = true;

  /** Learns the names for completion again, where a statement may have changed them. */
  async learn(): Promise<void> {
    if (!this.stale) return;
    this.stale = false;
    // Without them there is nothing to complete, and nothing else is lost.
    this.tables = await knownTables(this.options.database).catch(() => this.tables);
  }

  private show(result: Result): void {
    if (result.columns.length === 0) {
      if (this.isTalkative) this.options.out(`${result.command}\n`);
      return;
    }
    this.write(result as Result & TextResult);
    // What came with rows, and was no query.
    if (this.isTalkative && !/^(SELECT|SHOW|EXPLAIN|VALUES|FETCH)/.test(result.command)) {
      this.options.out(`${result.command}\n`);
    }
  }

  /** CSV and JSON are for programs, which expect rows and nothing else. */
  private get isTalkative(): boolean {
    return this.format !== 'csv' && this.format !== 'json';
  }

  write(result: TextResult): void {
    this.options.out(formatResult(result, this.formatFor(result)));
  }

  private formatFor(result: TextResult): Format {
    if (this.format !== 'auto') return this.format;
    const columns = this.options.columns();
    return columns !== null && tableWidth(result) > columns ? 'vertical' : 'table';
  }
}

export function parseFormat(text: string): Format | 'auto' | null {
  return text === 'auto' ? 'auto' : (FORMATS.find((format) => format === text) ?? null);
}

export function timeText(millis: number): string {
  if (millis < 1000) return `${millis.toFixed(millis < 10 ? 2 : 1)} ms`;
  if (millis < 60_000) return `${(millis / 1000).toFixed(2)} s`;
  return `${Math.floor(millis / 60_000)} min ${Math.round((millis % 60_000) / 1000)} s`;
}
