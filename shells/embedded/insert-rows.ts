/**
 * Rows of text into a table: INSERTs of many rows each, whose values are parameters that the
 * database reads as PostgreSQL reads text for each column's type. A batch is atomic. One that is
 * refused is halved, so that what is before the bad row goes in, and the error is that row's; in a
 * transaction, which a refusal ends, the error is some row's of the batch.
 */
import { qualified, quoteName } from '../../core/sql/tree/name-print.ts';
import { DatabaseError } from './errors.ts';

export interface RowTarget {
  /** The table's name, with its schema if one was given. */
  readonly table: readonly string[];
  /** Null: those of the table, in order. */
  readonly columns: readonly string[] | null;
  /** Given values also go into columns that are GENERATED ALWAYS AS IDENTITY. */
  readonly overriding: boolean;
}

export interface TextRow {
  readonly fields: readonly (string | null)[];
  /** 1-based, of the file. */
  readonly line: number;
}

export interface RowsOptions {
  readonly target: RowTarget;
  readonly execute: (sql: string, parameters: readonly (string | null)[]) => Promise<unknown>;
  /** Whether a refusal leaves the statements that follow as they would have been. */
  readonly mayRetry: () => boolean;
  /** What is thrown for a refusal: of the rows from `line` on, `before` being in. */
  readonly refused: (error: DatabaseError, line: number, before: number) => Error;
}

const ROWS_MAX = 500;
const PARAMETERS_MAX = 16_000;
const BYTES_MAX = 256 << 10;

export class RowInserter {
  /** Rows that are in. */
  done = 0;
  private readonly options: RowsOptions;
  private rows: TextRow[] = [];
  private bytes = 0;

  constructor(options: RowsOptions) {
    this.options = options;
  }

  /** Takes a row; now and then it puts in what it has. Returns whether it did. */
  async add(row: TextRow): Promise<boolean> {
    const size = row.fields.reduce((sum, field) => sum + 8 + Buffer.byteLength(field ?? ''), 0);
    const most = Math.max(1, Math.min(ROWS_MAX, Math.floor(PARAMETERS_MAX / row.fields.length)));
    const { length } = this.rows;
    const isOther = length > 0 && this.rows[0]!.fields.length !== row.fields.length;
    const isFull = length >= most || (length > 0 && this.bytes + size > BYTES_MAX) || isOther;
    if (isFull) await this.end();
    this.rows.push(row);
    this.bytes += size;
    return isFull;
  }

  /** Puts in what is left. */
  async end(): Promise<void> {
    const { rows } = this;
    this.rows = [];
    this.bytes = 0;
    if (rows.length > 0) await this.insert(rows);
  }

  private async insert(rows: readonly TextRow[]): Promise<void> {
    const { target, execute, mayRetry, refused } = this.options;
    const width = rows[0]!.fields.length;
    try {
      await execute(
        insertText(target, width, rows.length),
        rows.flatMap(({ fields }) => fields),
      );
      this.done += rows.length;
    } catch (error) {
      if (!(error instanceof DatabaseError)) throw error;
      if (rows.length === 1 || !isAboutRows(error) || !mayRetry()) {
        throw refused(error, rows[0]!.line, this.done);
      }
      const half = Math.ceil(rows.length / 2);
      await this.insert(rows.slice(0, half));
      await this.insert(rows.slice(half));
    }
  }
}

/** Too large, or a value that does not fit: half of them may go in, and the last one is the one. */
function isAboutRows({ code }: DatabaseError): boolean {
  return code === '54000' || code.startsWith('22') || code.startsWith('23');
}

function insertText(
  { table, columns, overriding }: RowTarget,
  width: number,
  count: number,
): string {
  const values: string[] = [];
  for (let row = 0; row < count; row += 1) {
    const fields = Array.from({ length: width }, (_, i) => `$${row * width + i + 1}`);
    values.push(`(${fields.join(',')})`);
  }
  const [schema, name] = table.length === 1 ? [null, table[0]!] : [table[0]!, table[1]!];
  const list = columns === null ? '' : ` (${columns.map(quoteName).join(', ')})`;
  const system = overriding ? ' OVERRIDING SYSTEM VALUE' : '';
  return `INSERT INTO ${qualified(schema, name)}${list}${system} VALUES ${values.join(',')}`;
}
