/**
 * Named relations in FROM: common tables, tables, views, system tables; at the moment they say.
 *
 * A view is bound in place, from its definition of then, with the names and types it was created
 * with. A table of another moment is the table of then: name, columns and all.
 */
import { SqlError, unsupported } from '../error.ts';
import type { Catalog, SystemTable, Table, View } from '../catalog/model.ts';
import { behindBarrier } from '../plan/barrier.ts';
import type { LogicalIndex, Logical, TableLogical } from '../plan/logical.ts';
import type { Moment } from '../plan/plan.ts';
import { ROW_ADDRESS } from '../plan/plan.ts';
import type { TableNode } from '../tree/query.ts';
import { plainType } from '../types/describe.ts';
import { BYTEA, INT8, TIMESTAMPTZ } from '../types/type.ts';
import { formerType } from './former.ts';
import { columnOf, columnType, newColumn, newLevel, within } from './binder.ts';
import type { Binder, Clause, CommonEntry, Item, Level, ScopeColumn } from './binder.ts';
import { tryCoerce } from './coerce.ts';
import { bindCondition, bindExpression } from './expression.ts';
import { itemOf, renamed } from './from.ts';
import { sequenceTable } from '../catalog/system-table.ts';
import type { FromItem } from './from.ts';
import { bindMoment } from './moment.ts';
import { nearestName } from './nearest.ts';
import { bindQuery } from './query.ts';

export function bindTableNode(binder: Binder, level: Level, node: TableNode): FromItem {
  const entry = node.schema === null ? findCommon(level, node.name) : null;
  if (entry !== null) {
    if (node.time !== null) throw unsupported('time travel of a common table', node.time.at);
    return bindCommon(binder, entry, node);
  }
  const clause = node.time ?? binder.time;
  const then = clause === null ? binder.now : bindMoment(binder, clause);
  const relation = then.catalog.relation(node.schema, node.name);
  if (relation === null) throw undefinedTable(then.catalog, node.schema, node.name, node.at);
  switch (relation.kind) {
    case 'table': {
      const plan = tableLogical(binder, relation, then.catalog, then.moment, node.alias);
      return { plan, items: [tableItem(plan, node)] };
    }
    case 'view':
      return bindView(binder, relation, then, node);
    case 'system':
      return bindSystem(binder, relation, systemMoment(relation, then.moment, node), node);
    case 'sequence':
      if (clause !== null) throw unsupported('time travel of a sequence', clause.at);
      binder.depends.add(relation.id);
      return bindSystem(binder, sequenceTable(relation), PRESENT, node);
  }
}

export function undefinedTable(
  catalog: Catalog,
  schema: string | null,
  name: string,
  at: number,
): SqlError {
  const shown = schema === null ? name : `${schema}.${name}`;
  if (schema !== null && !catalog.hasSchema(schema)) {
    return new SqlError('42P01', `relation "${shown}" does not exist`, { at });
  }
  const near = nearestName(name, catalog.relationNames());
  const hint = near === null ? '' : `Perhaps you meant the table "${near}".`;
  return new SqlError('42P01', `relation "${shown}" does not exist`, { at, hint });
}

function findCommon(level: Level, name: string): CommonEntry | null {
  for (let scope = level.common; scope !== null; scope = scope.outer) {
    const entry = scope.entries.find((one) => one.name === name);
    if (entry !== undefined) return entry;
  }
  return null;
}

function bindCommon(binder: Binder, entry: CommonEntry, node: TableNode): FromItem {
  if (entry.silent) {
    throw unsupported(`WITH query "${entry.name}" without a RETURNING clause`, node.at);
  }
  if (entry.recursion !== null) {
    if (!entry.recursion.allowed) {
      throw new SqlError(
        '42P19',
        `recursive reference to query "${entry.name}" must not appear within its non-recursive term`,
        { at: node.at },
      );
    }
    entry.recursion.mentions++;
    if (entry.recursion.mentions > 1) {
      throw new SqlError(
        '42P19',
        `recursive reference to query "${entry.name}" must not appear more than once`,
        { at: node.at },
      );
    }
  } else {
    binder.mentions.set(entry.id, (binder.mentions.get(entry.id) ?? 0) + 1);
  }
  // The first mention has the definition's own numbers: should it stay the only one, the definition
  // can take its place as it is.
  const own = binder.mentions.get(entry.id) === 1 ? (entry.definition?.columns ?? null) : null;
  const columns = entry.columns.map(({ name, type }, i) => ({
    name,
    id: own?.[i] ?? newColumn(binder, type),
  }));
  const ids = columns.map((one) => one.id);
  const alias = node.alias ?? node.name;
  const named = renamed(alias, columns, node.columnAliases, node.at);
  const self = entry.recursion !== null;
  const types = entry.columns.map((one) => one.type);
  const plan: Logical = { kind: 'common', id: entry.id, self, columns: ids, types };
  return { plan, items: [itemOf(alias, named, node.at)] };
}

const HIDDEN_COLUMNS = [
  { name: '_created_at', type: plainType(TIMESTAMPTZ) },
  { name: '_deleted_at', type: plainType(TIMESTAMPTZ) },
  { name: '_created_position', type: plainType(INT8) },
  { name: '_deleted_position', type: plainType(INT8) },
] as const;

export function tableLogical(
  binder: Binder,
  table: Table,
  catalog: Catalog,
  moment: Moment,
  alias: string | null,
): TableLogical {
  binder.depends.add(table.id);
  const columns = table.columns.map(({ type }) =>
    newColumn(binder, formerType(binder, catalog, type)),
  );
  const hidden = HIDDEN_COLUMNS.map((column) => newColumn(binder, column.type));
  // The address of the row, for update and delete: hidden column -5.
  hidden[-ROW_ADDRESS - 1] = newColumn(binder, plainType(BYTEA));
  return {
    kind: 'table',
    table,
    moment,
    catalog,
    columns,
    hidden,
    indexes: asOf(binder, { moment, catalog }, () => bindIndexes(binder, table, columns)),
    alias: alias ?? table.name,
  };
}

/** Expressions of a table of another time name types of then. */
function asOf<T>(binder: Binder, then: Binder['now'], work: () => T): T {
  const { now } = binder;
  binder.now = then;
  try {
    return work();
  } finally {
    binder.now = now;
  }
}

export function tableItem(
  plan: TableLogical,
  node: {
    readonly alias: string | null;
    readonly columnAliases?: readonly string[];
    readonly at: number;
  },
): Item {
  const { table } = plan;
  const alias = node.alias ?? table.name;
  const columns = table.columns.map((one, i) => ({
    name: one.name,
    id: plan.columns[i] as number,
  }));
  return {
    ...itemOf(alias, renamed(alias, columns, node.columnAliases ?? [], node.at), node.at),
    schema: node.alias === null ? table.schema : null,
    hidden: hiddenColumns(plan.hidden),
  };
}

export function hiddenColumns(ids: readonly number[]): readonly ScopeColumn[] {
  return HIDDEN_COLUMNS.map((one, i) => ({ name: one.name, id: ids[i] as number }));
}

function bindIndexes(
  binder: Binder,
  table: Table,
  columns: readonly number[],
): readonly LogicalIndex[] {
  const places = new Map(table.columns.map((column, i) => [column.id, columns[i] as number]));
  let level: Level | null = null;
  // Most indexes are of plain columns: a level is made for the others only.
  const own = (): Level => (level ??= tableLevel(table, columns));
  return table.indexes.map((index) => ({
    index,
    elements: index.elements.map((element) => {
      const { value } = element;
      if (value === null) return columnOf(binder, places.get(element.column) as number);
      return withinTable(own(), 'index expressions', () => bindExpression(binder, own(), value));
    }),
    where: bindPredicate(binder, index.where, own),
  }));
}

function bindPredicate(
  binder: Binder,
  where: Table['indexes'][number]['where'],
  own: () => Level,
): LogicalIndex['where'] {
  if (where === null) return null;
  return withinTable(own(), 'index predicates', () => bindCondition(binder, own(), where, 'WHERE'));
}

function withinTable<T>(level: Level, clause: Clause, work: () => T): T {
  return within(level, clause, work);
}

/** A level in which only this table's columns are known. */
export function tableLevel(table: Table, columns: readonly number[]): Level {
  const level = newLevel(null, null);
  const named = table.columns.map((one, i) => ({ name: one.name, id: columns[i] as number }));
  level.items = [{ ...itemOf(table.name, named, -1), schema: table.schema }];
  return level;
}

const PRESENT: Moment = { kind: 'present' };

/** When a system table is read. To a timeless one a setting or a view says nothing. */
function systemMoment(table: SystemTable, moment: Moment, { time, at }: TableNode): Moment {
  if (table.timeless === true) {
    if (time === null) return PRESENT;
    throw unsupported(`time travel of ${table.schema}.${table.name}`, time.at);
  }
  if (moment.kind === 'present' || moment.kind === 'position' || moment.kind === 'timestamp') {
    return moment;
  }
  throw unsupported('a period of a system table', time?.at ?? at);
}

function bindSystem(binder: Binder, table: SystemTable, moment: Moment, node: TableNode): FromItem {
  const columns = table.columns.map(({ name, type }) => ({ name, id: newColumn(binder, type) }));
  const alias = node.alias ?? node.name;
  const named = renamed(alias, columns, node.columnAliases, node.at);
  const item = {
    ...itemOf(alias, named, node.at),
    schema: node.alias === null ? table.schema : null,
  };
  const plan: Logical = { kind: 'system', table, moment, columns: columns.map((one) => one.id) };
  return { plan, items: [item] };
}

function bindView(binder: Binder, view: View, then: Binder['now'], node: TableNode): FromItem {
  binder.depends.add(view.id);
  const { now, time } = binder;
  // Inside, every table is read as of the view's moment.
  binder.now = then;
  binder.time = null;
  try {
    const query = bindQuery(binder, null, view.query, null);
    const values: { id: number; value: ReturnType<typeof columnOf> }[] = [];
    const columns = view.columns.map(({ name, type: own }, i) => {
      const type = formerType(binder, then.catalog, own);
      const id = query.columns[i] as number;
      if (columnType(binder, id).id === type.id) return { name, id };
      const cast = tryCoerce(binder, columnOf(binder, id), type, 'assignment', -1);
      if (cast === null)
        throw unsupported(`the changed type of a column of view ${view.name}`, node.at);
      const made = newColumn(binder, type);
      values.push({ id: made, value: cast });
      return { name, id: made };
    });
    const shown = view.securityBarrier === true ? behindBarrier(query.plan) : query.plan;
    const plan: Logical = values.length === 0 ? shown : { kind: 'extend', input: shown, values };
    const alias = node.alias ?? view.name;
    const named = renamed(alias, columns, node.columnAliases, node.at);
    const schema = node.alias === null ? view.schema : null;
    return { plan, items: [{ ...itemOf(alias, named, node.at), schema }] };
  } finally {
    binder.now = now;
    binder.time = time;
  }
}
