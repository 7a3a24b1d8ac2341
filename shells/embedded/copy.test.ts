/** The text format of COPY, as PostgreSQL 15 reads it, and what of the statement is understood. */
import { describe, expect, test } from 'vitest';
import { CopyReader, readCopy } from './copy.ts';
import { DatabaseError } from './errors.ts';

const COPY = 'COPY t (a) FROM stdin';

async function rowsOf(lines: readonly string[], statement = COPY): Promise<unknown> {
  const reader = new CopyReader(await readCopy(statement), 1);
  return lines.map((line) => reader.take(line)?.fields ?? null);
}

describe('rows of COPY', () => {
  test('fields, NULLs, and what a backslash says', async () => {
    expect(await rowsOf(['1\tone', '\\N\t', '\t\\N', ''])).toEqual([
      ['1', 'one'],
      [null, ''],
      ['', null],
      [''],
    ]);
    expect(await rowsOf(['a\\tb\\nc\\\\d\\re\\bf\\fg\\vh', '\\q\\.\\\\N\\\tx\ty'])).toEqual([
      ['a\tb\nc\\d\re\bf\fg\vh'],
      ['q.\\N\tx', 'y'],
    ]);
    expect(await rowsOf(['\\101\\x42\\x4G\\1011\\\\101', '\\303\\251 \\xe6\\x97\\xa5'])).toEqual([
      ['AB\u0004GA1\\101'],
      ['é 日'],
    ]);
  });

  test('a row goes on behind a backslash at the end of its line; carriage returns go', async () => {
    expect(await rowsOf(['a\\', 'b\tc', 'x\\\\', 'y\r'])).toEqual([
      null,
      ['a\nb', 'c'],
      ['x\\'],
      ['y'],
    ]);
    const reader = new CopyReader(await readCopy(COPY), 7);
    expect([reader.take('a\\'), reader.take('b')?.line, reader.take('c')?.line]).toEqual([
      null,
      7,
      9,
    ]);
  });

  test('delimiter and NULL are the statement’s', async () => {
    const statement = `COPY t FROM stdin WITH (FORMAT text, DELIMITER '|', NULL '')`;
    expect(await rowsOf(['1||\\|', '\t'], statement)).toEqual([['1', null, '|'], ['\t']]);
    const old = `COPY t FROM stdin DELIMITER AS '|' NULL AS 'none'`;
    expect(await rowsOf(['none|\\N'], old)).toEqual([[null, 'N']]);
  });

  test('names as they are written; other formats are refused', async () => {
    expect((await readCopy('COPY "S".order_x (a, "B b") FROM STDIN')).target).toEqual({
      table: ['S', 'order_x'],
      columns: ['a', 'B b'],
      overriding: true,
    });
    const code = async (options: string): Promise<string> => {
      const error = await readCopy(`COPY t FROM stdin ${options}`).catch((e: unknown) => e);
      expect(error).toBeInstanceOf(DatabaseError);
      return (error as DatabaseError).code;
    };
    expect(await code('WITH (FORMAT csv)')).toBe('0A000');
    expect(await code('WITH CSV HEADER')).toBe('0A000');
    expect(await code('BINARY')).toBe('0A000');
    expect(await code('WHERE a > 1')).toBe('0A000');
    expect(await code("DELIMITER 'ab'")).toBe('22023');
    expect(await code('nonsense here')).toBe('42601');
  });
});
