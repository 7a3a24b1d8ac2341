/**
 * ALTER TABLE … ADD COLUMN, DROP COLUMN.
 */
import { bindOver } from '../bind/over.ts';
import { mapColumns } from './map-columns.ts';
import type { Column, Constraint, Index, Table } from '../catalog/model.ts';
import { SqlError } from '../error.ts';
import { isVolatile } from '../exec/analysis.ts';
import type { Bound } from '../plan/expression.ts';
import type { ColumnDefinition } from '../tree/define.ts';
import type { Expression } from '../tree/expression.ts';
import { evaluateOne } from '../write/defaults.ts';
import { addTableConstraint, keyDependents } from './alter-constraint.ts';
import type { Alteration } from './alteration.ts';
import { change, renewIndexes } from './alteration.ts';
import { makeColumn } from './column.ts';
import { inOrder } from './constraint.ts';
import { hiddenIndex, refuseGeneratedReference, withColumns } from './create-table.ts';
import { defaultDependents, settleDependents, viewDependents } from './drop.ts';
import { withoutColumn } from './pin.ts';
import { brokenViews, isBroken } from './views-of.ts';
import { columnsOf } from './walk.ts';

export function addColumn(
  alteration: Alteration,
  definition: ColumnDefinition,
  ifNotExists: boolean,
): void {
  const { editor, table } = alteration;
  const { name, at } = definition;
  if (table.columns.some((one) => one.name === name)) {
    if (!ifNotExists) {
      const message = `column "${name}" of relation "${table.name}" already exists`;
      throw new SqlError('42701', message, { at });
    }
    editor.notice(`column "${name}" of relation "${table.name}" already exists, skipping`);
    return;
  }
  const { schema, name: tableName, id: tableId } = table;
  const taken: Set<string> = new Set([tableName]);
  const id = editor.newId();
  const made = makeColumn(editor, schema, tableName, tableId, id, definition, taken);
  change(alteration, withColumns(table, [made.column]));
  fill(alteration, made.column);
  if (made.column.notNull) alteration.notNull.add(id);
  for (const one of inOrder(made.constraints)) addTableConstraint(alteration, one);
}

/** Gives the rows that are there their value of a new column. */
function fill(alteration: Alteration, column: Column): void {
  const { editor, table } = alteration;
  const { name, type, fallback, sequence, generated, id } = column;
  if (generated) {
    refuseGeneratedReference(fallback!, table);
    const value = bindOver(fallback!, table, editor.binding(), { name, type }, 'generation');
    alteration.values.set(id, overOld(alteration, value));
    alteration.rewrite = true;
    return;
  }
  const tree = fallback ?? (sequence === 0 ? null : nextOf(alteration, sequence));
  if (tree === null) return;
  const bound: Bound = bindOver(tree, null, editor.binding(), { name, type }, 'DEFAULT');
  if (isVolatile([bound])) {
    alteration.values.set(id, bound);
    alteration.rewrite = true;
    return;
  }
  const value = evaluateOne(bound, editor.context);
  if (value === null) return;
  alteration.missing.set(id, value);
  alteration.values.set(id, { kind: 'constant', type, value });
}

/** An expression over the new table's columns, over the old one's row. */
function overOld({ old, table, values }: Alteration, value: Bound): Bound {
  return mapColumns(value, (index) => {
    const { id, type } = table.columns[index]!;
    const before = old.columns.findIndex((one) => one.id === id);
    if (before >= 0) return { kind: 'column', type, index: before };
    return values.get(id) ?? { kind: 'constant', type, value: null };
  });
}

/** `nextval` of a sequence; null: there is none of this id. */
export function nextOf({ editor }: Alteration, id: number): Expression | null {
  const sequence = editor.state.relationById(id);
  if (sequence === null) return null;
  const text = `"${sequence.schema}"."${sequence.name}"`;
  const name = { kind: 'literal', type: 'string', text, at: -1 } as const;
  return {
    kind: 'call',
    schema: 'pg_catalog',
    name: 'nextval',
    arguments: [name],
    star: false,
    distinct: false,
    variadic: false,
    orderBy: [],
    withinGroup: false,
    filter: null,
    over: null,
    at: -1,
  };
}

export function dropColumn(
  alteration: Alteration,
  name: string,
  ifExists: boolean,
  cascade: boolean,
): void {
  const { editor } = alteration;
  const { table } = alteration;
  const column = table.columns.find((one) => one.name === name);
  if (column === undefined) {
    if (!ifExists) {
      const message = `column "${name}" of relation "${table.name}" does not exist`;
      throw new SqlError('42703', message);
    }
    editor.notice(`column "${name}" of relation "${table.name}" does not exist, skipping`);
    return;
  }
  const what = `column ${name} of table ${table.name}`;
  const uses = (index: Index): boolean => usesColumn(index, column, table.columns);
  const keys = table.indexes.filter(uses);
  settleDependents(editor, keyDependents(alteration, keys, column.id), what, cascade);
  refuseGenerated(alteration, column, what, cascade);
  const constraints = alteration.table.constraints.filter(
    (one) => !mentions(one, column, keys, table.columns),
  );
  const columns = alteration.table.columns.filter(({ id }) => id !== column.id);
  const lost = keys.some(({ primary }) => primary);
  const rest = alteration.table.indexes.filter((one) => !uses(one));
  const indexes = lost ? [hiddenIndex(editor.newId()), ...rest] : rest;
  let fresh: Table = { ...alteration.table, columns, constraints, indexes };
  if (lost) fresh = renewIndexes(alteration, fresh, () => true);
  change(alteration, fresh);
  dropOwned(alteration, column, what, cascade);
  for (const view of brokenViews(editor, table.id)) {
    const query = withoutColumn(view.query, table, name);
    if (!isBroken(editor, { ...view, query })) editor.put({ ...view, query });
  }
  const broken = new Set(brokenViews(editor, table.id).map(({ id }) => id));
  const views = viewDependents(editor, table.id, new Set()).filter(({ id }) => broken.has(id!));
  settleDependents(editor, views, what, cascade);
}

/** Sequences that the column owns go with it; what else draws from them is in the way. */
function dropOwned(alteration: Alteration, column: Column, what: string, cascade: boolean): void {
  const { editor, table } = alteration;
  for (const one of Array.from(editor.state.relations())) {
    if (one.kind !== 'sequence' || one.ownerTable !== table.id) continue;
    if (one.ownerColumn !== column.id) continue;
    settleDependents(editor, defaultDependents(editor, one.id, new Set(), 0), what, cascade);
    editor.remove(one.id);
  }
  // Defaults of the table itself may have gone with a sequence.
  const now = editor.state.relationById(table.id);
  if (now?.kind === 'table') alteration.table = now;
}

function refuseGenerated(
  alteration: Alteration,
  column: Column,
  what: string,
  cascade: boolean,
): void {
  const { editor, table } = alteration;
  const dependents = table.columns
    .filter((one) => one.generated && columnsOf(one.fallback!, table).includes(column))
    .map((one) => ({
      kind: 'default' as const,
      shown: `column ${one.name} of table ${table.name}`,
      remove: (): void => dropColumn(alteration, one.name, true, true),
    }));
  settleDependents(editor, dependents, what, cascade);
}

export function usesColumn(index: Index, column: Column, columns: readonly Column[]): boolean {
  const over = { columns };
  if (index.where !== null && columnsOf(index.where, over).includes(column)) return true;
  return index.elements.some((one) =>
    one.value === null ? one.column === column.id : columnsOf(one.value, over).includes(column),
  );
}

function mentions(
  constraint: Constraint,
  column: Column,
  keys: readonly Index[],
  columns: readonly Column[],
): boolean {
  switch (constraint.kind) {
    case 'check':
      return columnsOf(constraint.value, { columns }).includes(column);
    case 'foreignKey':
      return constraint.columns.includes(column.id);
    case 'primaryKey':
    case 'unique':
      return keys.some(({ id }) => id === constraint.index);
  }
}
