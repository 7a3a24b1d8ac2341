/** ON CONFLICT: which unique indexes it means, and what it does to the row that is there. */
import { SqlError } from '../error.ts';
import type { Index, Table } from '../catalog/model.ts';
import type { ColumnId, Expr, LogicalInsert } from '../plan/logical.ts';
import { implies } from '../plan/implies.ts';
import { sameExpr } from '../plan/same.ts';
import type { OnConflict } from '../tree/write.ts';
import { columnOf, newColumn, within } from './binder.ts';
import type { Binder, Level } from './binder.ts';
import { bindCondition, bindExpression } from './expression.ts';
import { itemOf } from './from.ts';
import { tableLevel, tableLogical } from './relation.ts';
import { bindAssignments, withGenerated } from './write.ts';

export function bindConflict(
  binder: Binder,
  level: Level,
  table: Table,
  name: string,
  node: OnConflict | null,
): LogicalInsert['onConflict'] {
  if (node === null) return null;
  const indexes = arbiters(binder, table, node);
  if (node.action === 'nothing') return { indexes, update: null };
  if (indexes.length === 0) {
    throw new SqlError(
      '42601',
      'ON CONFLICT DO UPDATE requires inference specification or constraint name',
      { at: node.at, hint: 'For example, ON CONFLICT (column_name).' },
    );
  }
  const existing = table.columns.map((column) => newColumn(binder, column.type));
  const proposed = table.columns.map((column) => newColumn(binder, column.type));
  const named = (ids: readonly ColumnId[]): { name: string; id: ColumnId }[] =>
    table.columns.map((column, i) => ({ name: column.name, id: ids[i] as ColumnId }));
  level.items = [
    { ...itemOf(name, named(existing), node.at), schema: table.schema },
    { ...itemOf('excluded', named(proposed), node.at), columnsVisible: false },
  ];
  const assigned = bindAssignments(binder, level, table, node.set, existing);
  const { where } = node;
  const condition =
    where === null
      ? null
      : within(level, 'WHERE', () => bindCondition(binder, level, where, 'WHERE'));
  const plain = existing.map((id, i) => assigned.get(i) ?? columnOf(binder, id));
  const values = withGenerated(binder, table, plain);
  return { indexes, update: { row: [...existing, ...proposed], values, where: condition } };
}

function arbiters(binder: Binder, table: Table, node: OnConflict): readonly Index[] {
  if (node.constraint !== null) return [constraintIndex(table, node.constraint, node.at)];
  if (node.elements.length === 0) return [];
  const { catalog } = binder.context;
  const plan = tableLogical(binder, table, catalog, { kind: 'present' }, null);
  const level = tableLevel(table, plan.columns);
  const elements = within(level, 'index expressions', () =>
    node.elements.map((element) => bindExpression(binder, level, element)),
  );
  const { elementsWhere } = node;
  const predicate =
    elementsWhere === null
      ? null
      : within(level, 'index predicates', () =>
          bindCondition(binder, level, elementsWhere, 'WHERE'),
        );
  const found = plan.indexes.filter(
    (one) =>
      one.index.unique &&
      sameElements(one.elements, elements) &&
      (one.where === null || (predicate !== null && implies([predicate], one.where))),
  );
  if (found.length > 0) return found.map((one) => one.index);
  throw new SqlError(
    '42P10',
    'there is no unique or exclusion constraint matching the ON CONFLICT specification',
    { at: node.at },
  );
}

function sameElements(left: readonly Expr[], right: readonly Expr[]): boolean {
  const covers = (one: readonly Expr[], other: readonly Expr[]): boolean =>
    one.every((expr) => other.some((candidate) => sameExpr(expr, candidate)));
  return left.length > 0 && covers(left, right) && covers(right, left);
}

function constraintIndex(table: Table, name: string, at: number): Index {
  const constraint = table.constraints.find((one) => one.name === name);
  if (constraint === undefined) {
    throw new SqlError('42704', `constraint "${name}" for table "${table.name}" does not exist`, {
      at,
    });
  }
  const id = 'index' in constraint ? constraint.index : 0;
  const index = table.indexes.find((one) => one.id === id);
  if (index !== undefined) return index;
  throw new SqlError('42809', 'constraint in ON CONFLICT clause has no associated index', { at });
}
