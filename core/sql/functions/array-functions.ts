/** Functions of arrays: their bounds, looking for elements, replacing them, text and filling. */
import type { Environment } from '../environment.ts';
import { SqlError } from '../error.ts';
import { requireComparison } from './array-operators.ts';
import { lenient, stable, strict } from './define.ts';
import { ANYARRAY, ANYELEMENT, COMPATIBLE, COMPATIBLE_ARRAY } from './function.ts';
import type { ScalarFunction } from './function.ts';
import { requireLength } from '../types/length.ts';
import {
  DIMENSIONS_MAX,
  EMPTY_ARRAY,
  countElements,
  listArray,
  makeArray,
  slice,
  tooLarge,
  tooManyDimensions,
} from '../types/array.ts';
import { formatBounds } from '../types/array-text.ts';
import { INT4_ARRAY, TEXT_ARRAY, elementOf } from '../types/array-type.ts';
import { compareFor } from '../types/compare.ts';
import { formatValue } from '../types/text-io.ts';
import { INT4, TEXT } from '../types/type.ts';
import type { ArrayValue, SqlType, TypeId, Value } from '../types/type.ts';

function unresolved(): never {
  throw new SqlError('XX000', 'a function of any array was not resolved');
}

/** Index of the first or last element of a dimension, from 1; null when there is no such. */
function lower(array: ArrayValue, dimension: number): number | null {
  return array.lowerBounds[dimension - 1] ?? null;
}

function length(array: ArrayValue, dimension: number): number | null {
  return array.dimensions[dimension - 1] ?? null;
}

function upper(array: ArrayValue, dimension: number): number | null {
  const size = length(array, dimension);
  return size === null ? null : (lower(array, dimension) ?? 1) + size - 1;
}

const bounds: readonly ScalarFunction[] = [
  strict('array_ndims', [ANYARRAY], INT4, (_, a: ArrayValue) => a.dimensions.length || null),
  strict('array_dims', [ANYARRAY], TEXT, (_, a: ArrayValue) => formatBounds(a) || null),
  strict('array_length', [ANYARRAY, INT4], INT4, (_, a: ArrayValue, d: number) => length(a, d)),
  strict('array_lower', [ANYARRAY, INT4], INT4, (_, a: ArrayValue, d: number) => lower(a, d)),
  strict('array_upper', [ANYARRAY, INT4], INT4, (_, a: ArrayValue, d: number) => upper(a, d)),
  strict('cardinality', [ANYARRAY], INT4, (_, a: ArrayValue) => a.elements.length),
];

/** Whether two elements are the same, null being the same as null. */
type Same = (a: Value, b: Value) => boolean;

function sameness(array: SqlType | undefined): Same {
  const element = elementOf(array?.id ?? TEXT_ARRAY) as TypeId;
  requireComparison(element, 'equality');
  const compare = compareFor(element);
  return (a, b) => (a === null || b === null ? a === b : compare(a, b) === 0);
}

/** A function over an array and an element that looks for equal ones. */
function searching(
  name: string,
  more: readonly TypeId[],
  result: TypeId,
  body: (same: Same) => (environment: Environment, ...values: never[]) => Value,
): ScalarFunction {
  const types = [COMPATIBLE_ARRAY, COMPATIBLE, ...more];
  const specialize = (given: readonly SqlType[]): ScalarFunction => {
    const actual = given.map((type) => type.id);
    const made = result === COMPATIBLE_ARRAY ? (actual[0] as TypeId) : result;
    return lenient(name, actual, made, body(sameness(given[0])));
  };
  return { ...lenient(name, types, result, unresolved), specialize };
}

function refuseDimensions(array: ArrayValue, what: string): void {
  if (array.dimensions.length <= 1) return;
  throw new SqlError('0A000', `${what} multidimensional arrays is not supported`);
}

function position(array: ArrayValue | null, one: Value, from: number | null, same: Same): Value {
  if (array === null) return null;
  refuseDimensions(array, 'searching for elements in');
  if (from === null) throw new SqlError('22004', 'initial position must not be null');
  const low = array.lowerBounds[0] ?? 1;
  for (let i = Math.max(0, from - low); i < array.elements.length; i += 1) {
    if (same(array.elements[i] as Value, one)) return low + i;
  }
  return null;
}

function positions(array: ArrayValue | null, one: Value, same: Same): Value {
  if (array === null) return null;
  refuseDimensions(array, 'searching for elements in');
  const low = array.lowerBounds[0] ?? 1;
  const found: number[] = [];
  for (const [i, element] of array.elements.entries()) if (same(element, one)) found.push(low + i);
  return listArray(found);
}

function remove(array: ArrayValue | null, one: Value, same: Same): Value {
  if (array === null) return null;
  refuseDimensions(array, 'removing elements from');
  const kept = array.elements.filter((element) => !same(element, one));
  return kept.length === array.elements.length
    ? array
    : listArray(kept, array.lowerBounds[0] as number);
}

const searches: readonly ScalarFunction[] = [
  searching(
    'array_position',
    [],
    INT4,
    (same) => (_, a: ArrayValue | null, e: Value) => position(a, e, a?.lowerBounds[0] ?? 1, same),
  ),
  searching(
    'array_position',
    [INT4],
    INT4,
    (same) => (_, a: ArrayValue | null, e: Value, from: number | null) =>
      position(a, e, from, same),
  ),
  searching(
    'array_positions',
    [],
    INT4_ARRAY,
    (same) => (_, a: ArrayValue | null, e: Value) => positions(a, e, same),
  ),
  searching(
    'array_remove',
    [],
    COMPATIBLE_ARRAY,
    (same) => (_, a: ArrayValue | null, e: Value) => remove(a, e, same),
  ),
  searching(
    'array_replace',
    [COMPATIBLE],
    COMPATIBLE_ARRAY,
    (same) => (_, a: ArrayValue | null, from: Value, to: Value) =>
      a === null ? null : { ...a, elements: a.elements.map((one) => (same(one, from) ? to : one)) },
  ),
];

/** Nulls are left out, or written as `nothing`. */
function toText(
  array: ArrayValue,
  separator: string,
  nothing: string | null,
  write: (value: Value) => string,
): string {
  const parts: string[] = [];
  let units = 0;
  for (const one of array.elements) {
    const part = one === null ? nothing : write(one);
    if (part === null) continue;
    parts.push(part);
    units += part.length + separator.length;
    requireLength(units);
  }
  return parts.join(separator);
}

function arrayToString(given: readonly SqlType[]): ScalarFunction {
  const types = given.map((type) => type.id);
  const element = elementOf(types[0] as TypeId) as TypeId;
  if (types.length === 2) {
    return stable('array_to_string', types, TEXT, (environment, a: ArrayValue, by: string) =>
      toText(a, by, null, (one) => formatValue(element, one, environment)),
    );
  }
  return lenient(
    'array_to_string',
    types,
    TEXT,
    (environment, a: ArrayValue | null, by: string | null, nothing: string | null) =>
      a === null || by === null
        ? null
        : toText(a, by, nothing, (one) => formatValue(element, one, environment)),
    { volatility: 'stable' },
  );
}

/** `by` null: every character for itself; '': the whole. Parts equal to `nothing` are null. */
export function* splitText(
  text: string,
  by: string | null,
  nothing: string | null,
): Generator<string | null> {
  if (text === '') return;
  const parts = by === null ? Array.from(text) : by === '' ? [text] : text.split(by);
  for (const part of parts) yield part === nothing ? null : part;
}

function stringToArray(text: string | null, by: string | null, nothing: string | null): Value {
  return text === null ? null : listArray([...splitText(text, by, nothing)]);
}

const texts: readonly ScalarFunction[] = [
  { ...stable('array_to_string', [ANYARRAY, TEXT], TEXT, unresolved), specialize: arrayToString },
  {
    ...lenient('array_to_string', [ANYARRAY, TEXT, TEXT], TEXT, unresolved),
    specialize: arrayToString,
  },
  lenient('string_to_array', [TEXT, TEXT], TEXT_ARRAY, (_, t: string | null, by: string | null) =>
    stringToArray(t, by, null),
  ),
  lenient(
    'string_to_array',
    [TEXT, TEXT, TEXT],
    TEXT_ARRAY,
    (_, t: string | null, by: string | null, nothing: string | null) =>
      stringToArray(t, by, nothing),
  ),
];

function wrongSubscripts(detail: string): SqlError {
  return new SqlError('2202E', 'wrong number of array subscripts', { detail });
}

/** Of the array of sizes, or of lower bounds. */
function numbersOf(array: ArrayValue | null, what: string): readonly number[] {
  if (array === null) {
    throw new SqlError('22004', 'dimension array or low bound array cannot be null');
  }
  if (array.dimensions.length > 1) throw wrongSubscripts(`${what} array must be one dimensional.`);
  if (array.elements.includes(null)) throw new SqlError('22004', 'dimension values cannot be null');
  return array.elements as readonly number[];
}

function fill(value: Value, sizes: ArrayValue | null, lows: ArrayValue | null): ArrayValue {
  const dimensions = numbersOf(sizes, 'Dimension');
  const lowerBounds = numbersOf(lows, 'Dimension');
  if (dimensions.length > DIMENSIONS_MAX) throw tooManyDimensions(dimensions.length);
  if (dimensions.length !== lowerBounds.length) {
    throw wrongSubscripts('Low bound array has different size than dimensions array.');
  }
  if (dimensions.some((size) => size < 0)) throw tooLarge();
  const count = dimensions.length === 0 ? 0 : countElements(dimensions);
  if (count === 0) return EMPTY_ARRAY;
  return makeArray(
    dimensions,
    lowerBounds,
    Array.from({ length: count }, () => value),
  );
}

function ones(sizes: ArrayValue | null): ArrayValue | null {
  return sizes === null ? null : listArray(sizes.elements.map(() => 1));
}

function trim(array: ArrayValue, count: number): ArrayValue {
  const size = array.dimensions[0] ?? 0;
  if (count < 0 || count > size) {
    throw new SqlError('2202E', `number of elements to trim must be between 0 and ${size}`);
  }
  const low = array.lowerBounds[0] ?? 1;
  return slice(array, [{ low: null, high: low + size - count - 1 }]);
}

/** In which bucket between ascending thresholds: how many are not above the operand. */
function bucket(types: readonly SqlType[]): ScalarFunction {
  const [operand, array] = types.map((type) => type.id);
  requireComparison(operand as TypeId, 'comparison');
  const compare = compareFor(operand as TypeId);
  const actual = [operand as TypeId, array as TypeId];
  return strict('width_bucket', actual, INT4, (_, value: Value, thresholds: ArrayValue) => {
    if (thresholds.dimensions.length > 1) {
      throw new SqlError('2202E', 'thresholds must be one-dimensional array');
    }
    if (thresholds.elements.includes(null)) {
      throw new SqlError('22004', 'thresholds array must not contain NULLs');
    }
    let [low, high] = [0, thresholds.elements.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compare(value, thresholds.elements[middle] as Value) < 0) high = middle;
      else low = middle + 1;
    }
    return low;
  });
}

export const arrayFunctions: readonly ScalarFunction[] = [
  ...bounds,
  ...searches,
  ...texts,
  lenient('array_fill', [ANYELEMENT, INT4_ARRAY], ANYARRAY, (_, v: Value, s: ArrayValue | null) =>
    fill(v, s, ones(s)),
  ),
  lenient(
    'array_fill',
    [ANYELEMENT, INT4_ARRAY, INT4_ARRAY],
    ANYARRAY,
    (_, v: Value, s: ArrayValue | null, lows: ArrayValue | null) => fill(v, s, lows),
  ),
  strict('trim_array', [ANYARRAY, INT4], ANYARRAY, (_, a: ArrayValue, n: number) => trim(a, n)),
  {
    ...strict('width_bucket', [COMPATIBLE, COMPATIBLE_ARRAY], INT4, unresolved),
    specialize: bucket,
  },
];
