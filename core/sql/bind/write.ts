/**
 * INSERT, UPDATE, DELETE and MERGE: what they have in common. Each becomes a query that yields
 * rows to write, and expressions over the written rows: checks and RETURNING.
 */
import { SqlError } from '../error.ts';
import type { Catalog, Column, Table } from '../catalog/model.ts';
import type { ColumnId, Expr, LogicalCheck, LogicalWrite } from '../plan/logical.ts';
import { mapExpr } from '../plan/walk.ts';
import type { Expression } from '../tree/expression.ts';
import type { Assignment, RowChange, TargetTable } from '../tree/write.ts';
import type { Target } from '../tree/query.ts';
import { plainType } from '../types/describe.ts';
import { INT8, TEXT, TIMESTAMPTZ } from '../types/type.ts';
import { bindElementAssignment } from './array.ts';
import { columnOf, newColumn, newLevel, within } from './binder.ts';
import type { Binder, CommonScope, Item, Level } from './binder.ts';
import { callFunction } from './call.ts';
import { coerceForColumn, constant, settle } from './coerce.ts';
import { bindCondition, bindExpression } from './expression.ts';
import { itemOf } from './from.ts';
import { bindInsert } from './insert.ts';
import { bindMerge } from './merge.ts';
import { bindRowQuery } from './subquery.ts';
import { hiddenColumns, tableLevel, undefinedTable } from './relation.ts';
import { bindTargets } from './target.ts';
import { bindChange } from './update.ts';
import { tableOrdinal, undress, viewPlace, viewTarget } from './view-target.ts';
import type { Dressed, ViewTarget } from './view-target.ts';

export interface BoundWrite {
  readonly write: LogicalWrite;
  /** Numbers for the columns of RETURNING, should somebody read them. */
  readonly columns: readonly ColumnId[];
  readonly names: readonly string[];
}

export function bindWrite(
  binder: Binder,
  statement: RowChange,
  common: CommonScope | null,
): BoundWrite {
  binder.writes = true;
  if (statement.kind === 'insert') return bindInsert(binder, statement, common);
  if (statement.kind === 'merge') return bindMerge(binder, statement, common);
  return bindChange(binder, statement, common);
}

/** The table that is written: always that of the present. */
export function targetTable(
  binder: Binder,
  node: TargetTable,
  verb: ViewTarget['verb'],
): { readonly table: Table; readonly catalog: Catalog; readonly view: ViewTarget | null } {
  const { catalog } = binder.context;
  const relation = catalog.relation(node.schema, node.name);
  if (relation === null) throw undefinedTable(catalog, node.schema, node.name, node.at);
  switch (relation.kind) {
    case 'table':
      return { table: relation, catalog, view: null };
    case 'view': {
      const view = viewTarget(binder, relation, verb, node.at);
      return { table: view.table, catalog, view };
    }
    case 'sequence':
      throw new SqlError('42809', `cannot change sequence "${relation.name}"`, { at: node.at });
    default:
      // PostgreSQL's are views over its catalogue.
      if (relation.schema === 'information_schema') {
        throw new SqlError('55000', `cannot ${verb} view "${relation.name}"`, { at: node.at });
      }
      throw new SqlError('42809', `cannot change relation "${relation.name}"`, { at: node.at });
  }
}

export function columnOrdinal(table: Table, name: string, at: number): number {
  const ordinal = table.columns.findIndex((column) => column.name === name);
  if (ordinal >= 0) return ordinal;
  throw new SqlError('42703', `column "${name}" of relation "${table.name}" does not exist`, {
    at,
  });
}

/** The column's default, its sequence's next value, or null. */
export function defaultValue(binder: Binder, column: Column): Expr {
  const { fallback } = column;
  if (fallback !== null && !column.generated) return boundDefault(binder, fallback, column);
  const sequence = binder.context.catalog.relationById(column.sequence);
  if (column.sequence !== 0 && sequence?.kind === 'sequence') {
    const name = `${quoted(sequence.schema)}.${quoted(sequence.name)}`;
    const next = callFunction(binder, 'nextval', [constant(plainType(TEXT), name)], -1);
    return coerceForColumn(binder, next, column, -1);
  }
  return constant(column.type, null);
}

/** What a definition says, as a value of the column. */
export function boundDefault(binder: Binder, fallback: Expression, column: Column): Expr {
  const level = newLevel(null, null);
  const value = within(level, 'DEFAULT expressions', () => bindExpression(binder, level, fallback));
  return coerceForColumn(binder, value, column, -1);
}

/** A name as SQL would have to write it. */
function quoted(name: string): string {
  return /^[a-z_][a-z0-9_$]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
}

/** The generated columns of a new row, from its other values. */
export function withGenerated(
  binder: Binder,
  table: Table,
  values: readonly Expr[],
): readonly Expr[] {
  if (!table.columns.some((column) => column.generated)) return values;
  const ids = table.columns.map((column) => newColumn(binder, column.type));
  const level = tableLevel(table, ids);
  return values.map((value, i) => {
    const column = table.columns[i] as Column;
    const { fallback } = column;
    if (!column.generated || fallback === null) return value;
    const bound = within(level, 'column generation expressions', () =>
      bindExpression(binder, level, fallback),
    );
    const own = coerceForColumn(binder, bound, column, -1);
    return mapExpr(own, (expr) => {
      if (expr.kind !== 'column') return null;
      const place = ids.indexOf(expr.index);
      return place < 0 ? null : (values[place] as Expr);
    });
  });
}

/** CHECK constraints, over the new row. */
export function bindChecks(
  binder: Binder,
  table: Table,
  row: readonly ColumnId[],
): readonly LogicalCheck[] {
  const level = tableLevel(table, row);
  const checks: LogicalCheck[] = [];
  for (const constraint of table.constraints) {
    if (constraint.kind !== 'check') continue;
    const condition = within(level, 'check constraints', () =>
      bindCondition(binder, level, constraint.value, 'CHECK'),
    );
    checks.push({ constraint: constraint.name, condition });
  }
  return checks.toSorted((a, b) => (a.constraint < b.constraint ? -1 : 1));
}

/** Numbers of a written row: its columns and the four hidden ones. */
export function rowColumns(binder: Binder, table: Table): readonly ColumnId[] {
  const hidden = [TIMESTAMPTZ, TIMESTAMPTZ, INT8, INT8];
  return [
    ...table.columns.map((column) => newColumn(binder, column.type)),
    ...hidden.map((type) => newColumn(binder, plainType(type))),
  ];
}

export function rowItem(
  table: Table,
  name: string,
  row: readonly ColumnId[],
  aliased: boolean,
): Item {
  const columns = table.columns.map((one, i) => ({ name: one.name, id: row[i] as ColumnId }));
  const width = table.columns.length;
  const hidden = row.length > width ? hiddenColumns(row.slice(width)) : [];
  return { ...itemOf(name, columns, -1), schema: aliased ? null : table.schema, hidden };
}

export interface Returning {
  readonly values: readonly Expr[] | null;
  readonly columns: readonly ColumnId[];
  readonly names: readonly string[];
}

export function bindReturning(
  binder: Binder,
  level: Level,
  items: readonly Item[],
  list: readonly Target[],
  dressed: Dressed | null = null,
): Returning {
  if (list.length === 0) return { values: null, columns: [], names: [] };
  level.items = items;
  const targets = bindTargets(binder, level, list, 'RETURNING');
  const values = targets.map(({ value }) => {
    const settled = settle(binder, value);
    return dressed === null ? settled : undress(settled, dressed);
  });
  return {
    values,
    columns: values.map((value) => newColumn(binder, value.type)),
    names: targets.map((one) => one.name),
  };
}

/** SET: the new value of each column that is named, by ordinal. `old`: the row as it was. */
export function bindAssignments(
  binder: Binder,
  level: Level,
  table: Table,
  list: readonly Assignment[],
  old: readonly ColumnId[],
  view: ViewTarget | null,
): ReadonlyMap<number, Expr> {
  const values = new Map<number, Expr>();
  /** Of which elements are assigned to, and no more than that. */
  const elements = new Set<number>();
  for (const assignment of list) {
    const sources = assignedValues(binder, level, assignment);
    assignment.columns.forEach((target, i) => {
      const { name, at } = target;
      const place = view === null ? -1 : viewPlace(view, name, at);
      const ordinal =
        view === null ? columnOrdinal(table, name, at) : tableOrdinal(view, place, at);
      const before = values.get(ordinal);
      const column = table.columns[ordinal] as Column;
      if (before !== undefined && !('kind' in target && elements.has(ordinal))) {
        const message = `multiple assignments to same column "${column.name}"`;
        throw new SqlError('42601', message, { at });
      }
      const source = sources[i] ?? null;
      // To the table, a view's DEFAULT is a value: the view's own, or null.
      if (source !== null || view !== null) refuseFixed(column, at);
      if ('kind' in target) {
        const array = before ?? columnOf(binder, old[ordinal] as ColumnId);
        const inside = (): Expr =>
          bindElementAssignment(binder, level, target, column, array, source);
        values.set(ordinal, within(level, 'UPDATE', inside));
        elements.add(ordinal);
        return;
      }
      const fallback = view?.layers[0].view.columns[place]?.fallback ?? null;
      const value =
        source !== null
          ? coerceForColumn(binder, source, column, at)
          : fallback !== null
            ? boundDefault(binder, fallback, column)
            : view === null
              ? defaultValue(binder, column)
              : constant(column.type, null);
      values.set(ordinal, value);
    });
  }
  return values;
}

function refuseFixed(column: Column, at: number): void {
  if (column.generated) {
    throw new SqlError('428C9', `column "${column.name}" can only be updated to DEFAULT`, {
      at,
      detail: `Column "${column.name}" is a generated column.`,
    });
  }
  if (column.identity === 'always') {
    throw new SqlError('428C9', `column "${column.name}" can only be updated to DEFAULT`, {
      at,
      detail: `Column "${column.name}" is an identity column defined as GENERATED ALWAYS.`,
    });
  }
}

/** One value a column; null where DEFAULT is written. */
function assignedValues(
  binder: Binder,
  level: Level,
  assignment: Assignment,
): readonly (Expr | null)[] {
  const { value, columns } = assignment;
  const single = (node: Assignment['value']): Expr | null =>
    node.kind === 'default'
      ? null
      : within(level, 'UPDATE', () => bindExpression(binder, level, node));
  if (columns.length === 1 && !(value.kind === 'row' && value.fields.length === 1)) {
    return [single(value)];
  }
  const mismatch = (): SqlError =>
    new SqlError('42601', 'number of columns does not match number of values', { at: value.at });
  if (value.kind === 'row') {
    if (value.fields.length !== columns.length) throw mismatch();
    return value.fields.map(single);
  }
  if (value.kind !== 'subquery' || value.mode !== 'scalar') {
    throw new SqlError(
      '0A000',
      'source for a multiple-column UPDATE item must be a sub-SELECT or ROW() expression',
      { at: value.at },
    );
  }
  const row = bindRowQuery(binder, level, value);
  if (row.kind !== 'record' || row.fields.length !== columns.length) throw mismatch();
  return row.fields;
}
