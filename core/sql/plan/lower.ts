/**
 * From logical plans to plans: every relation gets a row layout, and yields only what is wanted.
 *
 * `wanted` are the columns that somebody above asks for. A relation may yield more (what its own
 * filter needs), in any order; `exactly` puts a row into the order that the outside sees.
 */
import { unreachable } from '../../types/assert.ts';
import type { SqlType } from '../types/type.ts';
import { lowerTable } from './access.ts';
import { isSameForAll, mentions, mentionsIn, yields } from './columns.ts';
import { conjunction, conjuncts, filterOf } from './conjunction.ts';
import type { Bound, SubPlan } from './expression.ts';
import { lowerJoin } from './lower-join.ts';
import {
  layoutOf,
  lowerAggregate,
  lowerColumn,
  lowerExpr,
  lowerSortKey,
  newFrame,
} from './lower-expression.ts';
import type { ExpressionLowering, Frame, Layout } from './lower-expression.ts';
import type {
  AggregateLogical,
  ColumnId,
  Expr,
  ExprSortKey,
  FilterLogical,
  Logical,
  LogicalQuery,
  LogicalWrite,
  WindowLogical,
} from './logical.ts';
import { ROWS_OF_GROUP, isMostlyDistinct } from './estimate.ts';
import { forFirstRows, forNewRows } from './first-rows.ts';
import { lowerLimit, lowerSort } from './lower-sort.ts';
import { lowerWrite } from './lower-write.ts';
import { same } from './match.ts';
import type { BoundFrameBound, BoundWindowCall, Plan, WritePlan } from './plan.ts';
import { isWrite } from './walk.ts';

export interface Lowering extends ExpressionLowering {
  readonly types: readonly SqlType[];
}

/** A plan and what its row consists of. */
export interface Lowered {
  readonly plan: Plan;
  readonly columns: readonly ColumnId[];
  /** The rows come in the order that was asked for. */
  readonly ordered: boolean;
}

/** An order that would save a sort. `limit`: about how many rows are wanted; -1: all. */
export interface Wish {
  readonly keys: readonly ExprSortKey[];
  readonly limit: number;
}

export function newLowering(types: readonly SqlType[]): Lowering {
  const lowering: Lowering = {
    types,
    subPlan: (query, layout, frame) => lowerSubPlan(lowering, query, layout, frame),
  };
  return lowering;
}

export function typesOf(lowering: Lowering, columns: readonly ColumnId[]): readonly SqlType[] {
  return columns.map((id) => lowering.types[id] as SqlType);
}

/** A query's plan, its row exactly the query's columns. */
export function lowerQuery(lowering: Lowering, query: LogicalQuery, frame: Frame): Plan {
  const lowered = lower(lowering, query.plan, new Set(query.columns), frame, null);
  return exactly(lowering, lowered, query.columns, frame);
}

function lowerSubPlan(
  lowering: Lowering,
  query: LogicalQuery,
  layout: Layout,
  frame: Frame,
): SubPlan {
  const inner = newFrame();
  const plan = lowerQuery(lowering, query, inner);
  return { plan, arguments: argumentsFor(lowering, inner, layout, frame) };
}

/** What a sub-plan asks for, as its surroundings have it. */
export function argumentsFor(
  lowering: Lowering,
  inner: Frame,
  layout: Layout,
  frame: Frame,
): readonly Bound[] {
  return inner.ids.map((id) => lowerColumn(id, lowering.types[id] as SqlType, layout, frame));
}

/** The row with these columns in this order. */
export function exactly(
  lowering: Lowering,
  lowered: Lowered,
  columns: readonly ColumnId[],
  frame: Frame,
): Plan {
  const { plan } = lowered;
  const same =
    columns.length === lowered.columns.length &&
    columns.every((id, i) => id === lowered.columns[i]);
  if (same) return plan;
  const layout = layoutOf(lowered.columns);
  const types = typesOf(lowering, columns);
  const values = columns.map((id, i) => lowerColumn(id, types[i] as SqlType, layout, frame));
  return { kind: 'project', input: plan, values, types };
}

export type Wanted = ReadonlySet<ColumnId>;

export function lower(
  lowering: Lowering,
  logical: Logical,
  wanted: Wanted,
  frame: Frame,
  wish: Wish | null,
): Lowered {
  switch (logical.kind) {
    case 'table':
      return lowerTable(lowering, logical, [], wanted, frame, wish);
    case 'filter':
      return lowerFilter(lowering, logical, wanted, frame, wish);
    case 'extend':
      return lowerExtend(lowering, logical, wanted, frame, wish);
    case 'join':
      return lowerJoin(lowering, logical, wanted, frame, wish);
    case 'sort':
      return inOrder(lowerSort(lowering, logical, wanted, frame, -1), logical, wish);
    case 'limit':
      return inOrder(lowerLimit(lowering, logical, wanted, frame), logical.input, wish);
    case 'aggregate':
      return lowerAggregation(lowering, logical, wanted, frame, wish);
    case 'window':
      return lowerWindow(lowering, logical, wanted, frame);
    default:
      return lowerRest(lowering, logical, wanted, frame);
  }
}

/** What a sort yields is in its own order: it may be another than the one that is wished for. */
function inOrder(lowered: Lowered, input: Logical, wish: Wish | null): Lowered {
  const own = input.kind === 'sort' ? input.keys : [];
  const ordered = wish !== null && wish.keys.every((key, i) => isSameKey(key, own[i]));
  return { ...lowered, ordered };
}

function isSameKey(one: ExprSortKey, other: ExprSortKey | undefined): boolean {
  if (other === undefined || !same(one.value, other.value)) return false;
  return one.descending === other.descending && one.nullsFirst === other.nullsFirst;
}

type Rest = Exclude<
  Logical,
  {
    readonly kind:
      | 'table'
      | 'filter'
      | 'extend'
      | 'join'
      | 'sort'
      | 'limit'
      | 'aggregate'
      | 'window';
  }
>;

function lowerRest(lowering: Lowering, logical: Rest, wanted: Wanted, frame: Frame): Lowered {
  const yielding = (plan: Plan, columns: readonly ColumnId[]): Lowered => ({
    plan,
    columns,
    ordered: false,
  });
  const none: Layout = new Map();
  const expr = (one: Expr): Bound => lowerExpr(lowering, one, none, frame);
  switch (logical.kind) {
    case 'system': {
      const types = typesOf(lowering, logical.columns);
      const { table, moment } = logical;
      return yielding({ kind: 'systemScan', table, moment, types, filter: null }, logical.columns);
    }
    case 'values': {
      const types = typesOf(lowering, logical.columns);
      const rows = logical.rows.map((row) => row.map(expr));
      return yielding({ kind: 'values', rows, types }, logical.columns);
    }
    case 'function': {
      const { ordinality } = logical;
      const types = typesOf(lowering, logical.columns);
      const list = logical.arguments.map(expr);
      return yielding(
        { kind: 'functionScan', function: logical.function, arguments: list, ordinality, types },
        logical.columns,
      );
    }
    case 'common': {
      const types = typesOf(lowering, logical.columns);
      return yielding({ kind: 'commonScan', id: logical.id, types }, logical.columns);
    }
    case 'projectSet':
      return lowerProjectSet(lowering, logical, wanted, frame);
    case 'distinct': {
      const below = lower(lowering, logical.input, new Set(logical.columns), frame, null);
      const input = exactly(lowering, below, logical.columns, frame);
      const layout = layoutOf(logical.columns);
      const types = typesOf(lowering, logical.columns);
      const keys =
        logical.on?.map((id) => lowerColumn(id, lowering.types[id] as SqlType, layout, frame)) ??
        null;
      return yielding({ kind: 'distinct', input, keys, types }, logical.columns);
    }
    default:
      return lowerMany(lowering, logical, wanted, frame);
  }
}

type Many = Extract<Rest, { readonly kind: 'set' | 'recursive' | 'with' }>;

function lowerMany(lowering: Lowering, logical: Many, wanted: Wanted, frame: Frame): Lowered {
  const yielding = (plan: Plan, columns: readonly ColumnId[]): Lowered => ({
    plan,
    columns,
    ordered: false,
  });
  switch (logical.kind) {
    case 'set': {
      const { operator, all } = logical;
      const left = lowerQuery(
        lowering,
        { plan: logical.left, columns: logical.leftColumns },
        frame,
      );
      const right = lowerQuery(
        lowering,
        { plan: logical.right, columns: logical.rightColumns },
        frame,
      );
      const types = typesOf(lowering, logical.columns);
      return yielding({ kind: 'set', operator, all, left, right, types }, logical.columns);
    }
    case 'recursive': {
      const { id, all } = logical;
      const base = lowerQuery(
        lowering,
        { plan: logical.base, columns: logical.baseColumns },
        frame,
      );
      const step = lowerQuery(
        lowering,
        { plan: forNewRows(logical.step, id), columns: logical.stepColumns },
        frame,
      );
      const types = typesOf(lowering, logical.columns);
      return yielding({ kind: 'recursive', id, base, step, all, types }, logical.columns);
    }
    case 'with': {
      const tables = logical.tables.map((table) => ({
        id: table.id,
        plan: lowerDefinition(lowering, table.plan, table.columns, frame),
      }));
      const body = lower(lowering, logical.body, wanted, frame, null);
      if (tables.length === 0) return body;
      return yielding(
        { kind: 'with', tables, body: body.plan, types: body.plan.types },
        body.columns,
      );
    }
    default:
      return unreachable(logical);
  }
}

export function lowerDefinition(
  lowering: Lowering,
  plan: Logical | LogicalWrite,
  columns: readonly ColumnId[],
  frame: Frame,
): Plan | WritePlan {
  return isWrite(plan)
    ? lowerWrite(lowering, plan)
    : lowerQuery(lowering, { plan, columns }, frame);
}

/** The wanted columns and all that these expressions mention. */
export function wanting(wanted: Wanted, exprs: readonly Expr[]): Wanted {
  const result = new Set(wanted);
  for (const expr of exprs) for (const id of mentions(expr)) result.add(id);
  return result;
}

function lowerFilter(
  lowering: Lowering,
  logical: FilterLogical,
  wanted: Wanted,
  frame: Frame,
  wish: Wish | null,
): Lowered {
  const { input } = logical;
  const all = conjuncts(logical.condition);
  const columns = yields(input);
  const once = all.filter((one) => isSameForAll(one, columns));
  if (once.length === 0) return lowerEach(lowering, logical, wanted, frame, wish);
  const each = filterOf(
    input,
    all.filter((one) => !once.includes(one)),
  );
  const below =
    each.kind === 'filter'
      ? lowerEach(lowering, each, wanted, frame, wish)
      : lower(lowering, each, wanted, frame, wish);
  const { plan } = below;
  const condition = lowerExpr(lowering, conjunction(once)!, new Map(), frame);
  return { ...below, plan: { kind: 'gate', input: plan, condition, types: plan.types } };
}

/** Conditions that hold of some rows and not of others. */
function lowerEach(
  lowering: Lowering,
  { input, condition }: FilterLogical,
  wanted: Wanted,
  frame: Frame,
  wish: Wish | null,
): Lowered {
  if (input.kind === 'table') {
    return lowerTable(lowering, input, conjuncts(condition), wanted, frame, wish);
  }
  const below = lower(lowering, input, wanting(wanted, [condition]), frame, wish);
  const bound = lowerExpr(lowering, condition, layoutOf(below.columns), frame);
  const { plan, columns, ordered } = below;
  if (plan.kind === 'systemScan' && plan.filter === null) {
    return { plan: { ...plan, filter: bound }, columns, ordered };
  }
  const filtered: Plan = { kind: 'filter', input: plan, condition: bound, types: plan.types };
  return { plan: filtered, columns, ordered };
}

function lowerExtend(
  lowering: Lowering,
  logical: Extract<Logical, { kind: 'extend' }>,
  wanted: Wanted,
  frame: Frame,
  wish: Wish | null,
): Lowered {
  const values = logical.values.filter((one) => wanted.has(one.id));
  if (values.length === 0) return lower(lowering, logical.input, wanted, frame, wish);
  const own = new Set(values.map((one) => one.id));
  const passed = wish !== null && wish.keys.every((key) => passes(key.value, own)) ? wish : null;
  const below = lower(
    lowering,
    logical.input,
    wanting(
      wanted,
      values.map((one) => one.value),
    ),
    frame,
    passed,
  );
  const layout = layoutOf(below.columns);
  const kept = [...layout.keys()].filter((id) => wanted.has(id) && !own.has(id));
  const columns = [...kept, ...values.map((one) => one.id)];
  const types = typesOf(lowering, columns);
  const bounds = [
    ...kept.map((id) => lowerColumn(id, lowering.types[id] as SqlType, layout, frame)),
    ...values.map((one) => lowerExpr(lowering, one.value, layout, frame)),
  ];
  const plan: Plan = { kind: 'project', input: below.plan, values: bounds, types };
  return { plan, columns, ordered: passed !== null && below.ordered };
}

function passes(value: Expr, own: ReadonlySet<ColumnId>): boolean {
  return value.kind === 'column' && !own.has(value.index);
}

function lowerProjectSet(
  lowering: Lowering,
  logical: Extract<Logical, { kind: 'projectSet' }>,
  wanted: Wanted,
  frame: Frame,
): Lowered {
  const exprs = logical.functions.flatMap((one) => one.arguments);
  const below = lower(lowering, logical.input, wanting(wanted, exprs), frame, null);
  const layout = layoutOf(below.columns);
  const functions = logical.functions.map((one) => ({
    function: one.function,
    arguments: one.arguments.map((expr) => lowerExpr(lowering, expr, layout, frame)),
  }));
  const own = logical.functions.map((one) => one.id);
  const columns = [...below.columns, ...own];
  const types = [...below.plan.types, ...typesOf(lowering, own)];
  const plan: Plan = { kind: 'projectSet', input: below.plan, functions, types };
  return { plan, columns, ordered: false };
}

function lowerAggregation(
  lowering: Lowering,
  logical: AggregateLogical,
  wanted: Wanted,
  frame: Frame,
  wish: Wish | null,
): Lowered {
  const aggregates = logical.aggregates.filter((one) => wanted.has(one.id));
  const exprs = aggregates.flatMap(({ aggregate }) => [
    ...aggregate.arguments,
    ...(aggregate.filter === null ? [] : [aggregate.filter]),
    ...aggregate.orderBy.map((key) => key.value),
  ]);
  const needed = wanting(new Set(logical.keys), exprs);
  const begun = wish === null ? null : groupsInOrder(lowering, logical, needed, frame, wish);
  const below = begun?.below ?? lower(lowering, logical.input, needed, frame, null);
  const layout = layoutOf(below.columns);
  const keys = logical.keys.map((id) =>
    lowerColumn(id, lowering.types[id] as SqlType, layout, frame),
  );
  const grouping = logical.grouping !== null;
  const columns = [...logical.keys, ...aggregates.map((one) => one.id)];
  if (logical.grouping !== null) columns.push(logical.grouping);
  const plan: Plan = {
    kind: 'aggregate',
    input: below.plan,
    keys,
    sets: logical.sets,
    grouping,
    aggregates: aggregates.map((one) => lowerAggregate(lowering, one.aggregate, layout, frame)),
    types: typesOf(lowering, columns),
  };
  if (begun === null) return { plan, columns, ordered: false };
  return { plan: { ...plan, presorted: begun.column }, columns, ordered: true };
}

/** The input in the order of group keys, and the first of them. Null: better by hashing. */
function groupsInOrder(
  lowering: Lowering,
  { input, keys, sets }: AggregateLogical,
  needed: Wanted,
  frame: Frame,
  { keys: wished, limit }: Wish,
): { readonly below: Lowered; readonly column: number } | null {
  const [first] = wished;
  if (limit < 0 || sets !== null || first?.value.kind !== 'column') return null;
  const isKey = ({ value }: ExprSortKey): boolean =>
    value.kind === 'column' && keys.includes(value.index);
  if (!wished.every(isKey) || !isMostlyDistinct(first.value, input)) return null;
  const wish = { keys: wished, limit: limit * ROWS_OF_GROUP };
  const below = lower(lowering, forFirstRows(input, wished, wish.limit), needed, frame, wish);
  if (!below.ordered) return null;
  return { below, column: below.columns.indexOf(first.value.index) };
}

function lowerWindow(
  lowering: Lowering,
  logical: WindowLogical,
  wanted: Wanted,
  frame: Frame,
): Lowered {
  const calls = logical.calls.filter((one) => wanted.has(one.id));
  if (calls.length === 0) return lower(lowering, logical.input, wanted, frame, null);
  const own = mentionsIn({ ...logical, input: NOTHING, calls });
  const below = lower(lowering, logical.input, new Set([...wanted, ...own]), frame, null);
  const layout = layoutOf(below.columns);
  const expr = (one: Expr): Bound => lowerExpr(lowering, one, layout, frame);
  const edge = (bound: WindowLogical['frame']['start']): BoundFrameBound => {
    if (!('offset' in bound)) return bound;
    return { kind: bound.kind, offset: expr(bound.offset) };
  };
  const bounds = calls.map(({ id, call }): BoundWindowCall => {
    const type = lowering.types[id] as SqlType;
    if (call.kind === 'window') {
      return { call: { ...call, arguments: call.arguments.map(expr) }, type };
    }
    const aggregate = lowerAggregate(lowering, call.aggregate, layout, frame);
    return { call: { kind: 'aggregate', aggregate }, type };
  });
  const made = calls.map((one) => one.id);
  const columns = [...below.columns, ...made];
  const plan: Plan = {
    kind: 'window',
    input: below.plan,
    partitionBy: logical.partitionBy.map(expr),
    orderBy: logical.orderBy.map((key) => lowerSortKey(lowering, key, layout, frame)),
    frame: { ...logical.frame, start: edge(logical.frame.start), end: edge(logical.frame.end) },
    calls: bounds,
    types: [...below.plan.types, ...typesOf(lowering, made)],
  };
  return { plan, columns, ordered: false };
}

const NOTHING: Logical = { kind: 'values', rows: [], columns: [] };
