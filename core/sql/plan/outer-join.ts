/**
 * Outer joins that need not be: where a condition above refuses the rows that are filled with
 * nulls, an outer join is an inner one, or one of fewer sides.
 */
import { mentions, yields } from './columns.ts';
import { conjuncts } from './conjunction.ts';
import { rejectsNull } from './implies.ts';
import type { ColumnId, Expr, JoinLogical, Logical } from './logical.ts';

/** The join with as few outer sides as these conditions on its rows leave it. */
export function withoutNeedlessSides(plan: JoinLogical, conditions: readonly Expr[]): JoinLogical {
  const refuses = (side: Logical): boolean =>
    conditions.some((one) => refusesNulls(one, yields(side)));
  if (plan.type === 'left') return refuses(plan.right) ? { ...plan, type: 'inner' } : plan;
  if (plan.type !== 'full') return plan;
  const [needsLeft, needsRight] = [refuses(plan.left), refuses(plan.right)];
  if (needsLeft && needsRight) return { ...plan, type: 'inner' };
  if (needsLeft) return { ...plan, type: 'left' };
  if (needsRight) return { ...plan, type: 'left', left: plan.right, right: plan.left };
  return plan;
}

/** Likewise of every join within, each under the conditions that its rows have to pass. */
export function withoutNeedlessJoins(plan: Logical, conditions: readonly Expr[]): Logical {
  if (plan.kind === 'filter') {
    const all = [...conditions, ...conjuncts(plan.condition)];
    const input = withoutNeedlessJoins(plan.input, all);
    return input === plan.input ? plan : { ...plan, input };
  }
  if (plan.kind === 'extend') {
    const input = withoutNeedlessJoins(plan.input, conditions);
    return input === plan.input ? plan : { ...plan, input };
  }
  if (plan.kind !== 'join') return plan;
  const own = withoutNeedlessSides(plan, conditions);
  const on = own.condition === null ? [] : conjuncts(own.condition);
  const [toLeft, toRight] = conditionsOfSides(own, conditions, on);
  const left = withoutNeedlessJoins(own.left, toLeft);
  const right = withoutNeedlessJoins(own.right, toRight);
  return left === own.left && right === own.right ? own : { ...own, left, right };
}

/** What each side's rows have to pass to be seen above, or, of an outer side, to be paired. */
function conditionsOfSides(
  { type }: JoinLogical,
  above: readonly Expr[],
  on: readonly Expr[],
): readonly [readonly Expr[], readonly Expr[]] {
  switch (type) {
    case 'inner':
      return [
        [...above, ...on],
        [...above, ...on],
      ];
    case 'left':
      return [above, on];
    case 'semi':
      return [[...above, ...on], on];
    case 'anti':
      return [above, on];
    default:
      return [[], []];
  }
}

/** The condition is not true of a row in which this side is all null. */
function refusesNulls(condition: Expr, side: ReadonlySet<ColumnId>): boolean {
  for (const id of mentions(condition)) {
    if (!side.has(id)) continue;
    const column: Expr | null = findColumn(condition, id);
    if (column !== null && rejectsNull(condition, column)) return true;
  }
  return false;
}

function findColumn(expr: Expr, id: ColumnId): Expr | null {
  let found: Expr | null = null;
  const look = (one: Expr): void => {
    if (one.kind === 'column' && one.index === id) found = one;
  };
  visitOwn(expr, look);
  return found;
}

/** Not inside subqueries, whose conditions say nothing about this row. */
function visitOwn(expr: Expr, look: (one: Expr) => void): void {
  look(expr);
  switch (expr.kind) {
    case 'call':
    case 'and':
    case 'or':
      for (const one of expr.arguments) visitOwn(one, look);
      return;
    case 'cast':
    case 'not':
    case 'isNull':
    case 'isTruth':
    case 'inList':
      visitOwn(expr.argument, look);
      return;
    default:
  }
}
