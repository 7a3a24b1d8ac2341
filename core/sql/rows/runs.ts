/**
 * Rows found by a scan, as places in heaps, and their columns read into a batch.
 *
 * Rows come in runs of one heap and one shape, so that a column is read by one loop a run.
 */
import { readU16, readU64 } from '../../codec/bytes.ts';
import { assert } from '../../types/assert.ts';
import type { Table } from '../catalog/model.ts';
import type { SqlError } from '../error.ts';
import { unsupported } from '../error.ts';
import type { Batch, ColumnBatch } from '../exec/batch.ts';
import { ALL_ROWS } from '../exec/column.ts';
import { roomForNumbers, roomForRows } from '../exec/room.ts';
import {
  CREATED_AT,
  CREATED_POSITION,
  DELETED_AT,
  DELETED_POSITION,
  ROW_ADDRESS,
} from '../plan/plan.ts';
import {
  BPCHAR,
  FLOAT4,
  FLOAT8,
  INT2,
  INT4,
  INT8,
  JSON,
  JSONB,
  TEXT,
  VARCHAR,
} from '../types/type.ts';
import type { TypeId, Value } from '../types/type.ts';
import type { Rows } from './decode.ts';
import { beginColumn, decodeColumn } from './decode.ts';
import { PENDING_POSITION } from './keyspaces.ts';
import type { Field, FieldKind, RowShape, TableShapes } from './shape.ts';
import { VERSION_FROM, WIDE, fieldKind, tableShapes } from './shape.ts';

/** What hidden columns need to know. */
export interface Clock {
  /** Position shown for rows that are not committed yet. */
  readonly position: number;
  /** What ended later has not ended yet. */
  readonly snapshot: number;
  /** Microseconds since 2000 of an entry. */
  timestampAt(position: number): number;
}

interface Run {
  heap: Uint8Array;
  shape: RowShape;
  from: number;
}

interface WantedColumn {
  /** 0: a column of the table; else the number of a hidden one. */
  readonly hidden: number;
  readonly kind: FieldKind;
  readonly type: TypeId;
  /** In rows of the table's newest shape. */
  readonly field: Field | undefined;
  readonly id: number;
  readonly name: string;
}

const HIDDEN_KINDS: FieldKind = 'int64';
const NO_HEAP: Uint8Array = new Uint8Array(0);
const NO_FROMS: Int32Array = new Int32Array(0);
const NO_ENDS: Float64Array = new Float64Array(0);

export class Runs {
  readonly #shapes: TableShapes;
  readonly #wanted: readonly WantedColumn[];
  readonly #clock: Clock;
  readonly #runs: Run[] = [];
  #runCount = 0;
  /** Rows so far. */
  count = 0;
  froms: Int32Array = NO_FROMS;
  #ends: Float64Array = NO_ENDS;
  #addresses: Uint8Array[] = [];
  readonly wantsEnds: boolean;
  readonly wantsAddress: boolean;
  readonly #rows: Rows;

  constructor(table: Table, columns: readonly number[], clock: Clock) {
    this.#shapes = tableShapes(table);
    this.#clock = clock;
    this.#wanted = columns.map((ordinal) => wanted(table, this.#shapes, ordinal));
    this.wantsEnds = columns.includes(DELETED_AT) || columns.includes(DELETED_POSITION);
    this.wantsAddress = columns.includes(ROW_ADDRESS);
    const shape = this.#shapes.current;
    const { froms } = this;
    this.#rows = { heap: NO_HEAP, shape, froms, selection: froms, from: 0, to: 0 };
  }

  get currentShape(): RowShape {
    return this.#shapes.current;
  }

  reset(capacity: number): void {
    this.count = 0;
    this.#runCount = 0;
    if (this.wantsEnds) this.#ends.fill(0);
    if (this.froms.length >= capacity) return;
    this.froms = roomForRows(capacity);
    if (this.wantsEnds) this.#ends = roomForNumbers(capacity);
  }

  /** Adds a row that begins at `from`; `ended` 0: it is current. */
  push(heap: Uint8Array, from: number, ended: number): void {
    const version = readU16(heap, from + VERSION_FROM) & ~WIDE;
    this.open(heap, version);
    this.froms[this.count] = from;
    if (this.wantsEnds) this.#ends[this.count] = ended;
    this.count += 1;
  }

  /** The last pushed row's key. */
  address(heap: Uint8Array, from: number, bytes: number): void {
    this.#addresses[this.count - 1] = heap.slice(from, from + bytes);
  }

  /** Rows pushed from now on, or written to `froms` directly, are in this heap. */
  open(heap: Uint8Array, version: number): void {
    const runs = this.#runs;
    if (this.#runCount > 0) {
      const last = runs[this.#runCount - 1]!;
      if (last.heap === heap && last.shape.version === version) return;
    }
    const shape = this.#shapes.byVersion.get(version);
    assert(shape !== undefined, 'a row has a version that its table knows');
    const from = this.count;
    const run = runs[this.#runCount];
    if (run === undefined) runs.push({ heap, shape, from });
    else {
      run.heap = heap;
      run.shape = shape;
      run.from = from;
    }
    this.#runCount += 1;
  }

  /** Reads the columns of all rows, those that are late left out. */
  fill(batch: Batch, late: readonly boolean[] | null): void {
    batch.rows = this.count;
    for (let i = 0; i < this.#wanted.length; i += 1) {
      if (late !== null && late[i]!) continue;
      this.#read(this.#wanted[i]!, batch.columns[i]!, ALL_ROWS, this.count);
    }
  }

  /** Reads the late columns of the rows that are selected. */
  load(batch: Batch, late: readonly boolean[], selection: Int32Array, count: number): void {
    for (let i = 0; i < this.#wanted.length; i += 1) {
      if (late[i]!) this.#read(this.#wanted[i]!, batch.columns[i]!, selection, count);
    }
  }

  #read(column: WantedColumn, into: ColumnBatch, selection: Int32Array, count: number): void {
    if (column.hidden === ROW_ADDRESS) {
      beginColumn(into, 'bytes');
      for (let k = 0; k < count; k += 1)
        into.values[selection[k]!] = this.#addresses[selection[k]!]!;
      return;
    }
    beginColumn(into, column.kind);
    const rows = this.#rows;
    rows.froms = this.froms;
    rows.selection = selection;
    let k = 0;
    for (let i = 0; i < this.#runCount; i += 1) {
      const run = this.#runs[i]!;
      const end = i + 1 < this.#runCount ? this.#runs[i + 1]!.from : this.count;
      rows.heap = run.heap;
      rows.shape = run.shape;
      rows.from = k;
      if (selection === ALL_ROWS) k = Math.min(end, count);
      else while (k < count && selection[k]! < end) k += 1;
      rows.to = k;
      if (column.hidden !== 0) this.#readHidden(rows, column.hidden, into);
      else if (run.shape === this.#shapes.current) decodeColumn(rows, column.field!, into);
      else this.#readOld(rows, column, into);
    }
  }

  /** Rows older than the table's newest shape. */
  #readOld(rows: Rows, column: WantedColumn, into: ColumnBatch): void {
    const field = rows.shape.byColumn.get(column.id);
    if (field !== undefined) {
      if (!holds(column.type, field.type.id)) throw retyped(column.name);
      decodeColumn(rows, field, into);
      return;
    }
    const missing = this.#shapes.missing.get(column.id);
    const value = missing?.value ?? null;
    if (missing?.type !== undefined && !holds(column.type, missing.type.id)) {
      throw retyped(column.name);
    }
    for (let k = rows.from; k < rows.to; k += 1) setValue(into, rows.selection[k]!, value);
  }

  #readHidden(rows: Rows, hidden: number, into: ColumnBatch): void {
    const clock = this.#clock;
    for (let k = rows.from; k < rows.to; k += 1) {
      const i = rows.selection[k]!;
      const created = hidden === CREATED_AT || hidden === CREATED_POSITION;
      let position = created ? readU64(rows.heap, this.froms[i]!) : this.#ends[i]!;
      const later = position > clock.snapshot && position !== PENDING_POSITION;
      if (position === 0 || (later && !created)) {
        into.nulls[i] = 1;
        into.hasNulls = true;
        continue;
      }
      if (position === PENDING_POSITION) position = clock.position;
      const shown = hidden === CREATED_AT || hidden === DELETED_AT;
      into.numbers[i] = shown ? clock.timestampAt(position) : position;
    }
  }
}

/** Types of which each may be shown as any that follows it, as it is. */
const WIDENING: readonly (readonly TypeId[])[] = [
  [INT2, INT4, INT8],
  [INT2, INT4, FLOAT8],
  [FLOAT4, FLOAT8],
  [JSONB, JSON, TEXT],
];
const TEXTS: readonly TypeId[] = [TEXT, VARCHAR, BPCHAR];

/** Whether a column can show what an older version of it held, as it is. */
function holds(type: TypeId, old: TypeId): boolean {
  if (type === old || (TEXTS.includes(type) && TEXTS.includes(old))) return true;
  return WIDENING.some((one) => one.includes(old) && one.indexOf(type) > one.indexOf(old));
}

function retyped(column: string): SqlError {
  return unsupported(`reading versions from before column "${column}" changed its type`, -1);
}

function wanted(table: Table, shapes: TableShapes, ordinal: number): WantedColumn {
  if (ordinal < 0) {
    const kind = HIDDEN_KINDS;
    return { hidden: ordinal, kind, type: INT8, field: undefined, id: 0, name: '' };
  }
  const { id, type, name } = table.columns[ordinal]!;
  const field = shapes.current.byColumn.get(id);
  // As rows have it: at another time a plan may give the same type another number.
  const own = field?.type.id ?? type.id;
  return { hidden: 0, kind: fieldKind(type.id), type: own, field, id, name };
}

/** Puts a value into a column whose form was begun by its kind. */
export function setValue(column: ColumnBatch, row: number, value: Value): void {
  if (value === null) {
    column.nulls[row] = 1;
    column.hasNulls = true;
    if (!column.isNumbers) column.values[row] = null;
  } else if (!column.isNumbers) column.values[row] = value;
  else if (typeof value === 'boolean') column.numbers[row] = value ? 1 : 0;
  else if (typeof value === 'number') column.numbers[row] = value;
  else {
    for (let i = 0; i < row; i += 1) column.values[i] = column.numbers[i]!;
    column.isNumbers = false;
    column.values[row] = value;
  }
}
