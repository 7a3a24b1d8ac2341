/** INSERT: where each column's value comes from. */
import { SqlError, unsupported } from '../error.ts';
import type { Column, Table } from '../catalog/model.ts';
import type { ColumnId, Expr, Logical, LogicalInsert } from '../plan/logical.ts';
import type { Expression } from '../tree/expression.ts';
import type { Insert } from '../tree/write.ts';
import { columnOf, newColumn, newLevel, within } from './binder.ts';
import type { Binder, CommonScope, Level } from './binder.ts';
import { bindElementAssignment } from './array.ts';
import { coerceForColumn, constant } from './coerce.ts';
import { bindConflict } from './conflict.ts';
import { bindExpression } from './expression.ts';
import { bindOpenQuery } from './query.ts';
import { extend } from './select.ts';
import { outputOf } from './set.ts';
import { ordinalsOf } from './update.ts';
import { dress, notOfTable } from './view-target.ts';
import type { Dressed, ViewTarget } from './view-target.ts';
import {
  bindChecks,
  bindReturning,
  columnOrdinal,
  defaultValue,
  rowColumns,
  rowItem,
  targetTable,
  withGenerated,
} from './write.ts';
import type { BoundWrite } from './write.ts';

export function bindInsert(binder: Binder, node: Insert, common: CommonScope | null): BoundWrite {
  const { table, view } = targetTable(binder, node.table, 'insert into');
  binder.depends.add(table.id);
  const { alias, at } = node.table;
  const row = rowColumns(binder, table);
  const dressed = view === null ? null : dress(binder, view, row, alias, at);
  if (dressed !== null && node.onConflict !== null) throw unsupported('ON CONFLICT of a view', at);
  const targets = targetColumns(table, node, dressed, ordinalsOf(view, dressed));
  if (view !== null && dressed !== null) refuseComputed(view, dressed, node, targets);
  const { source, sourceColumns } = bindSource(binder, node, table, targets, common);
  const level = newLevel(null, common);
  const name = alias ?? table.name;
  const onConflict = bindConflict(binder, level, table, name, node.onConflict);
  const item = dressed?.item ?? rowItem(table, name, row, alias !== null);
  const returning = bindReturning(binder, level, [item], node.returning, dressed);
  const write: LogicalInsert = {
    kind: 'insert',
    table,
    source,
    sourceColumns,
    onConflict,
    row,
    checks: bindChecks(binder, table, row),
    returning: returning.values,
  };
  return { write, columns: returning.columns, names: returning.names };
}

/** Values for columns that the view computes. DEFAULT VALUES and a short list give none. */
function refuseComputed(
  view: ViewTarget,
  dressed: Dressed,
  node: Insert,
  targets: readonly number[],
): void {
  const body = node.source?.body;
  const width =
    body?.kind === 'values' ? (body.rows[0]?.length ?? 0) : body === undefined ? 0 : targets.length;
  const place = targets.findIndex((ordinal, i) => ordinal < 0 && i < width);
  const column = dressed.item.columns[place];
  if (column !== undefined) throw notOfTable(view, column.name, node.at);
}

/** Ordinals of the columns that values are given for. */
function targetColumns(
  table: Table,
  node: Insert,
  dressed: Dressed | null,
  find: (name: string, at: number) => number = (name, at) => columnOrdinal(table, name, at),
): readonly number[] {
  if (node.columns.length === 0) {
    if (dressed === null) return table.columns.map((_, i) => i);
    return dressed.ordinals;
  }
  const ordinals: number[] = [];
  const elements = new Set<number>();
  for (const target of node.columns) {
    const { name, at } = target;
    const ordinal = find(name, at);
    const inside = 'kind' in target;
    const again = ordinals.includes(ordinal) && !(inside && elements.has(ordinal));
    if (inside) elements.add(ordinal);
    if (again) {
      throw new SqlError('42701', `column "${name}" specified more than once`, { at });
    }
    ordinals.push(ordinal);
  }
  return ordinals;
}

interface Source {
  readonly source: Logical;
  readonly sourceColumns: readonly ColumnId[];
}

function bindSource(
  binder: Binder,
  node: Insert,
  table: Table,
  targets: readonly number[],
  common: CommonScope | null,
): Source {
  const { source } = node;
  if (source === null) {
    const row = completeRow(binder, table, new Map());
    return valuesSource(binder, table, [row]);
  }
  const { body } = source;
  const plain = source.with === null && source.orderBy.length === 0;
  if (body.kind === 'values' && plain && source.limit === null && source.offset === null) {
    const rows = body.rows.map((cells) => bindRow(binder, node, table, targets, cells, common));
    return valuesSource(binder, table, rows);
  }
  const query = bindOpenQuery(binder, null, source, common);
  checkWidth(node, targets, query.columns.length, source.at);
  const given = new Map<number, Expr>();
  query.columns.forEach((_, i) => {
    const ordinal = targets[i] as number;
    const column = table.columns[ordinal] as Column;
    if (isOverridden(node, column, source.at)) return;
    const value = outputOf(binder, query, i);
    give(binder, newLevel(null, common), node, i, given, ordinal, column, value, source.at);
  });
  return extendedSource(binder, table, query.plan, completeRow(binder, table, given));
}

function checkWidth(node: Insert, targets: readonly number[], width: number, at: number): void {
  if (width > targets.length) {
    throw new SqlError('42601', 'INSERT has more expressions than target columns', { at });
  }
  if (width < targets.length && node.columns.length > 0) {
    throw new SqlError('42601', 'INSERT has more target columns than expressions', {
      at: node.columns[width]?.at ?? at,
    });
  }
}

/** True: the sequence's value goes before the given one. Throws where none may be given. */
function isOverridden(node: Insert, column: Column, at: number): boolean {
  const refuse = (detail: string, hint: string): SqlError =>
    new SqlError('428C9', `cannot insert a non-DEFAULT value into column "${column.name}"`, {
      at,
      detail,
      hint,
    });
  if (column.generated) throw refuse(`Column "${column.name}" is a generated column.`, '');
  if (column.identity === 'none') return false;
  if (node.overriding === 'user') return true;
  if (column.identity === 'always' && node.overriding !== 'system') {
    throw refuse(
      `Column "${column.name}" is an identity column defined as GENERATED ALWAYS.`,
      'Use OVERRIDING SYSTEM VALUE to override.',
    );
  }
  return false;
}

function bindRow(
  binder: Binder,
  node: Insert,
  table: Table,
  targets: readonly number[],
  cells: readonly Expression[],
  common: CommonScope | null,
): readonly Expr[] {
  checkWidth(node, targets, cells.length, cells[targets.length]?.at ?? node.at);
  const level = newLevel(null, common);
  const given = new Map<number, Expr>();
  cells.forEach((cell, i) => {
    const ordinal = targets[i] as number;
    const column = table.columns[ordinal] as Column;
    const target = node.columns[i];
    if (cell.kind === 'default' && target !== undefined && 'kind' in target) {
      throw new SqlError('0A000', 'cannot set an array element to DEFAULT', { at: target.at });
    }
    if (cell.kind === 'default' || isOverridden(node, column, cell.at)) return;
    const value = within(level, 'VALUES', () => bindExpression(binder, level, cell));
    give(binder, level, node, i, given, ordinal, column, value, cell.at);
  });
  return completeRow(binder, table, given);
}

/** The value of the n-th target: of a column, or of elements of what it was given so far. */
function give(
  binder: Binder,
  level: Level,
  node: Insert,
  n: number,
  given: Map<number, Expr>,
  ordinal: number,
  column: Column,
  value: Expr,
  at: number,
): void {
  const target = node.columns[n];
  if (target === undefined || !('kind' in target)) {
    given.set(ordinal, coerceForColumn(binder, value, column, at));
    return;
  }
  const old = given.get(ordinal) ?? constant(column.type, null);
  given.set(ordinal, bindElementAssignment(binder, level, target, column, old, value));
}

/** A value for every column: given, by default, or null. Generated ones follow. */
function completeRow(
  binder: Binder,
  table: Table,
  given: ReadonlyMap<number, Expr>,
): readonly Expr[] {
  return table.columns.map((column, i) => given.get(i) ?? defaultValue(binder, column));
}

function valuesSource(binder: Binder, table: Table, rows: readonly (readonly Expr[])[]): Source {
  const ids = table.columns.map((column) => newColumn(binder, column.type));
  const plan: Logical = { kind: 'values', rows, columns: ids };
  if (!table.columns.some((column) => column.generated)) {
    return { source: plan, sourceColumns: ids };
  }
  const values = ids.map((id) => columnOf(binder, id));
  return extendedSource(binder, table, plan, values);
}

function extendedSource(
  binder: Binder,
  table: Table,
  input: Logical,
  values: readonly Expr[],
): Source {
  const computed: { id: ColumnId; value: Expr }[] = [];
  const place = (value: Expr): ColumnId => {
    if (value.kind === 'column') return value.index;
    const id = newColumn(binder, value.type);
    computed.push({ id, value });
    return id;
  };
  // Defaults are drawn once; generated columns see what was drawn.
  const ids = values.map(place);
  const plan = extend(input, computed);
  const generated = withGenerated(
    binder,
    table,
    ids.map((id) => columnOf(binder, id)),
  );
  const later: { id: ColumnId; value: Expr }[] = [];
  const sourceColumns = generated.map((value, i) => {
    if (value.kind === 'column' && value.index === ids[i]) return value.index;
    const id = newColumn(binder, value.type);
    later.push({ id, value });
    return id;
  });
  return { source: extend(plan, later), sourceColumns };
}
