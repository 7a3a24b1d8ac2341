/**
 * SELECT: binds its clauses and stacks the operators in the order in which they happen: FROM,
 * WHERE, GROUP BY, HAVING, windows, set-returning functions, the list, DISTINCT, ORDER BY, LIMIT.
 */
import { SqlError } from '../error.ts';
import type { ColumnId, Computed, Expr, ExprSortKey, Logical } from '../plan/logical.ts';
import { isVolatile, mapAggregate, someExpr } from '../plan/walk.ts';
import type { Query, SelectBody } from '../tree/query.ts';
import { UNKNOWN } from '../types/type.ts';
import { columnOf, isRelabelled, newColumn, newLevel, within } from './binder.ts';
import type { Binder, CommonScope, Level, PendingWindow } from './binder.ts';
import { settle } from './coerce.ts';
import { bindCondition } from './expression.ts';
import { ONE_ROW, bindFrom } from './from.ts';
import { bindGroupBy, groupLevel } from './group.ts';
import type { Grouping } from './group.ts';
import type { BoundQuery } from './query.ts';
import { bindLimit, requireEquality } from './sort.ts';
import { bindDistinctOn, bindOrderBy, bindTargets } from './target.ts';
import type { BoundTarget, TargetKey } from './target.ts';
import { bindWindow, sameWindow } from './window.ts';

export function bindSelect(
  binder: Binder,
  outer: Level | null,
  query: Query,
  body: SelectBody,
  common: CommonScope | null,
): BoundQuery {
  const level = newLevel(outer, common);
  declareWindows(level, body);
  const from = bindFrom(binder, level, body.from);
  collectTables(from, level);
  const targets = bindTargets(binder, level, body.targets, 'SELECT');
  let plan = filter(from, bindWhere(binder, level, body));
  const having = bindHaving(binder, level, body);
  const keys = bindOrderBy(binder, level, targets, query.orderBy);
  const { distinct } = body;
  const on =
    distinct === 'none' || distinct === 'all'
      ? null
      : bindDistinctOn(binder, level, targets, distinct);
  plan = groupAndWindow(binder, level, body, targets, having, plan);
  plan = setFunctions(level.setFunctions, plan);
  return finish(binder, level, query, plan, { targets, keys, on, all: distinct === 'all' });
}

function filter(input: Logical, condition: Expr | null): Logical {
  return condition === null ? input : { kind: 'filter', input, condition };
}

function declareWindows(level: Level, body: SelectBody): void {
  for (const { name, window } of body.windows) {
    if (level.windowNames.has(name)) {
      throw new SqlError('42P20', `window "${name}" is already defined`, { at: window.at });
    }
    level.windowNames.set(name, window);
  }
}

/** Base tables anywhere in the joins of FROM; not those inside derived tables. */
function collectTables(plan: Logical, level: Level): void {
  if (plan.kind === 'table') level.tables.push(plan);
  if (plan.kind === 'extend') collectTables(plan.input, level);
  if (plan.kind !== 'join') return;
  collectTables(plan.left, level);
  collectTables(plan.right, level);
}

function bindWhere(binder: Binder, level: Level, body: SelectBody): Expr | null {
  const { where } = body;
  if (where === null) return null;
  return within(level, 'WHERE', () => bindCondition(binder, level, where, 'WHERE'));
}

function bindHaving(binder: Binder, level: Level, body: SelectBody): Expr | null {
  const { having } = body;
  if (having === null) return null;
  return within(level, 'HAVING', () => bindCondition(binder, level, having, 'HAVING'));
}

/** Numbers of everything that FROM brings. */
export function inputColumns(level: Level): Set<ColumnId> {
  const ids = new Set<ColumnId>();
  for (const item of level.items) {
    for (const column of item.columns) ids.add(column.id);
    for (const column of item.hidden) ids.add(column.id);
  }
  return ids;
}

function groupAndWindow(
  binder: Binder,
  level: Level,
  body: SelectBody,
  targets: readonly BoundTarget[],
  having: Expr | null,
  input: Logical,
): Logical {
  // Windows that nobody uses are checked too.
  for (const { window } of body.windows) bindWindow(binder, level, window);
  const inputs = inputColumns(level);
  const grouping = bindGroupBy(binder, level, targets, body, inputs);
  const below = takeGroupedSets(level, grouping, inputs);
  const isGrouped =
    body.groupBy.length > 0 ||
    level.aggregates.length > 0 ||
    level.groupings.length > 0 ||
    having !== null;
  if (!isGrouped) return windows(level.windows, input);
  const grouped = groupLevel(binder, level, grouping, inputs);
  // A lone HAVING asks about one group, whatever the rows are: they are not read.
  const alone = body.groupBy.length === 0 && level.aggregates.length === 0;
  const source = alone ? ONE_ROW : setFunctions(below, input);
  const { above } = grouped;
  for (const { aggregate } of level.aggregates) checkDirect(aggregate, above);
  for (const target of targets) target.value = above(target.value);
  const condition = having === null ? null : above(having);
  const pending = level.windows.map((one) => aboveGrouping(one, above));
  for (let i = 0; i < level.setFunctions.length; i++) {
    const one = level.setFunctions[i] as Level['setFunctions'][number];
    level.setFunctions[i] = { ...one, arguments: one.arguments.map(above) };
  }
  return windows(pending, filter(grouped.plan(source), condition));
}

/** Set-returning functions that are grouped by come below the grouping; others stay above. */
function takeGroupedSets(
  level: Level,
  grouping: Grouping,
  inputs: Set<ColumnId>,
): Level['setFunctions'] {
  const taken: Level['setFunctions'] = [];
  const exprs = grouping.keys.map((key) => key.value);
  for (let expr = exprs.pop(); expr !== undefined; expr = exprs.pop()) {
    for (const one of level.setFunctions) {
      if (taken.includes(one) || !mentions(expr, [one])) continue;
      taken.push(one);
      exprs.push(...one.arguments);
    }
  }
  for (const one of taken) {
    inputs.add(one.id);
    level.setFunctions.splice(level.setFunctions.indexOf(one), 1);
  }
  return taken;
}

/** Direct arguments of an ordered-set aggregate are of the group, not of its rows. */
function checkDirect(
  { function: called, arguments: list }: Level['aggregates'][number]['aggregate'],
  above: (expr: Expr) => Expr,
): void {
  for (const direct of called.orderedSet ? list.slice(0, called.directArguments) : []) {
    above(direct);
  }
}

function aboveGrouping(one: PendingWindow, above: (expr: Expr) => Expr): PendingWindow {
  const { call, window } = one;
  const keys = window.orderBy.map((key) => ({ ...key, value: above(key.value) }));
  return {
    id: one.id,
    call:
      call.kind === 'window'
        ? { ...call, arguments: call.arguments.map(above) }
        : { kind: 'aggregate', aggregate: mapAggregate(call.aggregate, above) },
    window: {
      partitionBy: window.partitionBy.map(above),
      orderBy: keys,
      frame: window.frame,
    },
  };
}

/** One operator a window definition, with all calls over it. */
function windows(pending: readonly PendingWindow[], input: Logical): Logical {
  const groups: PendingWindow[][] = [];
  for (const one of pending) {
    const group = groups.find((other) =>
      sameWindow((other[0] as PendingWindow).window, one.window),
    );
    if (group === undefined) groups.push([one]);
    else group.push(one);
  }
  let plan = input;
  for (const group of groups) {
    const { window } = group[0] as PendingWindow;
    const calls = group.map(({ id, call }) => ({ id, call }));
    plan = { kind: 'window', input: plan, ...window, calls };
  }
  return plan;
}

type SetFunctions = readonly Level['setFunctions'][number][];

/** Those whose arguments hold others come in operators above theirs. */
function setFunctions(functions: SetFunctions, input: Logical): Logical {
  if (functions.length === 0) return input;
  const inner = functions.filter((one) => one.arguments.some((each) => mentions(each, functions)));
  if (inner.length === 0) return { kind: 'projectSet', input, functions };
  const plain = functions.filter((one) => !inner.includes(one));
  return setFunctions(inner, { kind: 'projectSet', input, functions: plain });
}

function mentions(expr: Expr, list: readonly { readonly id: ColumnId }[]): boolean {
  return someExpr(expr, (one) => one.kind === 'column' && list.some(({ id }) => id === one.index));
}

interface Ending {
  readonly targets: readonly BoundTarget[];
  readonly keys: readonly TargetKey[];
  readonly on: readonly BoundTarget[] | null;
  readonly all: boolean;
}

/** What the level's own operators yield: all else in a target belongs to enclosing queries. */
function ownColumns(level: Level): Set<ColumnId> {
  const ids = inputColumns(level);
  for (const { id } of level.aggregates) ids.add(id);
  for (const { id } of level.groupings) ids.add(id);
  for (const { id } of level.windows) ids.add(id);
  for (const { id } of level.setFunctions) ids.add(id);
  return ids;
}

function finish(
  binder: Binder,
  level: Level,
  query: Query,
  input: Logical,
  ending: Ending,
): BoundQuery {
  const { targets, keys, on } = ending;
  const distinct = ending.all || on !== null;
  if (distinct) {
    for (const target of targets) {
      target.value = settle(binder, target.value);
      if (target.visible && ending.all) requireEquality(target.value, query.at);
    }
  }
  const own = ownColumns(level);
  const early: Computed[] = [];
  const late: Computed[] = [];
  const limited = query.limit !== null || query.offset !== null;
  const idOf = new Map<BoundTarget, ColumnId>();
  for (const target of targets) {
    const { value } = target;
    if (value.kind === 'column' && own.has(value.index) && !isRelabelled(binder, value)) {
      idOf.set(target, value.index);
      continue;
    }
    const id = newColumn(binder, value.type);
    idOf.set(target, id);
    // Rows that ORDER BY and LIMIT have not let through are not asked for their values.
    const wanted = distinct || keys.some((key) => key.target === target);
    const defer = !wanted && level.setFunctions.length === 0 && (limited || isVolatile(value));
    (defer ? late : early).push({ id, value });
  }
  const id = (target: BoundTarget): ColumnId => idOf.get(target) as ColumnId;
  let plan = extend(input, early);
  const sortKeys = keys.map((key) => ({ ...key, value: columnOf(binder, id(key.target)) }));
  const visible = targets.filter((one) => one.visible);
  if (on !== null) {
    checkDistinctOn(on, keys, query.at);
    plan = sorted(plan, sortKeys);
    const columns = [...new Set(targets.map(id))];
    plan = { kind: 'distinct', input: plan, columns, on: on.map(id) };
  } else if (ending.all) {
    checkDistinct(keys, query.at);
    plan = { kind: 'distinct', input: plan, columns: [...new Set(visible.map(id))], on: null };
    plan = sorted(plan, sortKeys);
  } else {
    plan = sorted(plan, sortKeys);
  }
  plan = extend(bindLimit(binder, level, query, plan, sortKeys), late);
  return {
    plan,
    columns: visible.map(id),
    names: visible.map((one) => one.name),
    literals: visible.map((one) => (one.value.type.id === UNKNOWN ? one.value : null)),
  };
}

export function extend(input: Logical, values: readonly Computed[]): Logical {
  return values.length === 0 ? input : { kind: 'extend', input, values };
}

export function sorted(input: Logical, keys: readonly ExprSortKey[]): Logical {
  return keys.length === 0 ? input : { kind: 'sort', input, keys };
}

function checkDistinct(keys: readonly TargetKey[], at: number): void {
  if (keys.every((key) => key.target.visible)) return;
  throw new SqlError(
    '42P10',
    'for SELECT DISTINCT, ORDER BY expressions must appear in select list',
    { at },
  );
}

/** The first keys of ORDER BY must be the expressions of DISTINCT ON, in any order. */
function checkDistinctOn(on: readonly BoundTarget[], keys: readonly TargetKey[], at: number): void {
  const leading = keys.slice(0, on.length);
  const matches = leading.every((key) => on.includes(key.target));
  const complete =
    keys.length < on.length || on.every((one) => leading.some((key) => key.target === one));
  if (matches && complete) return;
  throw new SqlError(
    '42P10',
    'SELECT DISTINCT ON expressions must match initial ORDER BY expressions',
    { at },
  );
}
