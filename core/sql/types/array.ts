/**
 * Arrays as values: making them, finding an element, taking a slice, joining two.
 *
 * Bounds follow PostgreSQL: dimensions begin where they like, at most six of them. Elements are at
 * most 2^20: all of them are in memory at once, and as many arrays as a batch has rows.
 */
import { SqlError } from '../error.ts';
import type { ArrayValue, Value } from './type.ts';

export const DIMENSIONS_MAX = 6;
const ELEMENTS_MAX = 1_048_576;
const INT4_MAX = 2_147_483_647;

export const EMPTY_ARRAY: ArrayValue = {
  kind: 'array',
  dimensions: [],
  lowerBounds: [],
  elements: [],
};

/** Of one dimension. */
export function listArray(elements: readonly Value[], lowerBound: number = 1): ArrayValue {
  if (elements.length === 0) return EMPTY_ARRAY;
  return makeArray([elements.length], [lowerBound], elements);
}

/** Throws `54000` where the bounds leave int4. */
export function makeArray(
  dimensions: readonly number[],
  lowerBounds: readonly number[],
  elements: readonly Value[],
): ArrayValue {
  if (elements.length === 0) return EMPTY_ARRAY;
  for (let i = 0; i < dimensions.length; i += 1) {
    const low = lowerBounds[i] ?? 1;
    if (low + (dimensions[i] ?? 0) > INT4_MAX) {
      throw new SqlError('54000', `array lower bound is too large: ${low}`);
    }
  }
  return { kind: 'array', dimensions, lowerBounds, elements };
}

/** Elements of these dimensions; `54000` when more than an array may have. */
export function countElements(dimensions: readonly number[]): number {
  let count = 1;
  for (const size of dimensions) {
    count *= size;
    if (count > ELEMENTS_MAX) throw tooLarge();
  }
  return count;
}

export function tooLarge(): SqlError {
  return new SqlError('54000', `array size exceeds the maximum allowed (${ELEMENTS_MAX})`);
}

export function tooManyDimensions(count: number): SqlError {
  return new SqlError(
    '54000',
    `number of array dimensions (${count}) exceeds the maximum allowed (${DIMENSIONS_MAX})`,
  );
}

/** The same bounds around other elements. */
export function mapArray(array: ArrayValue, map: (element: Value) => Value): ArrayValue {
  return array.elements.length === 0
    ? array
    : { ...array, elements: array.elements.map((one) => (one === null ? null : map(one))) };
}

/** `a[i][j]`; null outside of the bounds, and when there are too few indexes or too many. */
export function elementAt(array: ArrayValue, indexes: readonly number[]): Value {
  const { dimensions, lowerBounds, elements } = array;
  if (indexes.length !== dimensions.length) return null;
  let place = 0;
  for (let i = 0; i < indexes.length; i += 1) {
    const size = dimensions[i] as number;
    const offset = (indexes[i] as number) - (lowerBounds[i] as number);
    if (offset < 0 || offset >= size) return null;
    place = place * size + offset;
  }
  return elements[place] ?? null;
}

/** Both inclusive; null: to the array's own end. */
export interface SliceBound {
  readonly low: number | null;
  readonly high: number | null;
}

/** `a[1:2][2:3]`: what lies within, counted from 1. Other dimensions are whole. */
export function slice(array: ArrayValue, bounds: readonly SliceBound[]): ArrayValue {
  const { dimensions, lowerBounds, elements } = array;
  if (bounds.length > dimensions.length || dimensions.length === 0) return EMPTY_ARRAY;
  const from: number[] = [];
  const sizes: number[] = [];
  for (let i = 0; i < dimensions.length; i += 1) {
    const first = lowerBounds[i] as number;
    const last = first + (dimensions[i] as number) - 1;
    const bound = bounds[i];
    const low = Math.max(bound?.low ?? first, first);
    const high = Math.min(bound?.high ?? last, last);
    if (low > high) return EMPTY_ARRAY;
    from.push(low - first);
    sizes.push(high - low + 1);
  }
  const kept: Value[] = [];
  const take = (depth: number, place: number): void => {
    const size = dimensions[depth] as number;
    const start = place * size + (from[depth] as number);
    for (let i = 0; i < (sizes[depth] as number); i += 1) {
      if (depth === dimensions.length - 1) kept.push(elements[start + i] as Value);
      else take(depth + 1, start + i);
    }
  };
  take(0, 0);
  return makeArray(
    sizes,
    sizes.map(() => 1),
    kept,
  );
}

function incompatible(detail: string): SqlError {
  return new SqlError('2202E', 'cannot concatenate incompatible arrays', { detail });
}

/** `a || b`: of arrays of the same number of dimensions, or an array and one of its sub-arrays. */
export function concatenate(a: ArrayValue, b: ArrayValue): ArrayValue {
  if (a.dimensions.length === 0) return b;
  if (b.dimensions.length === 0) return a;
  const difference = a.dimensions.length - b.dimensions.length;
  if (difference < -1 || difference > 1) {
    throw incompatible(
      `Arrays of ${a.dimensions.length} and ${b.dimensions.length} dimensions are not ` +
        'compatible for concatenation.',
    );
  }
  const [outer, inner] = difference >= 0 ? [a, b] : [b, a];
  const skip = difference === 0 ? 1 : 0;
  const same = (one: readonly number[], other: readonly number[]): boolean =>
    one.slice(1).every((value, i) => value === other[i + skip]);
  if (!same(outer.dimensions, inner.dimensions) || !same(outer.lowerBounds, inner.lowerBounds)) {
    const what =
      difference === 0
        ? 'Arrays with differing element dimensions'
        : 'Arrays with differing dimensions';
    throw incompatible(`${what} are not compatible for concatenation.`);
  }
  const [first = 0, ...rest] = outer.dimensions;
  const added = difference === 0 ? (inner.dimensions[0] ?? 0) : 1;
  const bounds = difference === 0 ? a.lowerBounds : outer.lowerBounds;
  const dimensions = [first + added, ...rest];
  countElements(dimensions);
  return makeArray(dimensions, bounds, [...a.elements, ...b.elements]);
}

/** Sub-arrays of one shape, side by side: their array has a dimension more. */
export function stack(parts: readonly ArrayValue[]): ArrayValue {
  const [first] = parts;
  if (first === undefined) return EMPTY_ARRAY;
  const { dimensions, lowerBounds } = first;
  if (dimensions.length >= DIMENSIONS_MAX) throw tooManyDimensions(dimensions.length + 1);
  const sizes = [parts.length, ...dimensions];
  countElements(sizes);
  return makeArray(
    sizes,
    [1, ...lowerBounds],
    parts.flatMap((part) => part.elements),
  );
}

export function sameNumbers(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}

/**
 * PostgreSQL's order: element by element, null above all; then fewer elements, fewer dimensions,
 * smaller dimensions and smaller bounds come first.
 */
export function compareArrays(
  a: ArrayValue,
  b: ArrayValue,
  compare: (a: Value, b: Value) => number,
): number {
  const length = Math.min(a.elements.length, b.elements.length);
  for (let i = 0; i < length; i += 1) {
    const left = a.elements[i] as Value;
    const right = b.elements[i] as Value;
    if (left === null || right === null) {
      if (left !== right) return left === null ? 1 : -1;
      continue;
    }
    const order = compare(left, right);
    if (order !== 0) return order;
  }
  if (a.elements.length !== b.elements.length) return a.elements.length - b.elements.length;
  if (a.dimensions.length !== b.dimensions.length) return a.dimensions.length - b.dimensions.length;
  return compareNumbers(a.dimensions, b.dimensions) || compareNumbers(a.lowerBounds, b.lowerBounds);
}

function compareNumbers(a: readonly number[], b: readonly number[]): number {
  for (const [i, value] of a.entries()) {
    const other = b[i] as number;
    if (value !== other) return value - other;
  }
  return 0;
}

/** Equal arrays, and no others, have the same text. `identity` is that of the elements. */
export function arrayIdentity(array: ArrayValue, identity: (value: Value) => Value): string {
  let text = `${array.dimensions.join('x')}@${array.lowerBounds.join('x')}`;
  for (const element of array.elements) {
    if (element === null) {
      text += ';';
      continue;
    }
    const key = identity(element);
    const part = Object.is(key, -0) ? '0' : String(key);
    text += `;${typeof key === 'string' ? 's' : 'n'}${part.length}:${part}`;
  }
  return text;
}
