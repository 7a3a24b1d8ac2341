/**
 * Inner joins: taken apart into relations and conditions, and put together in a better order.
 *
 * A left join among the relations is taken apart too where nobody asks for the columns that it
 * adds: its left side takes part in the order, and the right side is joined to the result.
 *
 *   (orders LEFT JOIN notes …) JOIN customers … WHERE customers.name = 'x'
 *
 * reads the orders of that customer, and then their notes.
 */
import { ofAlternatives } from './alternatives.ts';
import { intersects, mentions, mentionsIn, yields } from './columns.ts';
import { equalColumns, equalWithin } from './equal-columns.ts';
import { orderJoins } from './join-order.ts';
import type { ColumnId, Computed, Expr, JoinLogical, Logical } from './logical.ts';
import { applyHere, rewrite, rewriteExpr, splitCondition, substitute } from './rewrite.ts';
import type { Rewriting } from './rewrite.ts';
import { pairedWith } from './rewrite-join.ts';
import { hasQuery, isVolatile, isVolatileIn, mapRelation } from './walk.ts';

/** Everything that one big inner join consists of. */
interface Gathered {
  readonly relations: Logical[];
  readonly conditions: Expr[];
  /** Columns computed inside: computed again above, and put in place in the conditions. */
  readonly computed: Computed[];
  readonly values: Map<ColumnId, Expr>;
  /** Left joins without their left sides, the last to be done first. */
  readonly added: JoinLogical[];
}

export function rewriteInner(
  rewriting: Rewriting,
  plan: Logical,
  conditions: readonly Expr[],
): Logical {
  const all: Gathered = {
    relations: [],
    conditions: [],
    computed: [],
    values: new Map(),
    added: [],
  };
  gather(rewriting, plan, all);
  const every = (): readonly Expr[] =>
    [...conditions, ...all.conditions].flatMap((one) =>
      splitCondition(rewriting, substitute(one, all.values)),
    );
  while (takeLeftJoinApart(rewriting, all, every()));
  const relations = all.relations.map((one) => inPlace(one, all.values));
  const own: Expr[][] = relations.map(() => []);
  const joining: Expr[] = [];
  const asked: Expr[] = [];
  const above: Expr[] = [];
  for (const condition of withImplied(every())) {
    const owners = relations.flatMap((one, i) =>
      intersects(mentions(condition), yields(one)) ? [i] : [],
    );
    const [owner] = owners;
    if (isVolatile(condition) || owner === undefined) above.push(condition);
    // Into a derived table it may go further down than just over it.
    else if (owners.length === 1 && !(hasQuery(condition) && relations[owner]!.kind === 'table'))
      own[owner]!.push(condition);
    else (hasQuery(condition) ? asked : joining).push(condition);
  }
  narrowByAlternatives(joining, relations, own);
  const classes = equalColumns([...joining, ...own.flat()]);
  for (const one of classes) {
    for (const [i, relation] of relations.entries()) {
      own[i]!.push(...equalWithin(one, relation, own[i]!));
    }
  }
  const rewritten = relations.map((one, i) => rewrite(rewriting, one, own[i] ?? []));
  const ask = (input: Logical, list: readonly Expr[]): Logical => applyHere(rewriting, input, list);
  let result = orderJoins(rewritten, { joining, asked, classes }, ask);
  for (const one of all.added.toReversed()) {
    const on = one.condition === null ? [] : splitCondition(rewriting, one.condition);
    const placed = on.map((condition) => substitute(condition, all.values));
    result = pairedWith(rewriting, one, result, placed);
  }
  if (all.computed.length > 0) result = { kind: 'extend', input: result, values: all.computed };
  return applyHere(rewriting, result, above);
}

/** What an OR over several relations says of one is asked of it before it is joined, too. */
function narrowByAlternatives(
  joining: readonly Expr[],
  relations: readonly Logical[],
  own: readonly Expr[][],
): void {
  const alternatives = joining.filter((one) => one.kind === 'or');
  if (alternatives.length === 0) return;
  const all = new Set(relations.flatMap((one) => [...yields(one)]));
  for (const [i, relation] of relations.entries()) {
    for (const one of alternatives) {
      const said = ofAlternatives(one, all, yields(relation));
      if (said !== null) own[i]!.push(said);
    }
  }
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
  // What is volatile is asked for each row of its own input, and of no join.
  if (plan.kind === 'filter' && !isVolatile(plan.condition)) {
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

/** A lateral relation that names a computed column: with what that is. */
function inPlace(relation: Logical, values: ReadonlyMap<ColumnId, Expr>): Logical {
  if (values.size === 0) return relation;
  return mapRelation(relation, (one) =>
    one.kind === 'column' ? (values.get(one.index) ?? null) : null,
  );
}

/**
 * False: there is none that can be. Its right side must not be run for each row of the left one,
 * nor its condition ask a query, nor anything to its left be volatile: all of that might be done
 * more often.
 */
function takeLeftJoinApart(
  rewriting: Rewriting,
  all: Gathered,
  conditions: readonly Expr[],
): boolean {
  if (all.relations.length < 2) return false;
  for (const [place, one] of all.relations.entries()) {
    if (one.kind !== 'join' || one.type !== 'left') continue;
    if (one.condition !== null && (isVolatile(one.condition) || hasQuery(one.condition))) continue;
    if (isVolatileIn(one.left) || intersects(mentionsIn(one.right), yields(one.left))) continue;
    const added = yields(one.right);
    if (conditions.some((condition) => intersects(mentions(condition), added))) continue;
    const others = all.relations.filter((other) => other !== one);
    const isNamed = (other: Logical): boolean =>
      intersects(mentionsIn(inPlace(other, all.values)), added);
    if (others.some(isNamed)) continue;
    all.relations.splice(place, 1);
    all.added.push(one);
    gather(rewriting, one.left, all);
    // What was computed over the join may name what was computed below it.
    for (const [id, value] of all.values) all.values.set(id, substitute(value, all.values));
    for (const [i, { id }] of all.computed.entries()) {
      all.computed[i] = { id, value: all.values.get(id)! };
    }
    return true;
  }
  return false;
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
