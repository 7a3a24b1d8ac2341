/**
 * MERGE: the source is joined to the target, and of each row of the join the first action that
 * fits is found. Which it is and the row that it leaves behind are computed columns of that join,
 * by CASE, so that nothing is evaluated for rows of other actions.
 */
import { SqlError } from '../error.ts';
import type { Column, Table } from '../catalog/model.ts';
import type { ColumnId, Computed, Expr, Logical, LogicalMerge } from '../plan/logical.ts';
import { ROW_ADDRESS } from '../plan/plan.ts';
import type { Merge, MergeAction } from '../tree/write.ts';
import { plainType } from '../types/describe.ts';
import { INT4 } from '../types/type.ts';
import { columnOf, newColumn, newLevel, within } from './binder.ts';
import type { Binder, CommonScope, Item, Level } from './binder.ts';
import { BOOLEAN, constant } from './coerce.ts';
import { bindCondition, nullTest } from './expression.ts';
import { bindTableExpression } from './from.ts';
import { bindRow, checkWidth, tableColumns } from './insert.ts';
import { all, compare } from './predicate.ts';
import { tableItem, tableLogical } from './relation.ts';
import { extend } from './select.ts';
import { bindAssignments, bindChecks, rowColumns, targetTable, withGenerated } from './write.ts';
import type { BoundWrite } from './write.ts';

export function bindMerge(binder: Binder, node: Merge, common: CommonScope | null): BoundWrite {
  refuseOtherThanTable(binder, node);
  const { table, catalog } = targetTable(binder, node.table, 'update');
  refuseUnreachable(node.actions);
  const level = newLevel(null, common);
  const target = tableLogical(binder, table, catalog, { kind: 'present' }, node.table.alias);
  const item = tableItem(target, node.table);
  const source = bindSource(binder, level, node, item);
  level.items = [item, ...source.items];
  const on = within(level, 'JOIN conditions', () =>
    bindCondition(binder, level, node.on, 'JOIN/ON'),
  );
  const address = target.hidden[-ROW_ADDRESS - 1] as ColumnId;
  const matched = nullTest(columnOf(binder, address), true);
  const actions = node.actions.map((action): BoundAction => {
    level.items = action.matched ? [item, ...source.items] : source.items;
    level.absent = action.matched ? [] : [item];
    const fits = action.matched ? matched : nullTest(columnOf(binder, address), false);
    const when = all([fits, ...conditionOf(binder, level, action)]);
    return { ...action, when, ...newRow(binder, level, table, target.columns, action) };
  });
  const keepsSource = node.actions.some((action) => !action.matched);
  const joined: Logical = {
    kind: 'join',
    type: keepsSource ? 'left' : 'inner',
    left: source.plan,
    right: target,
    condition: on,
  };
  const chosen = choose(binder, table, joined, actions);
  const row = rowColumns(binder, table);
  const write: LogicalMerge = {
    kind: 'merge',
    table,
    source: chosen.plan,
    sourceColumns: [chosen.action, address, ...target.columns, ...chosen.fresh],
    actions: node.actions.map(({ action }) => action),
    changed: changedBy(table, actions),
    row,
    checks: bindChecks(binder, table, row),
    viewChecks: [],
    returning: null,
  };
  return { write, columns: [], names: [] };
}

interface BoundAction {
  readonly action: MergeAction['action'];
  readonly when: Expr;
  /** The row that it leaves, without generated columns; null: none. */
  readonly values: readonly Expr[] | null;
  /** Ordinals that an update assigns. */
  readonly assigned: readonly number[];
}

function refuseOtherThanTable(binder: Binder, { table }: Merge): void {
  const relation = binder.context.catalog.relation(table.schema, table.name);
  if (relation === null || relation.kind === 'table') return;
  throw new SqlError('0A000', `cannot execute MERGE on relation "${relation.name}"`, {
    at: table.at,
    detail: `This operation is not supported for ${relation.kind}s.`,
  });
}

function refuseUnreachable(actions: readonly MergeAction[]): void {
  const ended = new Set<boolean>();
  for (const { matched, condition, at } of actions) {
    if (ended.has(matched)) {
      throw new SqlError(
        '42601',
        'unreachable WHEN clause specified after unconditional WHEN clause',
        { at },
      );
    }
    if (condition === null) ended.add(matched);
  }
}

/** The source does not see the target, nor may it be called as it is. */
function bindSource(
  binder: Binder,
  level: Level,
  node: Merge,
  target: Item,
): ReturnType<typeof bindTableExpression> {
  level.unreachable = [target];
  const source = within(level, 'FROM clause of their own query level', () =>
    bindTableExpression(binder, level, node.source),
  );
  level.unreachable = [];
  const clash = source.items.find((one) => one.relationVisible && one.name === target.name);
  if (clash === undefined) return source;
  throw new SqlError('42712', `name "${clash.name}" specified more than once`, {
    at: clash.at,
    detail: 'The name is used both as MERGE target table and data source.',
  });
}

function conditionOf(binder: Binder, level: Level, { condition }: MergeAction): readonly Expr[] {
  if (condition === null) return [];
  return [
    within(level, 'MERGE WHEN conditions', () => bindCondition(binder, level, condition, 'WHEN')),
  ];
}

function newRow(
  binder: Binder,
  level: Level,
  table: Table,
  old: readonly ColumnId[],
  action: MergeAction,
): Pick<BoundAction, 'values' | 'assigned'> {
  if (action.action === 'insert') {
    return { values: insertedRow(binder, level, table, action), assigned: [] };
  }
  if (action.action !== 'update') return { values: null, assigned: [] };
  const assigned = bindAssignments(binder, level, table, action.set, old, null);
  const values = old.map((id, i) => assigned.get(i) ?? columnOf(binder, id));
  return { values, assigned: [...assigned.keys()] };
}

function insertedRow(
  binder: Binder,
  level: Level,
  table: Table,
  action: MergeAction,
): readonly Expr[] {
  const columns = tableColumns(table, action);
  const cells = action.values;
  // Without VALUES it is DEFAULT VALUES.
  if (cells.length > 0) checkWidth(action, columns.count, cells.length, action.at);
  return bindRow(binder, level, action, table, columns.take(cells.length), cells);
}

interface Chosen {
  readonly plan: Logical;
  readonly action: ColumnId;
  readonly fresh: readonly ColumnId[];
}

/**
 * Three steps, each over columns of the one before: which action; the row that it leaves, with
 * defaults drawn once; generated columns.
 */
function choose(
  binder: Binder,
  table: Table,
  joined: Logical,
  actions: readonly BoundAction[],
): Chosen {
  const integer = plainType(INT4);
  const action = newColumn(binder, integer);
  const place: Expr = {
    kind: 'case',
    type: integer,
    whens: actions.map(({ when }, i) => ({ when, result: constant(integer, i + 1) })),
    otherwise: constant(integer, 0),
  };
  const is = (i: number): Expr =>
    compare(binder, '=', columnOf(binder, action), constant(integer, i + 1), -1);
  const plain = table.columns.map((column, ordinal): Computed => {
    const whens = actions.flatMap(({ values }, i) =>
      values === null ? [] : [{ when: is(i), result: values[ordinal] as Expr }],
    );
    const { type } = column;
    if (whens.length === 0) return { id: newColumn(binder, type), value: constant(type, null) };
    return { id: newColumn(binder, type), value: { kind: 'case', type, whens, otherwise: null } };
  });
  const ids = plain.map(({ id }) => id);
  const values = withGenerated(
    binder,
    table,
    ids.map((id) => columnOf(binder, id)),
  );
  const leaves = actions.flatMap((one, i) => (one.values === null ? [] : [is(i)]));
  const when: Expr = { kind: 'or', type: BOOLEAN, arguments: leaves };
  const later: Computed[] = [];
  const fresh = values.map((result, i) => {
    const { type, generated } = table.columns[i] as Column;
    if (!generated || leaves.length === 0) return ids[i] as ColumnId;
    const id = newColumn(binder, type);
    const value: Expr = { kind: 'case', type, whens: [{ when, result }], otherwise: null };
    later.push({ id, value });
    return id;
  });
  const decided = extend(joined, [{ id: action, value: place }]);
  return { plan: extend(extend(decided, plain), later), action, fresh };
}

/** Ordinals that updates assign, and those that are computed from them. */
function changedBy(table: Table, actions: readonly BoundAction[]): readonly number[] {
  const assigned = new Set(actions.flatMap((one) => one.assigned));
  return table.columns.flatMap((column, i) => (assigned.has(i) || column.generated ? [i] : []));
}
