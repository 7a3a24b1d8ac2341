/**
 * Joins: inner ones are taken apart and put together in a better order; outer ones keep theirs, but
 * become inner where a condition above refuses the rows that they add.
 */
import { intersects, mentions, yields } from './columns.ts';
import { rejectsNull } from './implies.ts';
import { orderJoins } from './join-order.ts';
import type { ColumnId, Computed, Expr, JoinLogical, Logical } from './logical.ts';
import {
  applyHere,
  hasQuery,
  isVolatile,
  rewrite,
  rewriteExpr,
  splitCondition,
  substitute,
} from './rewrite.ts';
import type { Rewriting } from './rewrite.ts';
import { mapRelation } from './walk.ts';

export function rewriteJoin(
  rewriting: Rewriting,
  plan: JoinLogical,
  conditions: readonly Expr[],
): Logical {
  switch (plan.type) {
    case 'inner':
      return rewriteInner(rewriting, plan, conditions);
    case 'left':
      return rewriteLeft(rewriting, plan, conditions);
    case 'full':
      return rewriteFull(rewriting, plan, conditions);
    default:
      return rewriteSemi(rewriting, plan, conditions);
  }
}

/** Everything that one big inner join consists of. */
interface Gathered {
  readonly relations: Logical[];
  readonly conditions: Expr[];
  /** Columns computed inside: computed again above, and put in place in the conditions. */
  readonly computed: Computed[];
  readonly values: Map<ColumnId, Expr>;
}

function gather(rewriting: Rewriting, plan: Logical, into: Gathered): void {
  if (plan.kind === 'join' && plan.type === 'inner') {
    gather(rewriting, plan.left, into);
    gather(rewriting, plan.right, into);
    if (plan.condition !== null) {
      into.conditions.push(...splitCondition(rewriting, plan.condition));
    }
    return;
  }
  if (plan.kind === 'filter') {
    gather(rewriting, plan.input, into);
    into.conditions.push(...splitCondition(rewriting, plan.condition));
    return;
  }
  if (
    plan.kind === 'extend' &&
    !plan.values.some(({ value }) => isVolatile(value) || hasQuery(value))
  ) {
    gather(rewriting, plan.input, into);
    for (const { id, value } of plan.values) {
      const own = rewriteExpr(rewriting, substitute(value, into.values));
      into.values.set(id, own);
      into.computed.push({ id, value: own });
    }
    return;
  }
  into.relations.push(plan);
}

function rewriteInner(rewriting: Rewriting, plan: Logical, conditions: readonly Expr[]): Logical {
  const all: Gathered = { relations: [], conditions: [], computed: [], values: new Map() };
  gather(rewriting, plan, all);
  const lateral = (relation: Logical): Logical =>
    all.values.size === 0
      ? relation
      : mapRelation(relation, (one) =>
          one.kind === 'column' ? (all.values.get(one.index) ?? null) : null,
        );
  const relations = all.relations.map(lateral);
  const every = [...conditions, ...all.conditions].flatMap((one) =>
    splitCondition(rewriting, substitute(one, all.values)),
  );
  const own: Expr[][] = relations.map(() => []);
  const joining: Expr[] = [];
  const above: Expr[] = [];
  for (const condition of withImplied(every)) {
    const owners = relations.flatMap((one, i) =>
      intersects(mentions(condition), yields(one)) ? [i] : [],
    );
    const [owner] = owners;
    if (isVolatile(condition) || owner === undefined) above.push(condition);
    else if (owners.length === 1) own[owner]?.push(condition);
    else if (hasQuery(condition)) above.push(condition);
    else joining.push(condition);
  }
  const rewritten = relations.map((one, i) => rewrite(rewriting, one, own[i] ?? []));
  const joined = orderJoins(rewritten, joining);
  const result: Logical =
    all.computed.length === 0 ? joined : { kind: 'extend', input: joined, values: all.computed };
  return applyHere(rewriting, result, above);
}

/** `a = b AND b = 5` makes `a = 5`: a column equal to one that is constant is constant. */
function withImplied(conditions: readonly Expr[]): readonly Expr[] {
  const result = [...conditions];
  const constants = new Map<ColumnId, Expr>();
  for (const one of conditions) {
    const pair = columnEqualsConstant(one);
    if (pair !== null) constants.set(pair.id, pair.value);
  }
  if (constants.size === 0) return result;
  // Each pass takes constants one equality further; a chain is at most as long as the list.
  for (let changed = true; changed;) {
    changed = false;
    for (const one of conditions) {
      if (one.kind !== 'call' || one.function.name !== '=') continue;
      const [left, right] = one.arguments;
      if (left?.kind !== 'column' || right?.kind !== 'column') continue;
      if (left.type.id !== right.type.id) continue;
      for (const [from, to] of [
        [left, right],
        [right, left],
      ] as const) {
        const value = constants.get(from.index);
        if (value === undefined || value.type.id !== to.type.id || constants.has(to.index))
          continue;
        constants.set(to.index, value);
        result.push({ ...one, arguments: [to, value] });
        changed = true;
      }
    }
  }
  return result;
}

function columnEqualsConstant(one: Expr): { id: ColumnId; value: Expr } | null {
  if (one.kind !== 'call' || one.function.name !== '=') return null;
  const [left, right] = one.arguments;
  if (left === undefined || right === undefined) return null;
  const fixed = (expr: Expr): boolean => expr.kind === 'constant' || expr.kind === 'parameter';
  if (left.kind === 'column' && fixed(right)) return { id: left.index, value: right };
  if (right.kind === 'column' && fixed(left)) return { id: right.index, value: left };
  return null;
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

function rewriteLeft(
  rewriting: Rewriting,
  plan: JoinLogical,
  conditions: readonly Expr[],
): Logical {
  const right = yields(plan.right);
  if (conditions.some((one) => refusesNulls(one, right))) {
    return rewriteJoin(rewriting, { ...plan, type: 'inner' }, conditions);
  }
  const toLeft = conditions.filter((one) => !isVolatile(one) && !intersects(mentions(one), right));
  const above = conditions.filter((one) => !toLeft.includes(one));
  const left = yields(plan.left);
  const on = plan.condition === null ? [] : splitCondition(rewriting, plan.condition);
  const toRight = on.filter((one) => !isVolatile(one) && !intersects(mentions(one), left));
  const joining = on.filter((one) => !toRight.includes(one));
  const joined: JoinLogical = {
    ...plan,
    left: rewrite(rewriting, plan.left, toLeft),
    right: rewrite(rewriting, plan.right, toRight),
    condition: conjunction(rewriting, joining),
  };
  return applyHere(rewriting, joined, above);
}

export function conjunction(rewriting: Rewriting, conditions: readonly Expr[]): Expr | null {
  const list = conditions.map((one) => rewriteExpr(rewriting, one));
  const [first] = list;
  if (first === undefined) return null;
  return list.length === 1 ? first : { kind: 'and', type: first.type, arguments: list };
}

function rewriteFull(
  rewriting: Rewriting,
  plan: JoinLogical,
  conditions: readonly Expr[],
): Logical {
  const needsLeft = conditions.some((one) => refusesNulls(one, yields(plan.left)));
  const needsRight = conditions.some((one) => refusesNulls(one, yields(plan.right)));
  if (needsLeft && needsRight) {
    return rewriteJoin(rewriting, { ...plan, type: 'inner' }, conditions);
  }
  if (needsLeft) return rewriteJoin(rewriting, { ...plan, type: 'left' }, conditions);
  if (needsRight) {
    const turned: JoinLogical = { ...plan, type: 'left', left: plan.right, right: plan.left };
    return rewriteJoin(rewriting, turned, conditions);
  }
  const on = plan.condition === null ? [] : splitCondition(rewriting, plan.condition);
  const joined: JoinLogical = {
    ...plan,
    left: rewrite(rewriting, plan.left, []),
    right: rewrite(rewriting, plan.right, []),
    condition: conjunction(rewriting, on),
  };
  return applyHere(rewriting, joined, conditions);
}

function rewriteSemi(
  rewriting: Rewriting,
  plan: JoinLogical,
  conditions: readonly Expr[],
): Logical {
  const left = yields(plan.left);
  const on = plan.condition === null ? [] : splitCondition(rewriting, plan.condition);
  const toRight = on.filter((one) => !isVolatile(one) && !intersects(mentions(one), left));
  const joining = on.filter((one) => !toRight.includes(one));
  return {
    ...plan,
    left: rewrite(rewriting, plan.left, conditions),
    right: rewrite(rewriting, plan.right, toRight),
    condition: conjunction(rewriting, joining),
  };
}
