/**
 * Joins: which of hashing, looping and index look-ups.
 *
 * A side that names columns of the other is run for each of its rows. Equalities between the sides
 * become hash keys; everything else is the residual condition.
 */
import { findCast } from '../functions/casts.ts';
import { intersects, mentions, mentionsIn, yields } from './columns.ts';
import type { Bound } from './expression.ts';
import { layoutOf, lowerExpr, newFrame } from './lower-expression.ts';
import type { Frame } from './lower-expression.ts';
import { argumentsFor, conjuncts, lower, typesOf, wanting } from './lower.ts';
import type { Lowered, Lowering, Wanted, Wish } from './lower.ts';
import type { ColumnId, Expr, JoinLogical } from './logical.ts';
import type { Plan } from './plan.ts';

export function lowerJoin(
  lowering: Lowering,
  logical: JoinLogical,
  wanted: Wanted,
  frame: Frame,
  _wish: Wish | null,
): Lowered {
  const { left, right, type } = logical;
  const condition = logical.condition === null ? [] : conjuncts(logical.condition);
  const leftColumns = yields(left);
  const lateral = intersects(mentionsIn(right), leftColumns);
  const needed = wanting(wanted, condition);
  const first = lower(
    lowering,
    left,
    lateral ? new Set([...needed, ...mentionsIn(right)]) : needed,
    frame,
    null,
  );
  const keys = lateral ? [] : equalities(condition, leftColumns, yields(right));
  if (keys.length === 0) return loopJoin(lowering, logical, first, condition, needed, frame);
  const second = lower(lowering, right, needed, frame, null);
  const leftLayout = layoutOf(first.columns);
  const rightLayout = layoutOf(second.columns);
  const both = [...first.columns, ...second.columns];
  const rest = condition.filter((one) => !keys.some((key) => key.condition === one));
  const columns = type === 'semi' || type === 'anti' ? first.columns : both;
  const plan: Plan = {
    kind: 'hashJoin',
    type,
    left: first.plan,
    right: second.plan,
    leftKeys: keys.map((key) => lowerExpr(lowering, key.left, leftLayout, frame)),
    rightKeys: keys.map((key) => lowerExpr(lowering, key.right, rightLayout, frame)),
    condition: lowerAll(lowering, rest, both, frame),
    types: typesOf(lowering, columns),
  };
  return { plan, columns, ordered: false };
}

function lowerAll(
  lowering: Lowering,
  conditions: readonly Expr[],
  columns: readonly ColumnId[],
  frame: Frame,
): Bound | null {
  const [first] = conditions;
  if (first === undefined) return null;
  const condition: Expr =
    conditions.length === 1 ? first : { kind: 'and', type: first.type, arguments: conditions };
  return lowerExpr(lowering, condition, layoutOf(columns), frame);
}

function loopJoin(
  lowering: Lowering,
  logical: JoinLogical,
  first: Lowered,
  condition: readonly Expr[],
  needed: Wanted,
  frame: Frame,
): Lowered {
  const inner = newFrame();
  const second = lower(lowering, logical.right, needed, inner, null);
  const both = [...first.columns, ...second.columns];
  const { type } = logical;
  const columns = type === 'semi' || type === 'anti' ? first.columns : both;
  const plan: Plan = {
    kind: 'loopJoin',
    type,
    left: first.plan,
    right: {
      plan: second.plan,
      arguments: argumentsFor(lowering, inner, layoutOf(first.columns), frame),
    },
    condition: lowerAll(lowering, condition, both, frame),
    types: typesOf(lowering, columns),
  };
  return { plan, columns, ordered: false };
}

export interface KeyPair {
  readonly condition: Expr;
  readonly left: Expr;
  readonly right: Expr;
}

/** Conditions that say: something of the left equals something of the right. */
export function equalities(
  conditions: readonly Expr[],
  left: ReadonlySet<ColumnId>,
  right: ReadonlySet<ColumnId>,
): readonly KeyPair[] {
  const pairs: KeyPair[] = [];
  for (const condition of conditions) {
    if (condition.kind !== 'call' || condition.function.name !== '=') continue;
    const [one, two] = condition.arguments;
    if (one === undefined || two === undefined) continue;
    const pair = sides(one, two, left, right) ?? sides(two, one, left, right);
    if (pair === null) continue;
    const same = sameType(pair[0], pair[1]);
    if (same !== null) pairs.push({ condition, left: same[0], right: same[1] });
  }
  return pairs;
}

function sides(
  one: Expr,
  two: Expr,
  left: ReadonlySet<ColumnId>,
  right: ReadonlySet<ColumnId>,
): readonly [Expr, Expr] | null {
  const first = mentions(one);
  const second = mentions(two);
  if (!intersects(first, left) || intersects(first, right)) return null;
  if (!intersects(second, right) || intersects(second, left)) return null;
  return [one, two];
}

/** Keys are compared as they are stored, so they must be of one type. */
export function sameType(left: Expr, right: Expr): readonly [Expr, Expr] | null {
  if (left.type.id === right.type.id) return [left, right];
  const there = widened(left, right.type.id);
  if (there !== null) return [there, right];
  const back = widened(right, left.type.id);
  return back === null ? null : [left, back];
}

function widened(expr: Expr, type: number): Expr | null {
  const cast = findCast(expr.type.id, type, 'implicit');
  if (cast === null || cast.volatility !== 'immutable') return null;
  const target = { id: type, modifier: -1 };
  if (cast.relabels === true) return { ...expr, type: target };
  return { kind: 'cast', type: target, cast, explicit: false, argument: expr, at: -1 };
}
