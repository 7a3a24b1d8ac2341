/**
 * Logical plans: what a query means, before anyone has decided how it is run.
 *
 * Every column that exists anywhere in a statement has a number of its own, given once by the
 * binder (`ColumnId`), and an expression's `column` names it by that number wherever it stands, in
 * subqueries too: a column that the input does not have belongs to an enclosing query. So nothing
 * has to be renumbered when the planner moves a condition or turns a join round. `lower.ts` turns
 * numbers into places in rows, and what is not in the row into arguments of the sub-plan.
 *
 * One exception: `anyQuery.compare` is over places, as in `expression.ts`.
 * A relation's columns are its input's and those it computes; what nobody uses is never produced.
 */
import type { Catalog, Index, SystemTable, Table } from '../catalog/model.ts';
import type { SetFunction } from '../functions/function.ts';
import type { SqlType } from '../types/type.ts';
import type { Bound, BoundAggregate, BoundSortKey } from './expression.ts';
import type { BoundFrame, MergeKind, Moment, WindowCall } from './plan.ts';

export type ColumnId = number;

export type Expr = Bound<LogicalQuery>;
export type ExprSortKey = BoundSortKey<LogicalQuery>;
export type ExprAggregate = BoundAggregate<LogicalQuery>;

/** A column that is computed: its number and what it is. */
export interface Computed {
  readonly id: ColumnId;
  readonly value: Expr;
}

/** A base table. `catalog` is the one of its moment, where its row count is known. */
export interface TableLogical {
  readonly kind: 'table';
  readonly table: Table;
  readonly moment: Moment;
  readonly catalog: Catalog;
  /** Number of the table's n-th column. */
  readonly columns: readonly ColumnId[];
  /** Numbers of the hidden columns -1 to -5, in that order. */
  readonly hidden: readonly ColumnId[];
  /** The indexes' expressions and predicates, bound to these columns. */
  readonly indexes: readonly LogicalIndex[];
  readonly alias: string;
}

export interface LogicalIndex {
  readonly index: Index;
  readonly elements: readonly Expr[];
  readonly where: Expr | null;
}

export interface SystemLogical {
  readonly kind: 'system';
  readonly table: SystemTable;
  /** Of a period it is not. */
  readonly moment: Moment;
  readonly columns: readonly ColumnId[];
}

export interface ValuesLogical {
  readonly kind: 'values';
  readonly rows: readonly (readonly Expr[])[];
  readonly columns: readonly ColumnId[];
}

/** Its arguments may name columns to its left (LATERAL) or of enclosing queries. */
export interface FunctionLogical {
  readonly kind: 'function';
  readonly function: SetFunction;
  readonly arguments: readonly Expr[];
  readonly ordinality: boolean;
  readonly columns: readonly ColumnId[];
}

/** The right side may name columns of the left one: then it is run for each left row. */
export interface JoinLogical {
  readonly kind: 'join';
  readonly type: 'inner' | 'left' | 'full' | 'semi' | 'anti';
  readonly left: Logical;
  readonly right: Logical;
  readonly condition: Expr | null;
  /** Probably few of the left rows are joined, and in their order. */
  readonly first?: true;
}

export interface FilterLogical {
  readonly kind: 'filter';
  readonly input: Logical;
  readonly condition: Expr;
}

/** The input's columns and more. */
export interface ExtendLogical {
  readonly kind: 'extend';
  readonly input: Logical;
  readonly values: readonly Computed[];
}

/** Set-returning functions in a select list; see `ProjectSetPlan`. */
export interface ProjectSetLogical {
  readonly kind: 'projectSet';
  readonly input: Logical;
  readonly functions: readonly {
    readonly id: ColumnId;
    readonly function: SetFunction;
    readonly arguments: readonly Expr[];
  }[];
}

/** Keys keep their numbers. `grouping` is the number of the bit mask's column. */
export interface AggregateLogical {
  readonly kind: 'aggregate';
  readonly input: Logical;
  readonly keys: readonly ColumnId[];
  readonly sets: readonly (readonly number[])[] | null;
  readonly grouping: ColumnId | null;
  readonly aggregates: readonly { readonly id: ColumnId; readonly aggregate: ExprAggregate }[];
}

export interface WindowLogical {
  readonly kind: 'window';
  readonly input: Logical;
  readonly partitionBy: readonly Expr[];
  readonly orderBy: readonly ExprSortKey[];
  readonly frame: BoundFrame<LogicalQuery>;
  readonly calls: readonly { readonly id: ColumnId; readonly call: WindowCall<LogicalQuery> }[];
}

export interface SortLogical {
  readonly kind: 'sort';
  readonly input: Logical;
  readonly keys: readonly ExprSortKey[];
}

export interface LimitLogical {
  readonly kind: 'limit';
  readonly input: Logical;
  readonly count: Expr | null;
  readonly offset: Expr | null;
  readonly tieKeys: readonly ExprSortKey[] | null;
  /** A security barrier: no limit, but conditions that could fail stay above it. */
  readonly barrier?: true;
}

/** Distinct under `columns`, which are all it yields; with `on`, the first row of each of those. */
export interface DistinctLogical {
  readonly kind: 'distinct';
  readonly input: Logical;
  readonly columns: readonly ColumnId[];
  readonly on: readonly ColumnId[] | null;
}

/** `left` and `right` say which columns of the inputs meet in `columns`. */
export interface SetLogical {
  readonly kind: 'set';
  readonly operator: 'union' | 'intersect' | 'except';
  readonly all: boolean;
  readonly left: Logical;
  readonly leftColumns: readonly ColumnId[];
  readonly right: Logical;
  readonly rightColumns: readonly ColumnId[];
  readonly columns: readonly ColumnId[];
}

/** `columns`: what a common table's rows consist of. */
export interface CommonDefinition {
  readonly id: number;
  readonly name: string;
  readonly plan: Logical | LogicalWrite;
  readonly columns: readonly ColumnId[];
  /** Changes rows or was written MATERIALIZED: never put in place. */
  readonly fixed: boolean;
}

export interface WithLogical {
  readonly kind: 'with';
  readonly tables: readonly CommonDefinition[];
  readonly body: Logical;
}

/** One mention of a common table; `columns` are this mention's own numbers. */
export interface CommonLogical {
  readonly kind: 'common';
  readonly id: number;
  /** A recursive one mentions itself: the rows of the last round. */
  readonly self: boolean;
  readonly columns: readonly ColumnId[];
  readonly types: readonly SqlType[];
}

export interface RecursiveLogical {
  readonly kind: 'recursive';
  readonly id: number;
  readonly base: Logical;
  readonly baseColumns: readonly ColumnId[];
  readonly step: Logical;
  readonly stepColumns: readonly ColumnId[];
  readonly all: boolean;
  readonly columns: readonly ColumnId[];
}

export type Logical =
  | TableLogical
  | SystemLogical
  | ValuesLogical
  | FunctionLogical
  | JoinLogical
  | FilterLogical
  | ExtendLogical
  | ProjectSetLogical
  | AggregateLogical
  | WindowLogical
  | SortLogical
  | LimitLogical
  | DistinctLogical
  | SetLogical
  | WithLogical
  | CommonLogical
  | RecursiveLogical;

/** A query with what comes out of it, in order; a column may come out twice. */
export interface LogicalQuery {
  readonly plan: Logical;
  readonly columns: readonly ColumnId[];
}

export interface LogicalCheck {
  readonly constraint: string;
  readonly condition: Expr;
}

/** Rows of `source` are `sourceColumns`; expressions are over numbers listed beside them. */
export interface LogicalInsert {
  readonly kind: 'insert';
  readonly table: Table;
  readonly source: Logical;
  /** A column for every column of the table. */
  readonly sourceColumns: readonly ColumnId[];
  readonly onConflict: {
    readonly indexes: readonly Index[];
    readonly update: {
      /** The existing row, then the proposed one. */
      readonly row: readonly ColumnId[];
      readonly values: readonly Expr[];
      readonly where: Expr | null;
    } | null;
  } | null;
  /** Numbers of the new row's columns in the checks, and with the hidden four in `returning`. */
  readonly row: readonly ColumnId[];
  readonly checks: readonly LogicalCheck[];
  /** As in `InsertPlan`. */
  readonly viewChecks: readonly LogicalCheck[];
  readonly returning: readonly Expr[] | null;
}

/** `sourceColumns`: address, old row and (update) new row; other tables' columns are added. */
export interface LogicalChange {
  readonly kind: 'update' | 'delete';
  readonly table: Table;
  readonly source: Logical;
  readonly sourceColumns: readonly ColumnId[];
  /** Of an update. */
  readonly changed: readonly number[];
  readonly row: readonly ColumnId[];
  readonly checks: readonly LogicalCheck[];
  /** As in `InsertPlan`. */
  readonly viewChecks: readonly LogicalCheck[];
  readonly returning: readonly Expr[] | null;
}

/**
 * `sourceColumns`: which of `actions` the row is for (integer, from 1; 0: none), address, old row,
 * new row. What the row's action does not need is null.
 */
export interface LogicalMerge {
  readonly kind: 'merge';
  readonly table: Table;
  readonly source: Logical;
  readonly sourceColumns: readonly ColumnId[];
  readonly actions: readonly MergeKind[];
  /** Of all its updates. */
  readonly changed: readonly number[];
  readonly row: readonly ColumnId[];
  readonly checks: readonly LogicalCheck[];
  readonly viewChecks: readonly LogicalCheck[];
  readonly returning: null;
}

export type LogicalWrite = LogicalInsert | LogicalChange | LogicalMerge;

/** A whole statement before planning. `types` is by column number. */
export interface LogicalStatement {
  readonly body: LogicalQuery | LogicalWrite;
  /** WITH before a write, or with writes in it. */
  readonly with: readonly CommonDefinition[];
  readonly columns: readonly { readonly name: string; readonly type: SqlType }[];
  readonly types: readonly SqlType[];
  /** How often each common table is mentioned, by id. */
  readonly mentions: ReadonlyMap<number, number>;
}
