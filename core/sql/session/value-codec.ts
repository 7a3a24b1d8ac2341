/**
 * Values as bytes: parameters in requests, rows in replies. Exact both ways, one form for each
 * value, so that equal requests have equal bytes.
 *
 *   0 null | 1 false | 2 true | 3 integer >= 0, varint | 4 integer < 0, varint of -1 - n
 *   5 float, 8 bytes | 6 integer of 64 bits that is not safe, 8 bytes | 7 text | 8 bytes
 *   9 decimal: special u8, scale varint, the coefficient's digits as text
 *   10 interval: months, days, micros, each as 3, 4 or 6 | 11 record: types, then fields
 *   12 array: dimensions u8, the size of each varint, the lower bound of each as 3 or 4, elements
 * A column's type is its id and modifier; of a type that was defined it is 0, the name, and then
 * the type of the values, which are text.
 * A safe integer other than -0 is always 3 or 4, whatever its type.
 */
import { DIMENSIONS_MAX, EMPTY_ARRAY } from '../types/array.ts';
import type { ArrayValue, Decimal, Int64, SqlType, Value } from '../types/type.ts';
import type { ByteReader, ByteWriter } from './bytes.ts';

const NULL = 0;
const FALSE = 1;
const TRUE = 2;
const NATURAL = 3;
const NEGATIVE = 4;
const FLOAT = 5;
const WIDE = 6;
const TEXT = 7;
const BYTES = 8;
const DECIMAL = 9;
const INTERVAL = 10;
const RECORD = 11;
const ARRAY = 12;

const SCALE_MAX = 16383;
/** Records and arrays within records. */
const DEPTH_MAX = 32;
/** Digits of the longest numeric. */
const DIGITS_MAX = 131072 + SCALE_MAX;

export function writeValue(out: ByteWriter, value: Value): void {
  if (value === null) return out.u8(NULL);
  if (typeof value === 'boolean') return out.u8(value ? TRUE : FALSE);
  if (typeof value === 'number') return writeNumber(out, value);
  if (typeof value === 'bigint') return writeInt64(out, value);
  if (typeof value === 'string') {
    out.u8(TEXT);
    return out.text(value);
  }
  if (value instanceof Uint8Array) {
    out.u8(BYTES);
    return out.blob(value);
  }
  if (value.kind === 'decimal') return writeDecimal(out, value);
  if (value.kind === 'interval') {
    out.u8(INTERVAL);
    writeInt64(out, value.months);
    writeInt64(out, value.days);
    return writeInt64(out, value.micros);
  }
  if (value.kind === 'array') return writeArray(out, value);
  out.u8(RECORD);
  out.varint(value.fields.length);
  for (let i = 0; i < value.fields.length; i += 1) {
    writeType(out, value.types[i]!);
    writeValue(out, value.fields[i]!);
  }
}

function writeNumber(out: ByteWriter, value: number): void {
  if (!Number.isSafeInteger(value) || Object.is(value, -0)) {
    out.u8(FLOAT);
    return out.f64(value);
  }
  out.u8(value < 0 ? NEGATIVE : NATURAL);
  out.varint(value < 0 ? -1 - value : value);
}

function writeInt64(out: ByteWriter, value: Int64): void {
  if (typeof value === 'number') return writeNumber(out, value);
  out.u8(WIDE);
  out.i64(value);
}

function writeDecimal(out: ByteWriter, value: Decimal): void {
  out.u8(DECIMAL);
  out.u8(value.special);
  out.varint(value.scale);
  out.text(String(value.coefficient));
}

function writeArray(out: ByteWriter, array: ArrayValue): void {
  out.u8(ARRAY);
  out.u8(array.dimensions.length);
  for (const size of array.dimensions) out.varint(size);
  for (const low of array.lowerBounds) writeNumber(out, low);
  for (const element of array.elements) writeValue(out, element);
}

/** Any value; null with `failed` set when malformed. */
export function readValue(from: ByteReader, depth: number = 0): Value {
  const tag = from.u8();
  switch (tag) {
    case NULL:
      return null;
    case FALSE:
      return false;
    case TRUE:
      return true;
    case NATURAL:
    case NEGATIVE:
    case WIDE:
      return readInt64(from, tag);
    case FLOAT: {
      const value = from.f64();
      if (Number.isSafeInteger(value) && !Object.is(value, -0)) from.fail();
      return value;
    }
    case TEXT: {
      const text = from.text();
      if (text.includes('\0')) from.fail();
      return text;
    }
    case BYTES:
      return from.blob();
    case DECIMAL:
      return readDecimal(from);
    case INTERVAL:
      return {
        kind: 'interval',
        months: readInt32(from),
        days: readInt32(from),
        micros: readInt64(from, from.u8()),
      };
    case RECORD:
      return readRecord(from, depth);
    case ARRAY:
      return readArray(from, depth);
    default:
      from.fail();
      return null;
  }
}

function readInt64(from: ByteReader, tag: number): Int64 {
  if (tag === NATURAL) return from.varint();
  if (tag === NEGATIVE) return -1 - from.varint();
  if (tag !== WIDE) from.fail();
  const value = from.i64();
  if (Number.isSafeInteger(Number(value))) from.fail();
  return value;
}

function readInt32(from: ByteReader): number {
  const value = readInt64(from, from.u8());
  if (typeof value === 'number' && value === (value | 0)) return value;
  from.fail();
  return 0;
}

function readDecimal(from: ByteReader): Decimal {
  const special = from.u8();
  const scale = from.varint();
  const digits = from.text();
  if (special > 3 || scale > SCALE_MAX || digits.length > DIGITS_MAX || !isInteger(digits)) {
    from.fail();
    return { kind: 'decimal', coefficient: 0, scale: 0, special: 0 };
  }
  const wide = BigInt(digits);
  const safe = Number(wide);
  const coefficient = Number.isSafeInteger(safe) ? safe : wide;
  return { kind: 'decimal', coefficient, scale, special: special as Decimal['special'] };
}

/** Digits as `String` writes them: no plus, no leading zeros, no -0. */
function isInteger(text: string): boolean {
  const first = text.charCodeAt(0) === 0x2d ? 1 : 0;
  if (text.length === first) return false;
  for (let i = first; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    if (unit < 0x30 || unit > 0x39) return false;
  }
  return text.charCodeAt(first) !== 0x30 || text === '0';
}

function readRecord(from: ByteReader, depth: number): Value {
  const count = from.count();
  const types: SqlType[] = [];
  const fields: Value[] = [];
  if (depth >= DEPTH_MAX) from.fail();
  for (let i = 0; i < count && !from.failed; i += 1) {
    types.push(readType(from));
    fields.push(readValue(from, depth + 1));
  }
  return { kind: 'record', types, fields };
}

function readArray(from: ByteReader, depth: number): Value {
  const dimensions: number[] = [];
  const lowerBounds: number[] = [];
  const elements: Value[] = [];
  const rank = from.u8();
  if (rank > DIMENSIONS_MAX || depth >= DEPTH_MAX) from.fail();
  let count = rank === 0 ? 0 : 1;
  for (let i = 0; i < rank && !from.failed; i += 1) {
    const size = from.varint();
    dimensions.push(size);
    count *= size;
    // Every element takes a byte at least.
    if (size === 0 || count > from.left) from.fail();
  }
  for (let i = 0; i < rank && !from.failed; i += 1) lowerBounds.push(readInt32(from));
  for (let i = 0; i < count && !from.failed; i += 1) elements.push(readValue(from, depth + 1));
  if (from.failed || rank === 0) return EMPTY_ARRAY;
  return { kind: 'array', dimensions, lowerBounds, elements };
}

export function writeType(out: ByteWriter, type: SqlType): void {
  out.varint(type.id);
  out.varint(type.modifier + 1);
}

export function readType(from: ByteReader): SqlType {
  const id = from.varint();
  return { id, modifier: from.varint() - 1 };
}

/** A type id that no type has: a name stands before the type. */
const NAMED = 0;

export function writeColumnType(
  out: ByteWriter,
  { type, typeName }: { readonly type: SqlType; readonly typeName?: string },
): void {
  if (typeName !== undefined) {
    out.varint(NAMED);
    out.text(typeName);
  }
  writeType(out, type);
}

export function readColumnType(from: ByteReader): {
  readonly type: SqlType;
  readonly typeName?: string;
} {
  const id = from.varint();
  if (id !== NAMED) return { type: { id, modifier: from.varint() - 1 } };
  const typeName = from.text();
  return { type: readType(from), typeName };
}
