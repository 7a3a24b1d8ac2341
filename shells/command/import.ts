/**
 * `kimberlite import FILE`: a SQL script, as psql would run it, or the rows of a CSV file.
 *
 * A script's statements run one by one; rows go in batches, each an atomic INSERT that stays well
 * below what one request may hold. What was acknowledged stays: an error says up to where that is,
 * and how to go on from there.
 */
import { statSync } from 'node:fs';
import { nameParts } from '../repl/describe.ts';
import { withDatabase } from './connection.ts';
import type { ConnectionArguments } from './connection.ts';
import { importScript } from './import-script.ts';
import type { Scripted } from './import-script.ts';
import { insertRows } from './insert-rows.ts';
import { Interrupt } from './interrupt.ts';
import { countText, say, sayJson } from './print.ts';
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
  readonly 'keep-going'?: unknown;
  readonly json?: unknown;
}

const FOR_CSV = ['columns', 'delimiter', 'null', 'from-line'] as const;

export async function importCommand(args: ImportArguments): Promise<number> {
  const path = once('file', args.file) ?? '';
  const bytes = sizeOf(path);
  const isCsv = /\.csv$/i.test(path) || args.table !== undefined;
  const csv = isCsv ? csvPlan(path, args) : null;
  const keepGoing = args['keep-going'] === true;
  if (isCsv && keepGoing) {
    throw new CommandError('--keep-going is for scripts; of a CSV file, go on with --from-line');
  }
  if (!isCsv) {
    const given = FOR_CSV.find((name) => args[name] !== undefined);
    if (given !== undefined) throw new CommandError(`--${given} is for CSV files`);
    if (args.header === false) throw new CommandError('--no-header is for CSV files');
  }
  return withDatabase(args, async (database) => {
    const began = performance.now();
    const interrupt = new Interrupt();
    const interrupted = (): boolean => interrupt.isAsked;
    const done = await (
      csv === null
        ? importScript(database, path, bytes, keepGoing, interrupted)
        : insertRows(database.session(), csv, bytes, interrupted)
    ).finally(() => interrupt.close());
    const seconds = (performance.now() - began) / 1000;
    if (args.json === true) sayJson({ file: path, ...done, seconds });
    else say(`${summary(done)} from ${path} in ${seconds.toFixed(1)} s`);
    return isWhole(done) ? EXIT_DONE : EXIT_FAILED;
  });
}

type Done = Scripted | { readonly rows: number };

function isWhole(done: Done): boolean {
  return !('statements' in done) || done.refused.length === 0;
}

function summary(done: Done): string {
  if (!('statements' in done)) return `${countText(done.rows)} rows`;
  const copied = done.rows === 0 ? '' : ` and ${countText(done.rows)} rows`;
  const { length } = done.refused;
  const refused = length === 0 ? '' : `, ${countText(length)} refused,`;
  return `${countText(done.statements)} statements${copied}${refused}`;
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
  if (delimiter !== '\\t' && !/^[^"\r\n]$/.test(delimiter)) {
    throw new CommandError("--delimiter takes one character (no quote), or '\\t' for a tab");
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
