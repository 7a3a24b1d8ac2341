/**
 * What one binding carries along: the catalogue, numbers given to columns, types found for
 * parameters, and a `Level` for each query that is open, outermost last.
 */
import type { Catalog } from '../catalog/model.ts';
import type { Environment } from '../environment.ts';
import { SqlError } from '../error.ts';
import type {
  CommonDefinition,
  ColumnId,
  Expr,
  ExprAggregate,
  ExprSortKey,
  Logical,
} from '../plan/logical.ts';
import type { BoundFrame, BoundMoment, Moment, WindowCall } from '../plan/plan.ts';
import type { SetFunction } from '../functions/function.ts';
import type { LogicalQuery } from '../plan/logical.ts';
import type { TimeClause, WindowSpecification } from '../tree/query.ts';
import type { Int64, SqlType } from '../types/type.ts';
import type { UserType } from '../types/user-type.ts';
import type { DepthWatch } from './depth.ts';
import type { Literals } from './literals.ts';

export interface BindContext {
  readonly catalog: Catalog;
  /** The catalogue of then, the same object for the same one. Throws for what cannot be read. */
  readonly catalogAt: (unit: 'timestamp' | 'position', value: Int64) => Catalog;
  /** Its parameters are read for the operands of `AS OF` only. */
  readonly environment: Environment;
  /** Declared types of `$1`, …; null or missing: inferred. */
  readonly parameterTypes: readonly (SqlType | null)[];
  /** The session's `kimberlite.as_of`: of every table that says nothing itself. */
  readonly time: TimeClause | null;
  /** Of what goes into the catalogue: notes what its literals mean. */
  readonly literals?: Literals;
}

export interface Binder {
  readonly context: BindContext;
  /** The moment of tables that say nothing themselves; within a view, that of the view. */
  now: { readonly moment: Moment; readonly catalog: Catalog };
  /** `context.time`, except within a view. */
  time: TimeClause | null;
  /** By column number. */
  readonly types: SqlType[];
  readonly parameters: (SqlType | null)[];
  readonly depends: Set<number>;
  readonly moments: BoundMoment[];
  /** Types of another time that it reads; see `former.ts`. */
  readonly former: UserType[];
  /** A moment was not known: a parameter without its value. */
  provisional: boolean;
  /** Mentions of common tables, by id. */
  readonly mentions: Map<number, number>;
  /** Where a column was mentioned and as what; for errors that are found later. */
  readonly places: WeakMap<Expr, { readonly name: string; readonly at: number }>;
  /** Aggregate calls whose arguments are being bound; see `depth.ts`. */
  readonly watches: DepthWatch[];
  /** Something in it changes state. */
  writes: boolean;
  commonTables: number;
  depth: number;
}

/** Nesting of queries and views. Views of views reach it; the parser bounds what is written. */
const DEPTH_MAX = 200;

export function newBinder(context: BindContext): Binder {
  return {
    context,
    now: { moment: { kind: 'present' }, catalog: context.catalog },
    time: context.time,
    types: [],
    parameters: [...context.parameterTypes],
    depends: new Set(),
    moments: [],
    former: [],
    provisional: false,
    mentions: new Map(),
    places: new WeakMap(),
    watches: [],
    writes: false,
    commonTables: 0,
    depth: 0,
  };
}

export function newColumn(binder: Binder, type: SqlType): ColumnId {
  binder.types.push(type);
  return binder.types.length - 1;
}

export function columnType(binder: Binder, id: ColumnId): SqlType {
  return binder.types[id] as SqlType;
}

export function columnOf(binder: Binder, id: ColumnId): Expr {
  return { kind: 'column', type: columnType(binder, id), index: id };
}

/** A column under another type than its own: an output of its own, which says that type. */
export function isRelabelled(
  binder: Binder,
  { index, type }: Expr & { readonly kind: 'column' },
): boolean {
  const own = columnType(binder, index);
  return own.id !== type.id || own.modifier !== type.modifier;
}

/** Runs `work` one query deeper. */
export function deeper<T>(binder: Binder, work: () => T): T {
  if (binder.depth >= DEPTH_MAX) {
    throw new SqlError('54001', 'stack depth limit exceeded', {
      hint: 'Queries and views are nested too deeply.',
    });
  }
  binder.depth++;
  try {
    return work();
  } finally {
    binder.depth--;
  }
}

/** A column that a name can mean. */
export interface ScopeColumn {
  readonly name: string;
  readonly id: ColumnId;
}

/** Something in FROM that names can refer to. */
export interface Item {
  /** Null: unnamed (a join without alias). */
  readonly name: string | null;
  /** Schema of a table that has no alias; null otherwise. */
  readonly schema: string | null;
  readonly columns: readonly ScopeColumn[];
  /** The hidden columns of a table. */
  readonly hidden: readonly ScopeColumn[];
  /** `name.column` finds it. */
  readonly relationVisible: boolean;
  /** Bare column names and `*` find its columns. */
  readonly columnsVisible: boolean;
  /** A function of single values without ordinality: its name means the value, not a row of it. */
  readonly isScalar?: boolean;
  /** On a side of an outer join that may have no row: a column that no row there has null. */
  readonly marker?: () => ColumnId;
  readonly at: number;
}

/** A common table in scope. `recursive` while its own definition is being bound. */
export interface CommonEntry {
  readonly id: number;
  readonly name: string;
  readonly columns: readonly { readonly name: string; readonly type: SqlType }[];
  /** Null while it is being bound itself: then `recursion` says what it may do. */
  readonly definition: CommonDefinition | null;
  readonly recursion: { mentions: number; allowed: boolean } | null;
  /** It changes rows and has no RETURNING: nothing to read. */
  readonly silent: boolean;
}

/** Common tables in scope, innermost WITH first. */
export interface CommonScope {
  readonly entries: readonly CommonEntry[];
  readonly outer: CommonScope | null;
}

/** Where an expression stands, in PostgreSQL's words: what may be in it depends on that. */
export type Clause =
  | 'SELECT'
  | 'WHERE'
  | 'HAVING'
  | 'FILTER'
  | 'GROUP BY'
  | 'ORDER BY'
  | 'DISTINCT ON'
  | 'LIMIT'
  | 'OFFSET'
  | 'VALUES'
  | 'RETURNING'
  | 'UPDATE'
  | 'MERGE WHEN conditions'
  | 'JOIN conditions'
  | 'FROM clause of their own query level'
  | 'functions in FROM'
  | 'window definitions'
  | 'check constraints'
  | 'DEFAULT expressions'
  | 'index expressions'
  | 'index predicates'
  | 'column generation expressions'
  | 'transform expressions'
  | 'AS OF'
  | 'EXECUTE';

export interface PendingWindow {
  readonly id: ColumnId;
  readonly call: WindowCall<LogicalQuery>;
  readonly window: BoundWindow;
}

/** A window definition with its parts bound. */
export interface BoundWindow {
  readonly partitionBy: readonly Expr[];
  readonly orderBy: readonly ExprSortKey[];
  readonly frame: BoundFrame<LogicalQuery>;
}

/** One query that is being bound. */
export interface Level {
  readonly outer: Level | null;
  readonly depth: number;
  /** What names can mean now; grows from left to right while FROM is bound. */
  items: readonly Item[];
  common: CommonScope | null;
  clause: Clause;
  /** To the left in FROM, but not to be referred to: of RIGHT and FULL joins, of writes. */
  unreachable: readonly Item[];
  /** Elsewhere in the statement, but without a row here: what MERGE found no match in. */
  absent: readonly Item[];
  /** Columns of USING that are a side's column under another type: grouping looks through. */
  readonly merged: Map<ColumnId, Expr>;
  /** Base tables of FROM: for functional dependency. */
  readonly tables: Extract<Logical, { kind: 'table' }>[];
  /** Found in expressions of this level or of subqueries. */
  readonly aggregates: { readonly id: ColumnId; readonly aggregate: ExprAggregate }[];
  /** `GROUPING(…)` calls: their arguments, and the column that stands for the call. */
  readonly groupings: {
    readonly id: ColumnId;
    readonly arguments: readonly Expr[];
    readonly at: number;
  }[];
  readonly windows: PendingWindow[];
  readonly windowNames: Map<string, WindowSpecification>;
  readonly setFunctions: {
    readonly id: ColumnId;
    readonly function: SetFunction;
    readonly arguments: readonly Expr[];
  }[];
  /** Inside the arguments of an aggregate or a window call of this level. */
  insideAggregate: boolean;
  insideWindow: boolean;
  /** Inside CASE or COALESCE, where set-returning functions may not stand. */
  insideConditional: string | null;
}

export function newLevel(outer: Level | null, common: CommonScope | null): Level {
  return {
    outer,
    depth: outer === null ? 0 : outer.depth + 1,
    items: [],
    common: common ?? outer?.common ?? null,
    clause: 'SELECT',
    unreachable: [],
    absent: [],
    merged: new Map(),
    tables: [],
    aggregates: [],
    groupings: [],
    windows: [],
    windowNames: new Map(),
    setFunctions: [],
    insideAggregate: false,
    insideWindow: false,
    insideConditional: null,
  };
}

/** Runs `work` in a clause of the level. */
export function within<T>(level: Level, clause: Clause, work: () => T): T {
  const before = level.clause;
  level.clause = clause;
  try {
    return work();
  } finally {
    level.clause = before;
  }
}
