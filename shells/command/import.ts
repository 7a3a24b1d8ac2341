/**
 * `kimberlite import FILE`: a SQL script, as psql would run it, or the rows of a CSV file.
 *
 * A script's statements run one by one; rows go in batches, each an atomic INSERT that stays well
 * below what one request may hold. What was acknowledged stays: an error says up to where that is,
 * and how to go on from there.
 */
import { createReadStream, statSync } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';
import { DatabaseError } from '../embedded/errors.ts';
import { reasonToSkip } from '../embedded/import-script.ts';
import { nameParts } from '../repl/describe.ts';
import { readLast, readStatements } from '../repl/read-statements.ts';
import type { Item } from '../repl/read-statements.ts';
import type { ShellDatabase, ShellSession } from '../repl/shell-database.ts';
import { withDatabase } from './connection.ts';
import type { ConnectionArguments } from './connection.ts';
import { insertRows } from './insert-rows.ts';
import { Progress, bytesText, countText, say, sayJson, tell } from './print.ts';
import { readCsv } from './read-csv.ts';
import { CommandError, EXIT_DONE, EXIT_FAILED, once, quotePath } from './usage.ts';
import { wholeNumber } from './usage.ts';

export interface ImportArguments extends ConnectionArguments {
  readonly file?: unknown;
  readonly table?: unknown;
  readonly columns?: unknown;
  readonly header?: unknown;
  readonly delimiter?: unknown;
  readonly null?: unknown;
  readonly 'from-line'?: unknown;
  readonly json?: unknown;
}

export async function importCommand(args: ImportArguments): Promise<number> {
  const path = once('file', args.file) ?? '';
  const bytes = sizeOf(path);
  const isCsv = /\.csv$/i.test(path) || args.table !== undefined;
  const csv = isCsv ? csvPlan(path, args) : null;
  return withDatabase(args, async (database) => {
    const began = performance.now();
    const done =
      csv === null
        ? await importScript(database, path, bytes)
        : await insertRows(database.session(), csv, bytes);
    const seconds = (performance.now() - began) / 1000;
    if (args.json === true) sayJson({ file: path, ...done, seconds });
    else say(`${summary(done)} from ${path} in ${seconds.toFixed(1)} s`);
    return EXIT_DONE;
  });
}

function summary(done: { readonly statements: number } | { readonly rows: number }): string {
  if ('rows' in done) return `${countText(done.rows)} rows`;
  return `${countText(done.statements)} statements`;
}

function sizeOf(path: string): number {
  try {
    const stat = statSync(path);
    if (stat.isFile()) return stat.size;
  } catch (error) {
    throw new CommandError(`${path} cannot be read: ${(error as Error).message}`);
  }
  throw new CommandError(`${path} is no file`);
}

function csvPlan(path: string, args: ImportArguments): Parameters<typeof insertRows>[1] {
  const table = once('table', args.table);
  if (table === undefined) {
    throw new CommandError(`a CSV file needs --table: into which one ${quotePath(path)} goes`);
  }
  const delimiter = once('delimiter', args.delimiter) ?? ',';
  if (delimiter.length !== 1 && delimiter !== '\\t') {
    throw new CommandError("--delimiter takes one character, or '\\t' for a tab");
  }
  const nullText = once('null', args.null) ?? null;
  const columns = once('columns', args.columns);
  if (args.header === false && columns === undefined) {
    throw new CommandError('--no-header needs --columns: which ones they are, in order');
  }
  return {
    path,
    table: nameParts(table),
    columns: columns === undefined ? null : columns.split(',').map((each) => each.trim()),
    hasHeader: args.header !== false,
    fromLine: wholeNumber('from-line', args['from-line'] ?? 1, 1, Number.MAX_SAFE_INTEGER),
    rows: readCsv(path, { delimiter: delimiter === '\\t' ? '\t' : delimiter, nullText }),
  };
}

interface Scripted {
  readonly statements: number;
  readonly skipped: readonly string[];
}

async function importScript(
  database: ShellDatabase,
  path: string,
  bytes: number,
): Promise<Scripted> {
  const session = database.session();
  const progress = new Progress(`importing ${path}`, bytesText);
  const skipped: string[] = [];
  const notices = new Map<string, number>();
  let statements = 0;
  try {
    for await (const { item, line, read } of itemsOf(path)) {
      const reason = skipReason(path, line, item);
      if (reason === null) {
        for (const notice of await runOne(session, path, line, item, statements)) {
          if (notices.has(notice) || notices.size < NOTICES_MAX) count(notices, notice);
        }
        statements += 1;
      } else skipped.push(`line ${line}: ${item.text.split('\n')[0]!} (${reason})`);
      progress.show(read, bytes);
    }
    if (session.status !== 'idle') {
      const message = `${path} ended inside a transaction, which was rolled back; end it`;
      throw new CommandError(message, EXIT_FAILED);
    }
  } finally {
    progress.end();
    await session.close();
  }
  for (const each of skipped) tell(`left out ${each}`);
  for (const [notice, times] of notices) {
    tell(`notice: ${notice}${times === 1 ? '' : ` (${countText(times)} times)`}`);
  }
  return { statements, skipped };
}

/** Different ones that are said. */
const NOTICES_MAX = 100;

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function skipReason(path: string, line: number, { kind, text }: Item): string | null {
  try {
    return reasonToSkip({ kind, text, at: 0 });
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error;
    throw new CommandError(`${path}:${line}: ${error.message}`, EXIT_FAILED);
  }
}

async function runOne(
  session: ShellSession,
  path: string,
  line: number,
  { text }: Item,
  before: number,
): Promise<readonly string[]> {
  try {
    return (await session.execute(text)).notices;
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error;
    const { code, message, detail, hint, position } = error;
    const at = line + linesBefore(text, position);
    const more = [detail, hint].map((each) => (each === '' ? '' : `; ${each}`)).join('');
    const done = `the ${countText(before)} statements before it are done`;
    throw new CommandError(`${path}:${at}: ERROR ${code}: ${message}${more}; ${done}`, EXIT_FAILED);
  }
}

/** Line breaks of a statement before a 1-based character; 0: none is meant. */
function linesBefore(text: string, position: number): number {
  const before = Array.from(text).slice(0, Math.max(0, position - 1));
  return before.filter((character) => character === '\n').length;
}

interface Place {
  readonly item: Item;
  /** 1-based, of the file. */
  readonly line: number;
  /** Bytes read so far. */
  readonly read: number;
}

async function* itemsOf(path: string): AsyncGenerator<Place> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  let line = 1;
  let read = 0;
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    const added = decoder.write(chunk);
    rest += added;
    read += chunk.length;
    if (!/[;\n]/.test(added)) continue;
    const reading = readStatements(rest);
    for (const item of reading.items) yield { item, line: line + item.line - 1, read };
    line += rest.split('\n').length - reading.rest.split('\n').length;
    ({ rest } = reading);
  }
  for (const item of readLast(rest + decoder.end())) {
    yield { item, line: line + item.line - 1, read };
  }
}
