/** ON CONFLICT: which unique indexes it means, and what it does to the row that is there. */
import { SqlError } from '../error.ts';
import type { Index, IndexElement, Table } from '../catalog/model.ts';
import { defaultOperatorClass, operatorClass } from '../catalog/operator-class.ts';
import type { ColumnId, Expr, LogicalIndex, LogicalInsert } from '../plan/logical.ts';
import { implies } from '../plan/implies.ts';
import { substitute } from '../plan/rewrite.ts';
import { sameExpr } from '../plan/same.ts';
import type { Expression } from '../tree/expression.ts';
import type { Insert, OnConflict } from '../tree/write.ts';
import { columnOf, newColumn, newLevel, within } from './binder.ts';
import type { Binder, Level } from './binder.ts';
import { bindCondition, bindExpression } from './expression.ts';
import { tableLogical } from './relation.ts';
import { dress, undress } from './view-target.ts';
import type { Dressed, ViewTarget } from './view-target.ts';
import { bindAssignments, rowItem, withGenerated } from './write.ts';

export function bindConflict(
  binder: Binder,
  level: Level,
  table: Table,
  insert: Insert,
  view: ViewTarget | null,
): LogicalInsert['onConflict'] {
  const node = insert.onConflict;
  if (node === null) return null;
  const indexes = arbiters(binder, table, insert, node, view);
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
  const there = shownAs(binder, table, insert, view, existing);
  const coming = excluded(binder, table, node, view, proposed);
  level.items = [there.item, { ...coming.item, columnsVisible: false }];
  const assigned = bindAssignments(binder, level, table, node.set, existing, view);
  const { where } = node;
  const bare = (expr: Expr): Expr => undress(undress(expr, there), coming);
  const condition =
    where === null
      ? null
      : bare(within(level, 'WHERE', () => bindCondition(binder, level, where, 'WHERE')));
  const plain = existing.map((id, i) => {
    const value = assigned.get(i);
    return value === undefined ? columnOf(binder, id) : bare(value);
  });
  const values = withGenerated(binder, table, plain);
  return { indexes, update: { row: [...existing, ...proposed], values, where: condition } };
}

/** A row of the table under the name that it is written by, through a view or not. */
type Named = Pick<Dressed, 'item' | 'values' | 'absent'>;

const BARE: Omit<Named, 'item'> = { values: new Map(), absent: new Set() };

function shownAs(
  binder: Binder,
  table: Table,
  { table: { alias, at } }: Insert,
  view: ViewTarget | null,
  row: readonly ColumnId[],
): Named {
  if (view !== null) return dress(binder, view, row, alias, at);
  return { item: rowItem(table, alias ?? table.name, row, alias !== null), ...BARE };
}

function excluded(
  binder: Binder,
  table: Table,
  { at }: OnConflict,
  view: ViewTarget | null,
  row: readonly ColumnId[],
): Named {
  if (view !== null) return dress(binder, view, row, 'excluded', at);
  return { item: rowItem(table, 'excluded', row, true), ...BARE };
}

function arbiters(
  binder: Binder,
  table: Table,
  insert: Insert,
  node: OnConflict,
  view: ViewTarget | null,
): readonly Index[] {
  const shown = view?.layers[0].view.name ?? table.name;
  if (node.constraint !== null) {
    return [constraintIndex(view === null ? table : null, node.constraint, shown, node.at)];
  }
  if (node.elements.length === 0) return [];
  const { catalog } = binder.context;
  const plan = tableLogical(binder, table, catalog, { kind: 'present' }, null);
  const level = newLevel(null, null);
  const { item, values } = shownAs(binder, table, insert, view, plan.columns);
  level.items = [item];
  const elements = within(level, 'index expressions', () =>
    node.elements.map((element) => ({
      value: substitute(bindExpression(binder, level, element), values),
      ...orderOf(element),
    })),
  );
  const { elementsWhere } = node;
  const predicate =
    elementsWhere === null
      ? null
      : within(level, 'index predicates', () =>
          substitute(bindCondition(binder, level, elementsWhere, 'WHERE'), values),
        );
  const found = plan.indexes.filter(
    (one) =>
      (one.index.unique || one.index.deferrable === true) &&
      sameElements(one, elements) &&
      (one.where === null || (predicate !== null && implies([predicate], one.where))),
  );
  if (found.length > 0) return found.map((one) => one.index);
  throw new SqlError(
    '42P10',
    'there is no unique or exclusion constraint matching the ON CONFLICT specification',
    { at: node.at },
  );
}

/** What a conflict target says of one element; null: an index may have it in any way. */
interface Wanted {
  readonly value: Expr;
  readonly operatorClass: string | null;
  readonly collation: string | null;
}

function orderOf(element: Expression): Omit<Wanted, 'value'> {
  const classed = element.kind === 'operatorClass' ? element : null;
  const inner = classed?.argument ?? element;
  return {
    operatorClass: classed === null ? null : operatorClass(classed.name, classed.at),
    collation: inner.kind === 'collate' ? inner.collation : null,
  };
}

/** Each of the index's values is wanted, and each wanted one is there, ordered as it says. */
function sameElements({ index, elements }: LogicalIndex, wanted: readonly Wanted[]): boolean {
  const matches = (i: number, one: Wanted): boolean => {
    const { type, value, operatorClass: own } = index.elements[i] as IndexElement;
    if (!sameExpr(elements[i] as Expr, one.value)) return false;
    const collation = value?.kind === 'collate' ? value.collation : 'default';
    if (one.collation !== null && one.collation !== collation) return false;
    return (
      one.operatorClass === null || one.operatorClass === (own ?? defaultOperatorClass(type.id))
    );
  };
  return (
    elements.length > 0 &&
    elements.every((value) => wanted.some((one) => sameExpr(value, one.value))) &&
    wanted.every((one) => elements.some((_, i) => matches(i, one)))
  );
}

/** `table` null: a view, which has no constraints. */
function constraintIndex(table: Table | null, name: string, shown: string, at: number): Index {
  const constraint = table?.constraints.find((one) => one.name === name);
  if (table === null || constraint === undefined) {
    throw new SqlError('42704', `constraint "${name}" for table "${shown}" does not exist`, {
      at,
    });
  }
  const id = 'index' in constraint ? constraint.index : 0;
  const index = table.indexes.find((one) => one.id === id);
  if (index !== undefined) return index;
  throw new SqlError('42809', 'constraint in ON CONFLICT clause has no associated index', { at });
}
