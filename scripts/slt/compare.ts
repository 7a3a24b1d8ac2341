/**
 * Whether an answer is the expected one, by the rules of each family: how values are written, how
 * rows are sorted, what a hash is over. Answers are PostgreSQL's text output and type names.
 */
import { createHash } from 'node:crypto';
import type { Family, Record } from './read.ts';

export interface Rows {
  /** Type names as `format_type` gives them: `integer`, `boolean`, `numeric(10,2)`. */
  readonly types: readonly string[];
  readonly rows: readonly (readonly (string | null)[])[];
}

/** '' when they agree, else what is different. */
export function difference(record: Record, family: Family, answer: Rows): string {
  const columns = record.types.length;
  const width = answer.rows[0]?.length ?? answer.types.length;
  if (width !== columns) return `${width} columns instead of ${columns}`;
  if (family === 'duckdb') return duckdbDifference(record, answer);
  const values = renderedValues(record, family, answer);
  const [first = ''] = record.expected;
  const hash = /^(\d+) values hashing to ([0-9a-f]{32})$/.exec(first);
  if (hash === null) return listDifference(values.join('\n').split('\n'), record.expected, values);
  if (values.length !== Number(hash[1])) {
    return `${values.length} values instead of ${hash[1]}`;
  }
  return hashOf(values) === hash[2] ? '' : `another hash, of ${preview(values)}`;
}

/** Identity of a result, for queries that share a label. */
export function resultHash(record: Record, family: Family, answer: Rows): string {
  return hashOf(renderedValues(record, family, answer));
}

/** Values as the family writes them, in the order that the record asks for. */
function renderedValues(record: Record, family: Family, answer: Rows): readonly string[] {
  const render = (value: string | null, i: number): string =>
    family === 'sqlite'
      ? sqliteValue(value, record.types.charAt(i), answer.types[i]!)
      : pgValue(value);
  return sorted(
    answer.rows.map((row) => row.map(render)),
    record.sort,
  );
}

function hashOf(values: readonly string[]): string {
  const hash = createHash('md5');
  for (const value of values) hash.update(`${value}\n`);
  return hash.digest('hex');
}

function listDifference(
  lines: readonly string[],
  expected: readonly string[],
  values: readonly string[],
): string {
  // No rows: no lines, not one empty line.
  const found = values.length === 0 ? [] : lines;
  const at = found.findIndex((line, i) => line !== expected[i]);
  if (at < 0 && found.length === expected.length) return '';
  if (found.length !== expected.length) {
    return `${found.length} values instead of ${expected.length}: ${preview(found)}`;
  }
  return `value ${at + 1} is ${show(found[at]!)} instead of ${show(expected[at]!)}`;
}

function show(value: string): string {
  return JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}…` : value);
}

function preview(values: readonly string[]): string {
  const shown = values.slice(0, 6).map(show).join(', ');
  return values.length > 6 ? `${shown}, …` : shown;
}

function sorted(rows: readonly (readonly string[])[], sort: Record['sort']): readonly string[] {
  if (sort === 'valuesort') return rows.flat().toSorted(byBytes);
  if (sort === 'nosort') return rows.flat();
  return rows.toSorted(byRow).flat();
}

function byRow(a: readonly string[], b: readonly string[]): number {
  for (let i = 0; i < a.length; i += 1) {
    const order = byBytes(a[i]!, b[i]!);
    if (order !== 0) return order;
  }
  return 0;
}

function byBytes(a: string, b: string): number {
  if (a === b) return 0;
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

function pgValue(value: string | null): string {
  if (value === null) return 'NULL';
  return value === '' ? '(empty)' : value;
}

function sqliteValue(value: string | null, letter: string, type: string): string {
  if (value === null) return 'NULL';
  if (letter === 'I') {
    if (type === 'boolean') return value === 't' ? '1' : '0';
    if (/^-?\d+$/.test(value)) return value;
    const number = Number(value);
    return Number.isFinite(number) ? wholeDigits(value, number) : '0';
  }
  if (letter === 'R') return Number(value).toFixed(3);
  return value === '' ? '(empty)' : value;
}

/** A fraction without what follows its point. */
function wholeDigits(text: string, number: number): string {
  const plain = /^(-?\d+)\.\d*$/.exec(text);
  const whole = plain === null ? BigInt(Math.trunc(number)).toString() : plain[1]!;
  return whole === '-0' ? '0' : whole;
}

/** DuckDB: a line a row with tabs between the values, or a line a value. */
function duckdbDifference(record: Record, answer: Rows): string {
  const columns = record.types.length;
  const [first = ''] = record.expected;
  const regex = /^<(!?)REGEX>:(.*)$/s.exec(first);
  const found = answer.rows.map((row) => row.map((value) => duckdbValue(value)));
  if (regex !== null) {
    const matches = new RegExp(`^(?:${regex[2]!})$`, 's').test(found.flat().join('\n'));
    return matches === (regex[1] === '') ? '' : `${preview(found.flat())} against ${first}`;
  }
  const tabbed =
    columns === 1 || record.expected.every((line) => line.split('\t').length === columns);
  const cells = tabbed
    ? record.expected.map((line) => line.split('\t'))
    : chunks(record.expected, columns);
  if (cells.length !== found.length) {
    return `${found.length} rows instead of ${cells.length}: ${preview(found.flat())}`;
  }
  const want = arranged(
    cells.map((row) => row.map(canonical)),
    record.sort,
  );
  const have = arranged(
    found.map((row) => row.map(canonical)),
    record.sort,
  );
  const at = have.findIndex((value, i) => !agrees(value, want[i] ?? ''));
  return at < 0 ? '' : `value ${at + 1} is ${show(have[at]!)} instead of ${show(want[at] ?? '')}`;
}

function duckdbValue(value: string | null): string {
  if (value === null) return 'NULL';
  return value === '' ? '(empty)' : value;
}

function arranged(rows: readonly (readonly string[])[], sort: Record['sort']): readonly string[] {
  return sorted(rows, sort);
}

function chunks(values: readonly string[], size: number): readonly (readonly string[])[] {
  const rows: string[][] = [];
  for (let i = 0; i < values.length; i += size) rows.push(values.slice(i, i + size));
  return rows;
}

/** Booleans and numbers in one spelling. */
function canonical(value: string): string {
  const trimmed = value.trim();
  if (trimmed === 'true' || trimmed === 't') return '1';
  if (trimmed === 'false' || trimmed === 'f') return '0';
  if (!/^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$/.test(trimmed)) return value;
  if (/^-?\d{16,}$/.test(trimmed)) return trimmed;
  return String(Number(trimmed));
}

function agrees(a: string, b: string): boolean {
  if (a === b) return true;
  const [x, y] = [Number(a), Number(b)];
  if (a.trim() === '' || b.trim() === '' || Number.isNaN(x) || Number.isNaN(y)) return false;
  return Math.abs(x - y) <= 1e-6 * Math.max(Math.abs(x), Math.abs(y));
}
