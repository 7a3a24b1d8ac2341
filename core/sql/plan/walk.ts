/**
 * Walking and rewriting logical plans and their expressions.
 *
 * What did not change is returned as the very same object, so that a rewrite costs what it changes
 * and callers may compare by identity. Depth is bounded by the parser's limit on nesting.
 */
import { unreachable } from '../../types/assert.ts';
import { isWriteKind } from './plan.ts';
import type { BoundFrameBound } from './plan.ts';
import type {
  Computed,
  Expr,
  ExprAggregate,
  ExprSortKey,
  Logical,
  LogicalCheck,
  LogicalQuery,
  LogicalWrite,
  WindowLogical,
} from './logical.ts';

type MapExpr = (expr: Expr) => Expr;
type MapQuery = (query: LogicalQuery) => LogicalQuery;
type MapRelation = (relation: Logical) => Logical;

/** Maps each element; the same array when none changed. */
export function mapArray<T>(items: readonly T[], map: (item: T) => T): readonly T[] {
  let changed: T[] | null = null;
  for (let i = 0; i < items.length; i++) {
    const before = items[i] as T;
    const after = map(before);
    if (after !== before && changed === null) changed = items.slice(0, i);
    if (changed !== null) changed.push(after);
  }
  return changed ?? items;
}

/** One level: `map` for the expressions inside, `query` for the queries inside. */
export function mapChildren(expr: Expr, map: MapExpr, query: MapQuery): Expr {
  switch (expr.kind) {
    case 'constant':
    case 'column':
    case 'argument':
    case 'parameter':
      return expr;
    case 'call':
    case 'and':
    case 'or':
    case 'coalesce':
    case 'extreme': {
      const list = mapArray(expr.arguments, map);
      return list === expr.arguments ? expr : { ...expr, arguments: list };
    }
    case 'cast':
    case 'not':
    case 'isNull':
    case 'isTruth': {
      const argument = map(expr.argument);
      return argument === expr.argument ? expr : { ...expr, argument };
    }
    case 'distinctFrom': {
      const left = map(expr.left);
      const right = map(expr.right);
      return left === expr.left && right === expr.right ? expr : { ...expr, left, right };
    }
    case 'case': {
      const whens = mapArray(expr.whens, (one) => {
        const when = map(one.when);
        const result = map(one.result);
        return when === one.when && result === one.result ? one : { when, result };
      });
      const otherwise = expr.otherwise === null ? null : map(expr.otherwise);
      const same = whens === expr.whens && otherwise === expr.otherwise;
      return same ? expr : { ...expr, whens, otherwise };
    }
    case 'inList': {
      const argument = map(expr.argument);
      const list = mapArray(expr.list, map);
      return argument === expr.argument && list === expr.list ? expr : { ...expr, argument, list };
    }
    case 'record': {
      const fields = mapArray(expr.fields, map);
      return fields === expr.fields ? expr : { ...expr, fields };
    }
    case 'scalarQuery':
    case 'existsQuery': {
      const inner = query(expr.query);
      return inner === expr.query ? expr : { ...expr, query: inner };
    }
    case 'anyQuery': {
      const tests = mapArray(expr.tests, map);
      const inner = query(expr.query);
      return tests === expr.tests && inner === expr.query ? expr : { ...expr, tests, query: inner };
    }
    default:
      return unreachable(expr);
  }
}

/** Deep, into subqueries too. `replace` gives the new expression, or null to look inside. */
export function mapExpr(expr: Expr, replace: (expr: Expr) => Expr | null): Expr {
  const found = replace(expr);
  if (found !== null) return found;
  return mapChildren(
    expr,
    (child) => mapExpr(child, replace),
    (query) => mapQuery(query, replace),
  );
}

export function mapQuery(query: LogicalQuery, replace: (expr: Expr) => Expr | null): LogicalQuery {
  const plan = mapRelation(query.plan, replace);
  return plan === query.plan ? query : { ...query, plan };
}

/** All expressions of a relation and of what is under it. */
export function mapRelation(relation: Logical, replace: (expr: Expr) => Expr | null): Logical {
  return mapParts(
    relation,
    (child) => mapRelation(child, replace),
    (expr) => mapExpr(expr, replace),
  );
}

function mapComputed(values: readonly Computed[], map: MapExpr): readonly Computed[] {
  return mapArray(values, (one) => {
    const value = map(one.value);
    return value === one.value ? one : { id: one.id, value };
  });
}

export function mapSortKeys(keys: readonly ExprSortKey[], map: MapExpr): readonly ExprSortKey[] {
  return mapArray(keys, (key) => {
    const value = map(key.value);
    return value === key.value ? key : { ...key, value };
  });
}

export function mapAggregate(aggregate: ExprAggregate, map: MapExpr): ExprAggregate {
  const list = mapArray(aggregate.arguments, map);
  const filter = aggregate.filter === null ? null : map(aggregate.filter);
  const orderBy = mapSortKeys(aggregate.orderBy, map);
  const same =
    list === aggregate.arguments && filter === aggregate.filter && orderBy === aggregate.orderBy;
  return same ? aggregate : { ...aggregate, arguments: list, filter, orderBy };
}

type FrameBound = BoundFrameBound<LogicalQuery>;

function mapFrameBound(bound: FrameBound, map: MapExpr): FrameBound {
  if (bound.kind !== 'preceding' && bound.kind !== 'following') return bound;
  const offset = map(bound.offset);
  return offset === bound.offset ? bound : { ...bound, offset };
}

function mapWindow(window: WindowLogical, relation: MapRelation, map: MapExpr): Logical {
  const input = relation(window.input);
  const partitionBy = mapArray(window.partitionBy, map);
  const orderBy = mapSortKeys(window.orderBy, map);
  const start = mapFrameBound(window.frame.start, map);
  const end = mapFrameBound(window.frame.end, map);
  const frame =
    start === window.frame.start && end === window.frame.end
      ? window.frame
      : { ...window.frame, start, end };
  const calls = mapArray(window.calls, (one) => {
    if (one.call.kind === 'window') {
      const list = mapArray(one.call.arguments, map);
      if (list === one.call.arguments) return one;
      return { id: one.id, call: { ...one.call, arguments: list } };
    }
    const aggregate = mapAggregate(one.call.aggregate, map);
    if (aggregate === one.call.aggregate) return one;
    return { id: one.id, call: { kind: 'aggregate' as const, aggregate } };
  });
  const same =
    input === window.input &&
    partitionBy === window.partitionBy &&
    orderBy === window.orderBy &&
    frame === window.frame &&
    calls === window.calls;
  return same ? window : { ...window, input, partitionBy, orderBy, frame, calls };
}

/** One level of a relation: `relation` for its inputs, `map` for its own expressions. */
export function mapParts(plan: Logical, relation: MapRelation, map: MapExpr): Logical {
  switch (plan.kind) {
    case 'table':
    case 'system':
    case 'common':
      return plan;
    case 'values': {
      const rows = mapArray(plan.rows, (row) => mapArray(row, map));
      return rows === plan.rows ? plan : { ...plan, rows };
    }
    case 'function': {
      const list = mapArray(plan.arguments, map);
      return list === plan.arguments ? plan : { ...plan, arguments: list };
    }
    case 'join': {
      const left = relation(plan.left);
      const right = relation(plan.right);
      const condition = plan.condition === null ? null : map(plan.condition);
      const same = left === plan.left && right === plan.right && condition === plan.condition;
      return same ? plan : { ...plan, left, right, condition };
    }
    case 'window':
      return mapWindow(plan, relation, map);
    case 'set':
    case 'recursive':
    case 'with':
      return mapInputs(plan, relation, map);
    default:
      return mapUnary(plan, relation, map);
  }
}

type Many = Extract<Logical, { kind: 'set' | 'recursive' | 'with' }>;

function mapInputs(plan: Many, relation: MapRelation, map: MapExpr): Logical {
  switch (plan.kind) {
    case 'set': {
      const left = relation(plan.left);
      const right = relation(plan.right);
      return left === plan.left && right === plan.right ? plan : { ...plan, left, right };
    }
    case 'recursive': {
      const base = relation(plan.base);
      const step = relation(plan.step);
      return base === plan.base && step === plan.step ? plan : { ...plan, base, step };
    }
    case 'with': {
      const tables = mapArray(plan.tables, (table) => {
        const inner = mapDefinition(table.plan, relation, map);
        return inner === table.plan ? table : { ...table, plan: inner };
      });
      const body = relation(plan.body);
      return tables === plan.tables && body === plan.body ? plan : { ...plan, tables, body };
    }
    default:
      return unreachable(plan);
  }
}

/** A write inside WITH stands at the top, so only its source can hold anything of interest. */
function mapDefinition(
  plan: Logical | LogicalWrite,
  relation: MapRelation,
  map: MapExpr,
): Logical | LogicalWrite {
  return isWrite(plan) ? mapWrite(plan, relation, map) : relation(plan);
}

export function isWrite(plan: Logical | LogicalWrite): plan is LogicalWrite {
  return isWriteKind(plan.kind);
}

export function mapWrite<W extends LogicalWrite>(write: W, relation: MapRelation, map: MapExpr): W {
  const source = relation(write.source);
  const returning = write.returning === null ? null : mapArray(write.returning, map);
  const mapCheck = (check: LogicalCheck): LogicalCheck => {
    const condition = map(check.condition);
    return condition === check.condition ? check : { ...check, condition };
  };
  const checks = mapArray(write.checks, mapCheck);
  const viewChecks = mapArray(write.viewChecks, mapCheck);
  const same =
    source === write.source &&
    returning === write.returning &&
    checks === write.checks &&
    viewChecks === write.viewChecks;
  const mapped = same ? write : { ...write, source, returning, checks, viewChecks };
  const onConflict = mapped.kind === 'insert' ? mapped.onConflict : null;
  const update = onConflict?.update ?? null;
  if (onConflict === null || update === null) return mapped;
  const values = mapArray(update.values, map);
  const where = update.where === null ? null : map(update.where);
  const changed = { ...update, values, where };
  return { ...mapped, onConflict: { ...onConflict, update: changed } };
}

type Unary = Extract<
  Logical,
  { kind: 'filter' | 'extend' | 'projectSet' | 'aggregate' | 'sort' | 'limit' | 'distinct' }
>;

function mapUnary(plan: Unary, relation: MapRelation, map: MapExpr): Logical {
  const input = relation(plan.input);
  const same = input === plan.input;
  switch (plan.kind) {
    case 'filter': {
      const condition = map(plan.condition);
      return same && condition === plan.condition ? plan : { ...plan, input, condition };
    }
    case 'extend': {
      const values = mapComputed(plan.values, map);
      return same && values === plan.values ? plan : { ...plan, input, values };
    }
    case 'projectSet': {
      const functions = mapArray(plan.functions, (one) => {
        const list = mapArray(one.arguments, map);
        return list === one.arguments ? one : { ...one, arguments: list };
      });
      return same && functions === plan.functions ? plan : { ...plan, input, functions };
    }
    case 'aggregate': {
      const aggregates = mapArray(plan.aggregates, (one) => {
        const aggregate = mapAggregate(one.aggregate, map);
        return aggregate === one.aggregate ? one : { id: one.id, aggregate };
      });
      return same && aggregates === plan.aggregates ? plan : { ...plan, input, aggregates };
    }
    case 'sort': {
      const keys = mapSortKeys(plan.keys, map);
      return same && keys === plan.keys ? plan : { ...plan, input, keys };
    }
    case 'limit': {
      const count = plan.count === null ? null : map(plan.count);
      const offset = plan.offset === null ? null : map(plan.offset);
      const tieKeys = plan.tieKeys === null ? null : mapSortKeys(plan.tieKeys, map);
      const kept = count === plan.count && offset === plan.offset && tieKeys === plan.tieKeys;
      return same && kept ? plan : { ...plan, input, count, offset, tieKeys };
    }
    case 'distinct':
      return same ? plan : { ...plan, input };
    default:
      return unreachable(plan);
  }
}

/** Calls `see` for every expression in it, outermost first, subqueries included. */
export function visitExpr(expr: Expr, see: (expr: Expr) => void): void {
  mapExpr(expr, (one) => {
    see(one);
    return null;
  });
}

export function visitRelation(relation: Logical, see: (expr: Expr) => void): void {
  mapRelation(relation, (one) => {
    see(one);
    return null;
  });
}

/** True when `test` holds for some expression in it. */
export function someExpr(expr: Expr, test: (expr: Expr) => boolean): boolean {
  let found = false;
  mapExpr(expr, (one) => {
    if (!found && test(one)) found = true;
    return found ? one : null;
  });
  return found;
}

function isVolatileCall(expr: Expr): boolean {
  return expr.kind === 'call' && expr.function.volatility === 'volatile';
}

export function isVolatile(expr: Expr): boolean {
  return someExpr(expr, isVolatileCall);
}

/** Anywhere in a relation. */
export function isVolatileIn(plan: Logical): boolean {
  let found = false;
  visitRelation(plan, (one) => {
    if (isVolatileCall(one)) found = true;
  });
  return found;
}

export function hasQuery(expr: Expr): boolean {
  return someExpr(
    expr,
    (one) => one.kind === 'scalarQuery' || one.kind === 'existsQuery' || one.kind === 'anyQuery',
  );
}
