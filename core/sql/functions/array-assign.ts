/** Assignment to elements and slices of arrays: `SET a[2] = x`, `SET a[1:2] = '{x,y}'`. */
import { SqlError } from '../error.ts';
import { lenient } from './define.ts';
import type { ScalarFunction } from './function.ts';
import { EMPTY_ARRAY, countElements, makeArray } from '../types/array.ts';
import { INT4 } from '../types/type.ts';
import type { ArrayValue, TypeId, Value } from '../types/type.ts';
import type { SliceEnds } from './array-make.ts';

function wrong(message: string, detail: string = ''): SqlError {
  return new SqlError('2202E', message, { detail });
}

interface Span {
  readonly low: number;
  readonly high: number;
}

/** The array with room for a span in its only dimension: what is new is null. */
function widened(array: ArrayValue, { low, high }: Span): ArrayValue {
  const first = array.lowerBounds[0] as number;
  const last = first + array.elements.length - 1;
  if (low >= first && high <= last) return array;
  const from = Math.min(low, first);
  const size = Math.max(high, last) - from + 1;
  countElements([size]);
  const elements = Array.from({ length: size }, (_, i): Value => {
    const place = from + i - first;
    return array.elements[place] ?? null;
  });
  return makeArray([size], [from], elements);
}

/** Nulls within the spans, for what has no elements yet. */
function blank(spans: readonly Span[]): ArrayValue {
  const sizes = spans.map(({ low, high }) => high - low + 1);
  const lows = spans.map(({ low }) => low);
  const elements = Array.from({ length: countElements(sizes) }, (): Value => null);
  return makeArray(sizes, lows, elements);
}

/** Takes as many of `values` as there are places within the spans, in order. */
function filled(array: ArrayValue, spans: readonly Span[], values: readonly Value[]): ArrayValue {
  const { dimensions, lowerBounds } = array;
  const elements = array.elements.slice();
  let next = 0;
  const put = (depth: number, place: number): void => {
    const { low, high } = spans[depth] as Span;
    const start = place * (dimensions[depth] as number) - (lowerBounds[depth] as number);
    for (let i = low; i <= high; i += 1) {
      if (depth === dimensions.length - 1) elements[start + i] = values[next++] as Value;
      else put(depth + 1, start + i);
    }
  };
  put(0, 0);
  return { ...array, elements };
}

/** Grows a list, refuses what is outside of more dimensions. */
function roomFor(array: ArrayValue, spans: readonly Span[]): ArrayValue {
  if (array.dimensions.length === 0) return blank(spans);
  if (array.dimensions.length === 1) return widened(array, spans[0] as Span);
  const inside = spans.every(({ low, high }, i) => {
    const first = array.lowerBounds[i] as number;
    return low >= first && high < first + (array.dimensions[i] as number);
  });
  if (!inside) throw wrong('array subscript out of range');
  return array;
}

function checkIndexes(indexes: readonly (number | null)[]): void {
  if (!indexes.includes(null)) return;
  throw new SqlError('22004', 'array subscript in assignment must not be null');
}

/** `count` subscripts; called with the array, the value, and the subscripts. */
export function elementAssignment(array: TypeId, element: TypeId, count: number): ScalarFunction {
  const types = [array, element, ...Array.from({ length: count }, () => INT4)];
  return lenient(
    'assign',
    types,
    array,
    (_, given: ArrayValue | null, value: Value, ...indexes: number[]) => {
      checkIndexes(indexes);
      const old = given ?? EMPTY_ARRAY;
      if (old.dimensions.length > 0 && old.dimensions.length !== count) {
        throw wrong('wrong number of array subscripts');
      }
      const spans = indexes.map((index) => ({ low: index, high: index }));
      return filled(roomFor(old, spans), spans, [value]);
    },
  );
}

/** Called with the array, what to put in, and the ends that are written. */
export function sliceAssignment(array: TypeId, ends: readonly SliceEnds[]): ScalarFunction {
  const shown = ends.map(
    (end) => `${end.low ? 'i' : ''}${end.single ? '' : ':'}${end.high ? 'j' : ''}`,
  );
  const count = ends.reduce((sum, end) => sum + (end.low ? 1 : 0) + (end.high ? 1 : 0), 0);
  const types = [array, array, ...Array.from({ length: count }, () => INT4)];
  return lenient(
    `assign[${shown.join(',')}]`,
    types,
    array,
    (_, given: ArrayValue | null, source: ArrayValue | null, ...values: number[]) => {
      checkIndexes(values);
      const old = given ?? EMPTY_ARRAY;
      if (source === null) return old;
      const spans = spansOf(old, ends, values);
      const needed = countElements(spans.map(({ low, high }) => high - low + 1));
      const room = roomFor(old, spans);
      if (source.elements.length < needed) throw wrong('source array too small');
      return filled(room, spans, source.elements);
    },
  );
}

function spansOf(
  array: ArrayValue,
  ends: readonly SliceEnds[],
  values: readonly number[],
): readonly Span[] {
  const { dimensions, lowerBounds } = array;
  const rank = dimensions.length;
  if (rank > 0 && rank < ends.length) throw wrong('wrong number of array subscripts');
  let next = 0;
  const spans = ends.map((end, i): Span => {
    if (rank === 0 && (!end.high || (!end.low && !end.single))) {
      throw wrong(
        'array slice subscript must provide both boundaries',
        'When assigning to a slice of an empty array value, slice boundaries must be fully specified.',
      );
    }
    const first = lowerBounds[i] ?? 1;
    const low = end.low ? (values[next++] as number) : end.single ? 1 : first;
    const high = end.high ? (values[next++] as number) : first + (dimensions[i] ?? 1) - 1;
    if (high < low) throw wrong('upper bound cannot be less than lower bound');
    return { low, high };
  });
  for (let i = ends.length; i < rank; i += 1) {
    const low = lowerBounds[i] as number;
    spans.push({ low, high: low + (dimensions[i] as number) - 1 });
  }
  return spans;
}
