/**
 * `SELECT min(a)` or `max(a)` of a table, where an index has `a` first: the first row in the
 * index's order that is not null, instead of all rows.
 */
import { yields } from './columns.ts';
import type { AggregateLogical, Expr, Logical, TableLogical } from './logical.ts';
import { conjuncts } from './conjunction.ts';
import { compared, same } from './match.ts';
import { isVolatile } from './walk.ts';

export function extremeByIndex(plan: AggregateLogical): AggregateLogical {
  const [only] = plan.aggregates;
  if (plan.keys.length > 0 || plan.sets !== null || plan.aggregates.length !== 1) return plan;
  const aggregate = only?.aggregate;
  if (aggregate === undefined || aggregate.filter !== null) return plan;
  const { name } = aggregate.function;
  const [argument] = aggregate.arguments;
  if ((name !== 'min' && name !== 'max') || argument?.kind !== 'column') return plan;
  const conditions: Expr[] = [];
  const table = tableUnder(plan.input, conditions);
  if (table === null || conditions.some(isVolatile)) return plan;
  if (!isOrdered(table, argument, conditions)) return plan;
  const condition: Expr = {
    kind: 'isNull',
    type: { id: 16, modifier: -1 },
    argument,
    negated: true,
  };
  const found: Logical = { kind: 'filter', input: plan.input, condition };
  const descending = name === 'max';
  const keys = [{ value: argument, descending, nullsFirst: descending }];
  const sorted: Logical = { kind: 'sort', input: found, keys };
  const one: Expr = { kind: 'constant', type: { id: 20, modifier: -1 }, value: 1 };
  const first: Logical = { kind: 'limit', input: sorted, count: one, offset: null, tieKeys: null };
  return { ...plan, input: first };
}

/** Reading an index so often is still less than reading all rows. */
const APART_MAX = 8;

/** `SELECT min(a), max(a)`: each from its own end of an index. Null: not all are found so. */
export function extremesApart(plan: AggregateLogical): Logical | null {
  if (plan.aggregates.length < 2 || plan.aggregates.length > APART_MAX) return null;
  let joined: Logical | null = null;
  for (const one of plan.aggregates) {
    const alone = { ...plan, aggregates: [one] };
    const right = extremeByIndex(alone);
    if (right === alone) return null;
    joined =
      joined === null
        ? right
        : { kind: 'join', type: 'inner', left: joined, right, condition: null };
  }
  return joined;
}

function tableUnder(plan: Logical, conditions: Expr[]): TableLogical | null {
  if (plan.kind === 'filter') {
    conditions.push(...conjuncts(plan.condition));
    return tableUnder(plan.input, conditions);
  }
  return plan.kind === 'table' ? plan : null;
}

/** Some index gives the order, and all conditions besides, so that the first row found is it. */
function isOrdered(table: TableLogical, argument: Expr, conditions: readonly Expr[]): boolean {
  const own = yields(table);
  return table.indexes.some(({ elements, where }) => {
    if (where !== null) return false;
    let left = conditions;
    for (const element of elements) {
      if (same(element, argument)) {
        return left.every((one) => compared(one, element, own) !== null);
      }
      const pinned = left.filter((one) => compared(one, element, own)?.operator === '=');
      if (pinned.length === 0) return false;
      left = left.filter((one) => !pinned.includes(one));
    }
    return false;
  });
}
