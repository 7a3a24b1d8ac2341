/** INSERT: where each column's value comes from. */
import { SqlError } from '../error.ts';
import type { Column, Table } from '../catalog/model.ts';
import type { ColumnId, Expr, Logical, LogicalInsert } from '../plan/logical.ts';
import { walk } from '../define/walk.ts';
import { functionsNamed } from '../functions/catalog.ts';
import type { CallNode, Expression } from '../tree/expression.ts';
import type { Query, SelectBody } from '../tree/query.ts';
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
import { viewInsertColumns } from './view-insert.ts';
import { dress, viewChecks } from './view-target.ts';
import {
  bindChecks,
  bindReturning,
  boundDefault,
  columnOrdinal,
  defaultValue,
  rowColumns,
  rowItem,
  targetTable,
  withGenerated,
} from './write.ts';
import type { BoundWrite } from './write.ts';

/** The columns that an INSERT gives values for. */
export interface InsertColumns {
  /** How many values there may be. */
  readonly count: number;
  /** Where the first `width` go, by ordinal, and defaults that views have for columns. */
  readonly take: (width: number) => TakenColumns;
}

/** What INSERT and an action of MERGE have in common. */
export type Inserting = Pick<Insert, 'columns' | 'overriding' | 'at'>;

interface TakenColumns {
  readonly ordinals: readonly number[];
  readonly fallbacks: ReadonlyMap<number, Expression>;
}

export function bindInsert(binder: Binder, node: Insert, common: CommonScope | null): BoundWrite {
  const { table, view } = targetTable(binder, node.table, 'insert into');
  binder.depends.add(table.id);
  const { alias, at } = node.table;
  const row = rowColumns(binder, table);
  const dressed = view === null ? null : dress(binder, view, row, alias, at);
  const columns = view === null ? tableColumns(table, node) : viewInsertColumns(view, node);
  const { source, sourceColumns } = bindSource(binder, node, table, columns, common);
  const level = newLevel(null, common);
  const onConflict = bindConflict(binder, level, table, node, view);
  const item = dressed?.item ?? rowItem(table, alias ?? table.name, row, alias !== null);
  const returning = bindReturning(binder, level, [item], node.returning, dressed);
  const write: LogicalInsert = {
    kind: 'insert',
    table,
    source,
    sourceColumns,
    onConflict,
    row,
    checks: bindChecks(binder, table, row),
    viewChecks: view === null || dressed === null ? [] : viewChecks(view, dressed, row, at),
    returning: returning.values,
  };
  return { write, columns: returning.columns, names: returning.names };
}

const NO_FALLBACKS: ReadonlyMap<number, Expression> = new Map();

export function tableColumns(table: Table, node: Inserting): InsertColumns {
  const ordinals: number[] = node.columns.length === 0 ? table.columns.map((_, i) => i) : [];
  /** Of which elements are given, and no more than that. */
  const elements = new Set<number>();
  for (const target of node.columns) {
    const { name, at } = target;
    const ordinal = columnOrdinal(table, name, at);
    const inside = 'kind' in target;
    const again = ordinals.includes(ordinal) && !(inside && elements.has(ordinal));
    if (inside) elements.add(ordinal);
    if (again) {
      throw new SqlError('42701', `column "${name}" specified more than once`, { at });
    }
    ordinals.push(ordinal);
  }
  return { count: ordinals.length, take: () => ({ ordinals, fallbacks: NO_FALLBACKS }) };
}

interface Source {
  readonly source: Logical;
  readonly sourceColumns: readonly ColumnId[];
}

function bindSource(
  binder: Binder,
  node: Insert,
  table: Table,
  columns: InsertColumns,
  common: CommonScope | null,
): Source {
  const { source } = node;
  if (source === null) {
    const row = completeRow(binder, node, table, new Map(), columns.take(0));
    return valuesSource(binder, table, [row]);
  }
  const { body } = source;
  const plain = source.with === null && source.orderBy.length === 0;
  const [only, another] = body.kind === 'values' ? body.rows : [];
  // One row of VALUES is a list of targets, in which a set may stand.
  const asSelect = only !== undefined && another === undefined && only.some(hasSet);
  const written: Query = asSelect ? { ...source, body: selectOf(only, body.at) } : source;
  const alone = plain && source.limit === null && source.offset === null;
  if (body.kind === 'values' && alone && !asSelect) {
    const width = body.rows[0]?.length ?? 0;
    for (const cells of body.rows) {
      if (cells.length !== width) {
        const message = 'VALUES lists must all be the same length';
        throw new SqlError('42601', message, { at: cells[0]?.at ?? node.at });
      }
      checkWidth(node, columns.count, width, cells[columns.count]?.at ?? node.at);
    }
    const taken = columns.take(width);
    const rows = body.rows.map((cells) =>
      bindRow(binder, newLevel(null, common), node, table, taken, cells),
    );
    return valuesSource(binder, table, rows);
  }
  const query = bindOpenQuery(binder, null, written, common);
  const width = query.columns.length;
  checkWidth(node, columns.count, width, source.at);
  const taken = columns.take(width);
  const level = newLevel(null, common);
  const row: GivenRow = { binder, level, node, table, taken, given: new Map() };
  query.columns.forEach((_, i) => {
    if (isOverridden(node, columnAt(row, i), source.at)) return;
    give(row, i, outputOf(binder, query, i), source.at);
  });
  const complete = completeRow(binder, node, table, row.given, taken);
  return extendedSource(binder, table, query.plan, complete);
}

function hasSet(value: Expression): boolean {
  let found = false;
  walk(value, (node) => {
    if (node.kind !== 'call') return;
    const { name } = node as CallNode;
    if (functionsNamed(name).some(({ kind }) => kind === 'set')) found = true;
  });
  return found;
}

function selectOf(row: readonly Expression[], at: number): SelectBody {
  return {
    kind: 'select',
    distinct: 'none',
    targets: row.map((value) => ({ kind: 'value', value, alias: null })),
    from: [],
    where: null,
    groupBy: [],
    groupDistinct: false,
    having: null,
    windows: [],
    at,
  };
}

export function checkWidth(node: Inserting, count: number, width: number, at: number): void {
  if (width > count) {
    throw new SqlError('42601', 'INSERT has more expressions than target columns', { at });
  }
  if (width < count && node.columns.length > 0) {
    throw new SqlError('42601', 'INSERT has more target columns than expressions', {
      at: node.columns[width]?.at ?? at,
    });
  }
}

/** True: the sequence's value goes before the given one. Throws where none may be given. */
function isOverridden(node: Inserting, column: Column, at: number): boolean {
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

/** A row of VALUES. `level`: what its expressions see. */
export function bindRow(
  binder: Binder,
  level: Level,
  node: Inserting,
  table: Table,
  taken: TakenColumns,
  cells: readonly Expression[],
): readonly Expr[] {
  const row: GivenRow = { binder, level, node, table, taken, given: new Map() };
  cells.forEach((cell, i) => {
    const target = node.columns[i];
    if (cell.kind === 'default' && target !== undefined && 'kind' in target) {
      throw new SqlError('0A000', 'cannot set an array element to DEFAULT', { at: target.at });
    }
    const column = columnAt(row, i);
    if (cell.kind === 'default' || isOverridden(node, column, cell.at)) return;
    const value = within(level, 'VALUES', () => bindExpression(binder, level, cell));
    give(row, i, value, cell.at);
  });
  return completeRow(binder, node, table, row.given, taken);
}

/** A row that is being put together. */
interface GivenRow {
  readonly binder: Binder;
  readonly level: Level;
  readonly node: Inserting;
  readonly table: Table;
  readonly taken: TakenColumns;
  /** By ordinal. */
  readonly given: Map<number, Expr>;
}

function columnAt({ table, taken }: GivenRow, n: number): Column {
  return table.columns[taken.ordinals[n] as number] as Column;
}

/** The value of the n-th target: of a column, or of elements of what it was given so far. */
function give(row: GivenRow, n: number, value: Expr, at: number): void {
  const { binder, level, node, taken, given } = row;
  const column = columnAt(row, n);
  const ordinal = taken.ordinals[n] as number;
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
  node: Inserting,
  table: Table,
  given: ReadonlyMap<number, Expr>,
  { fallbacks }: TakenColumns,
): readonly Expr[] {
  return table.columns.map((column, i) => {
    const value = given.get(i);
    if (value !== undefined) return value;
    const fallback = fallbacks.get(i);
    // To the table, what a view has for a column is a value like any other.
    const isOwn = fallback === undefined || isOverridden(node, column, node.at);
    return isOwn ? defaultValue(binder, column) : boundDefault(binder, fallback, column);
  });
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
