/**
 * What a statement answers: a result, or an error. Bytes of it travel in replies and stand in the
 * session's stored reply.
 *
 *   format u8 (1) | kind u8
 *   kind 0, result: tag text | count varint | columns varint (0: no rows come; else columns + 1),
 *     each name text, column type | rows varint, each its values | notices varint, each text |
 *     drawn varint, each name text, value i64
 *   kind 1, error: code, message, detail, hint, constraint, table, column: texts | at + 1 varint
 */
import type { SqlType, Value } from '../types/type.ts';
import { SqlError } from '../error.ts';
import { ByteReader, ByteWriter } from './bytes.ts';
import { readColumnType, readValue, writeColumnType, writeValue } from './value-codec.ts';

export interface ResultColumn {
  readonly name: string;
  /** Of the values that come. */
  readonly type: SqlType;
  /** Of a type that was defined, whose values come as text: its name. */
  readonly typeName?: string;
}

export interface StatementResult {
  /** PostgreSQL's command tag: `SELECT 3`, `INSERT 0 1`, `CREATE TABLE`. */
  readonly tag: string;
  /** Rows returned or changed. */
  readonly count: number;
  /** Null: the statement returns no rows at all. */
  readonly columns: readonly ResultColumn[] | null;
  readonly rows: readonly (readonly Value[])[];
  /** Warnings and notices, in order. */
  readonly notices: readonly string[];
  /** Sequence values drawn, the last one of each sequence, in the order of drawing. */
  readonly drawn: readonly (readonly [name: string, value: bigint])[];
}

export type StatementAnswer = StatementResult | SqlError;

export function isError(answer: StatementAnswer): answer is SqlError {
  return answer instanceof SqlError;
}

const FORMAT = 1;
const KIND_RESULT = 0;
const KIND_ERROR = 1;

/** A result without rows. */
export function plainResult(
  tag: string,
  count: number = 0,
  notices: readonly string[] = [],
): StatementResult {
  return { tag, count, columns: null, rows: [], notices, drawn: [] };
}

export function rowsResult(
  tag: string,
  columns: readonly ResultColumn[],
  rows: readonly (readonly Value[])[],
): StatementResult {
  return { tag, count: rows.length, columns, rows, notices: [], drawn: [] };
}

/** Used again and again, unless it had to grow large. */
let scratch: ByteWriter = new ByteWriter(1024);
const SCRATCH_BYTES_MAX = 1 << 20;

export function encodeAnswer(answer: StatementAnswer): Uint8Array {
  if (scratch.bytes.length > SCRATCH_BYTES_MAX) scratch = new ByteWriter(1024);
  const out = scratch;
  out.clear();
  out.u8(FORMAT);
  if (isError(answer)) {
    out.u8(KIND_ERROR);
    const { code, message, detail, hint, constraint, table, column, at } = answer;
    for (const text of [code, message, detail, hint, constraint, table, column]) {
      out.text(wellFormed(text));
    }
    out.varint(at + 1);
    return out.copy();
  }
  const { tag, count, columns, rows, notices, drawn } = answer;
  out.u8(KIND_RESULT);
  out.text(tag);
  out.varint(count);
  out.varint(columns === null ? 0 : columns.length + 1);
  for (const column of columns ?? []) {
    out.text(column.name);
    writeColumnType(out, column);
  }
  out.varint(rows.length);
  for (const row of rows) for (const value of row) writeValue(out, value);
  out.varint(notices.length);
  for (const notice of notices) out.text(wellFormed(notice));
  out.varint(drawn.length);
  for (const [name, value] of drawn) {
    out.text(name);
    out.i64(value);
  }
  return out.copy();
}

/** Messages may quote a piece of text cut in the middle of a pair. */
function wellFormed(text: string): string {
  let good = '';
  let from = 0;
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i) & 0xfc00;
    if (unit === 0xd800 && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00) {
      i += 1;
    } else if (unit === 0xd800 || unit === 0xdc00) {
      good += `${text.slice(from, i)}\ufffd`;
      from = i + 1;
    }
  }
  return from === 0 ? text : good + text.slice(from);
}

/** Null when malformed. */
export function decodeAnswer(bytes: Uint8Array): StatementAnswer | null {
  const from = new ByteReader(bytes);
  if (from.u8() !== FORMAT) return null;
  const kind = from.u8();
  const answer =
    kind === KIND_ERROR ? readError(from) : kind === KIND_RESULT ? readResult(from) : null;
  return from.complete ? answer : null;
}

function readError(from: ByteReader): SqlError {
  const code = from.text();
  const message = from.text();
  return new SqlError(code, message, {
    detail: from.text(),
    hint: from.text(),
    constraint: from.text(),
    table: from.text(),
    column: from.text(),
    at: from.varint() - 1,
  });
}

function readResult(from: ByteReader): StatementResult {
  const tag = from.text();
  const count = from.varint();
  const columnCount = from.varint();
  if (columnCount - 1 > from.left) from.fail();
  const columns: ResultColumn[] = [];
  for (let i = 1; i < columnCount && !from.failed; i += 1) {
    columns.push({ name: from.text(), ...readColumnType(from) });
  }
  const rowCount = from.varint();
  // Rows without columns take no bytes: their number must not be trusted either.
  if (columns.length === 0 ? rowCount > from.end : rowCount > from.left) from.fail();
  const rows: Value[][] = [];
  for (let i = 0; i < rowCount && !from.failed; i += 1) rows.push(readRow(from, columns.length));
  const noticeCount = from.count();
  const notices: string[] = [];
  for (let i = 0; i < noticeCount && !from.failed; i += 1) notices.push(from.text());
  const drawnCount = from.count();
  const drawn: [string, bigint][] = [];
  for (let i = 0; i < drawnCount && !from.failed; i += 1) drawn.push([from.text(), from.i64()]);
  return { tag, count, columns: columnCount === 0 ? null : columns, rows, notices, drawn };
}

function readRow(from: ByteReader, columns: number): Value[] {
  const row: Value[] = [];
  for (let i = 0; i < columns; i += 1) row.push(readValue(from));
  return row;
}
