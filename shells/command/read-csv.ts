/**
 * CSV as rows of text: fields as they stand, an empty field without quotes as NULL, each row with
 * the line on which it begins. Read as a stream: what is held is one row.
 */
import { createReadStream } from 'node:fs';
import { CsvError, parse } from 'csv-parse';
import { CommandError, EXIT_FAILED } from './usage.ts';

export interface CsvRow {
  readonly fields: readonly (string | null)[];
  readonly line: number;
  /** Bytes of the file read so far. */
  readonly bytes: number;
}

export interface CsvOptions {
  readonly delimiter: string;
  /** What stands for NULL besides an empty field without quotes. */
  readonly nullText: string | null;
}

const RECORD_BYTES_MAX = 16 << 20;

interface Parsed {
  readonly record: readonly (string | null)[];
  readonly info: { readonly lines: number; readonly bytes: number };
}

/** Throws `CommandError` with the line. */
export async function* readCsv(path: string, options: CsvOptions): AsyncGenerator<CsvRow> {
  const { delimiter, nullText } = options;
  const parser = parse({
    bom: true,
    delimiter,
    info: true,
    // How many there must be is not the reader's to say.
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: RECORD_BYTES_MAX,
    cast: (value, { quoting }) => (!quoting && (value === '' || value === nullText) ? null : value),
  });
  const input = createReadStream(path);
  input.on('error', (error) => parser.destroy(error));
  input.pipe(parser);
  let line = 1;
  try {
    for await (const { record, info } of parser as AsyncIterable<Parsed>) {
      yield { fields: record, line, bytes: info.bytes };
      line = info.lines + 1;
    }
  } catch (error) {
    const { message } = error as Error;
    if (!(error instanceof CsvError)) {
      throw new CommandError(`${path} cannot be read: ${message}`, EXIT_FAILED);
    }
    throw new CommandError(`${path}: ${message}`, EXIT_FAILED);
  } finally {
    input.destroy();
  }
}
