/**
 * Values of columns that a foreign key joins, where their types differ.
 *
 * A referring value is compared as the referenced column's type. Types that PostgreSQL compares as
 * they are (`bigint` with `int`) may have values that the other type has not: those equal nothing.
 */
import type { Environment } from '../environment.ts';
import { SqlError } from '../error.ts';
import { findCast } from '../functions/casts.ts';
import { assert } from '../../types/assert.ts';
import { compareFor } from '../types/compare.ts';
import type { SqlType, TypeId, Value } from '../types/type.ts';
import * as t from '../types/type.ts';

/** Types within which any two values can be compared as they are. */
const ALIKE: readonly (readonly TypeId[])[] = [
  [t.INT2, t.INT4, t.INT8],
  [t.FLOAT4, t.FLOAT8],
  [t.TEXT, t.VARCHAR, t.NAME],
  [t.DATE, t.TIMESTAMP, t.TIMESTAMPTZ],
];

export function areAlike(a: TypeId, b: TypeId): boolean {
  return a === b || ALIKE.some((types) => types.includes(a) && types.includes(b));
}

/** A value as another type, whatever that loses. Throws what the cast throws. */
export function converted(
  value: Value,
  from: SqlType,
  to: SqlType,
  environment: Environment,
): Value {
  if (from.id === to.id || value === null) return value;
  const cast = findCast(from.id, to.id, 'implicit') ?? findCast(from.id, to.id, 'explicit');
  assert(cast !== null, 'columns of a foreign key have comparable types');
  return cast.apply(environment, value, -1, false);
}

/** A referring value as the referenced type; undefined: that has no value equal to it. */
export function asReferenced(
  value: Value,
  from: SqlType,
  to: SqlType,
  environment: Environment,
): Value | undefined {
  if (from.id === to.id || value === null) return value;
  if (areAlike(from.id, to.id)) return exactly(value, from, to, environment);
  return converted(value, from, to, environment);
}

/** A referenced value as the referring type; undefined: no row can refer to it. */
export function exactly(
  value: Value,
  from: SqlType,
  to: SqlType,
  environment: Environment,
): Value | undefined {
  if (from.id === to.id || value === null) return value;
  try {
    const there = converted(value, from, to, environment);
    const back = converted(there, to, from, environment);
    return compareFor(from.id)(value, back) === 0 ? there : undefined;
  } catch (error) {
    // Out of the other type's range.
    if (error instanceof SqlError) return undefined;
    throw error;
  }
}

/** Whether each referenced value stands for at most one referring value, and looks it up. */
export function isLookedUp(referring: TypeId, referenced: TypeId): boolean {
  return areAlike(referring, referenced) || (referring !== t.BPCHAR && referenced !== t.BPCHAR);
}
