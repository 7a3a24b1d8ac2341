/** Which array type belongs to which element type: numbers of `pg_type`, as in `type.ts`. */
import * as t from './type.ts';
import type { TypeId } from './type.ts';
import { USER_TYPES_FROM } from './user-type.ts';

export const INT4_ARRAY = 1007;
export const TEXT_ARRAY = 1009;
export const FLOAT8_ARRAY = 1022;
export const INTERVAL_ARRAY = 1187;

/** Element, array. */
const PAIRS: readonly (readonly [TypeId, TypeId])[] = [
  [t.BOOL, 1000],
  [t.BYTEA, 1001],
  [t.NAME, 1003],
  [t.INT2, 1005],
  [t.INT4, INT4_ARRAY],
  [t.TEXT, TEXT_ARRAY],
  [t.BPCHAR, 1014],
  [t.VARCHAR, 1015],
  [t.INT8, 1016],
  [t.FLOAT4, 1021],
  [t.FLOAT8, FLOAT8_ARRAY],
  [t.OID, 1028],
  [t.TIMESTAMP, 1115],
  [t.DATE, 1182],
  [t.TIME, 1183],
  [t.TIMESTAMPTZ, 1185],
  [t.INTERVAL, INTERVAL_ARRAY],
  [t.NUMERIC, 1231],
  [t.UUID, 2951],
  [t.JSON, 199],
  [t.JSONB, 3807],
  [t.JSONPATH, 4073],
];

const ARRAY_OF: ReadonlyMap<TypeId, TypeId> = new Map(PAIRS);
const ELEMENT_OF: ReadonlyMap<TypeId, TypeId> = new Map(PAIRS.map(([e, array]) => [array, e]));

export const ARRAY_TYPES: readonly TypeId[] = PAIRS.map(([, array]) => array);

/** Of an array type; null: it is none. */
export function elementOf(array: TypeId): TypeId | null {
  if (array >= USER_TYPES_FROM) return array % 2 === 1 ? array - 1 : null;
  return ELEMENT_OF.get(array) ?? null;
}

/** Null: there are no arrays of this type (records, arrays themselves). */
export function arrayOf(element: TypeId): TypeId | null {
  if (element >= USER_TYPES_FROM) return element % 2 === 0 ? element + 1 : null;
  return ARRAY_OF.get(element) ?? null;
}

export function isArrayType(type: TypeId): boolean {
  return type >= USER_TYPES_FROM ? type % 2 === 1 : ELEMENT_OF.has(type);
}

/** Whether the type, or what it is an array of, has neither an order nor an equality. */
export function isUnordered(type: TypeId): boolean {
  const element = elementOf(type) ?? type;
  return element === t.JSON || element === t.JSONPATH;
}
