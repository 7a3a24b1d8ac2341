/**
 * What the function catalogue holds: scalar functions (operators and casts among them), aggregates,
 * window functions and set-returning functions. `resolve.ts` finds them by name and types.
 */
import type { Environment } from '../environment.ts';
import type { SqlType, TypeId, Value } from '../types/type.ts';

/** Argument of any type. As a result it never appears. */
export const ANY = 2276;
/** Any type, the same wherever it appears in one signature, the result included. */
export const ANYELEMENT = 2283;
/** As that, and no array. */
export const ANYNONARRAY = 2776;
/** An array of `ANYELEMENT`s, all arrays of one signature exactly of one type. */
export const ANYARRAY = 2277;
/** An enum: as `ANYELEMENT`, all of one type. */
export const ANYENUM = 3500;
/** A type that everything compatible in the signature can be brought to, and arrays of it. */
export const COMPATIBLE = 5077;
export const COMPATIBLE_ARRAY = 5078;

export type Volatility = 'immutable' | 'stable' | 'volatile';

export interface ScalarFunction {
  readonly kind: 'scalar';
  readonly name: string;
  readonly arguments: readonly TypeId[];
  /** The last argument may be repeated (one or more times). */
  readonly variadic: boolean;
  readonly result: TypeId;
  /** Null for any null argument: then `evaluate` is never called with one. */
  readonly strict: boolean;
  readonly volatility: Volatility;
  /** Throws `SqlError`. Positional, so that no array is made for each row. */
  readonly evaluate: (environment: Environment, ...values: Value[]) => Value;
  /** Modifier of the result, where it depends on the arguments; absent: -1. */
  readonly modifier?: (types: readonly SqlType[]) => number;
  /** Of functions with `ANY` arguments: the one for these types. `resolve.ts` calls it. */
  readonly specialize?: (types: readonly SqlType[]) => ScalarFunction;
  /** Of `x op ANY (array)` and `x op ALL (array)`: the operator between `x` and an element. */
  readonly quantifies?: { readonly operator: ScalarFunction; readonly all: boolean };
}

/** Folds values; one object per group. */
export interface Accumulator {
  add(environment: Environment, ...values: Value[]): void;
  result(environment: Environment): Value;
}

export interface AggregateFunction {
  readonly kind: 'aggregate';
  readonly name: string;
  readonly arguments: readonly TypeId[];
  readonly variadic: boolean;
  readonly result: TypeId;
  /** `add` is never called with a null argument. */
  readonly strict: boolean;
  /** `percentile_cont` and its like: `arguments` are the direct ones, then the ordered ones. */
  readonly directArguments: number;
  readonly orderedSet: boolean;
  /** Its result holds what it has been given, in the order in which it was. */
  readonly gathers?: boolean;
  readonly create: () => Accumulator;
  /** As of scalar functions. */
  readonly specialize?: (types: readonly SqlType[]) => AggregateFunction;
}

/** Pure window functions; aggregates serve as such too. Executed by `exec/window.ts`. */
export interface WindowFunction {
  readonly kind: 'window';
  readonly name: string;
  readonly arguments: readonly TypeId[];
  /** Arguments after this many may be left out (`lag(x [, n [, default]])`). */
  readonly required: number;
  readonly result: TypeId;
}

/** Of a column definition list: `AS f (a int, b text)`. */
export interface RecordColumn {
  readonly name: string;
  readonly type: SqlType;
}

export interface SetFunction {
  readonly kind: 'set';
  readonly name: string;
  readonly arguments: readonly TypeId[];
  readonly variadic: boolean;
  readonly strict: boolean;
  readonly volatility: Volatility;
  /** One column: its name is the function's unless an alias says otherwise. */
  readonly columns: readonly { readonly name: string; readonly type: TypeId }[];
  /** One row a step: a value when there is one column, else one value a column. */
  readonly rows: (environment: Environment, ...values: Value[]) => Iterable<readonly Value[]>;
  /** Of functions that answer records: the one for these columns. Without it, it cannot be run. */
  readonly ofColumns?: (columns: readonly RecordColumn[]) => SetFunction;
}

export type CastContext = 'implicit' | 'assignment' | 'explicit';

export interface Cast {
  readonly from: TypeId;
  readonly to: TypeId;
  /** The weakest context in which it happens by itself. */
  readonly context: CastContext;
  readonly volatility: Volatility;
  /** Binary-coercible: without a modifier the value stays as it is, and so does its order. */
  readonly relabels?: boolean;
  /** `explicit`: varchar(n) cuts instead of refusing, and so on. Strict. Throws `SqlError`. */
  readonly apply: (
    environment: Environment,
    value: Value,
    modifier: number,
    explicit: boolean,
  ) => Value;
}
