/**
 * Reading rows: one column of many rows at a time, straight from page bytes into a column batch.
 *
 * `froms[i]` says where row i begins in the heap; `selection[from..to]` which rows are read. A
 * number column costs a few nanoseconds a row and allocates nothing.
 */
import { readU16, readU32 } from '../../codec/bytes.ts';
import { assert } from '../../types/assert.ts';
import type { ColumnBatch } from '../exec/batch.ts';
import type { Int64, Value } from '../types/type.ts';
import { ByteReader } from '../session/bytes.ts';
import { readValue } from '../session/value-codec.ts';
import { readNumeric } from './numeric.ts';
import type { Field, RowShape } from './shape.ts';
import { VERSION_FROM, WIDE } from './shape.ts';
import { readText } from './strings.ts';

const TWO_32 = 0x1_0000_0000;
const scratch = new Uint8Array(8);
const scratchFloats = new Float64Array(scratch.buffer);
const scratchView = new DataView(scratch.buffer);

/** Rows of one heap and one shape, and which of them to read. */
export interface Rows {
  heap: Uint8Array;
  shape: RowShape;
  froms: Int32Array;
  selection: Int32Array;
  from: number;
  to: number;
}

/** Forgets what a column held. Decoding then goes on from numbers to values when it must. */
export function beginColumn(column: ColumnBatch, field: Field['kind']): void {
  if (column.hasNulls) {
    column.nulls.fill(0);
    column.hasNulls = false;
  }
  column.isNumbers = isNumberKind(field);
}

export function isNumberKind(kind: Field['kind']): boolean {
  switch (kind) {
    case 'bool':
    case 'int2':
    case 'int4':
    case 'oid':
    case 'float4':
    case 'float8':
    case 'int64':
      return true;
    case 'uuid':
    case 'interval':
    case 'text':
    case 'bytes':
    case 'numeric':
    case 'array':
      return false;
  }
}

export function decodeColumn(rows: Rows, field: Field, column: ColumnBatch): void {
  switch (field.kind) {
    case 'int4':
      decodeInt4(rows, field, column);
      return;
    case 'int64':
      decodeInt64(rows, field, column);
      return;
    case 'float8':
      decodeFloat8(rows, field, column);
      return;
    case 'text':
      decodeText(rows, field, column);
      return;
    case 'bool':
    case 'int2':
    case 'oid':
    case 'float4':
      decodeNumbers(rows, field, column);
      return;
    case 'uuid':
    case 'interval':
    case 'bytes':
    case 'numeric':
    case 'array':
      decodeValues(rows, field, column);
  }
}

function decodeInt4(rows: Rows, field: Field, column: ColumnBatch): void {
  const { heap, froms, selection, from, to } = rows;
  const { nullByte, nullMask, offset } = field;
  const { numbers, nulls } = column;
  for (let k = from; k < to; k += 1) {
    const i = selection[k]!;
    const at = froms[i]!;
    if ((heap[at + nullByte]! & nullMask) !== 0) {
      nulls[i] = 1;
      column.hasNulls = true;
      continue;
    }
    const field4 = at + offset;
    numbers[i] =
      heap[field4]! |
      (heap[field4 + 1]! << 8) |
      (heap[field4 + 2]! << 16) |
      (heap[field4 + 3]! << 24);
  }
}

function decodeInt64(rows: Rows, field: Field, column: ColumnBatch): void {
  const { heap, froms, selection, from, to } = rows;
  const { nullByte, nullMask, offset } = field;
  const { numbers, nulls } = column;
  for (let k = from; k < to; k += 1) {
    const i = selection[k]!;
    const at = froms[i]!;
    if ((heap[at + nullByte]! & nullMask) !== 0) {
      nulls[i] = 1;
      column.hasNulls = true;
      continue;
    }
    const number = int64Number(heap, at + offset);
    if (column.isNumbers && !Number.isSafeInteger(number)) turnToValues(column, i, selection, k);
    if (column.isNumbers) numbers[i] = number;
    else column.values[i] = Number.isSafeInteger(number) ? number : readInt64(heap, at + offset);
  }
}

/** An integer that no number can hold: what was decoded so far moves to `values`. */
function turnToValues(column: ColumnBatch, row: number, selection: Int32Array, k: number): void {
  // Rows below `row` may come from an earlier run, so all of them move, the dead ones too.
  for (let i = 0; i < row; i += 1) column.values[i] = column.numbers[i]!;
  assert(selection[k] === row, 'a selection ascends');
  column.isNumbers = false;
}

function decodeFloat8(rows: Rows, field: Field, column: ColumnBatch): void {
  const { heap, froms, selection, from, to } = rows;
  const { nullByte, nullMask, offset } = field;
  const { numbers, nulls } = column;
  for (let k = from; k < to; k += 1) {
    const i = selection[k]!;
    const at = froms[i]!;
    if ((heap[at + nullByte]! & nullMask) !== 0) {
      nulls[i] = 1;
      column.hasNulls = true;
      continue;
    }
    for (let b = 0; b < 8; b += 1) scratch[b] = heap[at + offset + b]!;
    numbers[i] = scratchFloats[0]!;
  }
}

function decodeText(rows: Rows, field: Field, column: ColumnBatch): void {
  const { heap, froms, selection, from, to, shape } = rows;
  const { nullByte, nullMask } = field;
  const { values, nulls } = column;
  const number = field.offset;
  for (let k = from; k < to; k += 1) {
    const i = selection[k]!;
    const at = froms[i]!;
    if ((heap[at + nullByte]! & nullMask) !== 0) {
      nulls[i] = 1;
      column.hasNulls = true;
      values[i] = null;
      continue;
    }
    const ends = at + shape.endsFrom;
    if ((heap[at + VERSION_FROM + 1]! & (WIDE >> 8)) !== 0) {
      values[i] = readText(
        heap,
        wideStart(heap, ends, number, shape),
        wideEnd(heap, ends, number, shape),
      );
      continue;
    }
    const data = ends + shape.variables * 2;
    const start = number === 0 ? data : data + readU16(heap, ends + number * 2 - 2);
    values[i] = readText(heap, start, data + readU16(heap, ends + number * 2));
  }
}

function decodeNumbers(rows: Rows, field: Field, column: ColumnBatch): void {
  const { heap, froms, selection, from, to } = rows;
  for (let k = from; k < to; k += 1) {
    const i = selection[k]!;
    const at = froms[i]!;
    if ((heap[at + field.nullByte]! & field.nullMask) !== 0) {
      column.nulls[i] = 1;
      column.hasNulls = true;
    } else column.numbers[i] = readSmallNumber(heap, at + field.offset, field.kind);
  }
}

function decodeValues(rows: Rows, field: Field, column: ColumnBatch): void {
  const { heap, froms, selection, from, to, shape } = rows;
  for (let k = from; k < to; k += 1) {
    const i = selection[k]!;
    const at = froms[i]!;
    const value = readField(heap, at, shape, field);
    column.values[i] = value;
    if (value !== null) continue;
    column.nulls[i] = 1;
    column.hasNulls = true;
  }
}

/** One field of one row, as a value. */
export function readField(heap: Uint8Array, row: number, shape: RowShape, field: Field): Value {
  if ((heap[row + field.nullByte]! & field.nullMask) !== 0) return null;
  const at = row + field.offset;
  switch (field.kind) {
    case 'bool':
      return heap[at] === 1;
    case 'int2':
    case 'int4':
    case 'oid':
    case 'float4':
      return readSmallNumber(heap, at, field.kind);
    case 'float8':
      for (let b = 0; b < 8; b += 1) scratch[b] = heap[at + b]!;
      return scratchFloats[0]!;
    case 'int64':
      return readInt64(heap, at);
    case 'uuid':
      return readUuid(heap, at);
    case 'interval': {
      const micros = readInt64(heap, at + 8);
      return { kind: 'interval', months: readI32(heap, at), days: readI32(heap, at + 4), micros };
    }
    case 'text':
    case 'bytes':
    case 'numeric':
    case 'array':
      return readVariable(heap, row + shape.endsFrom, shape, field);
  }
}

function readVariable(heap: Uint8Array, ends: number, shape: RowShape, field: Field): Value {
  const row = ends - shape.endsFrom;
  const number = field.offset;
  let start: number;
  let end: number;
  if ((heap[row + VERSION_FROM + 1]! & (WIDE >> 8)) !== 0) {
    start = wideStart(heap, ends, number, shape);
    end = wideEnd(heap, ends, number, shape);
  } else {
    const data = ends + shape.variables * 2;
    start = number === 0 ? data : data + readU16(heap, ends + number * 2 - 2);
    end = data + readU16(heap, ends + number * 2);
  }
  if (field.kind === 'text') return readText(heap, start, end);
  if (field.kind === 'bytes') return heap.slice(start, end);
  if (field.kind === 'array') return readArray(heap, start, end);
  return readNumeric(heap, start, end);
}

function readArray(heap: Uint8Array, start: number, end: number): Value {
  const from = new ByteReader(heap, start, end);
  const value = readValue(from);
  assert(!from.failed && from.left === 0, 'a stored array is whole');
  return value;
}

function wideStart(heap: Uint8Array, ends: number, number: number, shape: RowShape): number {
  const data = ends + shape.variables * 4;
  return number === 0 ? data : data + readU32(heap, ends + number * 4 - 4);
}

function wideEnd(heap: Uint8Array, ends: number, number: number, shape: RowShape): number {
  return ends + shape.variables * 4 + readU32(heap, ends + number * 4);
}

function readSmallNumber(heap: Uint8Array, at: number, kind: Field['kind']): number {
  switch (kind) {
    case 'bool':
      return heap[at]!;
    case 'int2':
      return ((heap[at]! | (heap[at + 1]! << 8)) << 16) >> 16;
    case 'int4':
      return readI32(heap, at);
    case 'oid':
      return readU32(heap, at);
    default:
      for (let b = 0; b < 4; b += 1) scratch[b] = heap[at + b]!;
      return scratchView.getFloat32(0, true);
  }
}

function readI32(heap: Uint8Array, at: number): number {
  return readU32(heap, at) | 0;
}

/** Exact while it is a safe integer; beyond, some other number that is not one. */
function int64Number(heap: Uint8Array, at: number): number {
  return readI32(heap, at + 4) * TWO_32 + readU32(heap, at);
}

export function readInt64(heap: Uint8Array, at: number): Int64 {
  const number = int64Number(heap, at);
  if (Number.isSafeInteger(number)) return number;
  return (BigInt(readI32(heap, at + 4)) << 32n) | BigInt(readU32(heap, at));
}

function readUuid(heap: Uint8Array, at: number): string {
  let text = '';
  for (let i = 0; i < 16; i += 1) {
    const byte = heap[at + i]!;
    text += (byte < 16 ? '0' : '') + byte.toString(16);
    if (i === 3 || i === 5 || i === 7 || i === 9) text += '-';
  }
  return text;
}
