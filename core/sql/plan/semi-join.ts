/**
 * `EXISTS (…)`, `NOT EXISTS (…)` and `x IN (SELECT …)` as joins: the subquery is run once instead
 * of once a row. Its conditions on the outer row become the join's; where the outer row is needed
 * any deeper (under LIMIT, in a grouping), the subquery stays a subquery.
 *
 * NOT IN stays too: one null among the subquery's rows makes it null for every row.
 */
import { intersects, mentions, mentionsIn, yields } from './columns.ts';
import { conjuncts, filterOf } from './conjunction.ts';
import type { ColumnId, Expr, Logical, LogicalQuery } from './logical.ts';
import { rewrite } from './rewrite.ts';
import type { Rewriting } from './rewrite.ts';
import { joinCondition } from './rewrite-join.ts';
import { mapExpr } from './walk.ts';

/** Null: not this way. */
export function semiJoin(rewriting: Rewriting, left: Logical, condition: Expr): Logical | null {
  const test = testOf(condition);
  if (test === null) return null;
  const outer = yields(left);
  const needed = new Set(test.conditions.flatMap((one) => [...mentions(one)]));
  const pulled = pullConditions(test.query.plan, outer, needed);
  if (intersects(mentionsIn(pulled.plan), outer)) return null;
  const all = [...test.conditions, ...pulled.conditions];
  // Without any link between the sides it is a constant: a subquery that is run once.
  if (!all.some((one) => intersects(mentions(one), outer))) return null;
  const inner = yields(pulled.plan);
  const toRight = all.filter((one) => !intersects(mentions(one), outer));
  const joining = all.filter((one) => !toRight.includes(one));
  if (!joining.every((one) => intersects(mentions(one), inner))) return null;
  return {
    kind: 'join',
    type: test.negated ? 'anti' : 'semi',
    left,
    right: rewrite(rewriting, pulled.plan, toRight),
    condition: joinCondition(rewriting, joining),
  };
}

interface Test {
  readonly query: LogicalQuery;
  readonly conditions: readonly Expr[];
  readonly negated: boolean;
}

function testOf(condition: Expr): Test | null {
  if (condition.kind === 'not' && condition.argument.kind === 'existsQuery') {
    const { query, negated } = condition.argument;
    return { query, conditions: [], negated: !negated };
  }
  if (condition.kind === 'existsQuery') {
    return { query: condition.query, conditions: [], negated: condition.negated };
  }
  if (condition.kind !== 'anyQuery' || condition.all || condition.negated) return null;
  const { tests, query } = condition;
  const compare = mapExpr(condition.compare, (one) => {
    if (one.kind !== 'column') return null;
    const test = tests[one.index];
    if (test !== undefined) return test;
    return { ...one, index: query.columns[one.index - tests.length] as ColumnId };
  });
  return { query, conditions: conjuncts(compare), negated: false };
}

interface Pulled {
  readonly plan: Logical;
  readonly conditions: readonly Expr[];
}

/** Conditions on the outer row, taken out from under operators that do not mind. */
function pullConditions(
  plan: Logical,
  outer: ReadonlySet<ColumnId>,
  needed: Set<ColumnId>,
): Pulled {
  switch (plan.kind) {
    case 'filter': {
      const list = conjuncts(plan.condition);
      for (const one of list) for (const id of mentions(one)) needed.add(id);
      const below = pullConditions(plan.input, outer, needed);
      const mine = list.filter((one) => !intersects(mentions(one), outer));
      const up = list.filter((one) => intersects(mentions(one), outer));
      return { plan: filterOf(below.plan, mine), conditions: [...below.conditions, ...up] };
    }
    case 'extend': {
      // A select list that nobody reads: of EXISTS.
      const values = plan.values.filter((one) => needed.has(one.id));
      for (const { value } of values) for (const id of mentions(value)) needed.add(id);
      const below = pullConditions(plan.input, outer, needed);
      return { plan: { ...plan, input: below.plan, values }, conditions: below.conditions };
    }
    case 'join': {
      if (plan.type !== 'inner') return { plan, conditions: [] };
      const list = plan.condition === null ? [] : conjuncts(plan.condition);
      for (const one of list) for (const id of mentions(one)) needed.add(id);
      for (const id of mentionsIn(plan.right)) needed.add(id);
      const left = pullConditions(plan.left, outer, needed);
      const right = pullConditions(plan.right, outer, needed);
      const mine = list.filter((one) => !intersects(mentions(one), outer));
      const up = list.filter((one) => intersects(mentions(one), outer));
      const joined: Logical = { ...plan, left: left.plan, right: right.plan, condition: null };
      return {
        plan: filterOf(joined, mine),
        conditions: [...left.conditions, ...right.conditions, ...up],
      };
    }
    case 'sort':
      return pullConditions(plan.input, outer, needed);
    case 'distinct':
      return plan.on === null
        ? pullConditions(plan.input, outer, new Set([...needed, ...plan.columns]))
        : { plan, conditions: [] };
    default:
      return { plan, conditions: [] };
  }
}
