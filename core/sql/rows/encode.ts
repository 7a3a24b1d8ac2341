/**
 * Writing rows: from a row of a batch, or from values, to the bytes that `shape.ts` describes.
 *
 * Cost: one pass over the columns, into a buffer that is used again for each row.
 */
import { writeU16, writeU32, writeU64 } from '../../codec/bytes.ts';
import { UTF8_INVALID, encodeUtf8Into } from '../../codec/utf8.ts';
import { copyBytes } from '../../store/arena.ts';
import { VALUE_BYTES_MAX } from '../../store/store.ts';
import { assert } from '../../types/assert.ts';
import { SqlError } from '../error.ts';
import type { ColumnBatch } from '../exec/batch.ts';
import { ByteWriter } from '../session/bytes.ts';
import { writeValue } from '../session/value-codec.ts';
import type { Decimal, Int64, Interval, Value } from '../types/type.ts';
import { numericBytesMax, writeNumeric } from './numeric.ts';
import type { Field, RowShape } from './shape.ts';
import { VERSION_FROM, WIDE } from './shape.ts';

/** Room at first, and again after a long row. */
const ROOM_BYTES = 1024;
const ROOM_BYTES_MAX = 65_536;
const TWO_32 = 0x1_0000_0000;
const scratch = new Uint8Array(8);
const scratchFloats = new Float64Array(scratch.buffer);
const scratchView = new DataView(scratch.buffer);

let arrayWriter = new ByteWriter(ROOM_BYTES);

/** Holds the row that was encoded last, at `bytes[0..end]`. */
export class RowEncoder {
  bytes: Uint8Array = new Uint8Array(ROOM_BYTES);
  end = 0;

  /** Lets go of the room that a long row took. */
  rest(): void {
    if (this.bytes.length > ROOM_BYTES_MAX) this.bytes = new Uint8Array(ROOM_BYTES);
  }

  /** Row `row` of a batch whose columns from `first` on are the shape's fields, in order. */
  encode(
    shape: RowShape,
    columns: readonly ColumnBatch[],
    first: number,
    row: number,
    began: number,
  ): void {
    if (this.#encode(shape, columns, first, row, began, false)) return;
    const fits = this.#encode(shape, columns, first, row, began, true);
    assert(fits, 'a wide row has no bound of its own');
  }

  #encode(
    shape: RowShape,
    columns: readonly ColumnBatch[],
    first: number,
    row: number,
    began: number,
    wide: boolean,
  ): boolean {
    const { fields } = shape;
    const dataFrom = shape.endsFrom + shape.variables * (wide ? 4 : 2);
    if (this.bytes.length < dataFrom) this.#grow(dataFrom);
    this.bytes.fill(0, 0, dataFrom);
    writeU64(this.bytes, 0, began);
    writeU16(this.bytes, VERSION_FROM, wide ? shape.version | WIDE : shape.version);
    let end = dataFrom;
    for (let i = 0; i < fields.length; i += 1) {
      const field = fields[i]!;
      const column = columns[first + i]!;
      const isNull = column.hasNulls && column.nulls[row] === 1;
      if (isNull) this.bytes[field.nullByte]! |= field.nullMask;
      else if (field.variable) end = this.#variable(field, column.values[row]!, end);
      else if (column.isNumbers) {
        writeNumber(field, column.numbers[row]!, this.bytes, field.offset);
      } else writeFixed(field, column.values[row]!, this.bytes, field.offset);
      if (!field.variable) continue;
      const length = end - dataFrom;
      if (length > 0xffff && !wide) return false;
      if (wide) writeU32(this.bytes, shape.endsFrom + field.offset * 4, length);
      else writeU16(this.bytes, shape.endsFrom + field.offset * 2, length);
    }
    this.end = end;
    return true;
  }

  #variable(field: Field, value: Value, at: number): number {
    if (field.kind === 'text') {
      const text = value as string;
      this.#grow(at + text.length * 3);
      const written = encodeUtf8Into(text, this.bytes, at);
      assert(written !== UTF8_INVALID, 'a text value is well-formed');
      return at + written;
    }
    if (field.kind === 'bytes') {
      const bytes = value as Uint8Array;
      this.#grow(at + bytes.length);
      copyBytes(bytes, 0, bytes.length, this.bytes, at);
      return at + bytes.length;
    }
    if (field.kind === 'array') return this.#array(value, at);
    this.#grow(at + numericBytesMax(value as Decimal));
    return writeNumeric(value as Decimal, this.bytes, at);
  }

  #array(value: Value, at: number): number {
    arrayWriter.clear();
    writeValue(arrayWriter, value);
    const { end } = arrayWriter;
    this.#grow(at + end);
    copyBytes(arrayWriter.bytes, 0, end, this.bytes, at);
    if (end > ROOM_BYTES_MAX) arrayWriter = new ByteWriter(ROOM_BYTES);
    return at + end;
  }

  #grow(bytes: number): void {
    if (bytes <= this.bytes.length) return;
    // UTF-8 takes at most three bytes a unit, so a row within the bound never gets here.
    if (bytes > VALUE_BYTES_MAX * 3) throw rowTooBig(bytes);
    const grown = new Uint8Array(bytes * 2);
    grown.set(this.bytes);
    this.bytes = grown;
  }
}

/** A row that is longer than any value may be. */
export function rowTooBig(bytes: number): SqlError {
  const message = `row is too big: size ${bytes}, maximum size ${VALUE_BYTES_MAX}`;
  return new SqlError('54000', message);
}

function writeNumber(field: Field, value: number, out: Uint8Array, at: number): void {
  switch (field.kind) {
    case 'bool':
      out[at] = value;
      return;
    case 'int2':
      writeU16(out, at, value);
      return;
    case 'int4':
    case 'oid':
      writeU32(out, at, value);
      return;
    case 'int64':
      writeInt64(value, out, at);
      return;
    case 'float4':
      scratchView.setFloat32(0, Number.isNaN(value) ? NaN : value, true);
      copyBytes(scratch, 0, 4, out, at);
      return;
    default:
      writeFloat64(value, out, at);
  }
}

function writeFixed(field: Field, value: Value, out: Uint8Array, at: number): void {
  if (typeof value === 'number') writeNumber(field, value, out, at);
  else if (typeof value === 'boolean') out[at] = value ? 1 : 0;
  else if (typeof value === 'bigint') writeInt64(value, out, at);
  else if (typeof value === 'string') writeUuid(value, out, at);
  else {
    const interval = value as Interval;
    writeU32(out, at, interval.months);
    writeU32(out, at + 4, interval.days);
    writeInt64(interval.micros, out, at + 8);
  }
}

/** Two's complement, little-endian. */
export function writeInt64(value: Int64, out: Uint8Array, at: number): void {
  if (typeof value === 'bigint') {
    writeU32(out, at, Number(BigInt.asUintN(32, value)));
    writeU32(out, at + 4, Number(BigInt.asUintN(32, value >> 32n)));
    return;
  }
  const high = Math.floor(value / TWO_32);
  writeU32(out, at, value - high * TWO_32);
  writeU32(out, at + 4, high);
}

export function writeFloat64(value: number, out: Uint8Array, at: number): void {
  if (Number.isNaN(value)) {
    // One NaN: which bits an engine gives it is its own affair.
    writeU32(out, at, 0);
    writeU32(out, at + 4, 0x7ff8_0000);
    return;
  }
  scratchFloats[0] = value;
  for (let i = 0; i < 8; i += 1) out[at + i] = scratch[i]!;
}

function writeUuid(text: string, out: Uint8Array, at: number): void {
  let end = at;
  for (let i = 0; i < 36; i += 2) {
    if (text.charCodeAt(i) === 0x2d) i += 1;
    out[end++] = (hexDigit(text.charCodeAt(i)) << 4) | hexDigit(text.charCodeAt(i + 1));
  }
  assert(end === at + 16, 'a uuid has 16 bytes');
}

function hexDigit(unit: number): number {
  return unit < 0x3a ? unit - 0x30 : unit - 0x57;
}
