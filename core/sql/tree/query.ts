/** Queries as written. See `expression.ts` for what all tree nodes have in common. */
import type { CallNode, Expression, TypeName } from './expression.ts';
import type { RowChange } from './write.ts';

/** A whole query with what surrounds its body; also a subquery, a view, a CTE. */
export interface Query {
  readonly kind: 'query';
  readonly with: With | null;
  readonly body: QueryBody;
  readonly orderBy: readonly SortKey[];
  readonly limit: Expression | null;
  readonly offset: Expression | null;
  /** `FETCH FIRST … WITH TIES`. */
  readonly withTies: boolean;
  readonly at: number;
}

export type QueryBody = SelectBody | ValuesBody | SetBody;

export interface SelectBody {
  readonly kind: 'select';
  readonly distinct: 'none' | 'all' | readonly Expression[];
  readonly targets: readonly Target[];
  readonly from: readonly TableExpression[];
  readonly where: Expression | null;
  readonly groupBy: readonly GroupingElement[];
  readonly groupDistinct: boolean;
  readonly having: Expression | null;
  readonly windows: readonly { readonly name: string; readonly window: WindowSpecification }[];
  readonly at: number;
}

export interface ValuesBody {
  readonly kind: 'values';
  readonly rows: readonly (readonly Expression[])[];
  readonly at: number;
}

export interface SetBody {
  readonly kind: 'set';
  readonly operator: 'union' | 'intersect' | 'except';
  readonly all: boolean;
  readonly left: Query;
  readonly right: Query;
  readonly at: number;
}

export type Target =
  | { readonly kind: 'value'; readonly value: Expression; readonly alias: string | null }
  /** `*` (no qualifier), `t.*`, `s.t.*`. */
  | { readonly kind: 'star'; readonly qualifier: readonly string[]; readonly at: number };

export type GroupingElement =
  | { readonly kind: 'value'; readonly value: Expression }
  | { readonly kind: 'empty' }
  | { readonly kind: 'rollup' | 'cube'; readonly sets: readonly (readonly Expression[])[] }
  | { readonly kind: 'sets'; readonly elements: readonly GroupingElement[] }
  /** `(a, b)` as one element. */
  | { readonly kind: 'row'; readonly values: readonly Expression[] };

export interface SortKey {
  readonly value: Expression;
  readonly descending: boolean;
  /** As PostgreSQL: last when ascending, first when descending, unless said. */
  readonly nulls: 'first' | 'last' | 'default';
}

export interface With {
  readonly recursive: boolean;
  readonly tables: readonly CommonTable[];
}

export interface CommonTable {
  readonly name: string;
  readonly columns: readonly string[];
  readonly statement: Query | RowChange;
  readonly materialized: 'default' | 'yes' | 'no';
  readonly at: number;
}

/** `name` refers to a window of the WINDOW clause; the rest adds to it. */
export interface WindowSpecification {
  readonly name: string | null;
  readonly partitionBy: readonly Expression[];
  readonly orderBy: readonly SortKey[];
  /** null: RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW. */
  readonly frame: FrameSpecification | null;
  readonly at: number;
}

export interface FrameSpecification {
  readonly unit: 'rows' | 'range' | 'groups';
  readonly start: FrameBound;
  readonly end: FrameBound;
  readonly exclude: 'none' | 'current' | 'group' | 'ties';
}

export type FrameBound =
  | { readonly kind: 'unboundedPreceding' | 'currentRow' | 'unboundedFollowing' }
  | { readonly kind: 'preceding' | 'following'; readonly offset: Expression };

export type TableExpression = TableNode | DerivedTable | FunctionTable | JoinNode;

export interface TableNode {
  readonly kind: 'table';
  readonly schema: string | null;
  readonly name: string;
  readonly alias: string | null;
  readonly columnAliases: readonly string[];
  readonly time: TimeClause | null;
  readonly at: number;
}

/** Time travel, after the table's name and before its alias. */
export type TimeClause =
  | { readonly kind: 'timestamp' | 'position'; readonly operand: Expression; readonly at: number }
  /** `BETWEEN a AND b` takes versions alive at any moment in [a, b]; `FROM a TO b` in [a, b). */
  | {
      readonly kind: 'between' | 'fromTo';
      readonly low: Expression;
      readonly high: Expression;
      readonly at: number;
    }
  | { readonly kind: 'all'; readonly at: number };

export interface DerivedTable {
  readonly kind: 'derived';
  readonly query: Query;
  readonly lateral: boolean;
  readonly alias: string | null;
  readonly columnAliases: readonly string[];
  readonly at: number;
}

/** `FROM f(x) [WITH ORDINALITY] AS a (b, c)`. */
export interface FunctionTable {
  readonly kind: 'function';
  readonly call: CallNode;
  readonly lateral: boolean;
  readonly ordinality: boolean;
  readonly alias: string | null;
  readonly columnAliases: readonly string[];
  /** Of a record-returning function: `AS a (b int, c text)`. */
  readonly columnTypes: readonly TypeName[];
  readonly at: number;
}

export interface JoinNode {
  readonly kind: 'join';
  readonly type: 'inner' | 'left' | 'right' | 'full' | 'cross';
  readonly natural: boolean;
  readonly left: TableExpression;
  readonly right: TableExpression;
  readonly on: Expression | null;
  readonly using: readonly string[];
  /** `JOIN … USING (…) AS a`. */
  readonly usingAlias: string | null;
  /** `(a JOIN b) AS c`. */
  readonly alias: string | null;
  readonly columnAliases: readonly string[];
  readonly at: number;
}
