/**
 * Rows of text into a table: INSERTs of many rows each, whose values are parameters that the
 * database reads as PostgreSQL reads text for each column's type. A batch is atomic. One that is
 * refused is halved, so that what is before the bad row goes in, and the error names its line.
 */
import { DatabaseError } from '../embedded/errors.ts';
import { quoted } from '../repl/complete.ts';
import type { ShellSession } from '../repl/shell-database.ts';
import { Progress, bytesText, countText } from './print.ts';
import type { CsvRow } from './read-csv.ts';
import { CommandError, EXIT_FAILED } from './usage.ts';

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

const ROWS_MAX = 500;
const PARAMETERS_MAX = 16_000;
const BYTES_MAX = 256 << 10;

/** Of rows to be inserted together. */
interface Batch {
  readonly rows: CsvRow[];
  bytes: number;
}

export async function insertRows(
  session: ShellSession,
  plan: RowsPlan,
  bytes: number,
): Promise<{ readonly rows: number }> {
  const progress = new Progress(`importing ${plan.path}`, bytesText);
  let columns = plan.columns;
  let isHeader = plan.hasHeader;
  let batch: Batch = { rows: [], bytes: 0 };
  let done = 0;
  try {
    for await (const row of plan.rows) {
      if (isHeader) {
        columns ??= headerOf(plan, row);
        isHeader = false;
        continue;
      }
      if (row.line < plan.fromLine) continue;
      const size = sizeOf(plan, columns!, row);
      const most = Math.max(1, Math.min(ROWS_MAX, Math.floor(PARAMETERS_MAX / columns!.length)));
      if (batch.rows.length === most || (batch.rows.length > 0 && batch.bytes + size > BYTES_MAX)) {
        done += await insertBatch(session, plan, columns!, batch.rows, done);
        progress.show(batch.rows.at(-1)!.bytes, bytes);
        batch = { rows: [], bytes: 0 };
      }
      batch.rows.push(row);
      batch.bytes += size;
    }
    if (batch.rows.length > 0) done += await insertBatch(session, plan, columns!, batch.rows, done);
    return { rows: done };
  } finally {
    progress.end();
    await session.close();
  }
}

function headerOf({ path }: RowsPlan, { fields }: CsvRow): readonly string[] {
  const names = fields.map((field) => field ?? '');
  if (names.every((name) => name !== '') && new Set(names).size === names.length) return names;
  throw new CommandError(
    `${path}:1: the header must name each column once; give --columns, or --no-header`,
    EXIT_FAILED,
  );
}

function sizeOf({ path }: RowsPlan, columns: readonly string[], { fields, line }: CsvRow): number {
  if (fields.length === columns.length) {
    return fields.reduce((sum, field) => sum + 8 + Buffer.byteLength(field ?? ''), 0);
  }
  throw new CommandError(
    `${path}:${line}: ${fields.length} fields, but there are ${columns.length} columns`,
    EXIT_FAILED,
  );
}

async function insertBatch(
  session: ShellSession,
  plan: RowsPlan,
  columns: readonly string[],
  rows: readonly CsvRow[],
  before: number,
): Promise<number> {
  try {
    await session.execute(
      insertText(plan.table, columns, rows.length),
      rows.flatMap(({ fields }) => fields),
    );
    return rows.length;
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error;
    if (rows.length > 1 && isAboutRows(error)) {
      const half = Math.ceil(rows.length / 2);
      const first = await insertBatch(session, plan, columns, rows.slice(0, half), before);
      return first + (await insertBatch(session, plan, columns, rows.slice(half), before + first));
    }
    throw stopped(error, plan, rows, before);
  }
}

/** Too large, or a value that does not fit: half of them may go in, and the last one is the one. */
function isAboutRows({ code }: DatabaseError): boolean {
  return code === '54000' || code.startsWith('22') || code.startsWith('23');
}

function insertText(table: readonly string[], columns: readonly string[], count: number): string {
  const values: string[] = [];
  for (let row = 0; row < count; row += 1) {
    const first = row * columns.length;
    values.push(`(${columns.map((_, i) => `$${first + i + 1}`).join(',')})`);
  }
  const into = `${table.map(quoted).join('.')} (${columns.map(quoted).join(', ')})`;
  return `INSERT INTO ${into} VALUES ${values.join(',')}`;
}

function stopped(
  { code, message, detail }: DatabaseError,
  { path }: RowsPlan,
  rows: readonly CsvRow[],
  before: number,
): CommandError {
  const { line } = rows[0]!;
  const more = detail === '' ? '' : `; ${detail}`;
  return new CommandError(
    `${path}:${line}: ERROR ${code}: ${message}${more}; the ${countText(before)} rows before are ` +
      `in: go on with --from-line ${line}`,
    EXIT_FAILED,
  );
}
