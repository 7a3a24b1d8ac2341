/**
 * What EXISTS asks of its subquery: whether there is a row. What the row holds, in which order, and
 * whether it comes twice do not matter, so nothing is left of that: a subquery that needs less of
 * the row outside can be run once for more of them, or become a join further down.
 *
 * Values of a select list are not computed at all, as in PostgreSQL: they call nothing, and fail
 * nowhere.
 */
import type { Expr, LimitLogical, Logical, LogicalQuery } from './logical.ts';

/** Without what changes no answer from "some row" to "none", or back. */
export function existence(query: LogicalQuery, simplified: (expr: Expr) => Expr): LogicalQuery {
  const plan = bare(query.plan, simplified);
  return plan === query.plan && query.columns.length === 0 ? query : { plan, columns: [] };
}

function bare(plan: Logical, simplified: (expr: Expr) => Expr): Logical {
  switch (plan.kind) {
    case 'extend':
    case 'sort':
    case 'distinct':
      return bare(plan.input, simplified);
    case 'limit':
      return letsOneThrough(plan, simplified) ? bare(plan.input, simplified) : plan;
    case 'aggregate': {
      // One row a group, and a group for every row; without keys there is a row in any case.
      const isPlain = plan.aggregates.length === 0 && plan.sets === null && plan.grouping === null;
      return isPlain && plan.keys.length > 0 ? bare(plan.input, simplified) : plan;
    }
    default:
      return plan;
  }
}

function letsOneThrough(
  { count, offset, barrier }: LimitLogical,
  simplified: (expr: Expr) => Expr,
): boolean {
  if (barrier === true) return false;
  const least = numberOf(count && simplified(count), Number.POSITIVE_INFINITY);
  const skipped = numberOf(offset && simplified(offset), 0);
  return least !== null && least > 0 && skipped === 0;
}

/** `absent` where nothing is asked for; null: not known before it is run. */
function numberOf(expr: Expr | null, absent: number): number | null {
  if (expr === null) return absent;
  if (expr.kind !== 'constant') return null;
  if (expr.value === null) return absent;
  return typeof expr.value === 'number' ? expr.value : null;
}
