/**
 * Short spellings for entries of the function catalogue, so that a table of functions reads like
 * one. Arguments of `evaluate` are typed where they are written; that they fit the declared types
 * is what the binder guarantees.
 */
import type { Environment } from '../environment.ts';
import type { Accumulator, AggregateFunction, ScalarFunction, Volatility } from './function.ts';
import type { TypeId, Value } from '../types/type.ts';

type Body<A extends readonly unknown[]> = (environment: Environment, ...values: A) => Value;

/** Null for a null, and the same always: most functions. */
export function strict<A extends readonly unknown[]>(
  name: string,
  types: readonly TypeId[],
  result: TypeId,
  body: Body<A>,
  volatility: Volatility = 'immutable',
): ScalarFunction {
  return {
    kind: 'scalar',
    name,
    arguments: types,
    variadic: false,
    result,
    strict: true,
    volatility,
    evaluate: body as unknown as ScalarFunction['evaluate'],
  };
}

/** Depends on time, settings or the session's zone. */
export function stable<A extends readonly unknown[]>(
  name: string,
  types: readonly TypeId[],
  result: TypeId,
  body: Body<A>,
): ScalarFunction {
  return strict(name, types, result, body, 'stable');
}

/** Called with nulls too. */
export function lenient<A extends readonly unknown[]>(
  name: string,
  types: readonly TypeId[],
  result: TypeId,
  body: Body<A>,
  options: { readonly variadic?: boolean; readonly volatility?: Volatility } = {},
): ScalarFunction {
  return {
    ...strict(name, types, result, body, options.volatility),
    strict: false,
    variadic: options.variadic ?? false,
  };
}

/** An aggregate over one or more arguments, none of which it sees null. */
export function aggregate(
  name: string,
  types: readonly TypeId[],
  result: TypeId,
  create: () => Accumulator,
): AggregateFunction {
  return {
    kind: 'aggregate',
    name,
    arguments: types,
    variadic: false,
    result,
    strict: true,
    directArguments: 0,
    orderedSet: false,
    create,
  };
}
