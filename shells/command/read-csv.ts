/**
 * CSV as rows of text: fields as they stand, an empty field without quotes as NULL, each row with
 * the line on which it begins. Read as a stream: what is held is one row.
 */
import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import { NotUtf8Error, Utf8Reader } from '../utf8-reader.ts';
import { CommandError, EXIT_FAILED } from './usage.ts';

export interface CsvRow {
  readonly fields: readonly (string | null)[];
  readonly line: number;
  /** The line behind its last one. */
  readonly next: number;
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
  const input = Readable.from(checked(createReadStream(path)));
  input.on('error', (error) => parser.destroy(error));
  input.pipe(parser);
  let line = 1;
  try {
    for await (const { record, info } of parser as AsyncIterable<Parsed>) {
      const next = info.lines + 1;
      yield { fields: record, line, next, bytes: info.bytes };
      line = next;
    }
  } catch (error) {
    const { message } = error as Error;
    if (error instanceof NotUtf8Error) {
      throw new CommandError(`${path}:${error.line}: ${message}`, EXIT_FAILED);
    }
    if (!(error instanceof CsvError)) {
      throw new CommandError(`${path} cannot be read: ${message}`, EXIT_FAILED);
    }
    throw new CommandError(`${path}: ${message}`, EXIT_FAILED);
  } finally {
    input.destroy();
  }
}

/** The same bytes, as long as they are UTF-8. */
async function* checked(input: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const reader = new Utf8Reader();
  for await (const chunk of input) {
    reader.write(chunk);
    yield chunk;
  }
  reader.end();
}
