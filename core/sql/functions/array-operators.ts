/** Operators between arrays: comparison, concatenation, containment; and what is built on these. */
import { SqlError } from '../error.ts';
import { strict, lenient } from './define.ts';
import { ANYARRAY, COMPATIBLE, COMPATIBLE_ARRAY } from './function.ts';
import type { AggregateFunction, Accumulator, ScalarFunction } from './function.ts';
import { concatenate, listArray, makeArray } from '../types/array.ts';
import { elementOf } from '../types/array-type.ts';
import { compareFor, identityFor, isComparable } from '../types/compare.ts';
import type { Comparison } from '../types/compare.ts';
import { typeName } from '../types/describe.ts';
import { BOOL } from '../types/type.ts';
import type { ArrayValue, SqlType, TypeId, Value } from '../types/type.ts';

/** Replaced by `specialize` before it is ever called. */
function unresolved(): never {
  throw new SqlError('XX000', 'a function of any array was not resolved');
}

export function requireComparison(element: TypeId, what: 'equality' | 'comparison'): void {
  if (isComparable(element)) return;
  const name = typeName(element);
  throw new SqlError(
    '42883',
    `could not identify ${what === 'equality' ? 'an' : 'a'} ${what} ` +
      `${what === 'equality' ? 'operator' : 'function'} for type ${name}`,
  );
}

const HOLDS: Readonly<Record<string, (order: number) => boolean>> = {
  '=': (order) => order === 0,
  '<>': (order) => order !== 0,
  '<': (order) => order < 0,
  '<=': (order) => order <= 0,
  '>': (order) => order > 0,
  '>=': (order) => order >= 0,
};

/** One function object for each operator and array type, so that plans may compare them. */
const comparisonsMade = new Map<string, ScalarFunction>();

function comparison(name: string): ScalarFunction {
  const specialize = ([left]: readonly SqlType[]): ScalarFunction => {
    const type = (left as SqlType).id;
    const key = `${name} ${type}`;
    const known = comparisonsMade.get(key);
    if (known !== undefined) return known;
    requireComparison(
      elementOf(type) as TypeId,
      name === '=' || name === '<>' ? 'equality' : 'comparison',
    );
    const compare = compareFor(type);
    const holds = HOLDS[name] as (order: number) => boolean;
    const made = strict(name, [type, type], BOOL, (_, a: Value, b: Value) => holds(compare(a, b)));
    comparisonsMade.set(key, made);
    return made;
  };
  return { ...strict(name, [ANYARRAY, ANYARRAY], BOOL, unresolved), specialize };
}

/** Which elements an array has, for looking them up; nulls are nobody's equals. */
function membersOf(array: ArrayValue, identity: (value: Value) => Value): ReadonlySet<Value> {
  const members = new Set<Value>();
  for (const one of array.elements) if (one !== null) members.add(identity(one));
  return members;
}

type Containment = (a: ArrayValue, b: ArrayValue, identity: (value: Value) => Value) => boolean;

const contains: Containment = (a, b, identity) => {
  const members = membersOf(a, identity);
  return b.elements.every((one) => one !== null && members.has(identity(one)));
};

const overlaps: Containment = (a, b, identity) => {
  const members = membersOf(a, identity);
  return b.elements.some((one) => one !== null && members.has(identity(one)));
};

function containment(name: string, holds: Containment): ScalarFunction {
  const specialize = ([left]: readonly SqlType[]): ScalarFunction => {
    const type = (left as SqlType).id;
    const element = elementOf(type) as TypeId;
    requireComparison(element, 'equality');
    const identity = identityFor(element);
    return strict(name, [type, type], BOOL, (_, a: ArrayValue, b: ArrayValue) =>
      holds(a, b, identity),
    );
  };
  return { ...strict(name, [ANYARRAY, ANYARRAY], BOOL, unresolved), specialize };
}

function notOneDimensional(): SqlError {
  return new SqlError('22000', 'argument must be empty or one-dimensional array');
}

function append(array: ArrayValue | null, element: Value): ArrayValue {
  if (array === null || array.dimensions.length === 0) return listArray([element]);
  if (array.dimensions.length > 1) throw notOneDimensional();
  const { lowerBounds, elements } = array;
  return makeArray([elements.length + 1], lowerBounds, [...elements, element]);
}

function prepend(element: Value, array: ArrayValue | null): ArrayValue {
  if (array === null || array.dimensions.length === 0) return listArray([element]);
  if (array.dimensions.length > 1) throw notOneDimensional();
  const { lowerBounds, elements } = array;
  return makeArray([elements.length + 1], lowerBounds, [element, ...elements]);
}

function join(a: ArrayValue | null, b: ArrayValue | null): ArrayValue | null {
  if (a === null) return b;
  return b === null ? a : concatenate(a, b);
}

function joining(append_: string, prepend_: string, cat: string): readonly ScalarFunction[] {
  const [array, one] = [COMPATIBLE_ARRAY, COMPATIBLE];
  return [
    lenient(append_, [array, one], array, (_, a: ArrayValue | null, e: Value) => append(a, e)),
    lenient(prepend_, [one, array], array, (_, e: Value, a: ArrayValue | null) => prepend(e, a)),
    lenient(cat, [array, array], array, (_, a: ArrayValue | null, b: ArrayValue | null) =>
      join(a, b),
    ),
  ];
}

/** The first or last of the arrays in their order. */
class Extreme implements Accumulator {
  #best: Value = null;
  readonly #compare: Comparison;
  readonly #sign: number;

  constructor(compare: Comparison, sign: number) {
    this.#compare = compare;
    this.#sign = sign;
  }

  add(_: unknown, value: Value): void {
    if (this.#best === null || this.#compare(value, this.#best) * this.#sign > 0) {
      this.#best = value;
    }
  }

  result(): Value {
    return this.#best;
  }
}

function extreme(name: string, sign: number): AggregateFunction {
  const base: AggregateFunction = {
    kind: 'aggregate',
    name,
    arguments: [ANYARRAY],
    variadic: false,
    result: ANYARRAY,
    strict: true,
    directArguments: 0,
    orderedSet: false,
    create: unresolved,
  };
  const specialize = ([given]: readonly SqlType[]): AggregateFunction => {
    const type = (given as SqlType).id;
    requireComparison(elementOf(type) as TypeId, 'comparison');
    const compare = compareFor(type);
    return {
      ...base,
      arguments: [type],
      result: type,
      create: () => new Extreme(compare, sign),
    };
  };
  return { ...base, specialize };
}

export const arrayOperators: readonly ScalarFunction[] = [
  ...['=', '<>', '<', '<=', '>', '>='].map(comparison),
  containment('@>', contains),
  containment('<@', (a, b, identity) => contains(b, a, identity)),
  containment('&&', overlaps),
  ...joining('||', '||', '||'),
  ...joining('array_append', 'array_prepend', 'array_cat'),
];

export const arrayExtremes: readonly AggregateFunction[] = [extreme('max', 1), extreme('min', -1)];
