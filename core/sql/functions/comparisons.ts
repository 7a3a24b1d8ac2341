/**
 * The six comparison operators of every type that has an order, and across the types that
 * PostgreSQL compares without a cast (integers, floats, dates and times).
 *
 * Numbers, booleans, uuids and 64-bit integers compare directly; the rest by `types/compare.ts`.
 */
import { SqlError } from '../error.ts';
import { strict } from './define.ts';
import { ANYENUM } from './function.ts';
import type { ScalarFunction } from './function.ts';
import { compareDateTimes } from '../types/datetime.ts';
import { compareFloats, compareFor } from '../types/compare.ts';
import type { Comparison } from '../types/compare.ts';
import { typeName } from '../types/describe.ts';
import { compareText } from '../types/text.ts';
import {
  BOOL,
  BPCHAR,
  BYTEA,
  DATE,
  FLOAT4,
  FLOAT8,
  INT2,
  INT4,
  INT8,
  INTERVAL,
  JSONB,
  NAME,
  NUMERIC,
  OID,
  RECORD,
  TEXT,
  TIME,
  TIMESTAMP,
  TIMESTAMPTZ,
  UNKNOWN,
  UUID,
} from '../types/type.ts';
import type { RecordValue, TypeId, Value } from '../types/type.ts';

/** Values that JavaScript itself orders as SQL does. */
type Plain = number | bigint;

function direct(left: TypeId, right: TypeId): ScalarFunction[] {
  const types = [left, right];
  return [
    strict('=', types, BOOL, (_, a: Plain, b: Plain) => a === b),
    strict('<>', types, BOOL, (_, a: Plain, b: Plain) => a !== b),
    strict('<', types, BOOL, (_, a: Plain, b: Plain) => a < b),
    strict('<=', types, BOOL, (_, a: Plain, b: Plain) => a <= b),
    strict('>', types, BOOL, (_, a: Plain, b: Plain) => a > b),
    strict('>=', types, BOOL, (_, a: Plain, b: Plain) => a >= b),
  ];
}

function ordered(left: TypeId, right: TypeId, compare: Comparison): ScalarFunction[] {
  const types = [left, right];
  return [
    strict('=', types, BOOL, (_, a: Value, b: Value) => compare(a, b) === 0),
    strict('<>', types, BOOL, (_, a: Value, b: Value) => compare(a, b) !== 0),
    strict('<', types, BOOL, (_, a: Value, b: Value) => compare(a, b) < 0),
    strict('<=', types, BOOL, (_, a: Value, b: Value) => compare(a, b) <= 0),
    strict('>', types, BOOL, (_, a: Value, b: Value) => compare(a, b) > 0),
    strict('>=', types, BOOL, (_, a: Value, b: Value) => compare(a, b) >= 0),
  ];
}

/** Equality of strings needs no order. */
function texts(left: TypeId, right: TypeId): ScalarFunction[] {
  const [, , ...orders] = ordered(left, right, compareText as Comparison);
  return [
    strict('=', [left, right], BOOL, (_, a: string, b: string) => a === b),
    strict('<>', [left, right], BOOL, (_, a: string, b: string) => a !== b),
    ...orders,
  ];
}

/** Timestamps with and without zone, and dates, meet in the session's zone. */
function acrossTimes(left: TypeId, right: TypeId): ScalarFunction[] {
  const types = [left, right];
  const volatility =
    left === TIMESTAMPTZ || right === TIMESTAMPTZ ? ('stable' as const) : ('immutable' as const);
  const operator = (name: string, holds: (order: number) => boolean): ScalarFunction =>
    strict(
      name,
      types,
      BOOL,
      (environment, a: Plain, b: Plain) =>
        holds(compareDateTimes(left, a, right, b, environment.zone)),
      volatility,
    );
  return [
    operator('=', (order) => order === 0),
    operator('<>', (order) => order !== 0),
    operator('<', (order) => order < 0),
    operator('<=', (order) => order <= 0),
    operator('>', (order) => order > 0),
    operator('>=', (order) => order >= 0),
  ];
}

/** Rows as values: a null field is above all and equals another. Looks no further than it must. */
function compareRows(a: RecordValue, b: RecordValue): number {
  const count = Math.min(a.types.length, b.types.length);
  for (let i = 0; i < count; i += 1) {
    const type = a.types[i]?.id ?? UNKNOWN;
    const other = b.types[i]?.id ?? UNKNOWN;
    if (type !== other) throw dissimilar(type, other, i);
    const left = a.fields[i] ?? null;
    const right = b.fields[i] ?? null;
    if (left === null && right === null) continue;
    if (left === null || right === null) return left === null ? 1 : -1;
    const compare = type === RECORD ? (compareRows as Comparison) : compareFor(type);
    const order = compare(left, right);
    if (order !== 0) return order;
  }
  if (a.types.length !== b.types.length) {
    throw new SqlError('42804', 'cannot compare record types with different numbers of columns');
  }
  return 0;
}

function dissimilar(left: TypeId, right: TypeId, i: number): SqlError {
  const types = `${typeName(left)} and ${typeName(right)}`;
  const where = `at record column ${i + 1}`;
  return new SqlError('42804', `cannot compare dissimilar column types ${types} ${where}`);
}

const INTEGERS = [INT2, INT4, INT8];
const FLOATS = [FLOAT4, FLOAT8];
const MOMENTS = [DATE, TIMESTAMP, TIMESTAMPTZ];

function pairs(types: readonly TypeId[]): readonly (readonly [TypeId, TypeId])[] {
  return types.flatMap((left) => types.map((right) => [left, right] as const));
}

export const comparisons: readonly ScalarFunction[] = [
  ...pairs(INTEGERS).flatMap(([left, right]) => direct(left, right)),
  ...[BOOL, OID, DATE, TIME, TIMESTAMP, TIMESTAMPTZ, UUID].flatMap((type) => direct(type, type)),
  ...pairs(FLOATS).flatMap(([left, right]) => ordered(left, right, compareFloats as Comparison)),
  ...pairs(MOMENTS).flatMap(([left, right]) => (left === right ? [] : acrossTimes(left, right))),
  strict('booleq', [BOOL, BOOL], BOOL, (_, a: boolean, b: boolean) => a === b),
  strict('boolne', [BOOL, BOOL], BOOL, (_, a: boolean, b: boolean) => a !== b),
  ...texts(TEXT, TEXT),
  ...texts(NAME, NAME),
  ...texts(NAME, TEXT),
  ...texts(TEXT, NAME),
  // Ranks of labels.
  ...texts(ANYENUM, ANYENUM),
  ...[BPCHAR, BYTEA, INTERVAL, JSONB, NUMERIC].flatMap((type) =>
    ordered(type, type, compareFor(type)),
  ),
  ...ordered(RECORD, RECORD, compareRows as Comparison),
];
