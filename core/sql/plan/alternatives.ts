/**
 * Conditions with alternatives: `A AND B OR A AND C` asks for A whichever holds, and says of each
 * relation that one of the alternatives' conditions on it holds.
 */
import { cannotFail } from './barrier.ts';
import { intersects, mentions, within } from './columns.ts';
import { conjunction, conjuncts } from './conjunction.ts';
import type { ColumnId, Expr } from './logical.ts';
import { sameExpr } from './same.ts';
import { isVolatile } from './walk.ts';

/** With what all alternatives ask for taken out. */
export function factored(condition: Expr): readonly Expr[] {
  if (condition.kind !== 'or') return [condition];
  const ways = condition.arguments.map(conjuncts);
  const [first, ...others] = ways;
  if (first === undefined) return [condition];
  const common = first.filter((one) => !isVolatile(one) && others.every((way) => has(way, one)));
  if (common.length === 0) return [condition];
  const rest = ways.map((way) => conjunction(way.filter((one) => !has(common, one))));
  const open = rest.filter((one) => one !== null);
  // One that asks for nothing else is enough.
  if (open.length < rest.length) return common;
  return [...common, { ...condition, arguments: open }];
}

function has(list: readonly Expr[], wanted: Expr): boolean {
  return list.some((one) => sameExpr(one, wanted));
}

/**
 * What an OR over columns of several relations says of these alone, in terms that cannot fail.
 * Null: some alternative says nothing of them.
 */
export function ofAlternatives(
  condition: Expr,
  all: ReadonlySet<ColumnId>,
  own: ReadonlySet<ColumnId>,
): Expr | null {
  if (condition.kind !== 'or') return null;
  const ways: Expr[] = [];
  for (const way of condition.arguments) {
    const said = conjuncts(way).filter(
      (one) => intersects(mentions(one), own) && within(one, all, own) && cannotFail(one),
    );
    const together = conjunction(said);
    if (together === null) return null;
    ways.push(together);
  }
  return { ...condition, arguments: ways };
}
