/**
 * What SQL has a syntax of its own for, as functions that the binder makes: `ARRAY[…]`, subscripts,
 * slices, `= ANY (array)`. Their names say what they are in EXPLAIN, and tell them from others.
 */
import type { Environment } from '../environment.ts';
import { SqlError } from '../error.ts';
import { lenient, strict } from './define.ts';
import type { ScalarFunction } from './function.ts';
import {
  EMPTY_ARRAY,
  concatenate,
  elementAt,
  listArray,
  sameNumbers,
  slice,
  stack,
} from '../types/array.ts';
import { identityFor } from '../types/compare.ts';
import { BOOL, INT4 } from '../types/type.ts';
import type { ArrayValue, TypeId, Value } from '../types/type.ts';

/** `ARRAY[a, b, …]` of `count` elements. */
export function elementsConstructor(element: TypeId, array: TypeId, count: number): ScalarFunction {
  const types = Array.from({ length: count }, () => element);
  return lenient('ARRAY', types, array, (_, ...values: Value[]) => listArray(values));
}

/** `ARRAY[a, b, …]` of arrays, which become its rows. Without elements they count for nothing. */
export function rowsConstructor(array: TypeId, count: number): ScalarFunction {
  const types = Array.from({ length: count }, () => array);
  return lenient('ARRAY', types, array, (_, ...values: Value[]) => {
    const parts = values.map((one) => (one ?? EMPTY_ARRAY) as ArrayValue);
    const [first = EMPTY_ARRAY] = parts;
    if (parts.every((one) => one.elements.length === 0)) return EMPTY_ARRAY;
    const alike = parts.every(
      (one) =>
        sameNumbers(one.dimensions, first.dimensions) &&
        sameNumbers(one.lowerBounds, first.lowerBounds),
    );
    if (alike) return stack(parts);
    throw new SqlError(
      '2202E',
      'multidimensional arrays must have array expressions with matching dimensions',
    );
  });
}

/** Pieces of a long `ARRAY[…]`, end to end. */
export function piecesConstructor(array: TypeId, count: number): ScalarFunction {
  const types = Array.from({ length: count }, () => array);
  return lenient('ARRAY', types, array, (_, ...values: Value[]) =>
    listArray(values.flatMap((one) => (one as ArrayValue).elements)),
  );
}

/** Pieces of a long `ARRAY[…]` of arrays. */
export function rowPiecesConstructor(array: TypeId, count: number): ScalarFunction {
  const types = Array.from({ length: count }, () => array);
  return lenient('ARRAY', types, array, (_, ...values: Value[]) =>
    (values as ArrayValue[]).reduce(concatenate),
  );
}

/** `a[i][j]`. */
export function subscript(array: TypeId, element: TypeId, count: number): ScalarFunction {
  const types = [array, ...Array.from({ length: count }, () => INT4)];
  if (count === 1) {
    return strict('subscript', types, element, (_, a: ArrayValue, i: number) => elementAt(a, [i]));
  }
  return strict('subscript', types, element, (_, a: ArrayValue, ...indexes: number[]) =>
    elementAt(a, indexes),
  );
}

/** Which ends of a slice are written: their values follow the array, in order. */
export interface SliceEnds {
  readonly low: boolean;
  readonly high: boolean;
  /** Without a colon: from 1 up to `high`. */
  readonly single: boolean;
}

/** `a[i:j][:k]`. A single subscript among slices is one from 1 on. */
export function slicing(array: TypeId, ends: readonly SliceEnds[]): ScalarFunction {
  const shown = ends
    .map((end) => `${end.low ? 'i' : ''}${end.single ? '' : ':'}${end.high ? 'j' : ''}`)
    .join(',');
  const count = ends.reduce((sum, end) => sum + (end.low ? 1 : 0) + (end.high ? 1 : 0), 0);
  const types = [array, ...Array.from({ length: count }, () => INT4)];
  return strict(`slice[${shown}]`, types, array, (_, a: ArrayValue, ...values: number[]) => {
    let next = 0;
    const bounds = ends.map((end) => ({
      low: end.low ? (values[next++] as number) : end.single ? 1 : null,
      high: end.high ? (values[next++] as number) : null,
    }));
    return slice(a, bounds);
  });
}

/** From as many elements on, and when the same array comes again, they are put into a set. */
const SET_MIN = 4;

type Quantified = (environment: Environment, value: Value, array: Value) => Value;

/** True when some element has `found`; null when an answer is missing; else the opposite. */
function inTurn(operator: ScalarFunction, all: boolean): Quantified {
  const { evaluate } = operator;
  return (environment, value, array) => {
    if (array === null) return null;
    const { elements } = array as ArrayValue;
    let result: Value = all;
    for (const element of elements) {
      const skip = operator.strict && (value === null || element === null);
      const answer = skip ? null : evaluate(environment, value, element);
      if (answer === null) result = null;
      else if (answer !== all) return !all;
    }
    return result;
  };
}

/** What was seen of an array that came before. */
interface Seen {
  array: ArrayValue;
  /** Null: it came once only. */
  members: Set<Value> | null;
  withNull: boolean;
}

/** Of `=` and `<>` between values of one type: whether the value is a member. */
function bySet(operator: ScalarFunction, all: boolean): Quantified {
  const slow = inTurn(operator, all);
  const identity = identityFor(operator.arguments[0] as TypeId);
  /** Of this function, in the memo of a statement. */
  const key = {};
  return (environment, value, array) => {
    if (array === null || value === null) return slow(environment, value, array);
    const { elements } = array as ArrayValue;
    if (elements.length < SET_MIN) return slow(environment, value, array);
    const { memo } = environment;
    const seen = memo?.get(key) as Seen | undefined;
    if (seen === undefined) {
      memo?.set(key, { array: array as ArrayValue, members: null, withNull: false });
      return slow(environment, value, array);
    }
    if (seen.array !== array) {
      seen.array = array as ArrayValue;
      seen.members = null;
      return slow(environment, value, array);
    }
    if (seen.members === null) {
      seen.members = new Set();
      seen.withNull = elements.includes(null);
      for (const one of elements) if (one !== null) seen.members.add(identity(one));
    }
    if (seen.members.has(identity(value))) return !all;
    return seen.withNull ? null : all;
  };
}

/** Of each operator its two: they are compared by identity. */
const quantifiedBy = new WeakMap<ScalarFunction, Map<TypeId, ScalarFunction>>();

/** `x op ANY (array)` or, with `all`, `x op ALL (array)`. */
export function quantified(operator: ScalarFunction, array: TypeId, all: boolean): ScalarFunction {
  const key = all ? -array : array;
  const made = quantifiedBy.get(operator) ?? new Map<TypeId, ScalarFunction>();
  quantifiedBy.set(operator, made);
  const known = made.get(key);
  if (known !== undefined) return known;
  const [left, right] = operator.arguments as readonly [TypeId, TypeId];
  const member = left === right && operator.name === (all ? '<>' : '=');
  const evaluate = member ? bySet(operator, all) : inTurn(operator, all);
  const name = `${operator.name} ${all ? 'ALL' : 'ANY'}`;
  const base = lenient(name, [left, array], BOOL, evaluate, { volatility: operator.volatility });
  const result: ScalarFunction = { ...base, quantifies: { operator, all } };
  made.set(key, result);
  return result;
}
