/**
 * Columns of batches: making, reading, writing and copying them, by the shape of their type.
 *
 * The shape says how a type's values lie in a column. Reading one as a `Value` boxes nothing for
 * numbers; copying numbers between number columns is a loop over typed arrays.
 */
import {
  BOOL,
  DATE,
  FLOAT4,
  FLOAT8,
  INT2,
  INT4,
  INT8,
  OID,
  TIME,
  TIMESTAMP,
  TIMESTAMPTZ,
} from '../types/type.ts';
import type { TypeId, Value } from '../types/type.ts';
import { BATCH_ROWS } from './batch.ts';
import type { Batch, ColumnBatch } from './batch.ts';
import { roomForBytes, roomForNumbers } from './room.ts';

/** Numbers that mean false and true. */
export const BOOLEAN = 0;
/** Always numbers. */
export const NUMBER = 1;
/** Numbers while all are safe integers, else values. */
export const INT64 = 2;
/** Always values. */
export const VALUE = 3;

export type Shape = 0 | 1 | 2 | 3;

export function shapeOf(type: TypeId): Shape {
  switch (type) {
    case BOOL:
      return BOOLEAN;
    case INT2:
    case INT4:
    case OID:
    case FLOAT4:
    case FLOAT8:
    case DATE:
      return NUMBER;
    case INT8:
    case TIME:
    case TIMESTAMP:
    case TIMESTAMPTZ:
      return INT64;
    default:
      return VALUE;
  }
}

/** All rows of a full batch, in order: the selection of a batch nobody has filtered. */
export const ALL_ROWS: Int32Array = Int32Array.from({ length: BATCH_ROWS }, (_, row) => row);

const NO_NUMBERS = new Float64Array(0);
const NO_NULLS = new Uint8Array(0);

export function makeColumn(shape: Shape, capacity: number): ColumnBatch {
  return {
    isNumbers: shape !== VALUE,
    numbers: shape === VALUE || capacity === 0 ? NO_NUMBERS : roomForNumbers(capacity),
    values: [],
    nulls: capacity === 0 ? NO_NULLS : roomForBytes(capacity),
    hasNulls: false,
  };
}

export function makeColumns(
  types: readonly { readonly id: TypeId }[],
  capacity: number,
): ColumnBatch[] {
  return types.map((type) => makeColumn(shapeOf(type.id), capacity));
}

export function makeBatch(columns: readonly ColumnBatch[], capacity: number): Batch {
  return { rows: 0, capacity, columns, selection: ALL_ROWS, count: 0 };
}

/** Makes a column ready to be written anew, with room for `capacity` rows. */
export function restart(column: ColumnBatch, shape: Shape, capacity: number): void {
  if (column.nulls.length < capacity) {
    column.nulls = roomForBytes(capacity);
    if (shape !== VALUE) column.numbers = roomForNumbers(capacity);
  } else if (column.hasNulls) {
    column.nulls.fill(0);
  }
  column.hasNulls = false;
  column.isNumbers = shape !== VALUE;
}

/** Room for `rows` rows, keeping what is there. */
export function grow(column: ColumnBatch, shape: Shape, rows: number): void {
  if (column.nulls.length >= rows) return;
  const nulls = roomForBytes(rows);
  nulls.set(column.nulls);
  column.nulls = nulls;
  if (shape === VALUE) return;
  const numbers = roomForNumbers(rows);
  numbers.set(column.numbers);
  column.numbers = numbers;
}

export function isNull(column: ColumnBatch, row: number): boolean {
  return column.hasNulls && column.nulls[row] === 1;
}

/** The row's value; `shape` is that of the column's type. */
export function valueAt(column: ColumnBatch, shape: Shape, row: number): Value {
  if (column.hasNulls && column.nulls[row] === 1) return null;
  if (!column.isNumbers) return column.values[row] as Value;
  const number = column.numbers[row] as number;
  return shape === BOOLEAN ? number === 1 : number;
}

export function putNull(column: ColumnBatch, row: number): void {
  column.hasNulls = true;
  column.nulls[row] = 1;
}

/** Writes a value of the column's type into a row that has not been written since `restart`. */
export function put(column: ColumnBatch, shape: Shape, row: number, value: Value): void {
  if (value === null) {
    putNull(column, row);
  } else if (!column.isNumbers) {
    column.values[row] = value;
  } else if (typeof value === 'number') {
    column.numbers[row] = value;
  } else if (typeof value === 'boolean') {
    column.numbers[row] = value ? 1 : 0;
  } else {
    toValues(column, shape);
    column.values[row] = value;
  }
}

/** Turns a column of numbers into one of values: an int8 that is not safe has come. */
export function toValues(column: ColumnBatch, shape: Shape): void {
  if (!column.isNumbers) return;
  const { numbers, values } = column;
  for (let row = 0; row < numbers.length; row++) {
    const number = numbers[row] as number;
    values[row] = shape === BOOLEAN ? number === 1 : number;
  }
  column.isNumbers = false;
}

/** Copies rows `from[ids[i]]` to `to[at + i]`, for i below `count`. A negative id gives null. */
export function gather(
  to: ColumnBatch,
  shape: Shape,
  at: number,
  from: ColumnBatch,
  ids: Int32Array,
  count: number,
): void {
  if (from.isNumbers && to.isNumbers && !from.hasNulls) {
    gatherNumbers(to, at, from.numbers, ids, count);
    return;
  }
  if (!from.isNumbers) toValues(to, shape);
  for (let i = 0; i < count; i++) {
    const id = ids[i] as number;
    if (id < 0 || (from.hasNulls && from.nulls[id] === 1)) putNull(to, at + i);
    else if (to.isNumbers) to.numbers[at + i] = from.numbers[id] as number;
    else to.values[at + i] = valueAt(from, shape, id);
  }
}

function gatherNumbers(
  to: ColumnBatch,
  at: number,
  from: Float64Array,
  ids: Int32Array,
  count: number,
): void {
  const { numbers } = to;
  for (let i = 0; i < count; i++) {
    const id = ids[i] as number;
    if (id < 0) putNull(to, at + i);
    else numbers[at + i] = from[id] as number;
  }
}

/** Copies the selected rows to the same places of another column. */
export function copySelected(
  to: ColumnBatch,
  shape: Shape,
  from: ColumnBatch,
  selection: Int32Array,
  count: number,
): void {
  if (!from.isNumbers) toValues(to, shape);
  for (let k = 0; k < count; k++) {
    const row = selection[k] as number;
    if (from.hasNulls && from.nulls[row] === 1) putNull(to, row);
    else if (to.isNumbers) to.numbers[row] = from.numbers[row] as number;
    else to.values[row] = valueAt(from, shape, row);
  }
}

/** Copies rows `ids[k]` to rows `places[k]`. A negative id gives null. */
export function scatter(
  to: ColumnBatch,
  shape: Shape,
  from: ColumnBatch,
  ids: Int32Array,
  places: Int32Array,
  count: number,
): void {
  if (!from.isNumbers) toValues(to, shape);
  const plain = from.isNumbers && to.isNumbers && !from.hasNulls;
  for (let k = 0; k < count; k++) {
    const id = ids[k] as number;
    const place = places[k] as number;
    if (id < 0) putNull(to, place);
    else if (plain) to.numbers[place] = from.numbers[id] as number;
    else put(to, shape, place, valueAt(from, shape, id));
  }
}
