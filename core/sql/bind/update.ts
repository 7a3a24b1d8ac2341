/** UPDATE and DELETE: which rows, and what becomes of them. */
import type {
  ColumnId,
  Computed,
  Expr,
  Logical,
  LogicalChange,
  TableLogical,
} from '../plan/logical.ts';
import { ROW_ADDRESS } from '../plan/plan.ts';
import type { TableExpression } from '../tree/query.ts';
import type { Delete, Update } from '../tree/write.ts';
import { columnOf, newColumn, newLevel, within } from './binder.ts';
import type { Binder, CommonScope, Level } from './binder.ts';
import { bindCondition } from './expression.ts';
import { bindFrom } from './from.ts';
import { tableItem, tableLogical } from './relation.ts';
import { extend } from './select.ts';
import { dress, dressedRows, viewChecks } from './view-target.ts';
import { SqlError } from '../error.ts';
import {
  bindAssignments,
  bindChecks,
  bindReturning,
  rowColumns,
  rowItem,
  targetTable,
  withGenerated,
} from './write.ts';
import type { BoundWrite } from './write.ts';

export function bindChange(
  binder: Binder,
  node: Update | Delete,
  common: CommonScope | null,
): BoundWrite {
  const verb = node.kind === 'update' ? 'update' : 'delete from';
  const { table, catalog, view } = targetTable(binder, node.table, verb);
  const level = newLevel(null, common);
  const target = tableLogical(binder, table, catalog, { kind: 'present' }, node.table.alias);
  const { alias, at } = node.table;
  const dressed = view === null ? null : dress(binder, view, rowOf(target), alias, at);
  const item = dressed?.item ?? tableItem(target, node.table);
  const rows = dressed === null ? target : dressedRows(target, dressed);
  const others = node.kind === 'update' ? node.from : node.using;
  level.unreachable = [item];
  let source = joinOthers(binder, level, rows, item.name ?? '', others);
  level.unreachable = [];
  const otherItems = level.items;
  level.items = [item, ...otherItems];
  const assigned =
    node.kind === 'update'
      ? bindAssignments(binder, level, table, node.set, target.columns, view)
      : new Map<number, Expr>();
  const { where } = node;
  if (where !== null) {
    const condition = within(level, 'WHERE', () => bindCondition(binder, level, where, 'WHERE'));
    source = { kind: 'filter', input: source, condition };
  }
  const address = target.hidden[-ROW_ADDRESS - 1] as ColumnId;
  const old = target.columns;
  const row = rowColumns(binder, table);
  const written = view === null ? null : dress(binder, view, row, alias, at);
  const writtenItem = written?.item ?? rowItem(table, alias ?? table.name, row, alias !== null);
  const items = [writtenItem, ...otherItems];
  const returning = bindReturning(binder, level, items, node.returning, written);
  const result = { columns: returning.columns, names: returning.names };
  const shared = { table, row, returning: returning.values };
  if (node.kind === 'delete') {
    const sourceColumns = [address, ...old];
    const write: LogicalChange = {
      kind: 'delete',
      source,
      sourceColumns,
      changed: [],
      checks: [],
      viewChecks: [],
      ...shared,
    };
    return { write, ...result };
  }
  const plain = old.map((id, i) => assigned.get(i) ?? columnOf(binder, id));
  const fresh = newRow(binder, withGenerated(binder, table, plain), old);
  const changed = table.columns.flatMap((column, i) =>
    assigned.has(i) || column.generated ? [i] : [],
  );
  const write: LogicalChange = {
    kind: 'update',
    source: extend(source, fresh.computed),
    sourceColumns: [address, ...old, ...fresh.columns],
    changed,
    checks: bindChecks(binder, table, row),
    viewChecks: view === null || written === null ? [] : viewChecks(view, written, row, at),
    ...shared,
  };
  return { write, ...result };
}

/** Its columns, then the hidden ones that names can mean. */
function rowOf({ columns, hidden }: TableLogical): readonly ColumnId[] {
  return [...columns, ...hidden.slice(0, -ROW_ADDRESS - 1)];
}

/** FROM and USING do not see the target, nor may they be called as it is. */
function joinOthers(
  binder: Binder,
  level: Level,
  target: Logical,
  name: string,
  others: readonly TableExpression[],
): Logical {
  if (others.length === 0) return target;
  const plan = bindFrom(binder, level, others);
  const clash = level.items.find((one) => one.relationVisible && one.name === name);
  if (clash !== undefined) {
    throw new SqlError('42712', `table name "${name}" specified more than once`, { at: clash.at });
  }
  return { kind: 'join', type: 'inner', left: target, right: plan, condition: null };
}

function newRow(
  binder: Binder,
  values: readonly Expr[],
  old: readonly ColumnId[],
): { readonly computed: readonly Computed[]; readonly columns: readonly ColumnId[] } {
  const computed: Computed[] = [];
  const columns = values.map((value, i) => {
    if (value.kind === 'column' && value.index === old[i]) return value.index;
    const id = newColumn(binder, value.type);
    computed.push({ id, value });
    return id;
  });
  return { computed, columns };
}
