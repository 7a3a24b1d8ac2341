/**
 * Parts that messages of both directions are made of: options, lists, texts, parameters.
 *
 * Text that a person wrote may hold half of a surrogate pair. What carries data refuses it (22021);
 * what only tells replaces it.
 */
import { UTF8_INVALID, utf8Length } from '../../core/codec/utf8.ts';
import { SqlError } from '../../core/sql/error.ts';
import type { ByteReader, ByteWriter } from '../../core/sql/session/bytes.ts';
import { readValue, writeValue } from '../../core/sql/session/value-codec.ts';
import type { Value } from '../../core/sql/types/type.ts';
import { read128, write128 } from '../../core/types/hash128.ts';
import type { Hash128 } from '../../core/types/hash128.ts';
import { Timestamp } from '../embedded/timestamp.ts';
import type { Settings, WireParameter } from './message.ts';

const NULL = 0;
const FALSE = 1;
const TRUE = 2;
const NUMBER = 3;
const BIGINT = 4;
const TEXT = 5;
const BYTES = 6;
const DATE = 7;
const JSON_TEXT = 8;
const ARRAY = 9;
/** Deeper down arrays go as JSON: no array of SQL has more dimensions. */
const ARRAYS_MAX = 6;

const HASH_BYTES = 16;
/** Digits of the longest numeric; no type takes more. */
const DIGITS_MAX = 150_000;
const NAME_BYTES_MAX = 1024;

/** Data: refused where it is no Unicode text. */
export function writeText(out: ByteWriter, text: string): void {
  if (utf8Length(text) === UTF8_INVALID) {
    throw new SqlError('22021', 'invalid character: half of a surrogate pair');
  }
  out.text(text);
}

/** What is told to people: made Unicode where it is not. */
export function writeTold(out: ByteWriter, text: string): void {
  out.text(utf8Length(text) === UTF8_INVALID ? Buffer.from(text).toString() : text);
}

export function writeBoolean(out: ByteWriter, value: boolean): void {
  out.u8(value ? 1 : 0);
}

export function readBoolean(from: ByteReader): boolean {
  const value = from.u8();
  if (value > 1) from.fail();
  return value === 1;
}

/** A number from -1 on. */
export function writeOrNone(out: ByteWriter, value: number): void {
  out.varint(value + 1);
}

export function readOrNone(from: ByteReader): number {
  return from.varint() - 1;
}

export function writeHash(out: ByteWriter, hash: Hash128): void {
  const bytes = new Uint8Array(HASH_BYTES);
  write128(hash, bytes, 0);
  out.raw(bytes, 0, HASH_BYTES);
}

export function readHash(from: ByteReader): Hash128 {
  const bytes = new Uint8Array(HASH_BYTES);
  for (let i = 0; i < HASH_BYTES; i += 1) bytes[i] = from.u8();
  return read128(bytes, 0);
}

/** One of a list, by its index. */
export function writeChoice<T>(out: ByteWriter, choices: readonly T[], chosen: T): void {
  out.u8(choices.indexOf(chosen));
}

export function readChoice<T>(from: ByteReader, choices: readonly T[]): T {
  const chosen = choices[from.u8()];
  if (chosen === undefined) from.fail();
  return chosen ?? choices[0]!;
}

export function writeList<T>(
  out: ByteWriter,
  items: readonly T[],
  write: (out: ByteWriter, item: T) => void,
): void {
  out.varint(items.length);
  for (const item of items) write(out, item);
}

/** Items take at least one byte each. */
export function readList<T>(from: ByteReader, read: (from: ByteReader) => T): T[] {
  const count = from.count();
  const items: T[] = [];
  for (let i = 0; i < count && !from.failed; i += 1) items.push(read(from));
  return items;
}

/** A short text: the name of something. */
export function readName(from: ByteReader): string {
  const text = from.text();
  if (text.length > NAME_BYTES_MAX) from.fail();
  return text;
}

export function writeSettings(out: ByteWriter, settings: Settings): void {
  writeList(out, settings, (to, [name, value]) => {
    writeText(to, name);
    writeText(to, value);
  });
}

export function readSettings(from: ByteReader): Settings {
  return readList(from, (one) => [readName(one), one.text()] as const);
}

export function writeValues(out: ByteWriter, values: readonly Value[]): void {
  for (const value of values) writeValue(out, value);
}

export function readValues(from: ByteReader, count: number): Value[] {
  const values: Value[] = [];
  for (let i = 0; i < count && !from.failed; i += 1) values.push(readValue(from));
  return values;
}

export function writeParameter(out: ByteWriter, parameter: WireParameter, depth: number = 0): void {
  if (parameter === null) return out.u8(NULL);
  switch (typeof parameter) {
    case 'boolean':
      return out.u8(parameter ? TRUE : FALSE);
    case 'number':
      out.u8(NUMBER);
      return out.f64(parameter);
    case 'bigint':
      out.u8(BIGINT);
      return out.text(String(parameter));
    case 'string':
      out.u8(TEXT);
      return writeText(out, parameter);
    default:
      return writeObject(out, parameter, depth);
  }
}

function writeObject(out: ByteWriter, parameter: object, depth: number): void {
  if (parameter instanceof Uint8Array) {
    out.u8(BYTES);
    return out.blob(parameter);
  }
  if (parameter instanceof Date) {
    out.u8(DATE);
    return out.f64(parameter.getTime());
  }
  if (Array.isArray(parameter) && depth < ARRAYS_MAX) {
    out.u8(ARRAY);
    writeList(out, parameter as readonly unknown[], (to, one) => {
      writeParameter(to, elementParameter(one), depth + 1);
    });
    return;
  }
  out.u8(JSON_TEXT);
  let text: string | undefined;
  try {
    text = JSON.stringify(parameter);
  } catch (error) {
    throw new SqlError('22P02', `a parameter is no JSON: ${(error as Error).message}`);
  }
  if (text === undefined) throw new SqlError('22P02', 'a parameter is no JSON');
  return writeText(out, text);
}

/** An element of an array, as a parameter. */
function elementParameter(parameter: unknown): WireParameter {
  if (parameter === undefined) return null;
  if (parameter instanceof Timestamp) return parameter.toString();
  if (typeof parameter === 'function' || typeof parameter === 'symbol') {
    throw new SqlError('22P02', `a parameter cannot be a ${typeof parameter}`);
  }
  return parameter as WireParameter;
}

export function readParameter(from: ByteReader, depth: number = 0): WireParameter {
  switch (from.u8()) {
    case NULL:
      return null;
    case FALSE:
      return false;
    case TRUE:
      return true;
    case NUMBER:
      return from.f64();
    case BIGINT:
      return readBigInt(from);
    case TEXT:
      return from.text();
    case BYTES:
      return from.blob();
    case DATE:
      return new Date(from.f64());
    case JSON_TEXT:
      return readJson(from);
    case ARRAY:
      if (depth >= ARRAYS_MAX) from.fail();
      return readList(from, (one) => readParameter(one, depth + 1));
    default:
      from.fail();
      return null;
  }
}

function readBigInt(from: ByteReader): bigint {
  const digits = from.text();
  if (digits.length <= DIGITS_MAX && /^(?:0|-?[1-9]\d*)$/.test(digits)) return BigInt(digits);
  from.fail();
  return 0n;
}

function readJson(from: ByteReader): WireParameter {
  try {
    return JSON.parse(from.text()) as WireParameter;
  } catch {
    from.fail();
    return null;
  }
}
