/** Arrays into rows, and rows into arrays: unnest, generate_subscripts, array_agg. */
import { SqlError } from '../error.ts';
import { ANYARRAY, ANYELEMENT, ANYNONARRAY } from './function.ts';
import type { Accumulator, AggregateFunction, SetFunction } from './function.ts';
import { matchRows } from './regex-arrays.ts';
import { setFunction } from './sets.ts';
import { EMPTY_ARRAY, listArray, sameNumbers, stack } from '../types/array.ts';
import { TEXT_ARRAY } from '../types/array-type.ts';
import { BOOL, INT4, TEXT } from '../types/type.ts';
import type { ArrayValue, TypeId, Value } from '../types/type.ts';

function* elements(array: ArrayValue): Generator<readonly Value[]> {
  for (const one of array.elements) yield [one];
}

function* subscripts(
  array: ArrayValue,
  dimension: number,
  backward: boolean,
): Generator<readonly Value[]> {
  const size = array.dimensions[dimension - 1] ?? 0;
  const low = array.lowerBounds[dimension - 1] ?? 1;
  for (let i = 0; i < size; i += 1) yield [backward ? low + size - 1 - i : low + i];
}

/** `unnest(a, b, …)` in FROM: side by side, the shorter ones filled up with null. */
export function unnestTogether(types: readonly TypeId[], columns: readonly TypeId[]): SetFunction {
  return {
    ...setFunction('unnest', types, ANYELEMENT, (_, ...arrays) => together(arrays)),
    strict: false,
    columns: columns.map((type) => ({ name: 'unnest', type })),
  };
}

function* together(arrays: readonly Value[]): Generator<readonly Value[]> {
  const lists = arrays.map((one) => (one === null ? [] : (one as ArrayValue).elements));
  const rows = lists.reduce((most, list) => Math.max(most, list.length), 0);
  for (let i = 0; i < rows; i += 1) yield lists.map((list) => list[i] ?? null);
}

/** What of an array can equal something: for looking its elements up in an index. */
export function lookUpElements(
  array: TypeId,
  element: TypeId,
  range: readonly [number, number] | null,
): SetFunction {
  return setFunction('unnest', [array], element, function* (_, value) {
    for (const one of (value as ArrayValue).elements) {
      if (one === null) continue;
      if (range !== null && !((one as number) >= range[0] && (one as number) <= range[1])) continue;
      yield [one];
    }
  });
}

export const arraySets: readonly SetFunction[] = [
  setFunction('unnest', [ANYARRAY], ANYELEMENT, (_, array) => elements(array as ArrayValue)),
  setFunction('generate_subscripts', [ANYARRAY, INT4], INT4, (_, array, dimension) =>
    subscripts(array as ArrayValue, dimension as number, false),
  ),
  setFunction('generate_subscripts', [ANYARRAY, INT4, BOOL], INT4, (_, array, dimension, back) =>
    subscripts(array as ArrayValue, dimension as number, back as boolean),
  ),
  setFunction('regexp_matches', [TEXT, TEXT], TEXT_ARRAY, (_, text, pattern) =>
    matchRows(text as string, pattern as string, ''),
  ),
  setFunction('regexp_matches', [TEXT, TEXT, TEXT], TEXT_ARRAY, (_, text, pattern, flags) =>
    matchRows(text as string, pattern as string, flags as string),
  ),
];

class Elements implements Accumulator {
  readonly #elements: Value[] = [];
  readonly #ofNone: Value;

  constructor(ofNone: Value) {
    this.#ofNone = ofNone;
  }

  add(_: unknown, value: Value): void {
    this.#elements.push(value);
  }

  result(): Value {
    return this.#elements.length === 0 ? this.#ofNone : listArray(this.#elements.slice());
  }
}

class SubArrays implements Accumulator {
  readonly #parts: ArrayValue[] = [];
  readonly #ofNone: Value;

  constructor(ofNone: Value) {
    this.#ofNone = ofNone;
  }

  add(_: unknown, value: Value): void {
    if (value === null) throw new SqlError('22004', 'cannot accumulate null arrays');
    const part = value as ArrayValue;
    if (part.elements.length === 0) throw new SqlError('2202E', 'cannot accumulate empty arrays');
    const [first] = this.#parts;
    if (first !== undefined && !sameNumbers(first.dimensions, part.dimensions)) {
      throw new SqlError('2202E', 'cannot accumulate arrays of different dimensionality');
    }
    this.#parts.push(part);
  }

  result(): Value {
    return this.#parts.length === 0 ? this.#ofNone : stack(this.#parts);
  }
}

function collecting(
  name: string,
  type: TypeId,
  result: TypeId,
  create: () => Accumulator,
): AggregateFunction {
  return {
    kind: 'aggregate',
    name,
    arguments: [type],
    variadic: false,
    result,
    strict: false,
    directArguments: 0,
    orderedSet: false,
    gathers: true,
    create,
  };
}

export const arrayAggregates: readonly AggregateFunction[] = [
  collecting('array_agg', ANYNONARRAY, ANYARRAY, () => new Elements(null)),
  collecting('array_agg', ANYARRAY, ANYARRAY, () => new SubArrays(null)),
];

/** `ARRAY(SELECT …)`: as array_agg, but of no rows it is empty. */
export function arrayOfRows(type: TypeId, result: TypeId): AggregateFunction {
  return type === result
    ? collecting('array_agg', type, result, () => new SubArrays(EMPTY_ARRAY))
    : collecting('array_agg', type, result, () => new Elements(EMPTY_ARRAY));
}
