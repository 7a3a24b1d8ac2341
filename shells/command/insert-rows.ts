/** The rows of a CSV file into a table, with progress, and with errors that say how to go on. */
import type { DatabaseError } from '../embedded/errors.ts';
import { RowInserter } from '../embedded/insert-rows.ts';
import type { ShellSession } from '../repl/shell-database.ts';
import { Progress, bytesText, countText } from './print.ts';
import type { CsvRow } from './read-csv.ts';
import { CommandError, EXIT_FAILED, EXIT_INTERRUPTED } from './usage.ts';

export interface RowsPlan {
  readonly path: string;
  /** The table's name, with its schema if one was given. */
  readonly table: readonly string[];
  /** Null: those of the header. */
  readonly columns: readonly string[] | null;
  readonly hasHeader: boolean;
  /** Rows above are skipped: they are in already. */
  readonly fromLine: number;
  readonly rows: AsyncIterable<CsvRow>;
}

export async function insertRows(
  session: ShellSession,
  plan: RowsPlan,
  bytes: number,
  interrupted: () => boolean = () => false,
): Promise<{ readonly rows: number }> {
  const { path, table } = plan;
  const progress = new Progress(`importing ${path}`, bytesText);
  let columns = plan.columns;
  let isHeader = plan.hasHeader;
  let inserter: RowInserter | null = null;
  let next = 0;
  /** By the database, whose error says how to go on. */
  let isRefused = false;
  try {
    for await (const row of plan.rows) {
      if (isHeader) {
        columns ??= headerOf(plan, row);
        isHeader = false;
        continue;
      }
      if (row.line < plan.fromLine) continue;
      if (interrupted()) throw new CommandError('interrupted', EXIT_INTERRUPTED);
      checkWidth(plan, columns!, row);
      inserter ??= new RowInserter({
        target: { table, columns: columns!, overriding: false },
        execute: (sql, values) => session.execute(sql, values),
        mayRetry: () => true,
        refused: (error, line, before) => {
          isRefused = true;
          return stopped(error, path, line, before);
        },
      });
      if (await inserter.add(row)) progress.show(row.bytes, bytes);
      next = row.next;
    }
    if (inserter === null && plan.fromLine > 1) throw pastEnd(plan);
    await inserter?.end();
    return { rows: inserter?.done ?? 0 };
  } catch (error) {
    if (!(error instanceof CommandError) || isRefused || inserter === null) throw error;
    // It does not go on. What was read goes in, so that it is known where to go on.
    await inserter.end();
    const done = `the ${countText(inserter.done)} rows before line ${next} are in`;
    const message = `${error.message}; ${done}: go on with --from-line ${next}`;
    throw new CommandError(message, error.exit);
  } finally {
    progress.end();
    await session.close();
  }
}

/** Whoever goes on at a line that is not there means another file, or another line. */
function pastEnd({ path, fromLine }: RowsPlan): CommandError {
  return new CommandError(`${path} has no row at line ${fromLine} or below: nothing was imported`);
}

function headerOf({ path }: RowsPlan, { fields }: CsvRow): readonly string[] {
  const names = fields.map((field) => field ?? '');
  if (names.every((name) => name !== '') && new Set(names).size === names.length) return names;
  throw new CommandError(
    `${path}:1: the header must name each column once; give --columns, or --no-header`,
    EXIT_FAILED,
  );
}

function checkWidth(
  { path }: RowsPlan,
  columns: readonly string[],
  { fields, line }: CsvRow,
): void {
  if (fields.length === columns.length) return;
  throw new CommandError(
    `${path}:${line}: ${fields.length} fields, but there are ${columns.length} columns`,
    EXIT_FAILED,
  );
}

function stopped(
  { code, message, detail }: DatabaseError,
  path: string,
  line: number,
  before: number,
): CommandError {
  const more = detail === '' ? '' : `; ${detail}`;
  return new CommandError(
    `${path}:${line}: ERROR ${code}: ${message}${more}; the ${countText(before)} rows before are ` +
      `in: go on with --from-line ${line}`,
    EXIT_FAILED,
  );
}
