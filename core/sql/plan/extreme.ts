/**
 * `SELECT min(a)` or `max(a)` of a table, where an index has `a` first: the first row in the index's
 * order that is not null, instead of all rows.
 */
import type { AggregateLogical, ColumnId, Expr, Logical, TableLogical } from './logical.ts';

export function extremeByIndex(plan: AggregateLogical): AggregateLogical {
  const [only] = plan.aggregates;
  if (plan.keys.length > 0 || plan.sets !== null || plan.aggregates.length !== 1) return plan;
  const aggregate = only?.aggregate;
  if (aggregate === undefined || aggregate.filter !== null) return plan;
  const { name } = aggregate.function;
  const [argument] = aggregate.arguments;
  if ((name !== 'min' && name !== 'max') || argument?.kind !== 'column') return plan;
  const table = tableUnder(plan.input);
  if (table === null || !isLeading(table, argument.index)) return plan;
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

function tableUnder(plan: Logical): TableLogical | null {
  if (plan.kind === 'filter') return tableUnder(plan.input);
  return plan.kind === 'table' ? plan : null;
}

function isLeading(table: TableLogical, id: ColumnId): boolean {
  return table.indexes.some(({ elements, where }) => {
    const [first] = elements;
    return where === null && first?.kind === 'column' && first.index === id;
  });
}
