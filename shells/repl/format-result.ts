/**
 * Results as text: a table, one field a line (vertical), CSV (RFC 4180) or JSON (an object a row).
 * Values come as PostgreSQL writes them. Whatever a value has in it, a terminal obeys none of it:
 * control characters are written as escapes in tables. JSON keeps every digit of a number.
 */
import stringWidth from 'string-width';

export const FORMATS = ['table', 'vertical', 'csv', 'json'] as const;
export type Format = (typeof FORMATS)[number];

export interface TextResult {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  /** PostgreSQL's text of each value; null: NULL. */
  readonly rows: readonly (readonly (string | null)[])[];
}

const NUMERIC = /^(smallint|integer|bigint|numeric|real|double precision|oid)\b/;
const NULL_TEXT = 'null';

/** Ends in a line break, unless it is empty. */
export function formatResult(result: TextResult, format: Format): string {
  switch (format) {
    case 'table':
      return asTable(result);
    case 'vertical':
      return asVertical(result);
    case 'csv':
      return asCsv(result);
    case 'json':
      return asJson(result);
  }
}

/** How many columns of a terminal the table takes. */
export function tableWidth({ columns, rows }: TextResult): number {
  return widthsOf(columns, rows.map(cellsOf)).reduce((sum, width) => sum + width + 3, -1);
}

function cellsOf(row: readonly (string | null)[]): readonly (readonly string[])[] {
  return row.map((value) => (value ?? NULL_TEXT).split('\n').map(visible));
}

/** Control characters as escapes. */
function visible(text: string): string {
  let shown = '';
  for (const character of text) {
    const code = character.codePointAt(0)!;
    const control = code < 0x20 || (code >= 0x7f && code < 0xa0);
    shown += control ? `\\x${code.toString(16).padStart(2, '0')}` : character;
  }
  return shown;
}

function widthsOf(
  columns: TextResult['columns'],
  rows: readonly (readonly (readonly string[])[])[],
): readonly number[] {
  return columns.map(({ name }, index) => {
    let width = stringWidth(visible(name));
    for (const row of rows) {
      for (const line of row[index]!) width = Math.max(width, widthOf(line));
    }
    return width;
  });
}

function widthOf(line: string): number {
  return /^[\u0020-\u007e]*$/.test(line) ? line.length : stringWidth(line);
}

function padded(text: string, width: number, right: boolean): string {
  const space = ' '.repeat(Math.max(0, width - widthOf(text)));
  return right ? `${space}${text}` : `${text}${space}`;
}

function asTable({ columns, rows }: TextResult): string {
  const cells = rows.map(cellsOf);
  const widths = widthsOf(columns, cells);
  const numeric = columns.map(({ type }) => NUMERIC.test(type));
  const names = columns.map(({ name }, i) => ` ${padded(visible(name), widths[i]!, false)} `);
  const lines = [names.join('|').trimEnd(), widths.map((w) => '-'.repeat(w + 2)).join('+')];
  for (const row of cells) {
    const height = Math.max(1, ...row.map((cell) => cell.length));
    for (let line = 0; line < height; line += 1) {
      const parts = row.map((cell, i) => {
        // As in psql: a plus where the value goes on below.
        const more = line + 1 < cell.length ? '+' : ' ';
        return ` ${padded(cell[line] ?? '', widths[i]!, numeric[i]!)}${more}`;
      });
      lines.push(parts.join('|').trimEnd());
    }
  }
  return `${lines.join('\n')}\n${rowsText(rows.length)}\n`;
}

export function rowsText(count: number): string {
  return count === 1 ? '(1 row)' : `(${count} rows)`;
}

function asVertical({ columns, rows }: TextResult): string {
  const width = Math.max(0, ...columns.map(({ name }) => stringWidth(visible(name))));
  const lines: string[] = [];
  for (const [index, row] of rows.entries()) {
    lines.push(`-[ row ${index + 1} ]${'-'.repeat(Math.max(4, width))}`);
    for (const [i, cell] of cellsOf(row).entries()) {
      const name = padded(visible(columns[i]!.name), width, false);
      for (const [line, text] of cell.entries()) {
        lines.push(`${line === 0 ? name : ' '.repeat(width)} | ${text}`.trimEnd());
      }
    }
  }
  return `${[...lines, rowsText(rows.length)].join('\n')}\n`;
}

function asCsv({ columns, rows }: TextResult): string {
  const line = (fields: readonly string[]): string => `${fields.join(',')}\n`;
  const header = line(columns.map(({ name }) => csvField(name)));
  return header + rows.map((row) => line(row.map((value) => csvField(value)))).join('');
}

/** NULL is an empty field, an empty text is `""`: what `kimberlite import` reads back. */
function csvField(value: string | null): string {
  if (value === null) return '';
  if (value !== '' && !/[",\r\n]|^\s|\s$/.test(value)) return value;
  return `"${value.replaceAll('"', '""')}"`;
}

function asJson({ columns, rows }: TextResult): string {
  const names = columns.map(({ name }) => JSON.stringify(name));
  const objects = rows.map((row) => {
    const fields = row.map((value, i) => `${names[i]!}:${jsonValue(value, columns[i]!.type)}`);
    return `{${fields.join(',')}}`;
  });
  return objects.length === 0 ? '[]\n' : `[${objects.join(',\n ')}]\n`;
}

function jsonValue(value: string | null, type: string): string {
  if (value === null) return 'null';
  if (type === 'boolean') return value === 't' || value === 'true' ? 'true' : 'false';
  if (type === 'json' || type === 'jsonb') return value;
  // Digits as they are: JSON's numbers have no limit, and NaN is none of them.
  if (NUMERIC.test(type) && /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(value)) return value;
  return JSON.stringify(value);
}
