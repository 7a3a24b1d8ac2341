/**
 * Bound expressions: names resolved, types known, implicit casts written out.
 *
 * The contract between the binder, which makes them, and the executor, which compiles them.
 * `column` is a place in the input row of the operator that the expression hangs on. `argument` is
 * a value handed in from outside when a sub-plan is started: that is how correlation works. A plan
 * that refers to columns of an enclosing query never names them; whoever starts it computes its
 * arguments (`SubPlan.arguments`, over *its own* input row and arguments).
 */
import type { AggregateFunction, Cast, ScalarFunction } from '../functions/function.ts';
import type { SqlType, Value } from '../types/type.ts';
import type { Plan } from './plan.ts';

/** `Query` is what stands for a query inside: before planning (`logical.ts`) a logical one. */
export type Bound<Query = SubPlan> =
  | { readonly kind: 'constant'; readonly type: SqlType; readonly value: Value }
  | { readonly kind: 'column'; readonly type: SqlType; readonly index: number }
  | { readonly kind: 'argument'; readonly type: SqlType; readonly index: number }
  | { readonly kind: 'parameter'; readonly type: SqlType; readonly index: number }
  | {
      readonly kind: 'call';
      readonly type: SqlType;
      readonly function: ScalarFunction;
      readonly arguments: readonly Bound<Query>[];
      readonly at: number;
    }
  | {
      readonly kind: 'cast';
      readonly type: SqlType;
      readonly cast: Cast;
      readonly explicit: boolean;
      readonly argument: Bound<Query>;
      readonly at: number;
    }
  /** Three-valued; arguments evaluated left to right until the answer is known. */
  | {
      readonly kind: 'and' | 'or';
      readonly type: SqlType;
      readonly arguments: readonly Bound<Query>[];
    }
  | { readonly kind: 'not'; readonly type: SqlType; readonly argument: Bound<Query> }
  | {
      readonly kind: 'isNull';
      readonly type: SqlType;
      readonly argument: Bound<Query>;
      readonly negated: boolean;
    }
  /** `IS [NOT] TRUE | FALSE | UNKNOWN`; `test` null: unknown. */
  | {
      readonly kind: 'isTruth';
      readonly type: SqlType;
      readonly argument: Bound<Query>;
      readonly test: boolean | null;
      readonly negated: boolean;
    }
  /** `equals` is the types' `=`. */
  | {
      readonly kind: 'distinctFrom';
      readonly type: SqlType;
      readonly equals: ScalarFunction;
      readonly left: Bound<Query>;
      readonly right: Bound<Query>;
      readonly negated: boolean;
    }
  /** `whens` are conditions (a simple CASE is bound to comparisons). No `otherwise`: null. */
  | {
      readonly kind: 'case';
      readonly type: SqlType;
      readonly whens: readonly { readonly when: Bound<Query>; readonly result: Bound<Query> }[];
      readonly otherwise: Bound<Query> | null;
    }
  | {
      readonly kind: 'coalesce';
      readonly type: SqlType;
      readonly arguments: readonly Bound<Query>[];
    }
  /** `less` is the type's `<`: nulls are skipped. */
  | {
      readonly kind: 'extreme';
      readonly type: SqlType;
      readonly greatest: boolean;
      readonly less: ScalarFunction;
      readonly arguments: readonly Bound<Query>[];
    }
  /**
   * `argument op ANY (list)`; IN is `=`. All elements have the argument's type. The executor builds
   * a set when all elements are constants and `operator` is the type's `=`.
   */
  | {
      readonly kind: 'inList';
      readonly type: SqlType;
      readonly argument: Bound<Query>;
      readonly operator: ScalarFunction;
      readonly list: readonly Bound<Query>[];
      readonly negated: boolean;
    }
  /** `names` of a table's whole row: what JSON calls its fields. */
  | {
      readonly kind: 'record';
      readonly type: SqlType;
      readonly fields: readonly Bound<Query>[];
      readonly names?: readonly string[];
    }
  /** More than one row is 21000; none is null. */
  | { readonly kind: 'scalarQuery'; readonly type: SqlType; readonly query: Query }
  | {
      readonly kind: 'existsQuery';
      readonly type: SqlType;
      readonly query: Query;
      readonly negated: boolean;
    }
  /**
   * `test op ANY|ALL (query)`. `compare` is over columns: the first `tests.length` are the tests'
   * values, the rest the query's row. Hashable when `equal` lists, for every column, its `=`.
   */
  | {
      readonly kind: 'anyQuery';
      readonly type: SqlType;
      readonly all: boolean;
      readonly tests: readonly Bound<Query>[];
      readonly compare: Bound<Query>;
      readonly equal: readonly ScalarFunction[] | null;
      readonly query: Query;
      readonly negated: boolean;
    };

/** A plan inside an expression, a join or a view, and what it gets from outside. */
export interface SubPlan {
  readonly plan: Plan;
  /** Empty: uncorrelated; it is run at most once per statement and kept. */
  readonly arguments: readonly Bound[];
}

export interface BoundSortKey<Query = SubPlan> {
  readonly value: Bound<Query>;
  readonly descending: boolean;
  readonly nullsFirst: boolean;
}

export interface BoundAggregate<Query = SubPlan> {
  readonly function: AggregateFunction;
  readonly arguments: readonly Bound<Query>[];
  readonly distinct: boolean;
  readonly filter: Bound<Query> | null;
  readonly orderBy: readonly BoundSortKey<Query>[];
  readonly type: SqlType;
}
