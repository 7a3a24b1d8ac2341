/**
 * FROM: tables, views, derived tables, functions and joins, and which names they bring.
 *
 * While FROM is bound, `level.items` is what LATERAL may refer to: everything to the left.
 */
import { unreachable } from '../../types/assert.ts';
import { SqlError, unsupported } from '../error.ts';
import type { ResolvedCall } from '../functions/resolve.ts';
import type { ColumnId, Computed, Expr, Logical } from '../plan/logical.ts';
import type { DerivedTable, FunctionTable, JoinNode, TableExpression } from '../tree/query.ts';
import { plainType, typeFromName } from '../types/describe.ts';
import { INT8 } from '../types/type.ts';
import type { SqlType } from '../types/type.ts';
import { bindUnnest, isUnnestOfSeveral } from './array.ts';
import type { Binder, Item, Level, ScopeColumn } from './binder.ts';
import { columnOf, isRelabelled, newColumn, within } from './binder.ts';
import { bindFromCall } from './call.ts';
import { BOOLEAN, constant, unify } from './coerce.ts';
import { bindCondition } from './expression.ts';
import { all, equality } from './predicate.ts';
import { bindPopulating } from './populate.ts';
import { bindQuery } from './query.ts';
import { bindTableNode } from './relation.ts';

export interface FromItem {
  readonly plan: Logical;
  readonly items: readonly Item[];
}

/** One row without columns: FROM nothing. */
export const ONE_ROW: Logical = { kind: 'values', rows: [[]], columns: [] };

/** Binds the list and leaves its names in `level.items`. */
export function bindFrom(binder: Binder, level: Level, list: readonly TableExpression[]): Logical {
  return within(level, 'FROM clause of their own query level', () => joinAll(binder, level, list));
}

function joinAll(binder: Binder, level: Level, list: readonly TableExpression[]): Logical {
  let plan: Logical | null = null;
  for (const node of list) {
    const one = bindTableExpression(binder, level, node);
    checkNames(level.items, one.items);
    level.items = [...level.items, ...one.items];
    plan = plan === null ? one.plan : join('inner', plan, one.plan, null);
  }
  return plan ?? ONE_ROW;
}

function join(
  type: 'inner' | 'left' | 'full',
  left: Logical,
  right: Logical,
  condition: Expr | null,
): Logical {
  return { kind: 'join', type, left, right, condition };
}

/** Two visible items of one name are refused, unless they are tables of different schemas. */
function checkNames(left: readonly Item[], right: readonly Item[]): void {
  for (const one of right) {
    if (!one.relationVisible || one.name === null) continue;
    for (const other of left) {
      if (!other.relationVisible || other.name !== one.name) continue;
      if (one.schema !== null && other.schema !== null && one.schema !== other.schema) continue;
      throw new SqlError('42712', `table name "${one.name}" specified more than once`, {
        at: one.at,
      });
    }
  }
}

export function bindTableExpression(binder: Binder, level: Level, node: TableExpression): FromItem {
  switch (node.kind) {
    case 'table':
      return bindTableNode(binder, level, node);
    case 'derived':
      return bindDerived(binder, level, node);
    case 'function':
      return bindFunction(binder, level, node);
    case 'join':
      return bindJoin(binder, level, node);
    default:
      return unreachable(node);
  }
}

/** Columns under the names of an alias list, the rest under their own. */
export function renamed(
  alias: string,
  columns: readonly ScopeColumn[],
  names: readonly string[],
  at: number,
): readonly ScopeColumn[] {
  if (names.length > columns.length) {
    throw new SqlError(
      '42P10',
      `table "${alias}" has ${columns.length} columns available but ${names.length} columns specified`,
      { at },
    );
  }
  return columns.map((column, i) => ({ name: names[i] ?? column.name, id: column.id }));
}

export function itemOf(name: string | null, columns: readonly ScopeColumn[], at: number): Item {
  return {
    name,
    schema: null,
    columns,
    hidden: [],
    relationVisible: name !== null,
    columnsVisible: true,
    at,
  };
}

function bindDerived(binder: Binder, level: Level, node: DerivedTable): FromItem {
  const outer = node.lateral ? level : level.outer;
  const query = bindQuery(binder, outer, node.query, level.common);
  const columns = query.columns.map((id, i) => ({ name: query.names[i] as string, id }));
  const alias = node.alias;
  const named = renamed(alias ?? 'unnamed_subquery', columns, node.columnAliases, node.at);
  return { plan: query.plan, items: [itemOf(alias, named, node.at)] };
}

function bindFunction(binder: Binder, level: Level, node: FunctionTable): FromItem {
  const populating = bindPopulating(binder, node);
  const { found, arguments: list } = within(level, 'functions in FROM', () =>
    populating === null && isUnnestOfSeveral(node.call)
      ? bindUnnest(binder, level, node.call)
      : bindFromCall(binder, level, populating?.call ?? node.call),
  );
  const defined = populating?.columns ?? definedColumns(node, found.function);
  const name = node.alias ?? node.call.name;
  const ordinal: ScopeColumn[] = node.ordinality
    ? [{ name: 'ordinality', id: newColumn(binder, plainType(INT8)) }]
    : [];
  if (found.function.kind === 'set') {
    const called = found.function.ofColumns?.(defined) ?? found.function;
    const { columns } = called;
    const types =
      columns.length === 1 && defined.length === 0
        ? [found.result]
        : columns.map((one, i) => defined[i]?.type ?? plainType(one.type));
    // A column that the function names keeps its name; else it is called as the function is.
    const made = columns.map((one, i) => ({
      name: columns.length === 1 && one.name === called.name ? name : one.name,
      id: newColumn(binder, types[i] as SqlType),
    }));
    const outputs = [...made, ...ordinal];
    const plan: Logical = {
      kind: 'function',
      function: called,
      arguments: list,
      ordinality: node.ordinality,
      columns: outputs.map((one) => one.id),
    };
    const named = renamed(name, outputs, node.columnAliases, node.at);
    const isScalar = outputs.length === 1 && defined.length === 0;
    return { plan, items: [{ ...itemOf(name, named, node.at), isScalar }] };
  }
  if (found.function.kind !== 'scalar') throw unsupported('this function in FROM', node.at);
  const type = found.result;
  const value: Expr = {
    kind: 'call',
    type,
    function: found.function,
    arguments: list,
    at: node.at,
  };
  const outputs = [{ name, id: newColumn(binder, type) }, ...ordinal];
  const row = node.ordinality ? [value, constant(plainType(INT8), 1)] : [value];
  const ids = outputs.map((one) => one.id);
  const named = renamed(name, outputs, node.columnAliases, node.at);
  return {
    plan: { kind: 'values', rows: [row], columns: ids },
    items: [itemOf(name, named, node.at)],
  };
}

/** Of the column definition list, which functions that answer records need and no others take. */
function definedColumns(
  node: FunctionTable,
  f: ResolvedCall['function'],
): readonly { readonly name: string; readonly type: SqlType }[] {
  const { at, columnAliases } = node;
  const needed = f.kind === 'set' && f.ofColumns !== undefined;
  const given = node.columnTypes.length > 0;
  if (needed !== given) {
    const several = f.kind === 'set' && f.columns.length > 1;
    const what = needed
      ? 'required for functions returning "record"'
      : several
        ? 'redundant for a function with OUT parameters'
        : 'only allowed for functions returning "record"';
    throw new SqlError('42601', `a column definition list is ${what}`, { at });
  }
  const twice = columnAliases.find((name, i) => given && columnAliases.indexOf(name) !== i);
  if (twice !== undefined) {
    throw new SqlError('42701', `column name "${twice}" specified more than once`, { at });
  }
  return node.columnTypes.map((type, i) => ({
    name: columnAliases[i] as string,
    type: typeFromName(type),
  }));
}

function bindJoin(binder: Binder, level: Level, node: JoinNode): FromItem {
  const before = level.items;
  const left = bindSide(binder, level, node, 'left');
  // To the right of RIGHT and FULL nothing of the left side is known yet.
  const lateral = node.type !== 'right' && node.type !== 'full';
  const { unreachable: hidden } = level;
  level.items = lateral ? [...before, ...left.items] : before;
  if (!lateral) level.unreachable = [...hidden, ...left.items];
  const right = bindSide(binder, level, node, 'right');
  level.unreachable = hidden;
  checkNames(left.items, right.items);
  level.items = [...left.items, ...right.items];
  const shared = sharedColumns(node, left.items, right.items);
  const merged = shared.length > 0 || node.natural || node.using.length > 0;
  const result = merged
    ? joinUsing(binder, level, node, left, right, shared)
    : joinOn(binder, level, node, left, right);
  level.items = before;
  return node.alias === null ? result : aliased(node, node.alias, result);
}

function bindSide(binder: Binder, level: Level, node: JoinNode, side: 'left' | 'right'): FromItem {
  const bound = bindTableExpression(binder, level, node[side]);
  const other = side === 'left' ? 'right' : 'left';
  if (node.type !== 'full' && node.type !== other) return bound;
  return nullable(binder, bound);
}

/** A side that may have no row: a column that no row of it has null says which, where asked. */
function nullable(binder: Binder, { plan, items }: FromItem): FromItem {
  const values: Computed[] = [];
  const mark = (): ColumnId => {
    const [known] = values;
    if (known !== undefined) return known.id;
    const id = newColumn(binder, BOOLEAN);
    values.push({ id, value: constant(BOOLEAN, true) });
    return id;
  };
  return {
    plan: { kind: 'extend', input: plan, values },
    items: items.map((item) => ({ ...item, marker: item.marker ?? markerOf(item) ?? mark })),
  };
}

/** Every version of a row has a time of its creation. */
function markerOf(item: Item): (() => ColumnId) | null {
  const created = item.hidden[2];
  return created === undefined ? null : () => created.id;
}

function joinOn(
  binder: Binder,
  level: Level,
  node: JoinNode,
  left: FromItem,
  right: FromItem,
): FromItem {
  const { on } = node;
  const condition =
    on === null
      ? null
      : within(level, 'JOIN conditions', () => bindCondition(binder, level, on, 'JOIN/ON'));
  const plan = orient(node, left.plan, right.plan, condition);
  return { plan, items: [...left.items, ...right.items] };
}

/** RIGHT is LEFT the other way round: columns are known by number, so their order is no matter. */
function orient(node: JoinNode, left: Logical, right: Logical, condition: Expr | null): Logical {
  switch (node.type) {
    case 'inner':
    case 'cross':
      return join('inner', left, right, condition);
    case 'left':
      return join('left', left, right, condition);
    case 'right':
      return join('left', right, left, condition);
    case 'full':
      return join('full', left, right, condition);
    default:
      return unreachable(node.type);
  }
}

function visibleColumns(items: readonly Item[]): readonly ScopeColumn[] {
  return items.filter((item) => item.columnsVisible).flatMap((item) => item.columns);
}

interface Shared {
  readonly name: string;
  readonly left: ScopeColumn;
  readonly right: ScopeColumn;
}

function sharedColumns(
  node: JoinNode,
  left: readonly Item[],
  right: readonly Item[],
): readonly Shared[] {
  const leftColumns = visibleColumns(left);
  const rightColumns = visibleColumns(right);
  const names = node.natural
    ? unique(leftColumns.map((one) => one.name)).filter((name) =>
        rightColumns.some((one) => one.name === name),
      )
    : node.using;
  return names.map((name, i) => {
    if (names.indexOf(name) !== i) {
      throw new SqlError('42701', `column name "${name}" appears more than once in USING clause`, {
        at: node.at,
      });
    }
    return {
      name,
      left: sharedColumn(leftColumns, name, 'left', node.at),
      right: sharedColumn(rightColumns, name, 'right', node.at),
    };
  });
}

function unique(names: readonly string[]): readonly string[] {
  return names.filter((name, i) => names.indexOf(name) === i);
}

function sharedColumn(
  columns: readonly ScopeColumn[],
  name: string,
  side: string,
  at: number,
): ScopeColumn {
  const found = columns.filter((one) => one.name === name);
  if (found.length > 1) {
    throw new SqlError(
      '42702',
      `common column name "${name}" appears more than once in ${side} table`,
      { at },
    );
  }
  if (found[0] === undefined) {
    throw new SqlError(
      '42703',
      `column "${name}" specified in USING clause does not exist in ${side} table`,
      { at },
    );
  }
  return found[0];
}

function joinUsing(
  binder: Binder,
  level: Level,
  node: JoinNode,
  left: FromItem,
  right: FromItem,
  shared: readonly Shared[],
): FromItem {
  const conditions: Expr[] = [];
  const computed: Computed[] = [];
  const merged: ScopeColumn[] = [];
  for (const one of shared) {
    const first = columnOf(binder, one.left.id);
    const second = columnOf(binder, one.right.id);
    conditions.push(equality(binder, first, second, node.at));
    const { type, values } = unify(binder, [first, second], 'JOIN/USING', node.at);
    const value = mergedValue(node, values[0] as Expr, values[1] as Expr);
    if (value.kind === 'column' && !isRelabelled(binder, value)) {
      merged.push({ name: one.name, id: value.index });
    } else {
      const id = newColumn(binder, type);
      computed.push({ id, value });
      if (value.kind !== 'coalesce') level.merged.set(id, value);
      merged.push({ name: one.name, id });
    }
  }
  const condition = conditions.length === 0 ? null : all(conditions);
  const joined = orient(node, left.plan, right.plan, condition);
  const plan: Logical =
    computed.length === 0 ? joined : { kind: 'extend', input: joined, values: computed };
  const names = new Set(shared.map((one) => one.name));
  const rest = (items: readonly Item[]): readonly ScopeColumn[] =>
    visibleColumns(items).filter((one) => !names.has(one.name));
  const whole = itemOf(null, [...merged, ...rest(left.items), ...rest(right.items)], node.at);
  const inner = [...left.items, ...right.items].map((item) => ({ ...item, columnsVisible: false }));
  const items: Item[] = [whole, ...inner];
  if (node.usingAlias !== null) {
    const alias = { ...itemOf(node.usingAlias, merged, node.at), columnsVisible: false };
    checkNames(items, [alias]);
    items.push(alias);
  }
  return { plan, items };
}

/** The column of the side that always has a row; of FULL the one that is not null. */
function mergedValue(node: JoinNode, left: Expr, right: Expr): Expr {
  if (node.type === 'right') return right;
  if (node.type !== 'full') return left;
  return { kind: 'coalesce', type: left.type, arguments: [left, right] };
}

/** `(a JOIN b) AS c (…)`: only `c` is known outside. */
function aliased(node: JoinNode, alias: string, result: FromItem): FromItem {
  const columns = renamed(alias, visibleColumns(result.items), node.columnAliases, node.at);
  return { plan: result.plan, items: [itemOf(alias, columns, node.at)] };
}
