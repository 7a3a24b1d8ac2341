/** Which columns a relation yields, and which an expression or relation mentions. Both are kept. */
import { unreachable } from '../../types/assert.ts';
import type { ColumnId, Expr, Logical } from './logical.ts';
import { isVolatile, visitExpr, visitRelation } from './walk.ts';

const yielded = new WeakMap<Logical, ReadonlySet<ColumnId>>();
const mentionedByExpr = new WeakMap<Expr, ReadonlySet<ColumnId>>();
const mentionedByRelation = new WeakMap<Logical, ReadonlySet<ColumnId>>();

export function yields(plan: Logical): ReadonlySet<ColumnId> {
  let columns = yielded.get(plan);
  if (columns === undefined) {
    columns = compute(plan);
    yielded.set(plan, columns);
  }
  return columns;
}

function compute(plan: Logical): ReadonlySet<ColumnId> {
  switch (plan.kind) {
    case 'table':
      return new Set([...plan.columns, ...plan.hidden]);
    case 'system':
    case 'values':
    case 'function':
    case 'distinct':
    case 'set':
    case 'common':
    case 'recursive':
      return new Set(plan.columns);
    case 'join':
      if (plan.type === 'semi' || plan.type === 'anti') return yields(plan.left);
      return new Set([...yields(plan.left), ...yields(plan.right)]);
    case 'filter':
    case 'sort':
    case 'limit':
      return yields(plan.input);
    case 'extend':
      return new Set([...yields(plan.input), ...plan.values.map((one) => one.id)]);
    case 'projectSet':
      return new Set([...yields(plan.input), ...plan.functions.map((one) => one.id)]);
    case 'aggregate': {
      const ids = [...plan.keys, ...plan.aggregates.map((one) => one.id)];
      return new Set(plan.grouping === null ? ids : [...ids, plan.grouping]);
    }
    case 'window':
      return new Set([...yields(plan.input), ...plan.calls.map((one) => one.id)]);
    case 'with':
      return yields(plan.body);
    default:
      return unreachable(plan);
  }
}

const NOTHING: ReadonlySet<ColumnId> = new Set();

/** Every column named in it, those that only its subqueries know included. */
export function mentions(expr: Expr): ReadonlySet<ColumnId> {
  if (expr.kind === 'constant' || expr.kind === 'parameter') return NOTHING;
  let columns = mentionedByExpr.get(expr);
  if (columns === undefined) {
    const found = new Set<ColumnId>();
    visitExpr(expr, (one) => {
      if (one.kind === 'column') found.add(one.index);
    });
    mentionedByExpr.set(expr, found);
    columns = found;
  }
  return columns;
}

/** Every column named in a relation's expressions or handed on by it. */
export function mentionsIn(plan: Logical): ReadonlySet<ColumnId> {
  let columns = mentionedByRelation.get(plan);
  if (columns === undefined) {
    const found = new Set<ColumnId>();
    visitRelation(plan, (one) => {
      if (one.kind === 'column') found.add(one.index);
    });
    mentionedByRelation.set(plan, found);
    columns = found;
  }
  return columns;
}

export function mentionsAny(expr: Expr, columns: ReadonlySet<ColumnId>): boolean {
  return intersects(mentions(expr), columns);
}

export function intersects(left: ReadonlySet<ColumnId>, right: ReadonlySet<ColumnId>): boolean {
  const [small, large] = left.size < right.size ? [left, right] : [right, left];
  for (const id of small) if (large.has(id)) return true;
  return false;
}

/** One value for all rows of a relation with these columns. */
export function isSameForAll(expr: Expr, columns: ReadonlySet<ColumnId>): boolean {
  return !isVolatile(expr) && !intersects(mentions(expr), columns);
}

/** Whether everything that `expr` names from `all` is in `some`. */
export function within(
  expr: Expr,
  all: ReadonlySet<ColumnId>,
  some: ReadonlySet<ColumnId>,
): boolean {
  for (const id of mentions(expr)) if (all.has(id) && !some.has(id)) return false;
  return true;
}
