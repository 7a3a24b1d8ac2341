/**
 * Results as JavaScript has them: int2 and int4 numbers, int8 bigint, numeric a string, floats
 * numbers, timestamps `Timestamp`, bytea `Uint8Array`, date, time, interval and uuid strings, json
 * and jsonb parsed (or their text, where parsing would lose digits). An array is an array of these,
 * within others where it has more dimensions; where its bounds begin is not told.
 */
import type { ResultColumn, StatementResult } from '../../core/sql/session/result.ts';
import { elementOf } from '../../core/sql/types/array-type.ts';
import { formatType } from '../../core/sql/types/describe.ts';
import { DEFAULT_STYLE } from '../../core/sql/types/style.ts';
import type { Display } from '../../core/sql/types/style.ts';
import { formatValue } from '../../core/sql/types/text-io.ts';
import * as types from '../../core/sql/types/type.ts';
import type { SqlType, Value } from '../../core/sql/types/type.ts';
import { Timestamp } from './timestamp.ts';

export type Row = Readonly<Record<string, unknown>>;

export interface Column {
  readonly name: string;
  /** As PostgreSQL shows it: `integer`, `character varying(20)`. */
  readonly type: string;
}

export interface ResultOptions {
  /**
   * Rows as objects by column name (the default; of columns with one name the last), as arrays, or
   * as arrays of PostgreSQL's text output.
   */
  readonly rows?: 'object' | 'array' | 'text';
}

export interface Result {
  /** PostgreSQL's command tag, e.g. `INSERT 0 1`. */
  readonly command: string;
  /** Rows returned or changed. */
  readonly count: number;
  readonly columns: readonly Column[];
  readonly rows: readonly unknown[];
  /** The tenant's log position that this shows, or made: what `AS OF POSITION` takes. */
  readonly position: number;
  readonly notices: readonly string[];
}

export function toResult(
  answer: StatementResult,
  position: number,
  options: ResultOptions,
  display: Display,
): Result {
  const { tag, count, notices } = answer;
  const columns = (answer.columns ?? []).map(({ name, type, typeName }) => {
    return { name, type: typeName ?? formatType(type) };
  });
  const rows = rowsOf(answer.columns ?? [], answer.rows, options.rows ?? 'object', display);
  return { command: tag, count, columns, rows, position, notices };
}

/** Rows as JavaScript has them. */
export function rowsOf(
  columns: readonly ResultColumn[],
  rows: readonly (readonly Value[])[],
  mode: NonNullable<ResultOptions['rows']>,
  display: Display,
): readonly unknown[] {
  const text = mode === 'text';
  const convert = columns.map(({ type }) => (text ? textOf(type, display) : jsOf(type, display)));
  if (mode !== 'object') return rows.map((row) => row.map((value, i) => convert[i]!(value)));
  return rows.map((row) => {
    const object: Record<string, unknown> = {};
    for (let i = 0; i < row.length; i += 1) object[columns[i]!.name] = convert[i]!(row[i]!);
    return object;
  });
}

type Convert = (value: Value) => unknown;

function textOf(type: SqlType, display: Display): Convert {
  return (value) => (value === null ? null : formatValue(type.id, value, display));
}

/** How values of a type look in JavaScript. */
export function jsOf(type: SqlType, display: Display): Convert {
  switch (type.id) {
    case types.BOOL:
    case types.INT2:
    case types.INT4:
    case types.OID:
    case types.FLOAT4:
    case types.FLOAT8:
      return (value) => value;
    case types.INT8:
      return (value) => (value === null ? null : BigInt(value as types.Int64));
    case types.TEXT:
    case types.VARCHAR:
    case types.BPCHAR:
    case types.NAME:
    case types.UUID:
    case types.UNKNOWN:
      return (value) => value;
    case types.BYTEA:
      // A copy: values are immutable, and may be shared.
      return (value) => (value === null ? null : new Uint8Array(value as Uint8Array));
    case types.JSON:
    case types.JSONB:
      return (value) => (value === null ? null : parseExactly(value as string));
    case types.TIMESTAMP:
    case types.TIMESTAMPTZ: {
      // A `Timestamp` is what it is, however the session wants text to look.
      const text = textOf(type, { ...display, style: DEFAULT_STYLE });
      return (value) => (value === null ? null : new Timestamp(text(value) as string));
    }
    case types.VOID:
      return () => '';
    default: {
      const element = elementOf(type.id);
      if (element === null) return textOf(type, display);
      const convert = jsOf({ id: element, modifier: type.modifier }, display);
      return (value) => (value === null ? null : nested(value as types.ArrayValue, convert));
    }
  }
}

function nested({ dimensions, elements }: types.ArrayValue, convert: Convert): unknown[] {
  let parts: unknown[] = elements.map(convert);
  for (let depth = dimensions.length - 1; depth > 0; depth -= 1) {
    const size = dimensions[depth]!;
    const rows: unknown[] = [];
    for (let at = 0; at < parts.length; at += size) rows.push(parts.slice(at, at + size));
    parts = rows;
  }
  return parts;
}

/** The value, or the text itself where a number in it is more than JavaScript's numbers hold. */
function parseExactly(text: string): unknown {
  // Strings are skipped first, so that digits in them count for nothing.
  const numbers = text.replaceAll(/"(?:[^"\\]|\\.)*"/g, '').match(/-?\d[\d.eE+-]*/g) ?? [];
  return numbers.every(isExact) ? JSON.parse(text) : text;
}

function isExact(digits: string): boolean {
  const shown = String(Number(digits));
  if (shown === digits) return true;
  return plain(shown) === plain(digits);
}

/** Digits and power of ten, without what does not change the value. */
function plain(number: string): string {
  const parts = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(number);
  if (parts === null) return number;
  const [, sign, whole, fraction = '', exponent = '0'] = parts;
  const digits = (whole! + fraction).replace(/^0+/, '');
  const kept = digits.replace(/0+$/, '');
  const power = Number(exponent) - fraction.length + (digits.length - kept.length);
  return kept === '' ? '0' : `${sign}${kept}e${power}`;
}
