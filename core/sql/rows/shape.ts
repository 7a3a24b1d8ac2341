/**
 * The bytes of a row, so that one column is found without looking at the others.
 *
 *   began u64 | version u16 (top bit: wide) | null bits | fixed fields | ends of variable fields |
 *   variable fields
 * A fixed field stands at an offset known from the version alone, zero where null. The ends of
 * variable fields count from the first one's beginning, in u16, or in u32 when the row is wide.
 *
 * bool 1 byte; int2 2; int4, oid, date 4; float4 4; float8, int8, time, timestamps 8; uuid 16;
 * interval: months 4, days 4, micros 8. Text-like types are UTF-8, ranks of enums' labels among
 * them. Numeric is `numeric.ts`'s. An array is what `session/value-codec.ts` makes of it.
 */
import type { MissingValue, ObjectId, RowLayout, Table } from '../catalog/model.ts';
import { isArrayType } from '../types/array-type.ts';
import * as t from '../types/type.ts';
import type { SqlType, TypeId } from '../types/type.ts';

export type FieldKind =
  | 'bool'
  | 'int2'
  | 'int4'
  | 'oid'
  | 'float4'
  | 'float8'
  | 'int64'
  | 'uuid'
  | 'interval'
  | 'text'
  | 'bytes'
  | 'numeric'
  | 'array';

export interface Field {
  readonly id: ObjectId;
  readonly type: SqlType;
  readonly kind: FieldKind;
  readonly nullByte: number;
  readonly nullMask: number;
  readonly variable: boolean;
  /** Fixed: offset in the row. Variable: its number among those. */
  readonly offset: number;
}

export interface RowShape {
  readonly version: number;
  readonly fields: readonly Field[];
  readonly byColumn: ReadonlyMap<ObjectId, Field>;
  /** Where the ends of variable fields begin. */
  readonly endsFrom: number;
  readonly variables: number;
}

/** Began and version. */
export const ROW_HEADER_BYTES = 10;
export const VERSION_FROM = 8;
/** In the version: the ends of variable fields are u32. */
export const WIDE = 0x8000;

export function fieldKind(type: TypeId): FieldKind {
  switch (type) {
    case t.BOOL:
      return 'bool';
    case t.INT2:
      return 'int2';
    case t.INT4:
    case t.DATE:
      return 'int4';
    case t.OID:
      return 'oid';
    case t.FLOAT4:
      return 'float4';
    case t.FLOAT8:
      return 'float8';
    case t.INT8:
    case t.TIME:
    case t.TIMESTAMP:
    case t.TIMESTAMPTZ:
      return 'int64';
    case t.UUID:
      return 'uuid';
    case t.INTERVAL:
      return 'interval';
    case t.BYTEA:
      return 'bytes';
    case t.NUMERIC:
      return 'numeric';
    default:
      return isArrayType(type) ? 'array' : 'text';
  }
}

/** 0: variable. */
function fixedBytes(kind: FieldKind): number {
  switch (kind) {
    case 'bool':
      return 1;
    case 'int2':
      return 2;
    case 'int4':
    case 'oid':
    case 'float4':
      return 4;
    case 'float8':
    case 'int64':
      return 8;
    case 'uuid':
    case 'interval':
      return 16;
    case 'text':
    case 'bytes':
    case 'numeric':
    case 'array':
      return 0;
  }
}

export function rowShape(layout: RowLayout): RowShape {
  const fields: Field[] = [];
  const byColumn: Map<ObjectId, Field> = new Map();
  let fixed = ROW_HEADER_BYTES + ((layout.columns.length + 7) >> 3);
  let variables = 0;
  for (const [ordinal, column] of layout.columns.entries()) {
    const kind = fieldKind(column.type.id);
    const bytes = fixedBytes(kind);
    const field: Field = {
      id: column.id,
      type: column.type,
      kind,
      nullByte: ROW_HEADER_BYTES + (ordinal >> 3),
      nullMask: 1 << (ordinal & 7),
      variable: bytes === 0,
      offset: bytes > 0 ? fixed : variables,
    };
    fixed += bytes;
    if (bytes === 0) variables += 1;
    fields.push(field);
    byColumn.set(column.id, field);
  }
  return { version: layout.version, fields, byColumn, endsFrom: fixed, variables };
}

/** All shapes that rows of a table may have. */
export interface TableShapes {
  readonly current: RowShape;
  readonly byVersion: ReadonlyMap<number, RowShape>;
  readonly missing: ReadonlyMap<ObjectId, MissingValue>;
}

const known: WeakMap<Table, TableShapes> = new WeakMap();

export function tableShapes(table: Table): TableShapes {
  const found = known.get(table);
  if (found !== undefined) return found;
  const layouts = table.storage?.layouts ?? [{ version: table.version, columns: table.columns }];
  const byVersion: Map<number, RowShape> = new Map();
  for (const layout of layouts) byVersion.set(layout.version, rowShape(layout));
  const missing: Map<ObjectId, MissingValue> = new Map();
  for (const one of table.storage?.missing ?? []) missing.set(one.column, one);
  const shapes: TableShapes = { current: byVersion.get(table.version)!, byVersion, missing };
  known.set(table, shapes);
  return shapes;
}
