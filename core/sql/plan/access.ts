/** How a base table is read. */
import { layoutOf, lowerExpr } from './lower-expression.ts';
import type { Frame } from './lower-expression.ts';
import { typesOf, wanting } from './lower.ts';
import type { Lowered, Lowering, Wanted, Wish } from './lower.ts';
import type { ColumnId, Expr, TableLogical } from './logical.ts';

export function lowerTable(
  lowering: Lowering,
  logical: TableLogical,
  conditions: readonly Expr[],
  wanted: Wanted,
  frame: Frame,
  _wish: Wish | null,
): Lowered {
  const needed = wanting(wanted, conditions);
  const columns: ColumnId[] = [];
  const ordinals: number[] = [];
  logical.columns.forEach((id, i) => {
    if (!needed.has(id)) return;
    columns.push(id);
    ordinals.push(i);
  });
  logical.hidden.forEach((id, i) => {
    if (!needed.has(id)) return;
    columns.push(id);
    ordinals.push(-1 - i);
  });
  const layout = layoutOf(columns);
  const bound = conditions.map((one) => lowerExpr(lowering, one, layout, frame));
  const [first] = bound;
  const filter =
    first === undefined
      ? null
      : bound.length === 1
        ? first
        : { kind: 'and' as const, type: first.type, arguments: bound };
  const index = logical.table.indexes[0];
  if (index === undefined) throw new Error('a table has a primary index');
  const plan = {
    kind: 'scan' as const,
    table: logical.table,
    index,
    range: { equal: [], low: null, high: null },
    backward: false,
    moment: logical.moment,
    columns: ordinals,
    types: typesOf(lowering, columns),
    filter,
  };
  return { plan, columns, ordered: false };
}
