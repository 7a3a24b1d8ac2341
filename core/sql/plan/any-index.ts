/**
 * `a = 5 OR b = 7`, where an index answers each alternative and none answers both: the rows of the
 * first, then those of the second that are not among the first, and so on. A row comes once, and
 * nothing has to be remembered for that.
 */
import { BOOL } from '../types/type.ts';
import { lowerTable } from './access.ts';
import { yields } from './columns.ts';
import { conjuncts } from './conjunction.ts';
import { exactly, typesOf } from './lower.ts';
import type { Lowered, Lowering, Wanted } from './lower.ts';
import type { Frame } from './lower-expression.ts';
import type { Expr, TableLogical } from './logical.ts';
import { bestPath } from './paths.ts';
import type { Plan } from './plan.ts';
import { hasQuery, isVolatile } from './walk.ts';

/** More alternatives than that ask each row too much. */
const WAYS_MAX = 8;
/** So much cheaper it must be: estimates of ranges are rough, and a row of two is read twice. */
const GAIN = 2;

/** Null: no index for each of them, or reading at `costMax` is as good. */
export function lowerAnyIndex(
  lowering: Lowering,
  table: TableLogical,
  conditions: readonly Expr[],
  costMax: number,
  wanted: Wanted,
  frame: Frame,
): Lowered | null {
  const found = conditions.find(
    (one) => one.kind === 'or' && GAIN * costOf(table, conditions, one) < costMax,
  );
  if (found?.kind !== 'or') return null;
  const rest = conditions.filter((one) => one !== found);
  const own = yields(table);
  const columns = [...wanted].filter((id) => own.has(id));
  const types = typesOf(lowering, columns);
  let plan: Plan | null = null;
  for (const [i, way] of found.arguments.entries()) {
    const before = found.arguments.slice(0, i).map(isNotTrue);
    const all = [...conjuncts(way), ...rest, ...before];
    const lowered = lowerTable(lowering, table, all, new Set(columns), frame, null);
    const right = exactly(lowering, lowered, columns, frame);
    plan =
      plan === null
        ? right
        : { kind: 'set', operator: 'union', all: true, left: plan, right, types };
  }
  return plan === null ? null : { plan, columns, ordered: false };
}

function costOf(table: TableLogical, conditions: readonly Expr[], one: Expr): number {
  if (one.kind !== 'or' || one.arguments.length > WAYS_MAX) return Number.POSITIVE_INFINITY;
  if (hasQuery(one) || isVolatile(one)) return Number.POSITIVE_INFINITY;
  const rest = conditions.filter((other) => other !== one);
  let cost = 0;
  for (const way of one.arguments) {
    const list = conjuncts(way);
    const path = bestPath(table, [...list, ...rest], null);
    if (!list.some((part) => path.used.has(part))) return Number.POSITIVE_INFINITY;
    cost += path.cost;
  }
  return cost;
}

function isNotTrue(argument: Expr): Expr {
  const type = { id: BOOL, modifier: -1 };
  return { kind: 'isTruth', type, argument, test: true, negated: true };
}
