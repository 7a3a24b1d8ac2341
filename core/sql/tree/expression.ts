/**
 * Expressions as written: the part of the statement tree that yields values.
 *
 * The tree is ours and versioned (`codec.ts`): it goes into log entries and into the catalogue. It
 * says what the user wrote, names unresolved. `at` is the 0-based UTF-8 byte offset in the text, or
 * -1. Lists are never null; an absent part is `null`. Names are folded to lower case unless quoted.
 */
import type { Query, SortKey, WindowSpecification } from './query.ts';

export type Expression =
  | LiteralNode
  | ParameterNode
  | ColumnNode
  | OperatorNode
  | LogicNode
  | NotNode
  | NullTestNode
  | BooleanTestNode
  | DistinctTestNode
  | BetweenNode
  | InListNode
  | LikeNode
  | CaseNode
  | CastNode
  | CallNode
  | NamedArgumentNode
  | KeywordValueNode
  | CoalesceNode
  | NullIfNode
  | ExtremeNode
  | SubqueryNode
  | ArrayComparisonNode
  | ArrayNode
  | SubscriptNode
  | RowNode
  | CollateNode
  | OperatorClassNode
  | AtTimeZoneNode
  | DefaultNode
  | GroupingNode
  | WholeRowNode;

/** `integer` and `numeric` keep the digits as written; a string literal is `string`. */
export interface LiteralNode {
  readonly kind: 'literal';
  readonly type: 'null' | 'boolean' | 'integer' | 'numeric' | 'string';
  /** '' for null; 'true' or 'false'; digits; the string. */
  readonly text: string;
  readonly at: number;
}

/** `$1` has index 0. */
export interface ParameterNode {
  readonly kind: 'parameter';
  readonly index: number;
  readonly at: number;
}

/** `c`, `t.c`, `s.t.c`. */
export interface ColumnNode {
  readonly kind: 'column';
  readonly parts: readonly string[];
  readonly at: number;
}

/** `left` is null for a prefix operator. `name` is its spelling: `+ - * / % ^ || = …`. */
export interface OperatorNode {
  readonly kind: 'operator';
  readonly name: string;
  readonly left: Expression | null;
  readonly right: Expression;
  readonly at: number;
}

/** Two or more arguments. */
export interface LogicNode {
  readonly kind: 'logic';
  readonly operator: 'and' | 'or';
  readonly arguments: readonly Expression[];
  readonly at: number;
}

export interface NotNode {
  readonly kind: 'not';
  readonly argument: Expression;
  readonly at: number;
}

export interface NullTestNode {
  readonly kind: 'nullTest';
  readonly argument: Expression;
  readonly negated: boolean;
  readonly at: number;
}

/** `IS [NOT] TRUE | FALSE | UNKNOWN`. */
export interface BooleanTestNode {
  readonly kind: 'booleanTest';
  readonly argument: Expression;
  readonly test: 'true' | 'false' | 'unknown';
  readonly negated: boolean;
  readonly at: number;
}

/** `IS [NOT] DISTINCT FROM`. */
export interface DistinctTestNode {
  readonly kind: 'distinctTest';
  readonly left: Expression;
  readonly right: Expression;
  readonly negated: boolean;
  readonly at: number;
}

export interface BetweenNode {
  readonly kind: 'between';
  readonly argument: Expression;
  readonly low: Expression;
  readonly high: Expression;
  readonly negated: boolean;
  readonly symmetric: boolean;
  readonly at: number;
}

export interface InListNode {
  readonly kind: 'inList';
  readonly argument: Expression;
  readonly list: readonly Expression[];
  readonly negated: boolean;
  readonly at: number;
}

/** `escape` null: backslash. */
export interface LikeNode {
  readonly kind: 'like';
  readonly operator: 'like' | 'ilike' | 'similar';
  readonly argument: Expression;
  readonly pattern: Expression;
  readonly escape: Expression | null;
  readonly negated: boolean;
  readonly at: number;
}

/** `operand` null: searched CASE. */
export interface CaseNode {
  readonly kind: 'case';
  readonly operand: Expression | null;
  readonly whens: readonly { readonly when: Expression; readonly result: Expression }[];
  readonly otherwise: Expression | null;
  readonly at: number;
}

export interface CastNode {
  readonly kind: 'cast';
  readonly argument: Expression;
  readonly type: TypeName;
  readonly at: number;
}

/**
 * A type as written. `name` is PostgreSQL's internal one (`int4`, `varchar`, `bpchar`, `numeric`,
 * `timestamptz`, …) for the built-in spellings; `serial`s stay as written.
 */
export interface TypeName {
  readonly schema: string | null;
  readonly name: string;
  readonly modifiers: readonly number[];
  /** `INTERVAL` with fields and the like: null when there are none. */
  readonly fields: string | null;
  readonly arrayDimensions: number;
  readonly at: number;
}

/**
 * A function, aggregate or window call. SQL's special forms are calls of PostgreSQL's functions:
 * `extract`, `position`, `substring`, `overlay`, `btrim/ltrim/rtrim`, with schema `pg_catalog`.
 */
export interface CallNode {
  readonly kind: 'call';
  readonly schema: string | null;
  readonly name: string;
  readonly arguments: readonly Expression[];
  /** `count(*)`. */
  readonly star: boolean;
  readonly distinct: boolean;
  readonly variadic: boolean;
  readonly orderBy: readonly SortKey[];
  /** `WITHIN GROUP (ORDER BY …)`: then `orderBy` is that. */
  readonly withinGroup: boolean;
  readonly filter: Expression | null;
  readonly over: WindowSpecification | null;
  readonly at: number;
}

/** `name => value` among the arguments of a call, and nowhere else. */
export interface NamedArgumentNode {
  readonly kind: 'namedArgument';
  readonly name: string;
  readonly argument: Expression;
  readonly at: number;
}

/** `CURRENT_TIMESTAMP(3)` and its like; `precision` -1 when not given. */
export interface KeywordValueNode {
  readonly kind: 'keywordValue';
  readonly name:
    | 'current_date'
    | 'current_time'
    | 'current_timestamp'
    | 'localtime'
    | 'localtimestamp'
    | 'current_user'
    | 'session_user'
    | 'user'
    | 'current_role'
    | 'current_catalog'
    | 'current_schema';
  readonly precision: number;
  readonly at: number;
}

export interface CoalesceNode {
  readonly kind: 'coalesce';
  readonly arguments: readonly Expression[];
  readonly at: number;
}

export interface NullIfNode {
  readonly kind: 'nullIf';
  readonly left: Expression;
  readonly right: Expression;
  readonly at: number;
}

export interface ExtremeNode {
  readonly kind: 'extreme';
  readonly operator: 'greatest' | 'least';
  readonly arguments: readonly Expression[];
  readonly at: number;
}

/**
 * `scalar` `(q)`, `exists`, `any` `x op ANY (q)` (so is IN, with `=`; NOT IN is NOT of it), `all`,
 * `array` `ARRAY(q)`. `operator` and `test` only with any and all.
 */
export interface SubqueryNode {
  readonly kind: 'subquery';
  readonly mode: 'scalar' | 'exists' | 'any' | 'all' | 'array';
  readonly operator: string;
  readonly test: Expression | null;
  readonly query: Query;
  readonly at: number;
}

/** `x op ANY (array)`, `x op ALL (array)`. */
export interface ArrayComparisonNode {
  readonly kind: 'arrayComparison';
  readonly operator: string;
  readonly all: boolean;
  readonly left: Expression;
  readonly array: Expression;
  readonly at: number;
}

export interface ArrayNode {
  readonly kind: 'array';
  readonly elements: readonly Expression[];
  readonly at: number;
}

/** `a[i]`, `a[i:j]`, and several of them: at least one part. */
export interface SubscriptNode {
  readonly kind: 'subscript';
  readonly argument: Expression;
  readonly parts: readonly SubscriptPart[];
  readonly at: number;
}

/** `[low:high]`, either of which may be left out; without a colon only `high`. */
export interface SubscriptPart {
  readonly slice: boolean;
  readonly low: Expression | null;
  readonly high: Expression | null;
}

/** `(a, b)` or `ROW(a, b)`. */
export interface RowNode {
  readonly kind: 'row';
  readonly fields: readonly Expression[];
  readonly at: number;
}

/** `a text_pattern_ops`: in index elements only. `name` may have a schema in front. */
export interface OperatorClassNode {
  readonly kind: 'operatorClass';
  readonly argument: Expression;
  readonly name: readonly string[];
  readonly at: number;
}

export interface CollateNode {
  readonly kind: 'collate';
  readonly argument: Expression;
  readonly collation: string;
  readonly at: number;
}

export interface AtTimeZoneNode {
  readonly kind: 'atTimeZone';
  readonly argument: Expression;
  readonly zone: Expression;
  readonly at: number;
}

/** `DEFAULT` as a value of INSERT or UPDATE. */
export interface DefaultNode {
  readonly kind: 'default';
  readonly at: number;
}

/** `GROUPING(a, b)`. */
export interface GroupingNode {
  readonly kind: 'grouping';
  readonly arguments: readonly Expression[];
  readonly at: number;
}

/**
 * `t.*` as a value: an argument (`count(t.*)`: the row itself, null where an outer join found
 * none), or, within `ROW(…)` and VALUES, all its columns.
 */
export interface WholeRowNode {
  readonly kind: 'wholeRow';
  readonly qualifier: readonly string[];
  readonly at: number;
}
