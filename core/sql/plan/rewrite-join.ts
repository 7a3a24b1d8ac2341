/**
 * Joins: what their conditions, and those above them, leave to be done on either side. The order of
 * inner ones is another matter (`inner-join.ts`), and so are outer ones that need not be.
 */
import { intersects, mentions, yields } from './columns.ts';
import { conjunction } from './conjunction.ts';
import { rewriteInner } from './inner-join.ts';
import type { Expr, JoinLogical, Logical } from './logical.ts';
import { withoutNeedlessJoins, withoutNeedlessSides } from './outer-join.ts';
import { applyHere, rewrite, rewriteExpr, splitCondition } from './rewrite.ts';
import type { Rewriting } from './rewrite.ts';
import { isVolatile } from './walk.ts';

export function rewriteJoin(
  rewriting: Rewriting,
  plan: JoinLogical,
  conditions: readonly Expr[],
): Logical {
  const needed = withoutNeedlessSides(plan, conditions);
  switch (needed.type) {
    case 'inner': {
      const strict = withoutNeedlessJoins(needed, conditions);
      return rewriteInner(rewriting, strict, conditions);
    }
    case 'left':
      return rewriteLeft(rewriting, needed, conditions);
    case 'full':
      return rewriteFull(rewriting, needed, conditions);
    default:
      return rewriteSemi(rewriting, needed, conditions);
  }
}

function rewriteLeft(
  rewriting: Rewriting,
  plan: JoinLogical,
  conditions: readonly Expr[],
): Logical {
  const [toLeft, above] = forLeft(plan, conditions);
  const on = plan.condition === null ? [] : splitCondition(rewriting, plan.condition);
  const left = rewrite(rewriting, plan.left, toLeft);
  return applyHere(rewriting, pairedWith(rewriting, plan, left, on), above);
}

/**
 * Conditions that may go below a join to its left side, and the others: what names no column at all
 * stays above, where it can save the reading of both sides.
 */
function forLeft(
  plan: JoinLogical,
  conditions: readonly Expr[],
): readonly [readonly Expr[], readonly Expr[]] {
  const [left, right] = [yields(plan.left), yields(plan.right)];
  const toLeft = conditions.filter((one) => {
    const named = mentions(one);
    return !isVolatile(one) && intersects(named, left) && !intersects(named, right);
  });
  return [toLeft, conditions.filter((one) => !toLeft.includes(one))];
}

/** A left or semi-join of the rewritten left side; what is over the right side alone goes there. */
export function pairedWith(
  rewriting: Rewriting,
  plan: JoinLogical,
  left: Logical,
  on: readonly Expr[],
): JoinLogical {
  const columns = yields(plan.left);
  const toRight = on.filter((one) => !isVolatile(one) && !intersects(mentions(one), columns));
  const joining = on.filter((one) => !toRight.includes(one));
  const right = rewrite(rewriting, plan.right, toRight);
  return { ...plan, left, right, condition: joinCondition(rewriting, joining) };
}

export function joinCondition(rewriting: Rewriting, conditions: readonly Expr[]): Expr | null {
  return conjunction(conditions.map((one) => rewriteExpr(rewriting, one)));
}

function rewriteFull(
  rewriting: Rewriting,
  plan: JoinLogical,
  conditions: readonly Expr[],
): Logical {
  const on = plan.condition === null ? [] : splitCondition(rewriting, plan.condition);
  const joined: JoinLogical = {
    ...plan,
    left: rewrite(rewriting, plan.left, []),
    right: rewrite(rewriting, plan.right, []),
    condition: joinCondition(rewriting, on),
  };
  return applyHere(rewriting, joined, conditions);
}

function rewriteSemi(
  rewriting: Rewriting,
  plan: JoinLogical,
  conditions: readonly Expr[],
): Logical {
  const on = plan.condition === null ? [] : splitCondition(rewriting, plan.condition);
  const [toLeft, above] = forLeft(plan, conditions);
  const left = rewrite(rewriting, plan.left, toLeft);
  return applyHere(rewriting, pairedWith(rewriting, plan, left, on), above);
}
