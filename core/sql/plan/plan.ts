/**
 * Plans: trees of operators over rows. Each operator says what its output row is.
 *
 * The contract between planner and executor. All expressions of an operator are over its input row
 * (joins: the left row, then the right row), its arguments and the statement's parameters.
 */
import type { Index, SystemTable, Table } from '../catalog/model.ts';
import type { SetFunction, WindowFunction } from '../functions/function.ts';
import type { FrameSpecification } from '../tree/query.ts';
import type { SqlType } from '../types/type.ts';
import type { UserType } from '../types/user-type.ts';
import type { Bound, BoundAggregate, BoundSortKey, SubPlan } from './expression.ts';

/** Hidden columns of a table, as column numbers in `ScanPlan.columns`. */
export const CREATED_AT = -1;
export const DELETED_AT = -2;
export const CREATED_POSITION = -3;
export const DELETED_POSITION = -4;

/** When a table is read. Operands have type timestamptz or int8. */
export type Moment =
  /** The statement's own snapshot, with the transaction's changes. */
  | { readonly kind: 'present' }
  | { readonly kind: 'timestamp' | 'position'; readonly operand: Bound }
  | {
      readonly kind: 'between' | 'fromTo';
      readonly unit: 'timestamp' | 'position';
      readonly low: Bound;
      readonly high: Bound;
    }
  | { readonly kind: 'all' };

/** What its positions or instants are computed from. */
export function operandsOf(moment: Moment): readonly Bound[] {
  switch (moment.kind) {
    case 'present':
    case 'all':
      return [];
    case 'timestamp':
    case 'position':
      return [moment.operand];
    default:
      return [moment.low, moment.high];
  }
}

/**
 * The part of an index that is read: rows whose first `equal.length` key elements equal these, and
 * whose next one lies within the bounds. Values have the elements' types; null equals nothing, so
 * the range is empty then. Both empty and unbounded: everything, in the index's order.
 */
export interface IndexRange {
  readonly equal: readonly Bound[];
  readonly low: { readonly value: Bound; readonly inclusive: boolean } | null;
  readonly high: { readonly value: Bound; readonly inclusive: boolean } | null;
}

/** Rows of a table, in the order of an index when `ordered`. */
export interface ScanPlan {
  readonly kind: 'scan';
  readonly table: Table;
  readonly index: Index;
  readonly range: IndexRange;
  readonly backward: boolean;
  readonly moment: Moment;
  /** What to output: ordinals into `table.columns`, or the negative hidden ones. */
  readonly columns: readonly number[];
  readonly types: readonly SqlType[];
  /** Over the output row; rows for which it is not true are left out. */
  readonly filter: Bound | null;
}

/** Rows computed from the catalogue or the log. */
export interface SystemScanPlan {
  readonly kind: 'systemScan';
  readonly table: SystemTable;
  readonly moment: Moment;
  readonly types: readonly SqlType[];
  readonly filter: Bound | null;
}

/** One row without columns for `SELECT 1`: `rows` is `[[]]`. */
export interface ValuesPlan {
  readonly kind: 'values';
  readonly rows: readonly (readonly Bound[])[];
  readonly types: readonly SqlType[];
}

/** A set-returning function in FROM; with `ordinality` an int8 column more. */
export interface FunctionScanPlan {
  readonly kind: 'functionScan';
  readonly function: SetFunction;
  readonly arguments: readonly Bound[];
  readonly ordinality: boolean;
  readonly types: readonly SqlType[];
}

/**
 * Set-returning functions in a select list: output is the input row and one column for each; as
 * many rows as the longest yields, shorter ones filled with null.
 */
export interface ProjectSetPlan {
  readonly kind: 'projectSet';
  readonly input: Plan;
  readonly functions: readonly {
    readonly function: SetFunction;
    readonly arguments: readonly Bound[];
  }[];
  readonly types: readonly SqlType[];
}

export interface FilterPlan {
  readonly kind: 'filter';
  readonly input: Plan;
  readonly condition: Bound;
  readonly types: readonly SqlType[];
}

/** The input's rows, or none: `condition` is over no column of theirs, and asked for once. */
export interface GatePlan {
  readonly kind: 'gate';
  readonly input: Plan;
  readonly condition: Bound;
  readonly types: readonly SqlType[];
}

export interface ProjectPlan {
  readonly kind: 'project';
  readonly input: Plan;
  readonly values: readonly Bound[];
  readonly types: readonly SqlType[];
}

export type JoinType = 'inner' | 'left' | 'right' | 'full' | 'semi' | 'anti';

/**
 * Equality of `leftKeys` (over the left row) and `rightKeys` (over the right row), by hashing the
 * right side, and `condition` over both rows. Output: left row, right row; semi and anti: left row.
 */
export interface HashJoinPlan {
  readonly kind: 'hashJoin';
  readonly type: JoinType;
  readonly left: Plan;
  readonly right: Plan;
  readonly leftKeys: readonly Bound[];
  readonly rightKeys: readonly Bound[];
  readonly condition: Bound | null;
  readonly types: readonly SqlType[];
}

/**
 * For each left row the right plan: started anew with arguments over the left row when it has any
 * (LATERAL, index look-ups; then never right or full), else run once and kept.
 */
export interface LoopJoinPlan {
  readonly kind: 'loopJoin';
  readonly type: JoinType;
  readonly left: Plan;
  readonly right: SubPlan;
  readonly condition: Bound | null;
  /**
   * Only where the right plan has no arguments: no pair meets the condition but those that have
   * equal keys in one of these, each of columns of its side alone. Absent: any pair may.
   */
  readonly alternatives?: readonly KeysOfSides[];
  readonly types: readonly SqlType[];
}

/**
 * The same join in two ways, of the same left rows and in their order: the first `rows` by looking
 * up what goes with each, the others by hashing the right side. Never right or full.
 */
export interface FirstRowsJoinPlan {
  readonly kind: 'firstRowsJoin';
  readonly rows: number;
  readonly lookUp: LoopJoinPlan;
  /** Its left side is that of `lookUp`. */
  readonly hash: HashJoinPlan;
  readonly types: readonly SqlType[];
}

/** As many of each, which are compared in pairs. */
export interface KeysOfSides {
  readonly left: readonly Bound[];
  readonly right: readonly Bound[];
}

/** Output: the group keys, the aggregates, then (with `grouping`) the set's bit mask (int4). */
export interface AggregatePlan {
  readonly kind: 'aggregate';
  readonly input: Plan;
  readonly keys: readonly Bound[];
  /** Grouping sets: which keys count in each; the others are null. Null: all keys, one set. */
  readonly sets: readonly (readonly number[])[] | null;
  /** Adds a column: bit i set when key i is not in the row's set. */
  readonly grouping: boolean;
  readonly aggregates: readonly BoundAggregate[];
  /** The input comes in the order of this column, which is one of the keys; without sets only. */
  readonly presorted?: number;
  readonly types: readonly SqlType[];
}

/** A window function, or an aggregate over the frame. */
export type WindowCall<Query = SubPlan> =
  | {
      readonly kind: 'window';
      readonly function: WindowFunction;
      readonly arguments: readonly Bound<Query>[];
    }
  | { readonly kind: 'aggregate'; readonly aggregate: BoundAggregate<Query> };

export interface BoundWindowCall {
  readonly call: WindowCall;
  readonly type: SqlType;
}

/** One window definition with all calls over it. Output: the input row, then the calls. */
export interface WindowPlan {
  readonly kind: 'window';
  readonly input: Plan;
  readonly partitionBy: readonly Bound[];
  readonly orderBy: readonly BoundSortKey[];
  readonly frame: BoundFrame;
  readonly calls: readonly BoundWindowCall[];
  readonly types: readonly SqlType[];
}

export interface BoundFrame<Query = SubPlan> {
  readonly unit: FrameSpecification['unit'];
  readonly start: BoundFrameBound<Query>;
  readonly end: BoundFrameBound<Query>;
  readonly exclude: FrameSpecification['exclude'];
}

/** Offsets: rows and groups int8; RANGE of a type that `in-range.ts` has for the order key. */
export type BoundFrameBound<Query = SubPlan> =
  | { readonly kind: 'unboundedPreceding' | 'currentRow' | 'unboundedFollowing' }
  | {
      readonly kind: 'preceding' | 'following';
      readonly offset: Bound<Query>;
    };

/** Stable. With `count` only that many first rows are wanted (top-n). */
export interface SortPlan {
  readonly kind: 'sort';
  readonly input: Plan;
  readonly keys: readonly BoundSortKey[];
  readonly count: Bound | null;
  /** The input comes in the order of the first key. */
  readonly presorted?: true;
  readonly types: readonly SqlType[];
}

/** `count` null: all. `ties` keeps rows equal to the last one under `tieKeys`. */
export interface LimitPlan {
  readonly kind: 'limit';
  readonly input: Plan;
  readonly count: Bound | null;
  readonly offset: Bound | null;
  readonly tieKeys: readonly BoundSortKey[] | null;
  readonly types: readonly SqlType[];
}

/** DISTINCT over whole rows; with `keys`, DISTINCT ON: the first row of each. */
export interface DistinctPlan {
  readonly kind: 'distinct';
  readonly input: Plan;
  readonly keys: readonly Bound[] | null;
  readonly types: readonly SqlType[];
}

/** Inputs have the same types. */
export interface SetPlan {
  readonly kind: 'set';
  readonly operator: 'union' | 'intersect' | 'except';
  readonly all: boolean;
  readonly left: Plan;
  readonly right: Plan;
  readonly types: readonly SqlType[];
}

/**
 * Common tables: each is run at most once, lazily, and kept for all `commonScan`s of its id
 * within `body`. `common` of a recursive one is a `recursive` plan.
 */
export interface WithPlan {
  readonly kind: 'with';
  readonly tables: readonly { readonly id: number; readonly plan: Plan | WritePlan }[];
  readonly body: Plan;
  readonly types: readonly SqlType[];
}

/** Rows of a common table; of a recursive one inside its own step: the rows of the last round. */
export interface CommonScanPlan {
  readonly kind: 'commonScan';
  readonly id: number;
  readonly types: readonly SqlType[];
}

/** `base UNION [ALL] step`, `step` reading the rows of the round before by `commonScan(id)`. */
export interface RecursivePlan {
  readonly kind: 'recursive';
  readonly id: number;
  readonly base: Plan;
  readonly step: Plan;
  readonly all: boolean;
  readonly types: readonly SqlType[];
}

export type Plan =
  | ScanPlan
  | SystemScanPlan
  | ValuesPlan
  | FunctionScanPlan
  | ProjectSetPlan
  | FilterPlan
  | GatePlan
  | ProjectPlan
  | HashJoinPlan
  | LoopJoinPlan
  | FirstRowsJoinPlan
  | AggregatePlan
  | WindowPlan
  | SortPlan
  | LimitPlan
  | DistinctPlan
  | SetPlan
  | WithPlan
  | CommonScanPlan
  | RecursivePlan;

/** What a statement that changes rows comes to. Executed by `core/sql/write`. */
export type WritePlan = InsertPlan | UpdatePlan | DeletePlan | MergePlan;

export function isWriteKind(kind: string): kind is WritePlan['kind'] {
  return kind === 'insert' || kind === 'update' || kind === 'delete' || kind === 'merge';
}

export interface InsertPlan {
  readonly kind: 'insert';
  readonly table: Table;
  /** Yields, for each new row, a value for every column of the table, in order. */
  readonly source: Plan;
  readonly onConflict: BoundConflict | null;
  readonly checks: readonly BoundCheck[];
  /**
   * WITH CHECK OPTION: named by views, proven when the row is in. What is not true refuses it.
   */
  readonly viewChecks: readonly BoundCheck[];
  /** Over the new row (all columns of the table, then the four hidden ones). Null: none. */
  readonly returning: readonly Bound[] | null;
  readonly types: readonly SqlType[];
}

export interface BoundCheck {
  readonly constraint: string;
  /** Over all columns of the table. False refuses the row. */
  readonly condition: Bound;
}

export interface BoundConflict {
  /** Unique indexes that the action is for; empty: any. */
  readonly indexes: readonly Index[];
  /** Null: do nothing. */
  readonly update: {
    /** Over the existing row, then the proposed row: the whole new row, in column order. */
    readonly values: readonly Bound[];
    readonly where: Bound | null;
  } | null;
}

/** How `source` names the rows to change: its first columns are all the table's columns. */
export interface UpdatePlan {
  readonly kind: 'update';
  readonly table: Table;
  /**
   * Yields: the row's address (bytea: its primary key as stored), every column of the old row,
   * then every column of the new row, then whatever RETURNING needs of other tables. A row that
   * comes twice is changed once, by the first.
   */
  readonly source: Plan;
  /** Ordinals of columns that SET names or that depend on such: the others are equal. */
  readonly changed: readonly number[];
  readonly checks: readonly BoundCheck[];
  /** As in `InsertPlan`. */
  readonly viewChecks: readonly BoundCheck[];
  /** Over the new row, its four hidden columns, then the extra columns of `source`. */
  readonly returning: readonly Bound[] | null;
  readonly types: readonly SqlType[];
}

export interface DeletePlan {
  readonly kind: 'delete';
  readonly table: Table;
  /** Yields the row's address, every column of the row, then RETURNING's extra columns. */
  readonly source: Plan;
  /** Over the old row, its four hidden columns, then the extra columns of `source`. */
  readonly returning: readonly Bound[] | null;
  readonly types: readonly SqlType[];
}

export type MergeKind = 'nothing' | 'insert' | 'update' | 'delete';

export interface MergePlan {
  readonly kind: 'merge';
  readonly table: Table;
  /**
   * Yields: the place in `actions` of what is done with the row (int4, from 1; 0: nothing), the
   * address of the matched row, every column of the old row, every column of the new one; null
   * where the action needs none.
   */
  readonly source: Plan;
  readonly actions: readonly MergeKind[];
  /** Ordinals of columns that an update may change. */
  readonly changed: readonly number[];
  readonly checks: readonly BoundCheck[];
  readonly returning: null;
  readonly types: readonly SqlType[];
}

/** Hidden column of a scan: the row's address, bytea. For update, delete and merge only. */
export const ROW_ADDRESS = -5;

/** A bound statement: a query or a write, with what its result looks like. */
export interface BoundStatement {
  /** Writes also where a common table writes: then `with` holds write plans. */
  readonly plan: Plan | WritePlan | WithWritePlan;
  readonly columns: readonly { readonly name: string; readonly type: SqlType }[];
  /** Types of `$1`…, as found or inferred. */
  readonly parameters: readonly SqlType[];
  /** Every table, view and index it was made from: a change of one makes the plan stale. */
  readonly depends: readonly number[];
  /** Anything in it changes state: a write plan, `nextval`, `setval`. */
  readonly writes: boolean;
  /**
   * The catalogues of then that `AS OF` was bound with. A kept plan holds as long as each operand
   * still leads to the same catalogue: ask `stillHolds` of `bind/bind.ts` before using it again.
   */
  readonly moments: readonly BoundMoment[];
  /**
   * An `AS OF` asked for a parameter that was not known yet, so it was bound with the schema of
   * today: good for asking types, never to be executed or kept.
   */
  readonly provisional: boolean;
  /** Types of another time that it reads, by the numbers it has for them. Absent: none. */
  readonly former?: readonly UserType[];
}

/** A moment whose schema the statement was bound with. `operand` is constant during execution. */
export interface BoundMoment {
  readonly unit: 'timestamp' | 'position';
  readonly operand: Bound;
  /** Of the catalogue. */
  readonly identity: object;
}

/** WITH before a write. */
export interface WithWritePlan {
  readonly kind: 'withWrite';
  readonly tables: WithPlan['tables'];
  readonly body: WritePlan;
}
